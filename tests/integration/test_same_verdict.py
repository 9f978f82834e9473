"""The same file gets the same verdict from the command, over SOAP and on the page; each through its own door."""

from __future__ import annotations

import asyncio
import base64
import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from msign.config.judging import EnvironmentValidator, PageJudge
from msign.faces.soap.contract import NAMESPACE
from msign.faces.soap.options import SoapOptions
from msign.faces.soap.verdicts import NOT_KNOWN_NOW
from msign.kernel.clock import FixedClock
from msign.kernel.languages import Language
from msign.kernel.words import SignatureLevel
from msign.ops.verify import verify
from msign.signing import pades, xades
from msign.validation.looking import Looker
from msign.validation.pool import JudgePool, WorkerSetup
from tests.support import attacks, pdfsign, verifying
from tests.support import pages as support
from tests.support.corpus import CORPUS, needs_corpus
from tests.support.documents import write_pdf
from tests.support.pki import MOMENT, Pki, session_pki
from tests.unit.soap.support import Desk, envelope

CORRELATION = "cerere-17"
CONTENT = b"what was signed stays where it is"
Json = dict[str, Any]
# The sentence that the page puts first, by the word of the command.
FIRST = {
    "valid": {"The signature is valid", "All signatures are valid"},
    "changed": {"The signature is not valid"},
    "invalid": {"The signature is not valid"},
    "unknown": {"Cannot be determined"},
    "none": {"The document contains no signatures"},
}


@dataclass
class Doors:
    """One engine behind three doors: same anchors, same moment, nobody asked."""

    folder: Path
    setup: WorkerSetup
    pool: JudgePool
    validator: EnvironmentValidator
    judged: dict[str, int] = field(default_factory=dict)

    def command(self, files: list[Path], *more: str) -> list[Json]:
        arguments = [*map(str, files), "--json", "--offline", "--trust", self.setup.trust, "--at", self.setup.at, *more]
        done = CliRunner().invoke(verify, arguments, env={"MSIGN_DATA": str(self.folder / "data")})
        return [json.loads(line) for line in done.stdout.splitlines()]

    def soap(self, items: list[tuple[bytes, bytes | None]]) -> list[Json]:
        """``items`` are signatures with the posted hash, or PDF files without one."""
        contents = "".join(
            "<VerificationContent>"
            + (f"<Content>{base64.b64encode(digest).decode()}</Content>" if digest else "")
            + f"<Signature>{base64.b64encode(data).decode()}</Signature></VerificationContent>"
            for data, digest in items
        )
        kind = "Hash" if items[0][1] else "Pdf"
        body = envelope(
            f'<VerifySignatures xmlns="{NAMESPACE}"><request><Contents>{contents}</Contents><Language>en</Language>'
            f"<SignedContentType>{kind}</SignedContentType></request></VerifySignatures>"
        )
        root = self.folder / f"store-{len(self.judged)}-{kind}"
        root.mkdir(exist_ok=True)
        desk = Desk(root, options=SoapOptions(), validator=self.validator)  # type: ignore[arg-type]
        try:
            answer = asyncio.run(desk.post(body))
        finally:
            desk.app.close()
        return [_result(one) for one in answer.tree.iter(f"{{{NAMESPACE}}}VerificationResult")]

    def page(self, name: str, data: bytes, **more: Any) -> tuple[str, Json]:
        client = Client(headers={"Accept-Language": "en"})
        sent = client.post("/verify", {"document": SimpleUploadedFile(name, data), **more})
        address = sent.headers["Location"]
        text = client.get(address).text
        return text.partition("<h1>")[2].partition("</h1>")[0], client.get(f"{address}/report.json").json()


def _result(element: Any) -> Json:
    def text(node: Any, name: str) -> str:
        return node.findtext(f"{{{NAMESPACE}}}{name}") or ""

    listed = element.iter(f"{{{NAMESPACE}}}VerificationCertificate")
    return {
        "valid": text(element, "SignaturesValid") == "true",
        "message": text(element, "Message"),
        "each": [text(one, "SignatureValid") == "true" for one in listed],
    }


@pytest.fixture(scope="module")
def pki() -> Pki:
    return session_pki()


