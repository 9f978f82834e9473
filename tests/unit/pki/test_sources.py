"""Revocation data from the network: cached by their own word, bounded, and never from inside our walls."""

from __future__ import annotations

import datetime as dt

import httpx
import pytest

from msign.kernel.clock import FixedClock
from msign.kernel.errors import MSignError
from msign.pki.certificate import parse
from msign.pki.fetch import AddressGuard, Fetcher
from msign.pki.path import PathBuilder
from msign.pki.revocation import StatusFinder, StatusKind
from msign.pki.sources import FAILURE_KEPT, online_issuers, online_revocation
from msign.pki.trust import ServiceRole, TrustStore
from tests.support.pki import MOMENT, Pki, session_pki

PUBLIC = "93.184.215.14"


class Network(httpx.BaseTransport):
    """Counts what is asked; ``down`` lists parts of addresses that do not answer."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner, self.asked, self.down = inner, list[str](), set[str]()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if any(part in str(request.url) for part in self.down):
            raise httpx.ConnectTimeout("no answer")
        return self.inner.handle_request(request)


@pytest.fixture
def pki() -> Pki:
    return session_pki()


@pytest.fixture
def network(pki: Pki) -> Network:
    return Network(pki.transport())


def fetcher(network: httpx.BaseTransport, *addresses: str, allowed: frozenset[str] = frozenset()) -> Fetcher:
    guard = AddressGuard(allowed, resolver=lambda _host, _port: list(addresses or (PUBLIC,)))
    return Fetcher.guarded(guard, network)


def status(pki: Pki, network: Network, clock: FixedClock, name: str = "ion", times: int = 1) -> StatusKind:
    trust = TrustStore.of({ServiceRole.SIGNERS_QUALIFIED: [pki.authority("qualified").certificate]})
    source = online_revocation(fetcher(network), clock)
    finder = StatusFinder(builder=PathBuilder(trust, (ServiceRole.SIGNERS_QUALIFIED,)), source=source)
    issuer = parse(pki.authority("qualified").certificate)
    for _ in range(times):
        kind = finder.status(parse(pki.person(name).der), (issuer,), clock.now(), clock.now()).kind
    return kind


def test_ocsp_is_asked_once_while_its_answer_holds(pki: Pki, network: Network) -> None:
    assert status(pki, network, FixedClock(), times=3) is StatusKind.GOOD
    assert len(network.asked) == 1
    assert "/ocsp/" in network.asked[0]


def test_an_answer_is_asked_for_again_after_next_update(pki: Pki, network: Network) -> None:
    clock = FixedClock()
    source = online_revocation(fetcher(network), clock)
    certificate, issuer = parse(pki.person("ion").der), parse(pki.authority("qualified").certificate)
    for source_part in source.sources[:1]:
        source_part.find(certificate, issuer, clock.now())
        clock.move(hours=13)
        source_part.find(certificate, issuer, clock.now())
    assert len(network.asked) == 2


def test_the_crl_decides_when_ocsp_is_down(pki: Pki, network: Network) -> None:
    network.down.add("/ocsp/")
    assert status(pki, network, FixedClock(), "revoked-before") is StatusKind.REVOKED
    assert status(pki, network, FixedClock(), "ion") is StatusKind.GOOD


def test_a_dead_responder_costs_its_time_out_once(pki: Pki, network: Network) -> None:
    network.down.update({"/ocsp/", "/crl/"})
    clock = FixedClock()
    assert status(pki, network, clock, times=5) is StatusKind.UNKNOWN
    assert len(network.asked) == 2
    assert dt.timedelta(0) < FAILURE_KEPT < dt.timedelta(minutes=5)


def test_a_missing_issuer_is_fetched(pki: Pki, network: Network) -> None:
    source = online_issuers(fetcher(network), FixedClock())
    trust = TrustStore.of({ServiceRole.SIGNERS_QUALIFIED: [pki.authority("root").certificate]})
    builder = PathBuilder(trust, (ServiceRole.SIGNERS_QUALIFIED,), issuers=source)
    assert builder.best(parse(pki.person("ion").der), MOMENT).holds


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "::1", "fd00::1", "0.0.0.0", "::ffff:10.0.0.1", "100.64.0.1", "224.0.0.1"],
)  # fmt: skip
def test_inner_addresses_are_not_asked(network: Network, address: str) -> None:
    with pytest.raises(MSignError, match="not on the public network"):
        fetcher(network, address).get("http://innocent.test/x", 100)
    with pytest.raises(MSignError, match="not on the public network"):
        fetcher(network, PUBLIC, address).get("http://innocent.test/x", 100)
    assert network.asked == []


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://innocent.test:22/", "http://u:p@innocent.test/", "ldap://x", "http://["]
)
def test_other_kinds_of_address_are_not_asked(network: Network, url: str) -> None:
    with pytest.raises(MSignError):
        fetcher(network).get(url, 100)
    assert network.asked == []


def test_the_operator_may_allow_an_inner_service(pki: Pki, network: Network) -> None:
    allowed = fetcher(network, "127.0.0.1", allowed=frozenset({"localhost:8081"}))
    assert allowed.get("http://localhost:8081/crl/root.crl", 100_000) == pki.crl("root")
    with pytest.raises(MSignError):
        allowed.get("http://localhost:8082/crl/root.crl", 100_000)


def test_the_connection_goes_to_the_address_that_was_checked(network: Network) -> None:
    fetcher(network).get("http://tsp.test/crl/root.crl", 100_000)
    assert network.asked == [f"http://{PUBLIC}/crl/root.crl"]


def test_more_than_the_bound_is_refused() -> None:
    endless = httpx.MockTransport(lambda _request: httpx.Response(200, content=b"x" * 2000))
    with pytest.raises(MSignError, match="more than 1000"):
        fetcher(endless).get("http://tsp.test/", 1000)


def test_redirects_are_not_followed() -> None:
    moved = httpx.MockTransport(lambda _request: httpx.Response(302, headers={"Location": "http://127.0.0.1/"}))
    with pytest.raises(MSignError, match="status 302"):
        fetcher(moved).get("http://tsp.test/", 1000)
