"""Trusted lists of a folder of anchors: what the worker stores is what every judgement sees, and nothing else gets in."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import httpx
import pytest

from msign.kernel.clock import FixedClock
from msign.kernel.errors import MSignError
from msign.pki.certificate import parse
from msign.pki.fetch import AddressGuard, Fetcher
from msign.pki.qualifiers import Assertion, Criteria, Qualifier
from msign.pki.storedlists import read_anchors
from msign.pki.trust import ServiceRole, TrustStore
from msign.sandbox import trustedlist, vault
from msign.validation.chain import judge_certificate
from msign.validation.context import ValidationContext
from msign.validation.trustlists.folder import refresh_due, refresh_folder, state_of
from tests.support.pki import MOMENT, Pki
from tests.unit.validation.test_trustlists import DAY, pointer, service, signed_list

SIE = "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#"
EXTENSION = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/"
HOUR = dt.timedelta(hours=1)


def followed(pki: Pki, folder: Path, data: bytes, *, signer: str = "maria") -> Path:
    """A folder of anchors with a list in a file beside it."""
    pki.write_trust(folder)
    (folder / "list.xml").write_bytes(data)
    pki.person(signer).write(folder / "list-signers", "operator")
    (folder / "lists.toml").write_text('[md]\nlocation = "list.xml"\nsigners = ["list-signers/operator.pem"]\n')
    return folder


def qualified_list(pki: Pki, *statuses: tuple[str, dt.datetime], rules: str = "", **more: object) -> bytes:
    der = parse(pki.authority("qualified").certificate).der
    text = service("CA/QC", der, *(statuses or (("granted", MOMENT - 900 * DAY),)))
    extension = f"<ServiceInformationExtensions><Extension>{rules}</Extension></ServiceInformationExtensions>"
    return signed_list(pki, text.replace("</ServiceInformation>", f"{extension}</ServiceInformation>", 1), **more)  # type: ignore[arg-type]


def rule(criteria: str, *qualifiers: str) -> str:
    named = "".join(f'<q:Qualifier uri="{EXTENSION}{one}"/>' for one in qualifiers)
    return (
        f'<q:Qualifications xmlns:q="{SIE}" xmlns:x="http://uri.etsi.org/01903/v1.3.2#"><q:QualificationElement>'
        f"<q:Qualifiers>{named}</q:Qualifiers>{criteria}</q:QualificationElement></q:Qualifications>"
    )


def criteria(inner: str, word: str = "all") -> str:
    return f'<q:CriteriaList assert="{word}">{inner}</q:CriteriaList>'


def usage(name: str, value: str = "true") -> str:
    return f'<q:KeyUsage><q:KeyUsageBit name="{name}">{value}</q:KeyUsageBit></q:KeyUsage>'


def policy(*oids: str) -> str:
    inner = "".join(f"<q:PolicyIdentifier><x:Identifier>{oid}</x:Identifier></q:PolicyIdentifier>" for oid in oids)
    return f"<q:PolicySet>{inner}</q:PolicySet>"


def judged(context: ValidationContext, folder: Path, der: bytes) -> tuple[str, bool | None, str, list[str]]:
    found = judge_certificate(
        der,
        context=ValidationContext(
            trust=TrustStore.from_folder(folder), revocation=context.revocation, clock=context.clock
        ),
    )
    worth = found.qualification
    return worth.word, worth.device, worth.source, [reason.code for reason in found.reasons]


def test_what_the_worker_stores_is_what_judgements_see(pki: Pki, context: ValidationContext, tmp_path: Path) -> None:
    folder = followed(pki, tmp_path, qualified_list(pki, sequence=12))
    ion = pki.person("ion").der
    assert judged(context, folder, ion) == ("qualified", True, "", [])
    state = refresh_folder(folder, clock=FixedClock(), fetcher=None)
    assert (state.alarms, [(one.territory, one.sequence) for one in state.lists]) == ((), [("MD", 12)])
    assert state_of(folder) == state
    assert judged(context, folder, ion) == ("qualified", True, "MD 12", [])
    store = TrustStore.from_folder(folder)
    assert [a.source for a in store.anchors if a.role is ServiceRole.SIGNERS_QUALIFIED] == ["MD 12"]


def test_a_withdrawn_service_loses_trust_although_its_certificate_lies_in_the_folder(
    pki: Pki, context: ValidationContext, tmp_path: Path
) -> None:
    history = (("withdrawn", MOMENT - DAY), ("granted", MOMENT - 900 * DAY))
    folder = followed(pki, tmp_path, qualified_list(pki, *history))
    refresh_folder(folder, clock=FixedClock(), fetcher=None)
    assert "service-not-granted" in judged(context, folder, pki.person("ion").der)[3]


def test_a_certificate_from_before_the_service_was_granted_is_not_qualified(
    pki: Pki, context: ValidationContext, tmp_path: Path
) -> None:
    folder = followed(pki, tmp_path, qualified_list(pki, ("granted", MOMENT - 10 * DAY)))
    refresh_folder(folder, clock=FixedClock(), fetcher=None)
    assert judged(context, folder, pki.person("ion").der)[0] == "advanced"


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (rule(criteria(usage("nonRepudiation")), "QCNoQSCD"), ("qualified", False)),
        (rule(criteria(usage("nonRepudiation", "false")), "QCNoQSCD"), ("qualified", True)),
        (rule(criteria(usage("digitalSignature")), "QCNoSSCD"), ("qualified", True)),  # does not match
        (rule(criteria(policy("2.999.498.1.1")), "NotQualified"), ("advanced", None)),
        (rule(criteria(policy("urn:oid:2.999.498.1.1", "1.2.3")), "NotQualified"), ("qualified", True)),
        (rule(criteria(policy("1.2.3") + policy("2.999.498.1.1"), "atLeastOne"), "NotQualified"), ("advanced", None)),
        (rule(criteria(policy("1.2.3"), "none"), "QCForWSA"), ("advanced", None)),
        (rule(criteria(criteria(usage("nonRepudiation")) + policy("1.2.3"), "atLeastOne"), "QCNoQSCD"), ("qualified", False)),
        (rule(criteria("<q:Oracle/>", "none"), "NotQualified"), ("qualified", True)),  # not understood: matches nothing
        (rule(criteria(""), "NotQualified"), ("qualified", True)),
        (rule(criteria(usage("nonRepudiation")), "QCWithSSCD", "QCNoSSCD"), ("qualified", None)),
        (rule(criteria(usage("nonRepudiation")), "QCStatement", "NotQualified"), ("advanced", None)),
    ],
)  # fmt: skip
def test_qualifiers_are_honoured(
    pki: Pki, context: ValidationContext, tmp_path: Path, rules: str, expected: tuple[str, bool | None]
) -> None:
    folder = followed(pki, tmp_path, qualified_list(pki, rules=rules))
    refresh_folder(folder, clock=FixedClock(), fetcher=None)
    assert judged(context, folder, pki.person("ion").der)[:2] == expected


def test_the_list_can_make_a_certificate_qualified_that_does_not_say_so(pki: Pki, tmp_path: Path) -> None:
    assert not Criteria(Assertion.NONE).match(parse(pki.person("ion").der))
    assert Qualifier("QCStatement") is Qualifier.QC_STATEMENT
    folder = followed(pki, tmp_path, qualified_list(pki, rules=rule(criteria(usage("nonRepudiation")), "QCStatement")))
    refresh_folder(folder, clock=FixedClock(), fetcher=None)
    [period] = read_anchors(folder)[0].periods
    assert period.rules[0].criteria.match(parse(pki.person("ion").der))


def test_an_outdated_list_counts_and_is_told(pki: Pki, context: ValidationContext, tmp_path: Path) -> None:
    folder = followed(pki, tmp_path, qualified_list(pki, due=MOMENT - DAY))
    assert [a.code for a in refresh_folder(folder, clock=FixedClock(), fetcher=None).alarms] == ["trusted-list-overdue"]
    assert judged(context, folder, pki.person("ion").der)[3] == ["trusted-list-outdated"]


def test_a_refresh_is_due_when_never_done_when_old_and_when_the_choice_changed(pki: Pki, tmp_path: Path) -> None:
    folder, clock = followed(pki, tmp_path, qualified_list(pki)), FixedClock()
    assert refresh_due(folder, clock.now(), HOUR)
    refresh_folder(folder, clock=clock, fetcher=None)
    assert not refresh_due(folder, clock.now(), HOUR)
    assert refresh_due(folder, clock.now() + HOUR, HOUR)
    (folder / "lists.toml").unlink()
    assert refresh_due(folder, clock.now(), HOUR)
    refresh_folder(folder, clock=clock, fetcher=None)
    assert read_anchors(folder) == ()
    assert not refresh_due(folder, clock.now() + 10 * HOUR, HOUR)


@pytest.mark.parametrize(
    "text", ["[md", '[md]\nlocation = "x.xml"', "[md]\nsigners = []", '[md]\nlocation = "x.xml"\nsigners = ["none.pem"]',
             '[md]\nlocation = "x.xml"\nsigner = "a"', "md = 1"],
)  # fmt: skip
def test_a_wrong_choice_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "lists.toml").write_text(text)
    with pytest.raises(MSignError, match=r"lists\.toml"):
        refresh_folder(tmp_path, clock=FixedClock(), fetcher=None)


@pytest.mark.parametrize("damage", ["{", "[]", '{"form": 2, "anchors": []}', '{"form": 1, "anchors": [{}]}'])
def test_a_damaged_store_stops_the_start_and_is_named(tmp_path: Path, damage: str) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "anchors.json").write_text(damage)
    with pytest.raises(MSignError, match=r"anchors\.json"):
        TrustStore.from_folder(tmp_path)


def test_a_list_of_lists_cannot_be_turned_against_this_machine(pki: Pki, tmp_path: Path) -> None:
    """Files and inner addresses that a list points to are not read, not even when the signer is known."""
    maria, asked = pki.person("maria"), []
    secret = tmp_path / "secret.xml"
    secret.write_bytes(qualified_list(pki))
    inner = (
        "http://127.0.0.1/md.xml",
        "http://10.0.0.7/md.xml",
        "http://[::1]/md.xml",
        "http://lists.test:8081/md.xml",
    )
    targets = (f"{secret}", f"file://{secret}", *inner)
    lotl = signed_list(pki, pointers="".join(pointer(one, maria) for one in targets), pivots=(f"file://{secret}",))
    folder = followed(pki, tmp_path / "trust", lotl)
    (folder / "lists.toml").write_text(
        '[eu]\nlocation = "list.xml"\nsigners = ["list-signers/operator.pem"]\nlist_of_lists = true\n'
    )

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, content=secret.read_bytes())

    guard = AddressGuard(resolver=lambda host, _port: [host.strip("[]") if host != "lists.test" else "93.184.215.14"])
    fetcher = Fetcher.guarded(guard, httpx.MockTransport(serve))
    state = refresh_folder(folder, clock=FixedClock(), fetcher=fetcher)
    assert asked == []
    assert read_anchors(folder) == ()
    assert [a.code for a in state.alarms].count("trusted-list-missing") == len(targets)


def test_the_sandbox_publishes_a_list_that_its_gateway_believes(pki: Pki, tmp_path: Path) -> None:
    publisher = vault.list_publisher(tmp_path / "authorities", pki.hierarchy, FixedClock())
    folder = pki.write_trust(tmp_path / "trust")
    url = "https://lists.test" + trustedlist.LIST_PATH
    trustedlist.write_choice(folder, publisher.certificate, url)
    served = {"body": publisher.current()}
    guard = AddressGuard(resolver=lambda _host, _port: ["93.184.215.14"])
    fetcher = Fetcher.guarded(guard, httpx.MockTransport(lambda _r: httpx.Response(200, content=served["body"])))
    state = refresh_folder(folder, clock=FixedClock(), fetcher=fetcher)
    assert state.alarms == ()
    anchors = {anchor.service: anchor for anchor in read_anchors(folder)}
    assert set(anchors) == {"TEST QSign CA", "TEST QTSA", "TEST Advanced CA", "TEST Former CA"}
    assert not anchors["TEST Former CA"].trusted_at(MOMENT)
    served["body"] = publisher.broken()
    again = refresh_folder(folder, clock=FixedClock(), fetcher=fetcher)
    assert [alarm.code for alarm in again.alarms] == ["trusted-list-refresh-failed"]
    assert {anchor.service for anchor in read_anchors(folder)} == set(anchors)
    assert json.loads((folder / "lists" / "kept" / "state.json").read_text())["alarms"]
