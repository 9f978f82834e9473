"""The contract on a whole installation, with zeep in the consumer's place: real gate, service, store and engines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep
from cryptography import x509
from lxml import etree
from zeep.transports import Transport

from msign.ops import person
from msign.ops.person import Part
from msign.ops.sandbox import stage
from tests.support.documents import write_pdf
from tests.support.installation import Installation

pytestmark = pytest.mark.xdist_group("installation")

IDNP = "2000000000004"
HASH = hashlib.sha256(b"an invented document").digest()


def connected(installation: Installation, system: str | None) -> zeep.Client:
    demo, ports = installation.options.data_path / "demo", installation.options.ports
    session = requests.Session()
    session.trust_env = False
    session.verify = str(demo / "ca.pem")
    if system is not None:
        session.cert = (str(demo / f"{system}.pem"), str(demo / f"{system}.key"))
    return zeep.Client(f"https://{ports.host}:{ports.api_test}/MSign.svc", transport=Transport(session=session))


@pytest.fixture(scope="module")
def client(installation: Installation) -> Iterator[zeep.Client]:
    made = connected(installation, "client")
    yield made
    made.transport.session.close()


def request(contents: list[dict[str, Any]], kind: str = "Hash", **more: Any) -> dict[str, Any]:
    return {"ContentType": kind, "Contents": {"SignContent": contents}, "ShortContentDescription": "Cerere", **more}


def fault(client: zeep.Client, operation: str, *arguments: Any) -> tuple[str, str]:
    with pytest.raises(zeep.exceptions.Fault) as caught:
        getattr(client.service, operation)(*arguments)
    return caught.value.code.rpartition(":")[2], caught.value.message


@pytest.fixture(scope="module")
def signed(installation: Installation, client: zeep.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Two PDFs in one request and one hash, signed by the demo person."""
    pdf = write_pdf(tmp_path_factory.mktemp("soap") / "one.pdf").read_bytes()
    contents = [
        {"Content": pdf, "CorrelationID": "a", "Name": "a.pdf"},
        {"Content": pdf, "CorrelationID": "b", "MultipleSignatures": True},
    ]
    signer = {"ID": IDNP}
    pdfs = client.service.PostSignRequest(request(contents, "Pdf", ExpectedSigner=signer, SignatureReason="Aprobat"))
    hashed = client.service.PostSignRequest(request([{"Content": HASH, "CorrelationID": "h"}]))
    for request_id in (pdfs, hashed):
        person.play(stage(installation.options), request_id, Part())
    return {
        "original": pdf,
        "pdf": client.service.GetSignResponse(pdfs),
        "hash": client.service.GetSignResponse(hashed),
    }


def test_success_has_one_signed_document_for_each_content_in_order(signed: dict[str, Any]) -> None:
    response = signed["pdf"]
    assert (response.Status, response.Message) == ("Success", None)
    first, second = response.Results.SignResult
    assert (first.CorrelationID, second.CorrelationID) == ("a", "b")
    for result in (first, second):
        assert result.Signature.startswith(signed["original"])
        assert len(result.Signature) > len(signed["original"])
        certificate = x509.load_der_x509_certificate(result.Certificate)
        assert IDNP in certificate.subject.rfc4514_string()


def test_a_hash_comes_back_as_xades(signed: dict[str, Any]) -> None:
    (result,) = signed["hash"].Results.SignResult
    assert result.CorrelationID == "h"
    tree = etree.fromstring(result.Signature)
    assert tree.tag == "{http://www.w3.org/2000/09/xmldsig#}Signature"
    assert tree.find(".//{http://uri.etsi.org/01903/v1.3.2#}SignatureTimeStamp") is not None


def verify(client: zeep.Client, kind: str, *items: dict[str, Any], language: str | None = "en") -> list[Any]:
    wanted = {"Contents": {"VerificationContent": list(items)}, "SignedContentType": kind, "Language": language}
    return list(client.service.VerifySignatures(wanted).VerificationResult)


def test_what_was_signed_verifies_and_tells_who_and_when(client: zeep.Client, signed: dict[str, Any]) -> None:
    results = signed["pdf"].Results.SignResult
    found = verify(
        client, "Pdf", *({"Signature": one.Signature, "CorrelationID": one.CorrelationID} for one in results)
    )
    assert [(one.CorrelationID, one.SignaturesValid) for one in found] == [("a", True), ("b", True)]
    assert {one.Message for one in found} == {"The signature is valid"}
    (certificate,) = found[0].Certificates.VerificationCertificate
    assert certificate.SignatureValid
    assert certificate.SignedAt is not None
    assert certificate.Certificate == results[0].Certificate
    assert f"SERIALNUMBER=PNOMD-{IDNP}" in certificate.Subject


