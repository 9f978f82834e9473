"""Our own client against a real listener: files both ways, faults as errors."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from msign.client.api import SoapClient
from msign.client.outgoing import Outgoing, ToVerify
from msign.faces.soap.options import SoapOptions
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.languages import Language
from msign.kernel.words import ContentType, DelegatorType, SignStatus
from msign.signrequests.values import ExpectedSigner, SignResponse, SignResult
from tests.integration.soap_support import Api, running_api
from tests.unit.soap.support import REQUEST_ID, SIGNED_AT, not_found, report, signature


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("client")) as running:
        yield running


@pytest.fixture
def client(api: Api) -> Iterator[SoapClient]:
    certificate, key = api.client()
    api.service.error = None
    with SoapClient(api.url, certificate=certificate, key=key, ca=api.ca) as made:
        yield made


def test_a_file_goes_out_and_comes_back(api: Api, client: SoapClient, tmp_path: Path) -> None:
    document = tmp_path / "cerere.pdf"
    document.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 9000)
    sent: list[int] = []
    outgoing = Outgoing(document, "doc <1>", "cerere & anexă.pdf", multiple_signatures=True)
    signer = ExpectedSigner("2000000000004", DelegatorType.PERSON, "2000000000004", 3)
    request_id = client.post(
        [outgoing],
        content_type=ContentType.PDF,
        short_description="Cerere",
        description="Cerere lungă",
        reason="Aprobat",
        expected_signer=signer,
        progress=sent.append,
    )
    assert request_id == REQUEST_ID
    assert sum(sent) > document.stat().st_size
    posted = api.service.posted[-1]
    assert (posted.expected_signer, posted.reason, posted.description) == (signer, "Aprobat", "Cerere lungă")
    assert (posted.contents[0].correlation_id, posted.contents[0].name) == ("doc <1>", "cerere & anexă.pdf")
    stored = posted.contents[0].key
    assert api.store.path(stored).read_bytes() == document.read_bytes()

    api.service.response = SignResponse(SignStatus.SUCCESS, None, (SignResult("doc <1>", b"der", stored),))
    fetched = client.get_response(request_id, lambda at: tmp_path / f"signed-{at}.pdf", language=Language.EN)
    assert fetched.status is SignStatus.SUCCESS
    (result,) = fetched.results
    assert (result.correlation_id, result.certificate) == ("doc <1>", b"der")
    assert result.signature is not None
    assert result.signature.read_bytes() == document.read_bytes()
    assert api.service.asked[-1] == (REQUEST_ID, Language.EN)


def test_pending_and_failure(api: Api, client: SoapClient, tmp_path: Path) -> None:
    api.service.response = SignResponse(SignStatus.PENDING)
    pending = client.get_response(REQUEST_ID, lambda _: tmp_path / "x")
    assert (pending.status, pending.message, pending.results) == (SignStatus.PENDING, None, ())
    api.service.response = SignResponse(SignStatus.FAILURE, "Anulată", (SignResult("a"),))
    failed = client.get_response(REQUEST_ID, lambda _: tmp_path / "x")
    assert failed.message == "Anulată"
    assert failed.results[0].signature is None


def test_verify_tells_what_the_server_tells(api: Api, client: SoapClient, tmp_path: Path) -> None:
    xades = tmp_path / "a.xml"
    xades.write_bytes(b"<a/>")
    api.validator.by_content = {b"<a/>": report(signature(content_digest=bytes(32)))}
    items = [ToVerify(xades, bytes(32), "a"), ToVerify(b"<b/>", bytes(32), "b")]
    first, second = client.verify(items, content_type=ContentType.HASH, language=Language.EN)
    assert (first.correlation_id, first.valid, first.message) == ("a", True, "The signature is valid")
    assert first.certificates[0].signed_at == SIGNED_AT.replace(microsecond=0)
    assert (second.correlation_id, second.certificates) == ("b", ())


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (not_found(), Code.REQUEST_NOT_FOUND, "Cannot find such request"),
        (MSignError(Code.AUTHORIZATION_FAILED, "x"), Code.AUTHORIZATION_FAILED, "not initiated by this system"),
        (invalid("requestID", "required"), Code.INVALID_PARAMETER, "requestID: required"),
        (RuntimeError("x"), Code.UNAVAILABLE, "Internal error"),
    ],
)
def test_faults_become_errors(
    api: Api, client: SoapClient, tmp_path: Path, error: Exception, code: Code, text: str
) -> None:
    api.service.error = error
    with pytest.raises(MSignError, match=text) as caught:
        client.get_response(REQUEST_ID, lambda _: tmp_path / "x")
    assert caught.value.code is code


def test_a_foreign_address_and_a_closed_port(api: Api, client: SoapClient, tmp_path: Path) -> None:
    api.gate.addresses = ("192.0.2.1",)
    try:
        with pytest.raises(MSignError) as refused:
            client.post([Outgoing(bytes(32))], content_type=ContentType.HASH, short_description="x")
    finally:
        api.gate.addresses = ("127.0.0.1",)
    assert refused.value.code is Code.ADDRESS_REFUSED
    certificate, key = api.client()
    nobody = SoapClient("https://127.0.0.1:9/MSign.svc", certificate=certificate, key=key, ca=api.ca)
    with nobody, pytest.raises(MSignError) as closed:
        nobody.get_response(REQUEST_ID, lambda _: tmp_path / "x")
    assert (closed.value.code, closed.value.retry) == (Code.UNAVAILABLE, True)


def test_the_wsdl_can_be_read(api: Api, client: SoapClient) -> None:
    assert f'location="{api.url}"'.encode() in client.wsdl()
    certificate, key = api.client()
    elsewhere = SoapClient(api.url.replace("MSign", "Other"), certificate=certificate, key=key, ca=api.ca)
    with elsewhere, pytest.raises(MSignError, match="HTTP 404"):
        elsewhere.wsdl()


def test_a_message_above_the_limit(tmp_path: Path) -> None:
    with running_api(tmp_path, options=SoapOptions(max_message_bytes=100_000)) as api:
        certificate, key = api.client()
        client = SoapClient(api.url, certificate=certificate, key=key, ca=api.ca)
        with client, pytest.raises(MSignError, match="larger than 100000 bytes") as caught:
            client.post([Outgoing(bytes(300_000))], content_type=ContentType.PDF, short_description="x")
    assert caught.value.code is Code.BAD_MESSAGE


def test_one_hundred_megabytes_cost_the_api_process_less_than_sixty(tmp_path: Path) -> None:
    """Posted and fetched; the limit of the contract is 100 MiB. Peak above idle, as the kernel counts it."""
    if not Path("/proc/self/status").exists():
        pytest.skip("no /proc on this system to read a process's peak memory from")
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.soap_memory", str(tmp_path), str(100 * 1024 * 1024)],
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert done.returncode == 0, done.stderr
    posted, fetched = (int(word) for word in done.stdout.split())
    assert posted < 60 * 1024, f"{posted} KiB above idle for a post"
    assert fetched < 60 * 1024, f"{fetched} KiB above idle for post and fetch"
