"""The verification receipt: what the page says, sealed; nothing more, nothing kept."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from msign.frame.previews import LimitedPageImages
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import SignatureLevel
from msign.validation.engine import Validator
from msign.validation.model import Indication, Reason, Severity, SubIndication, Verdict
from tests.support import pages as support
from tests.support import reports, verifying
from tests.support.pages import Pages
from tests.support.pki import Pki, session_pki

PDF = b"%PDF-1.7\nsigned part\nand what came later\n"


class SilentSeal:
    """A seal whose time-stamping authority does not answer."""

    owner = "TEST seal"

    def seal(self, _source: Path, _target: Path) -> None:
        raise MSignError(Code.UNAVAILABLE, "nobody answers", retry=True)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return session_pki()


@pytest.fixture(scope="module")
def judge(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Validator:
    return verifying.engine(pki, tmp_path_factory.mktemp("trust"), online=False)  # the evidence is in the receipt


@pytest.fixture
def sealed(pki: Pki, tmp_path: Path) -> Iterator[Pages]:
    made = support.build(tmp_path, seal=verifying.seal(pki))
    with override_settings(ROOT_URLCONF=made, **support.NO_DATABASE):
        yield made


def send(client: Client) -> str:
    response = client.post("/verify", {"document": SimpleUploadedFile("Contract.pdf", PDF)})
    return str(response.headers["Location"])


def fetch(client: Client, address: str, target: Path) -> Path:
    response = client.get(f"{address}/receipt.pdf")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/pdf"
    target.write_bytes(b"".join(response.streaming_content))
    return target


def words_of(path: Path) -> str:
    return re.sub(r"\s+", " ", " ".join(LimitedPageImages().text(path)))


def test_the_receipt_is_sealed_and_other_tools_accept_it(
    sealed: Pages, client: Client, judge: Validator, pki: Pki, tmp_path: Path
) -> None:
    sealed.judge.report = reports.document(Verdict.VALID, reports.signature())
    receipt = fetch(client, send(client), tmp_path / "receipt.pdf")
    report = judge.file(receipt)
    assert report.verdict is Verdict.VALID
    assert [one.signer_name for one in report.signatures] == ["TEST seal"]
    assert report.signatures[0].level is SignatureLevel.LT
    assert report.signatures[0].organisation_id == "1000000000029"
    with receipt.open("rb") as file:
        [embedded] = PdfFileReader(file).embedded_regular_signatures
        roots = [
            asn1.Certificate.load(pki.authority(name).certificate.public_bytes(Encoding.DER)) for name in ("root",)
        ]
        context = ValidationContext(trust_roots=roots, moment=pki.clock.now(), allow_fetching=False)
        status = validate_pdf_signature(embedded, context, context)
        assert status.intact
        assert status.valid
        assert status.bottom_line
    if shutil.which("pdfsig"):
        said = subprocess.run(["pdfsig", "-nocert", receipt], capture_output=True, text=True, check=False).stdout
        assert "Signature is Valid." in said


def test_the_receipt_says_what_the_page_says(sealed: Pages, client: Client, tmp_path: Path) -> None:
    expired = Reason("signer-certificate-expired", Severity.FAIL, (("certificate", "Ion Model"), ("detail", "2026")))
    unsure = reports.signature(
        indication=Indication.INDETERMINATE, sub_indication=SubIndication.OUT_OF_BOUNDS_NO_POE, reasons=(expired,)
    )
    sealed.judge.report = reports.document(Verdict.UNKNOWN, unsure)
    address = send(client)
    said = words_of(fetch(client, address, tmp_path / "receipt.pdf"))
    plain = said.replace(" ", "")
    report = client.get(f"{address}/report.json").content
    for digest in (hashlib.sha256(PDF), hashlib.sha256(report)):
        assert digest.hexdigest() in plain
    for words in ("Verification receipt", "Contract.pdf", "Ion Model", "Cannot be determined", "msign 2026-03"):
        assert words in said
    assert "2 March 2026, 11:15" in said
    assert "http://localhost/verify" in said
    page = client.get(address).text
    assert set(re.findall(r"\b\d{13}\b", said)) <= set(re.findall(r"\b\d{13}\b", page))


@pytest.mark.parametrize(("language", "title"), [("ro", "Confirmare de verificare"), ("ru", "Подтверждение проверки")])
def test_the_receipt_speaks_the_visitors_language(sealed: Pages, tmp_path: Path, language: str, title: str) -> None:
    sealed.judge.report = reports.changed()
    visitor = Client(headers={"Accept-Language": language})
    assert title in words_of(fetch(visitor, send(visitor), tmp_path / "receipt.pdf"))


def test_the_receipt_is_made_once_and_goes_with_the_files(sealed: Pages, client: Client, tmp_path: Path) -> None:
    address = send(client)
    first = fetch(client, address, tmp_path / "a.pdf").read_bytes()
    assert fetch(client, address, tmp_path / "b.pdf").read_bytes() == first
    client.post(f"{address}/forget")
    assert list((tmp_path / "verify").iterdir()) == []
    assert client.get(f"{address}/receipt.pdf").status_code == 404


def test_without_a_seal_the_page_says_so(pages: Pages, client: Client) -> None:
    pages.judge.report = reports.document(Verdict.VALID, reports.signature())
    address = send(client)
    assert "has no electronic seal" in client.get(address).text
    assert client.get(f"{address}/receipt.pdf").status_code == 404


def test_a_seal_that_cannot_be_had_now_is_said_and_leaves_nothing(client: Client, tmp_path: Path) -> None:
    made = support.build(tmp_path, seal=SilentSeal())
    with override_settings(ROOT_URLCONF=made, **support.NO_DATABASE):
        response = client.get(f"{send(client)}/receipt.pdf")
    assert response.status_code == 503
    assert "try again in a few minutes" in response.text
    [place] = (tmp_path / "verify").iterdir()
    assert sorted(path.name for path in place.iterdir()) == ["document", "facts.json", "report"]
