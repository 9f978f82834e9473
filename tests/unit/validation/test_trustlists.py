"""Trusted lists: believed when their signer is known, kept when a refresh fails, followed through pivots."""

from __future__ import annotations

import base64
import datetime as dt
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from msign.kernel.clock import FixedClock
from msign.pki.certificate import parse
from msign.pki.fetch import AddressGuard, Fetcher
from msign.pki.trust import ServiceRole
from msign.validation.trustlists.refresh import ListSource, Refreshed, TrustedLists
from tests.support.pki import MOMENT, Identity, Pki
from tests.unit.validation import forge

TSL = "http://uri.etsi.org/02231/v2#"
TYPE = "http://uri.etsi.org/TrstSvc/Svctype/"
STATUS = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"
DAY = dt.timedelta(days=1)


def certificate(der: bytes) -> str:
    body = base64.b64encode(der).decode()
    return f"<DigitalId><X509Certificate>{body}</X509Certificate></DigitalId>"


def service(kind: str, der: bytes, *statuses: tuple[str, dt.datetime]) -> str:
    def status(word: str, since: dt.datetime) -> str:
        return (
            f"<ServiceStatus>{STATUS}{word}</ServiceStatus>"
            f"<StatusStartingTime>{since:%Y-%m-%dT%H:%M:%SZ}</StatusStartingTime>"
        )

    (now, *before) = statuses
    history = "".join(
        f"<ServiceHistoryInstance><ServiceTypeIdentifier>{TYPE}{kind}</ServiceTypeIdentifier>{status(*item)}</ServiceHistoryInstance>"
        for item in before
    )
    return (
        f"<TSPService><ServiceInformation><ServiceTypeIdentifier>{TYPE}{kind}</ServiceTypeIdentifier>"
        f"<ServiceName><Name>{kind}</Name></ServiceName>"
        f"<ServiceDigitalIdentity>{certificate(der)}</ServiceDigitalIdentity>{status(*now)}</ServiceInformation>"
        f"<ServiceHistory>{history}</ServiceHistory></TSPService>"
    )


def pointer(location: str, signer: Identity, kind: str = "EUgeneric") -> str:
    return (
        f"<OtherTSLPointer><ServiceDigitalIdentities><ServiceDigitalIdentity>{certificate(signer.der)}"
        f"</ServiceDigitalIdentity></ServiceDigitalIdentities><TSLLocation>{location}</TSLLocation>"
        f"<AdditionalInformation><OtherInformation><TSLType>http://uri.etsi.org/TrstSvc/TrustedList/TSLType/{kind}</TSLType>"
        "</OtherInformation><OtherInformation><SchemeTerritory>MD</SchemeTerritory></OtherInformation>"
        "</AdditionalInformation></OtherTSLPointer>"
    )


def signed_list(
    pki: Pki, services: str = "", *, sequence: int = 1, signer: Identity | None = None, pointers: str = "",
    pivots: tuple[str, ...] = (), due: dt.datetime = MOMENT + 90 * DAY,
) -> bytes:  # fmt: skip
    uris = "".join(f"<URI>{uri}</URI>" for uri in pivots)
    body = (
        f"<SchemeInformation><TSLSequenceNumber>{sequence}</TSLSequenceNumber><SchemeTerritory>MD</SchemeTerritory>"
        f"<SchemeInformationURI>{uris}</SchemeInformationURI><PointersToOtherTSL>{pointers}</PointersToOtherTSL>"
        f"<NextUpdate><dateTime>{due:%Y-%m-%dT%H:%M:%SZ}</dateTime></NextUpdate></SchemeInformation>"
        f"<TrustServiceProviderList>{services}</TrustServiceProviderList>"
    )
    root = f'<TrustServiceStatusList xmlns="{TSL}">{body}'
    whole = etree.fromstring(f"{root}</TrustServiceStatusList>")
    reference = forge.Reference("", forge.sha256(forge.canonical(whole)), forge.ENVELOPED + forge.EXCLUSIVE)
    mark = forge.signature(pki, [reference], signer=signer or pki.person("maria"), stamped=False)
    return f"{root}{mark}</TrustServiceStatusList>".encode()


@pytest.fixture
def services(pki: Pki) -> str:
    qualified = pki.authority("qualified").certificate.public_bytes(Encoding.DER)
    advanced = pki.authority("advanced").certificate.public_bytes(Encoding.DER)
    return (
        service("CA/QC", qualified, ("granted", MOMENT - 900 * DAY))
        + service("CA/PKC", advanced, ("withdrawn", MOMENT - 30 * DAY), ("granted", MOMENT - 900 * DAY))
        + service("unknown/type", advanced, ("granted", MOMENT - 900 * DAY))
    )