@pytest.fixture(scope="module")
def doors(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("doors")
    setup = WorkerSetup(trust=str(pki.write_trust(folder / "trust")), at=MOMENT.isoformat())
    pool = JudgePool(setup=setup, size=1)
    made = Doors(folder, setup, pool, EnvironmentValidator(pool=pool, looker=Looker(pool), scratch=folder / "scratch"))
    site = support.build(folder, judge=PageJudge(made.validator))
    with override_settings(ROOT_URLCONF=site, **support.NO_DATABASE):
        yield made
    pool.close()


@pytest.fixture(scope="module")
def papers(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """PDF files of every fate."""
    folder = tmp_path_factory.mktemp("papers")
    two = verifying.signed(pki, folder, "ion-p256", "maria")
    long_term = folder / "two-signers-long-term.pdf"
    pades.augment(two, long_term, level=SignatureLevel.LT, tsa=pki.tsa, evidence=verifying.evidence(pki))
    contents = {
        "tampered": verifying.tampered(long_term.read_bytes()),
        "damaged": long_term.read_bytes().replace(b"/Producer", b"/Produces", 1),
        "cut": long_term.read_bytes()[:-900],
        "unsigned": write_pdf(folder / "plain.pdf").read_bytes(),
        "broken": b"%PDF-1.7\nnothing of a document",
        "expired": verifying.expired(pki, folder).read_bytes(),
        "revoked": pdfsign.sign(attacks.victim(), who="revoked-before", name="S2"),
        "untrusted": pdfsign.sign(attacks.victim(), who="untrusted", name="S2"),
        **{f"attack-{name}": attack(attacks.victim()) for name, attack in list(attacks.ATTACKS.items())[::3]},
        **{f"twin-{name}": twin(attacks.victim()) for name, twin in list(attacks.TWINS.items())[::5]},
    }
    for name, data in contents.items():
        (folder / f"{name.replace(' ', '-').replace(',', '')}.pdf").write_bytes(data)
    return sorted(folder.glob("*.pdf"))


def compare(told: Json, soap: Json, first: str, report: Json) -> None:
    """Hold the three answers on one file against each other."""
    assert {**report, "file": ""} == {**told, "file": ""}
    assert first in FIRST[told["verdict"]], told["file"]
    assert soap["valid"] is (told["verdict"] == "valid"), told["file"]
    unknown = {"The signature is not valid", NOT_KNOWN_NOW[Language.EN]}
    words = {"valid": {"The signature is valid"}, "unknown": unknown}
    assert soap["message"] in words.get(told["verdict"], {"The signature is not valid"}), told["file"]
    relied = [
        one["integrity"] == "valid" and one["modification"] in {"none", "permitted"} and one["indication"] == _PASSED
        for one in told["signatures"]
        if one["subject"]  # without a certificate that can be read, the contract has nothing to list it by
    ]
    assert soap["each"] == relied, told["file"]


_PASSED = "TOTAL_PASSED"


def test_pdf_files_get_the_same_verdict_at_every_door(doors: Doors, papers: list[Path]) -> None:
    told = doors.command(papers)
    answers = doors.soap([(path.read_bytes(), None) for path in papers])
    assert len(told) == len(answers) == len(papers)
    for path, command, soap in zip(papers, told, answers, strict=True):
        compare(command, soap, *doors.page(path.name, path.read_bytes()))
    verdicts = {Path(one["file"]).stem: one["verdict"] for one in told}
    assert verdicts["two-signers-long-term"] == "valid"
    assert verdicts["tampered"] == "changed"
    assert verdicts["damaged"] == "invalid"
    assert verdicts["expired"] == "unknown"
    assert verdicts["unsigned"] == "none"
    assert not {verdict for name, verdict in verdicts.items() if name.startswith("attack")} & {"valid"}


@pytest.mark.parametrize("name", ["sha256", "sha512"])
def test_xml_signatures_get_the_same_verdict_at_every_door(doors: Doors, pki: Pki, tmp_path: Path, name: str) -> None:
    digest, other = (hashlib.new(name, data).digest() for data in (CONTENT, b"another"))
    parameters = xades.XadesParameters(correlation_id=CORRELATION, level=SignatureLevel.LT)
    xml = xades.sign(
        digest,
        signer=verifying.signer(pki, "ion-p256"),
        tsa=pki.tsa,
        evidence=verifying.evidence(pki),
        parameters=parameters,
        clock=FixedClock(),
    )
    path = tmp_path / "s.xml"
    path.write_bytes(xml)
    for posted, content, verdict in ((digest, CONTENT, "valid"), (other, b"another", "invalid")):
        [told] = doors.command([path], "--digest", f"{CORRELATION}={name}:{base64.b64encode(posted).decode()}")
        [soap] = doors.soap([(xml, posted)])
        assert told["verdict"] == verdict
        compare(told, soap, *doors.page("s.xml", xml, original=SimpleUploadedFile("a.txt", content)))


@needs_corpus
def test_files_of_others_get_the_same_verdict_at_every_door(doors: Doors) -> None:
    with (CORPUS / "expected.csv").open(encoding="utf-8") as rows:
        names = sorted({row["file"] for row in csv.DictReader(rows) if row["file"].lower().endswith(".pdf")})
    small = [CORPUS / name for name in names if (CORPUS / name).stat().st_size < 300_000][::4]
    answers = doors.soap([(path.read_bytes(), None) for path in small])
    for path, told, soap in zip(small, doors.command(small), answers, strict=True):
        compare(told, soap, *doors.page(path.name, path.read_bytes()))
    assert len(small) > 5
