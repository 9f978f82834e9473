"""What we write in the formats of ETSI is valid against the schemas of ETSI."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from lxml import etree

from msign.kernel.languages import Language
from msign.kernel.words import SignatureLevel
from msign.pki.fetch import Fetcher
from msign.pki.sources import online_revocation
from msign.pki.trust import TrustStore
from msign.sandbox import vault
from msign.signing import asic, cades, pades, xades
from msign.signing.asic import AsicFile
from msign.signing.evidence import EvidenceCollector
from msign.signing.keys import InMemoryKey, Signer
from msign.validation.detached import DetachedContent, DetachedContents
from msign.validation.engine import Validator
from msign.validation.model import DocumentReport, Indication, Reason, SubIndication, TimestampReport, Verdict
from msign.validation.reports.etsi import etsi_report
from tests.support import reports
from tests.support.attacks import ATTACKS, victim
from tests.support.etsi import needs_schemas, schema
from tests.support.pdfs import Form, write
from tests.support.pki import session_pki
from tests.unit.validation import forge

pytestmark = needs_schemas
CONTENT = b"the data that stays with the information system"
LEVELS = [SignatureLevel.B, SignatureLevel.T, SignatureLevel.LT, SignatureLevel.LTA]
PKI = session_pki()


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Validator]:
    trust = TrustStore.from_folder(PKI.write_trust(tmp_path_factory.mktemp("trust")))
    with httpx.Client(transport=PKI.transport()) as client:
        yield Validator(trust=trust, revocation=online_revocation(Fetcher(client=client), PKI.clock), clock=PKI.clock)


def assert_valid(report: DocumentReport) -> None:
    for language in Language:
        schema("TS119102-2-v141.xsd").assertValid(etree.fromstring(etsi_report(report, language)))


def made(level: SignatureLevel, folder: Path) -> Iterator[tuple[Path, DetachedContents]]:
    """One signature of every format of ours."""
    person = PKI.person("maria")
    signer = Signer(InMemoryKey(person.key), person.certificate, person.chain)
    with httpx.Client(transport=PKI.transport()) as client:
        evidence = EvidenceCollector(
            revocation=online_revocation(Fetcher(client=client), PKI.clock), clock=PKI.clock, known=[]
        )
        given = {"signer": signer, "tsa": PKI.tsa, "evidence": evidence, "clock": PKI.clock}
        source = folder / "a.pdf"
        source.write_bytes(write(Form()))
        parameters = pades.PadesParameters(level=level)
        yield pades.sign(source, folder / "b.pdf", parameters=parameters, **given), DetachedContents()  # type: ignore[arg-type]
        beside = DetachedContents((DetachedContent(data=CONTENT),))
        digest = hashlib.sha256(CONTENT).digest()
        form = xades.XadesParameters(level=level)
        (folder / "c.xml").write_bytes(xades.sign(digest, parameters=form, content=CONTENT, **given))  # type: ignore[arg-type]
        yield folder / "c.xml", beside
        choice = cades.CadesParameters(level=level)
        (folder / "d.p7s").write_bytes(cades.sign(CONTENT, parameters=choice, **given))  # type: ignore[arg-type]
        yield folder / "d.p7s", beside
        files = [AsicFile("data.bin", CONTENT)]
        target = folder / "e.asice"
        yield asic.sign(files, target, parameters=asic.AsicParameters(level=level), **given), DetachedContents()  # type: ignore[arg-type]


@pytest.mark.parametrize("level", LEVELS)
def test_reports_on_every_format_and_level(level: SignatureLevel, validator: Validator, tmp_path: Path) -> None:
    for path, contents in made(level, tmp_path):
        report = validator.file(path, contents)
        assert report.verdict is Verdict.VALID, (path.name, report)
        assert_valid(report)


def test_reports_on_attacks(validator: Validator, tmp_path: Path) -> None:
    path = tmp_path / "attack.pdf"
    for attack in list(ATTACKS.values())[::4]:
        path.write_bytes(attack(victim()))
        assert_valid(validator.file(path))
    for wrap in (forge.wrapped, forge.same_id_twice, forge.hidden_object, forge.counter_signed):
        assert_valid(validator.xades(wrap(PKI)))


@pytest.mark.parametrize("verdict", list(Verdict))
def test_reports_of_every_verdict_and_with_names_of_any_kind(verdict: Verdict) -> None:
    odd = "\x00\x0b\ud800<&>]]>\ufffe ☃ \U0010ffff"
    stamps = tuple(
        TimestampReport(reports.MOMENT, kind, valid=True, authority=odd)
        for kind in ("signature", "document", "archive", "content", "something else")
    )
    one = reports.signature(signer_name=odd, subject=odd, name=odd, timestamps=stamps, content_digest=b"x" * 32)
    reasons = (Reason("document-digest-differs", facts=(("algorithm", odd),)), Reason(odd))
    for sub in SubIndication:
        bad = dataclasses.replace(one, indication=Indication.INDETERMINATE, sub_indication=sub, reasons=reasons)
        assert_valid(reports.document(verdict, one, bad))
    assert_valid(reports.document(verdict, refused="xml-doctype", reasons=reasons))
    assert_valid(reports.document(verdict, validated_at=None))


def test_the_trusted_list_of_the_sandbox(tmp_path: Path) -> None:
    publisher = vault.list_publisher(tmp_path, PKI.hierarchy, PKI.clock)
    schema("ts_119612v020101_xsd.xsd").assertValid(etree.fromstring(publisher.current()))
