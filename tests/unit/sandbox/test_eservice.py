"""The demo e-service against a stand-in for MSign: what an integrator's code must do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from msign.sandbox.eservice import Cabinet, create_app
from msign.sandbox.soap_client import Result, SoapFaultError, Verdict
from msign.sandbox.web import App
from tests.unit.sandbox.conftest import browse

REQUEST = "718ba2c75490aaaeb20ee74e97a3fd82"


class StandIn:
    """Answers like MSignClient, from memory."""

    def __init__(self) -> None:
        self.status = "Success"
        self.valid = True
        self.fault: SoapFaultError | None = None
        self.posted: list[tuple[bytes, str, str, str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def post_pdf(self, pdf: bytes, *, name: str, short_description: str, expected_signer: str = "") -> str:
        if self.fault:
            raise self.fault
        self.posted.append((pdf, name, short_description, expected_signer))
        return REQUEST

    def response(self, request_id: str, language: str) -> Result:
        return Result(self.status, "Semnarea a fost anulată" if self.status == "Failure" else "", b"%PDF signed", b"0")

    def verify_pdf(self, pdf: bytes, language: str) -> Verdict:
        return Verdict(self.valid, "", (("CN=Ion Exemplu", "2026-03-02T09:15:30Z"),))


@pytest.fixture
def msign() -> StandIn:
    return StandIn()


@pytest.fixture
def app(tmp_path: Path, msign: StandIn) -> App:
    connect: Callable[[], StandIn] = lambda: msign  # noqa: E731
    cabinet = Cabinet(tmp_path / "cabinet")
    return create_app(cabinet, connect, sign_url="http://localhost:8080", own_url="http://localhost:8083")  # type: ignore[arg-type]


async def _submit(client: httpx.AsyncClient) -> str:
    files = {"document": ("cerere.pdf", b"%PDF-1.7 test", "application/pdf")}
    answer = await client.post("/", files=files, data={"description": "Cerere nr. 17", "signer": "2000000000004"})
    assert answer.status_code == 303
    return answer.headers["Location"]


async def test_an_upload_is_posted_and_the_person_sent_to_the_sign_page(app: App, msign: StandIn) -> None:
    async with browse(app) as client:
        location = await _submit(client)
    assert msign.posted == [(b"%PDF-1.7 test", "cerere.pdf", "Cerere nr. 17", "2000000000004")]
    assert location.startswith(f"http://localhost:8080/{REQUEST}?")
    values = parse_qs(urlsplit(location).query)
    assert values["ReturnUrl"] == ["http://localhost:8083/return"]
    assert values["lang"] == ["ro"]


@pytest.mark.parametrize("verb", ["GET", "POST"])
async def test_the_callback_fetches_and_verifies(app: App, verb: str) -> None:
    async with browse(app, Origin="http://localhost:8080") as client:
        relay = parse_qs(urlsplit(await _submit_from_home(client)).query)["RelayState"][0]
        values = {"requestId": REQUEST, "relaystate": relay}
        where = {"params": values} if verb == "GET" else {"data": values}
        back = await client.request(verb, "/return", **where)  # type: ignore[arg-type]
        page = await client.get(back.headers["Location"])
        signed = await client.get(f"{back.headers['Location']}/signed")
    assert "Semnătura este validă" in page.text
    assert "CN=Ion Exemplu" in page.text
    assert signed.content == b"%PDF signed"
    assert "cerere.signed.pdf" in signed.headers["Content-Disposition"]


async def _submit_from_home(client: httpx.AsyncClient) -> str:
    own = dict(client.headers)
    client.headers.pop("Origin")
    location = await _submit(client)
    client.headers.update(own)
    return location


@pytest.mark.parametrize(
    "values",
    [{}, {"RequestID": "x"}, {"RequestID": "0" * 32}, {"RequestID": REQUEST, "RelayState": "another"}],
    ids=["empty", "no id", "unknown", "foreign state"],
)
async def test_a_callback_that_fits_nothing_changes_nothing(app: App, values: dict[str, str]) -> None:
    async with browse(app) as client:
        await _submit(client)
        answer = await client.post("/return", data=values)
    assert answer.status_code in (400, 404)


async def test_a_refusal_is_shown_with_its_reason(app: App, msign: StandIn) -> None:
    msign.status = "Failure"
    async with browse(app) as client:
        await _submit(client)
        back = await client.post("/return", data={"RequestID": REQUEST})
        page = await client.get(back.headers["Location"])
        signed = await client.get(f"{back.headers['Location']}/signed")
    assert "Semnarea a fost anulată" in page.text
    assert signed.status_code == 404


async def test_a_bad_verdict_is_never_shown_as_valid(app: App, msign: StandIn) -> None:
    msign.valid = False
    async with browse(app) as client:
        await _submit(client)
        back = await client.post("/return", data={"RequestID": REQUEST})
        page = await client.get(back.headers["Location"])
    assert "Semnătura nu este validă" in page.text


async def test_a_fault_is_shown_and_nobody_is_redirected(app: App, msign: StandIn) -> None:
    msign.fault = SoapFaultError("InvalidParameter", "ExpectedSigner.ID: 13 digits expected")
    async with browse(app) as client:
        answer = await client.post("/", data={"sample": "1", "signer": "12"})
        assert answer.headers["Location"].startswith("/documents/")
        page = await client.get(answer.headers["Location"])
    assert "ExpectedSigner.ID: 13 digits expected" in page.text


async def test_without_a_file_the_form_says_what_to_do(app: App, msign: StandIn) -> None:
    async with browse(app) as client:
        answer = await client.post("/?lang=en", data={"description": "Cerere nr. 17"})
    assert answer.status_code == 400
    assert "There is a problem" in answer.text
    assert 'value="Cerere nr. 17"' in answer.text
    assert msign.posted == []


async def test_a_document_that_is_pending_can_be_gone_on_with(app: App, msign: StandIn) -> None:
    msign.status = "Pending"
    async with browse(app) as client:
        await _submit(client)
        home = await client.get("/?lang=en")
        address = home.text.split('href="/documents/')[1].split('"')[0]
        page = await client.get(f"/documents/{address}")
        refreshed = await client.post(f"/documents/{address}")
    assert f"http://localhost:8080/{REQUEST}" in page.text
    assert refreshed.status_code == 303


async def test_an_unknown_document_is_not_found(app: App) -> None:
    async with browse(app) as client:
        assert (await client.get("/documents/..%2f..%2fetc")).status_code == 404
        assert (await client.get(f"/documents/{'0' * 24}")).status_code == 404
