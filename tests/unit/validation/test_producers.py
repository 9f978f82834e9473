"""Ordinary documents of slightly broken producers: signed, they are valid; changed afterwards, they are not."""

from __future__ import annotations

import io

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError as OtherError
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from msign.validation.context import ValidationContext
from msign.validation.model import Integrity, Modification, Verdict
from msign.validation.pades.judge import validate_pdf
from tests.support.attacks import isa_content
from tests.support.attacks_structure import PRODUCERS
from tests.support.pdfsign import add_dss, context, sign
from tests.support.pki import session_pki


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> ValidationContext:
    return context(tmp_path_factory.mktemp("trust"))


@pytest.mark.parametrize("name", PRODUCERS)
def test_what_they_write_is_valid_once_it_is_signed(name: str, judged: ValidationContext) -> None:
    signed = sign(PRODUCERS[name])
    report = validate_pdf(add_dss(signed), judged)
    assert (report.refused, report.verdict) == (None, Verdict.VALID), report.signatures
    assert validate_pdf(isa_content(signed), judged).verdict is Verdict.CHANGED


def test_other_tools_sign_them_too(judged: ValidationContext) -> None:
    """pyHanko refuses some of them; what it signs is intact and unchanged for us."""
    who = session_pki().person("ion-p256")
    key = who.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = signers.SimpleSigner(
        asn1_x509.Certificate.load(who.der), asn1_keys.PrivateKeyInfo.load(key), SimpleCertificateStore()
    )
    done = []
    for name, document in PRODUCERS.items():
        if name == "size too small":  # it believes the number and writes over the document's objects
            continue
        out = io.BytesIO()
        try:
            writer = IncrementalPdfFileWriter(io.BytesIO(document), strict=False)
            signers.sign_pdf(writer, signers.PdfSignatureMetadata(field_name="Other"), signer=signer, output=out)
        except (OtherError, ValueError, KeyError, IndexError, OSError):
            continue
        [signature] = validate_pdf(out.getvalue(), judged).signatures
        assert (signature.integrity, signature.modification) == (Integrity.VALID, Modification.NONE), name
        done.append(name)
    assert len(done) > len(PRODUCERS) // 2, done
