"""What others say of our signatures: pdfsig, xmlsec1, openssl, pyHanko."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.xades import XAdESVerifier

from msign.kernel.words import SignatureLevel
from msign.pki.certificate import parse
from msign.pki.fetch import Fetcher
from msign.pki.sources import online_revocation
from msign.signing import asic, cades, pades, xades
from msign.signing.evidence import EvidenceCollector
from msign.signing.keys import InMemoryKey, Signer
from tests.support.documents import write_pdf
from tests.support.pki import Pki, session_pki

pytestmark = pytest.mark.tool
CAST = ("ion", "maria", "vasile")


@pytest.fixture(scope="session")
def pki() -> Pki:
    return session_pki()


@pytest.fixture(params=CAST)
def signer(pki: Pki, request: pytest.FixtureRequest) -> Signer:
    person = pki.person(request.param)
    return Signer(InMemoryKey(person.key), person.certificate, person.chain)


@pytest.fixture
def tool() -> Callable[..., str]:
    def run(name: str, *arguments: str | Path, good: bool = True) -> str:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
        done = subprocess.run([name, *map(str, arguments)], capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not good, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


def root_pem(pki: Pki) -> bytes:
    return pki.authority("root").certificate.public_bytes(Encoding.PEM)


def evidence(pki: Pki) -> EvidenceCollector:
    fetcher = Fetcher(client=httpx.Client(transport=pki.transport()))
    root = parse(pki.authority("root").certificate)
    return EvidenceCollector(revocation=online_revocation(fetcher, pki.clock), clock=pki.clock, known=[root])


def test_pdfsig_accepts_two_signatures(signer: Signer, pki: Pki, tmp_path: Path, tool: Callable[..., str]) -> None:
    first = pades.sign(write_pdf(tmp_path / "a.pdf"), tmp_path / "b.pdf", signer=signer, tsa=pki.tsa)
    second = pades.sign(first, tmp_path / "c.pdf", signer=signer, tsa=pki.tsa)
    said = tool("pdfsig", "-nocert", second, good=False)
    assert said.count("Signature is Valid.") == 2, said
    assert said.count("ETSI.CAdES.detached") == 2
    assert "Total document signed" in said.rpartition("Signature #2")[2]


def test_xmlsec1_accepts_xades(signer: Signer, pki: Pki, tmp_path: Path, tool: Callable[..., str]) -> None:
    content = b"the document that stayed away"
    parameters = xades.XadesParameters(correlation_id="content")
    signed = tmp_path / "s.xml"
    signed.write_bytes(xades.sign(hashlib.sha256(content).digest(), signer=signer, tsa=pki.tsa, parameters=parameters))
    (tmp_path / "content").write_bytes(content)
    root = tmp_path / "root.pem"
    root.write_bytes(root_pem(pki))
    tool(
        "xmlsec1", "--verify", "--url-map:content", tmp_path / "content", "--trusted-pem", root,
        "--verification-gmt-time", "2026-03-02 09:15:30", "--id-attr:Id", "SignedProperties", signed,
    )  # fmt: skip


def test_openssl_accepts_the_time_stamp(signer: Signer, pki: Pki, tmp_path: Path, tool: Callable[..., str]) -> None:
    root = etree.fromstring(xades.sign(bytes(32), signer=signer, tsa=pki.tsa))
    value = next(root.iter("{*}SignatureValue"))
    token = next(root.iter("{*}EncapsulatedTimeStamp"))
    (tmp_path / "t.der").write_bytes(base64.b64decode(token.text or ""))
    (tmp_path / "v.xml").write_bytes(etree.tostring(value, method="c14n", exclusive=True))
    (tmp_path / "root.pem").write_bytes(root_pem(pki))
    said = tool(
        "openssl", "ts", "-verify", "-token_in", "-in", tmp_path / "t.der", "-data", tmp_path / "v.xml",
        "-CAfile", tmp_path / "root.pem",
    )  # fmt: skip
    assert "Verification: OK" in said


@pytest.mark.parametrize("level", [SignatureLevel.B, SignatureLevel.T, SignatureLevel.LT, SignatureLevel.LTA])
def test_openssl_accepts_cades_at_every_level(
    level: SignatureLevel, signer: Signer, pki: Pki, tmp_path: Path, tool: Callable[..., str]
) -> None:
    data = tmp_path / "data"
    data.write_bytes(b"data\r\nof any kind\x00")
    parameters = cades.CadesParameters(level=level)
    container = cades.sign(data, signer=signer, tsa=pki.tsa, evidence=evidence(pki), parameters=parameters)
    (tmp_path / "data.p7s").write_bytes(container)
    (tmp_path / "root.pem").write_bytes(root_pem(pki))
    tool(
        "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", tmp_path / "data.p7s", "-content", data,
        "-CAfile", tmp_path / "root.pem", "-purpose", "any", "-attime", str(int(pki.clock.now().timestamp())),
        "-out", tmp_path / "out",
    )  # fmt: skip
    assert (tmp_path / "out").read_bytes() == data.read_bytes()


def test_xmlsec1_accepts_the_signature_of_a_container(
    signer: Signer, pki: Pki, tmp_path: Path, tool: Callable[..., str]
) -> None:
    (tmp_path / "a.txt").write_bytes(b"one")
    (tmp_path / "b.txt").write_bytes(b"two")
    files = [asic.AsicFile(name, tmp_path / name) for name in ("a.txt", "b.txt")]
    container = asic.sign(files, tmp_path / "c.asice", signer=signer, tsa=pki.tsa)
    with zipfile.ZipFile(container) as archive:
        (tmp_path / "s.xml").write_bytes(archive.read("META-INF/signatures001.xml"))
    (tmp_path / "root.pem").write_bytes(root_pem(pki))
    tool(
        "xmlsec1", "--verify", "--url-map:a.txt", tmp_path / "a.txt", "--url-map:b.txt", tmp_path / "b.txt",
        "--trusted-pem", tmp_path / "root.pem", "--verification-gmt-time", "2026-03-02 09:15:30",
        "--id-attr:Id", "SignedProperties", tmp_path / "s.xml",
    )  # fmt: skip


@pytest.mark.parametrize("level", [SignatureLevel.LT, SignatureLevel.LTA])
def test_pdfsig_accepts_long_term_signatures(
    level: SignatureLevel, signer: Signer, pki: Pki, tmp_path: Path, tool: Callable[..., str]
) -> None:
    parameters = pades.PadesParameters(level=level, reason="Утверждаю")
    source = write_pdf(tmp_path / "a.pdf")
    signed = pades.sign(
        source, tmp_path / "b.pdf", signer=signer, tsa=pki.tsa, evidence=evidence(pki), parameters=parameters
    )
    assert "Signature is Valid." in tool("pdfsig", "-nocert", signed, good=False)


def test_signxml_accepts_xades(signer: Signer, pki: Pki) -> None:
    content = b"the document that stayed away"
    parameters = xades.XadesParameters(correlation_id="content")
    xml = xades.sign(hashlib.sha256(content).digest(), signer=signer, tsa=pki.tsa, parameters=parameters)
    verified = XAdESVerifier().verify(
        xml,
        x509_cert=x509.load_der_x509_certificate(signer.signing_certificate.encoded),
        uri_resolver=lambda _uri: content,
        expect_references=2,
    )
    assert verified[0].signed_data == content
