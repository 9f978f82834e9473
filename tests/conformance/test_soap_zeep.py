"""zeep, a SOAP client written by others, works from our WSDL over real mTLS: the nearest stand-in for WCF clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import zeep
from zeep.transports import Transport
from zeep.wsa import WsAddressingPlugin

from msign.kernel.words import ContentType, DelegatorType, SignStatus
from msign.signrequests.values import SignResponse, SignResult
from tests.integration.soap_support import Api, running_api
from tests.unit.soap.support import REQUEST_ID, SIGNED_AT, not_found, report, signature

HASH = bytes(range(32))


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("zeep")) as running:
        yield running


@pytest.fixture(scope="module")
def client(api: Api) -> Iterator[zeep.Client]:
    """The client reads the WSDL from the bare address and posts to what its soap:address says."""
    with requests.Session() as session:
        session.trust_env = False  # REQUESTS_CA_BUNDLE would silently replace `verify`
        session.verify = str(api.ca)
        session.cert = tuple(map(str, api.client("alfa-test")))  # type: ignore[assignment]
        yield zeep.Client(api.url, transport=Transport(session=session))


def test_the_address_in_the_wsdl_is_the_one_that_was_reached(api: Api, client: zeep.Client) -> None:
    assert client.service._binding_options["address"] == api.url


def test_post_a_pdf_with_all_members(api: Api, client: zeep.Client) -> None:
    pdf = b"%PDF-1.7\n" + bytes(range(256)) * 4000
    request: dict[str, Any] = {
        "ContentDescription": "Cerere nr. 17 privind eliberarea unui extras",
        "ContentType": "Pdf",
        "Contents": {
            "SignContent": [
                {"Content": pdf, "CorrelationID": "doc-1", "MultipleSignatures": True, "Name": "cerere.pdf"},
                {"Content": b"%PDF-1.4\n", "CorrelationID": "doc-2", "Name": zeep.xsd.Nil},
            ]
        },
        "ExpectedSigner": {"ID": "2000000000004", "DelegatorType": "Organization", "DelegatorID": "1000000000007"},
        "ShortContentDescription": "Cerere nr. 17",
        "SignatureReason": "Aprobat",
    }
    assert client.service.PostSignRequest(request) == REQUEST_ID
    posted = api.service.posted[-1]
    assert posted.content_type is ContentType.PDF
    assert api.store.path(posted.contents[0].key).read_bytes() == pdf
    assert [one.multiple_signatures for one in posted.contents] == [True, False]
    assert [one.name for one in posted.contents] == ["cerere.pdf", None]
    assert posted.expected_signer is not None
    assert posted.expected_signer.delegator_type is DelegatorType.ORGANIZATION


def test_pending(client: zeep.Client) -> None:
    response = client.service.GetSignResponse(REQUEST_ID, "ro")
    assert (response.Status, response.Message) == ("Pending", None)
    assert not response.Results.SignResult  # zeep reads a nil list as an empty one


def test_success_with_a_streamed_signature(api: Api, client: zeep.Client) -> None:
    signed = bytes(range(256)) * 5000
    (api.store.root / "content-9000").write_bytes(signed)
    results = (SignResult("doc-1", b"certificate", "content-9000"), SignResult("doc-2", b"certificate", "content-9000"))
    api.service.response = SignResponse(SignStatus.SUCCESS, None, results)
    response = client.service.GetSignResponse(requestID=REQUEST_ID)
    assert response.Status == "Success"
    assert [one.CorrelationID for one in response.Results.SignResult] == ["doc-1", "doc-2"]
    assert response.Results.SignResult[0].Signature == signed
    assert response.Results.SignResult[0].Certificate == b"certificate"


def test_failure_has_one_item_for_each_content(api: Api, client: zeep.Client) -> None:
    text = "Semnarea a fost anulată de utilizator"
    api.service.response = SignResponse(SignStatus.FAILURE, text, (SignResult("doc-1"), SignResult("doc-2")))
    response = client.service.GetSignResponse(REQUEST_ID, "ro")
    assert (response.Status, response.Message) == ("Failure", text)
    assert [one.CorrelationID for one in response.Results.SignResult] == ["doc-1", "doc-2"]
    assert response.Results.SignResult[0].Signature is None


def test_verification(api: Api, client: zeep.Client) -> None:
    api.validator.by_content = {
        b"<n0/>": report(signature(content_digest=HASH)),
        b"<n1/>": report(signature(content_digest=bytes(32))),
    }
    items = [{"Content": HASH, "CorrelationID": str(at), "Signature": b"<n%d/>" % at} for at in range(2)]
    response = client.service.VerifySignatures(
        {"Contents": {"VerificationContent": items}, "Language": "en", "SignedContentType": "Hash"}
    )
    first, second = response.VerificationResult
    assert (first.SignaturesValid, first.Message) == (True, "The signature is valid")
    assert (second.SignaturesValid, second.Message) == (False, "The signature is not valid")
    (certificate,) = first.Certificates.VerificationCertificate
    assert certificate.SignedAt == SIGNED_AT.replace(microsecond=0)
    assert certificate.Subject.startswith("CN=Ion Exemplu")


def test_faults_arrive_with_code_and_reason(api: Api, client: zeep.Client) -> None:
    api.service.error = not_found()
    try:
        with pytest.raises(zeep.exceptions.Fault) as caught:
            client.service.GetSignResponse(REQUEST_ID, "ro")
    finally:
        api.service.error = None
    assert caught.value.code.rpartition(":")[2] == "RequestNotFound"
    assert caught.value.message == "Cannot find such request"


def test_ws_addressing_headers_are_ignored(api: Api, client: zeep.Client) -> None:
    addressing = zeep.Client(api.url, transport=client.transport, plugins=[WsAddressingPlugin()])
    api.service.response = SignResponse(SignStatus.PENDING)
    assert addressing.service.GetSignResponse(REQUEST_ID, "en").Status == "Pending"