def refreshed(
    pki: Pki, tmp_path: Path, data: bytes | None, *, signers: tuple[Identity, ...] | None = None
) -> Refreshed:
    path = tmp_path / "list.xml"
    if data is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(data)
    known = tuple(parse(s.der) for s in (signers if signers is not None else (pki.person("maria"),)))
    source = ListSource(str(path), known)
    return TrustedLists(sources=[source], folder=tmp_path / "kept", clock=FixedClock()).refresh()


def test_a_signed_list_becomes_anchors_with_their_history(pki: Pki, tmp_path: Path, services: str) -> None:
    result = refreshed(pki, tmp_path, signed_list(pki, services))
    assert result.alarms == ()
    assert [a.role for a in result.store.anchors] == [ServiceRole.SIGNERS_QUALIFIED, ServiceRole.SIGNERS_ADVANCED]
    withdrawn = result.store.anchors[1]
    assert withdrawn.trusted_at(MOMENT - 31 * DAY)
    assert not withdrawn.trusted_at(MOMENT)
    assert not withdrawn.trusted_at(MOMENT - 1000 * DAY)


def test_a_list_of_an_unknown_signer_or_tampered_is_not_believed(pki: Pki, tmp_path: Path, services: str) -> None:
    good = signed_list(pki, services)
    for name in "abc":
        (tmp_path / name).mkdir()
    assert refreshed(pki, tmp_path / "a", good, signers=(pki.person("elena"),)).store.anchors == ()
    tampered = refreshed(pki, tmp_path / "b", good.replace(b"withdrawn", b"granted", 1))
    assert tampered.store.anchors == ()
    assert "trusted-list-refresh-failed" in [alarm.code for alarm in tampered.alarms]
    assert refreshed(pki, tmp_path / "c", good, signers=()).store.anchors == ()


def test_the_last_good_list_stays_in_force_with_an_alarm(pki: Pki, tmp_path: Path, services: str) -> None:
    first = refreshed(pki, tmp_path, signed_list(pki, services, sequence=7))
    for broken in (b"<oops", signed_list(pki, "", sequence=6), None):
        again = refreshed(pki, tmp_path, broken)
        assert again.store == first.store
        assert [alarm.code for alarm in again.alarms] == ["trusted-list-refresh-failed"]


def test_a_list_that_is_due_is_told_weeks_before(pki: Pki, tmp_path: Path) -> None:
    soon = refreshed(pki, tmp_path, signed_list(pki, due=MOMENT + 10 * DAY))
    assert [alarm.code for alarm in soon.alarms] == ["trusted-list-due-soon"]
    over = refreshed(pki, tmp_path, signed_list(pki, due=MOMENT - DAY))
    assert [alarm.code for alarm in over.alarms] == ["trusted-list-overdue"]


def test_a_list_of_lists_is_followed_through_its_pivots(pki: Pki, tmp_path: Path, services: str) -> None:
    old, middle, new = pki.person("maria"), pki.person("elena"), pki.person("ion-p256")
    lotl, national = "https://lists.test/lotl.xml", "https://lists.test/md.xml"
    pivots = ("https://lists.test/pivot2.xml", "https://lists.test/pivot1.xml")
    pages = {
        "/md.xml": signed_list(pki, services, signer=middle),
        "/pivot1.xml": signed_list(pki, signer=old, pointers=pointer(lotl, middle, "EUlistofthelists")),
        "/pivot2.xml": signed_list(pki, signer=middle, pointers=pointer(lotl, new, "EUlistofthelists")),
        "/lotl.xml": signed_list(pki, signer=new, pointers=pointer(national, middle), pivots=pivots),
    }
    served = httpx.MockTransport(lambda r: httpx.Response(200, content=pages[r.url.path]))
    fetcher = Fetcher.guarded(AddressGuard(resolver=lambda _host, _port: ["93.184.215.14"]), served)

    def follow(*signers: Identity) -> Refreshed:
        known = tuple(parse(s.der) for s in signers)
        source = ListSource(lotl, known, follow=True, territories=frozenset({"MD"}))
        return TrustedLists(sources=[source], folder=tmp_path / "kept", clock=FixedClock(), fetcher=fetcher).refresh()

    assert len(follow(old).store.anchors) == 2
    del pages["/pivot1.xml"]
    pages["/pivot1.xml"] = signed_list(
        pki, signer=pki.person("untrusted"), pointers=pointer(lotl, middle, "EUlistofthelists")
    )
    for kept in (tmp_path / "kept").iterdir():
        kept.unlink()
    broken = follow(old)
    assert broken.store.anchors == ()
    assert "pivot-not-signed-by-known-signer" in [alarm.code for alarm in broken.alarms]