def test_a_hash_verifies_for_itself_only(client: zeep.Client, signed: dict[str, Any]) -> None:
    xades = signed["hash"].Results.SignResult[0].Signature
    other = hashlib.sha256(b"another").digest()
    good, bad, short = verify(
        client,
        "Hash",
        {"Content": HASH, "Signature": xades},
        {"Content": other, "Signature": xades},
        {"Content": hashlib.sha1(b"x").digest(), "Signature": xades},
        language="ro",
    )
    assert [one.SignaturesValid for one in (good, bad, short)] == [True, False, False]
    assert (good.Message, bad.Message) == ("Semnătura este validă", "Semnătura nu este validă")


def test_altered_unsigned_and_unreadable_files_are_clearly_invalid(client: zeep.Client, signed: dict[str, Any]) -> None:
    altered = bytearray(signed["pdf"].Results.SignResult[0].Signature)
    altered[len(signed["original"]) // 2] ^= 1
    files = (bytes(altered), signed["original"], b"no document at all", b"")
    found = verify(client, "Pdf", *({"Signature": one} for one in files))
    assert [one.SignaturesValid for one in found] == [False] * len(files)
    assert {one.Message for one in found} == {"The signature is not valid"}
    assert [one.Certificates is None for one in found[1:]] == [True] * 3
    xml = verify(client, "Hash", *({"Content": HASH, "Signature": one} for one in (b"", b"<a/>", b"\x00", b"<a>")))
    assert [one.SignaturesValid for one in xml] == [False] * 4


def test_a_request_belongs_to_the_system_that_posted_it(installation: Installation, client: zeep.Client) -> None:
    posted = client.service.PostSignRequest(request([{"Content": HASH}]))
    assert client.service.GetSignResponse(posted, "en").Status == "Pending"
    other = connected(installation, "client2")
    assert fault(other, "GetSignResponse", posted, "en") == (
        "AuthorizationFailed",
        "This signature request was not initiated by this system",
    )
    other.transport.session.close()


def test_an_unknown_id(client: zeep.Client) -> None:
    assert fault(client, "GetSignResponse", "0" * 32, "en") == ("RequestNotFound", "Cannot find such request")


def test_without_a_certificate(installation: Installation) -> None:
    stranger = connected(installation, None)
    assert fault(stranger, "GetSignResponse", "0" * 32, "en") == (
        "AuthenticationFailed",
        "Invalid authentication certificate provided",
    )
    stranger.transport.session.close()


@pytest.mark.parametrize(
    ("asked", "member"),
    [
        (request([{"Content": b"short"}]), "Contents[0].Content"),
        (request([{"Content": HASH, "CorrelationID": "a"}] * 2), "Contents[1].CorrelationID"),
        (request([{"Content": HASH, "CorrelationID": "a" * 37}]), "Contents[0].CorrelationID"),
        (request([]), "Contents"),
        (request([{"Content": b"not a document"}], "Pdf"), "Contents[0].Content"),
        (request([{"Content": HASH}], ContentDescription="a" * 513), "ContentDescription"),
        (request([{"Content": HASH}], ExpectedSigner={"ID": "17"}), "ExpectedSigner.ID"),
        (
            request([{"Content": HASH}], ExpectedSigner={"ID": IDNP, "DelegatorType": "Organization"}),
            "ExpectedSigner.DelegatorID",
        ),
        ({**request([{"Content": HASH}]), "ShortContentDescription": " "}, "ShortContentDescription"),
        ({**request([{"Content": HASH}]), "ShortContentDescription": "a" * 91}, "ShortContentDescription"),
    ],
)
def test_rules_of_the_contract_name_the_member(client: zeep.Client, asked: dict[str, Any], member: str) -> None:
    code, text = fault(client, "PostSignRequest", asked)
    assert code == "InvalidParameter"
    assert text.startswith(f"{member}: ")


def test_refused_requests_leave_no_content(installation: Installation, client: zeep.Client) -> None:
    contents = installation.options.data_path / "contents"
    before = _files(contents)
    fault(client, "PostSignRequest", request([{"Content": bytes(2_000_000)}], "Pdf"))
    fault(client, "PostSignRequest", request([{"Content": bytes(2_000_000)}, {"Content": HASH}], "Pdf"))
    assert _files(contents) == before


def _files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}
