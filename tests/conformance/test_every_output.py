"""Every output of the signing engine, judged by our own validation and by the tools of others."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator.context import ValidationContext

from msign.kernel.clock import FixedClock
from msign.pki.evidence import NoRevocation
from msign.pki.trust import TrustStore
from msign.validation.detached import DetachedContents
from msign.validation.engine import Validator
from tests.support.outputs import NAME, Output, outputs
from tests.support.pki import session_pki

pytestmark = [pytest.mark.tool, pytest.mark.xdist_group("outputs")]
AT = "2026-03-02 09:15:30"
UNKNOWN_TO = {  # keys whose algorithm a tool has not, in the versions that distributions ship
    "pdfsig": ("p256-sha3", "ed25519"),
    "xmlsec1": ("rsa2048-pss", "rsa3072-pss-sha384"),
    "openssl": ("ed25519",),  # knows it, but not in CMS with signed attributes before version 3.2
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Output]:
    return list(outputs(tmp_path_factory.mktemp("outputs")))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("root") / "root.pem"
    path.write_bytes(session_pki().authority("root").certificate.public_bytes(Encoding.PEM))
    return path


def said(name: str, *arguments: str | Path) -> tuple[int, str]:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    done = subprocess.run([name, *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_our_own_validation_accepts_all(made: list[Output], tmp_path: Path) -> None:
    """Offline: what is valid at LT and LTA is so by what the file carries; lower levels lack revocation data."""
    trust = TrustStore.from_folder(session_pki().write_trust(tmp_path / "trust"))
    validator = Validator(trust=trust, revocation=NoRevocation(), clock=FixedClock())
    odd = []
    for one in made:
        contents = DetachedContents.of_file(one.data) if one.data else DetachedContents()
        report = validator.file(one.path, contents)
        levels = {signature.level for signature in report.signatures}
        whole = all(signature.integrity == "valid" for signature in report.signatures)
        fine = whole and len(report.signatures) == one.signatures and (report.valid or not one.long_term)
        if not fine or (one.long_term and levels != {one.level}):
            odd.append((one.name, report.verdict, levels, [s.reasons for s in report.signatures], report.refused))
    assert odd == []


def test_pyhanko_accepts_every_pdf(made: list[Output]) -> None:
    roots = [asn1_x509.Certificate.load(session_pki().authority("root").certificate.public_bytes(Encoding.DER))]
    odd = []
    for one in of_format(made, "pades"):
        reader = PdfFileReader(io.BytesIO(one.path.read_bytes()), strict=False)
        if one.password:
            reader.decrypt(b"")
        for signature in reader.embedded_regular_signatures:
            context = ValidationContext(trust_roots=roots, moment=FixedClock().now(), allow_fetching=False)
            status = validate_pdf_signature(signature, context)
            if not (status.valid and status.intact and status.docmdp_ok):
                odd.append((one.name, status.summary()))
    assert odd == []


def test_pdfsig_accepts_every_pdf(made: list[Output]) -> None:
    odd = []
    for one in of_format(made, "pades", "pdfsig"):
        _code, text = said("pdfsig", "-nocert", one.path)
        if text.count("Signature is Valid.") < one.signatures:
            odd.append((one.name, text))
    assert odd == []


def test_xmlsec1_accepts_every_xades(made: list[Output], root: Path) -> None:
    odd = []
    for one in of_format(made, "xades", "xmlsec1"):
        code, text = said(
            "xmlsec1", "--verify", f"--url-map:{NAME}", str(one.data), "--trusted-pem", root,
            "--verification-gmt-time", AT, "--id-attr:Id", "SignedProperties", one.path,
        )  # fmt: skip
        if code:
            odd.append((one.name, text))
    assert odd == []


def test_openssl_accepts_every_cades(made: list[Output], root: Path, tmp_path: Path) -> None:
    odd = []
    for one in of_format(made, "cades", "openssl"):
        code, text = said(
            "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", one.path, "-content", str(one.data),
            "-CAfile", root, "-purpose", "any", "-attime", str(int(FixedClock().now().timestamp())),
            "-out", tmp_path / "out",
        )  # fmt: skip
        if code:
            odd.append((one.name, text))
    assert odd == []


def of_format(made: list[Output], name: str, tool: str = "") -> list[Output]:
    found = [one for one in made if one.format == name and one.key not in UNKNOWN_TO.get(tool, ())]
    assert found
    return found
