"""The trust service over HTTP: protocols, issuing, taking back, failures switched on, pages in three languages."""

from __future__ import annotations

import re

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import ocsp

from msign.sandbox.authority import new_key
from msign.sandbox.profiles import name
from tests.unit.sandbox.conftest import Desk, browse


def _request() -> tuple[object, str]:
    key = new_key("p256")
    subject = name((x509.NameOID.COMMON_NAME, "anything"))
    csr = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return key, csr.public_bytes(Encoding.PEM).decode()


async def test_ocsp_crl_certificates_and_timestamps_have_their_media_types(desk: Desk) -> None:
    person, ca = desk.pki.person("maria").certificate, desk.pki.authority("qualified").certificate
    query = ocsp.OCSPRequestBuilder().add_certificate(person, ca, hashes.SHA256()).build()
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}
    stamp = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "cert_req": True}).dump()
    async with browse(desk.app) as client:
        answers = [
            await client.post("/ocsp/qualified", content=query.public_bytes(Encoding.DER)),
            await client.get("/crl/qualified.crl"),
            await client.get("/cert/qualified.crt"),
            await client.post("/tsa", content=stamp),
        ]
    assert [answer.headers["Content-Type"] for answer in answers] == [
        "application/ocsp-response", "application/pkix-crl", "application/pkix-cert", "application/timestamp-reply",
    ]  # fmt: skip
    assert ocsp.load_der_ocsp_response(answers[0].content).certificate_status is ocsp.OCSPCertStatus.GOOD


@pytest.mark.parametrize(
    ("path", "status"),
    [("/ocsp/nobody", 404), ("/crl/qualified.txt", 404), ("/nothing", 404), ("/tsa", 405), ("/ocsp/qualified", 405)],
)
async def test_what_is_not_there_is_said_so(desk: Desk, path: str, status: int) -> None:
    async with browse(desk.app) as client:
        assert (await client.get(path)).status_code == status


async def test_a_person_gets_a_certificate_for_the_own_key(desk: Desk) -> None:
    key, csr = _request()
    values = {"csr": csr, "idnp": "2000000000107", "given": "Olga", "surname": "Nouă", "idno": "1000000000007"}
    async with browse(desk.app) as client:
        answer = await client.post("/api/persons", json=values)
    assert answer.status_code == 201
    certificate = x509.load_pem_x509_certificate(answer.json()["certificate"].encode())
    assert certificate.public_key() == key.public_key()  # type: ignore[attr-defined]
    assert certificate.subject.get_attributes_for_oid(x509.NameOID.SERIAL_NUMBER)[0].value == "PNOMD-2000000000107"
    assert len(answer.json()["chain"]) == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"idnp": "12"}, "idnp: 13 digits"),
        ({"given": ""}, "given: is missing"),
        ({"csr": "no request"}, "csr: a PKCS#10 request"),
        ({"authority": "root"}, "authority: one of"),
    ],
)
async def test_mistakes_name_the_member(desk: Desk, change: dict[str, str], reason: str) -> None:
    values = {"csr": _request()[1], "idnp": "2000000000107", "given": "Olga", "surname": "Nouă", **change}
    async with browse(desk.app) as client:
        answer = await client.post("/api/persons", json=values)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]


async def test_a_request_signed_by_another_key_is_refused(desk: Desk) -> None:
    _, csr = _request()
    lines = csr.strip().split("\n")
    lines[-2] = lines[-2][:-8] + "AAAAAAA="
    values = {"csr": "\n".join(lines), "idnp": "2000000000107", "given": "Olga", "surname": "Nouă"}
    async with browse(desk.app) as client:
        assert (await client.post("/api/persons", json=values)).status_code == 400


async def test_a_system_without_request_gets_key_and_certificate(desk: Desk) -> None:
    async with browse(desk.app) as client:
        answer = await client.post("/api/systems", data={"name": "TEST ghișeu", "idno": "1000000000007", "csr": ""})
    key = load_pem_private_key(answer.content, None)
    certificate = x509.load_pem_x509_certificate(answer.content[answer.content.index(b"-----BEGIN CERT") :])
    assert certificate.public_key() == key.public_key()
    assert "attachment" in answer.headers["Content-Disposition"]
    assert desk.pki.authority("systems").status(certificate.serial_number) is not None


async def test_revoke_suspend_and_release(desk: Desk) -> None:
    serial = desk.pki.person("maria").certificate.serial_number
    values = {"authority": "qualified", "serial": f"{serial:X}"}
    states = []
    async with browse(desk.app) as client:
        for action in ("suspend", "release", "revoke", "release"):
            answer = await client.post("/api/status", json={**values, "action": action})
            entry = desk.pki.authority("qualified").status(serial)
            states.append((answer.status_code, entry.reason if entry else None))
    assert states == [
        (200, x509.ReasonFlags.certificate_hold), (200, None),
        (200, x509.ReasonFlags.key_compromise), (409, x509.ReasonFlags.key_compromise),
    ]  # fmt: skip


async def test_failures_can_be_switched_on_and_off(desk: Desk) -> None:
    async with browse(desk.app) as client:
        for mode, status in (("down", 503), ("slow", 200), ("normal", 200)):
            await client.post("/api/modes", json={"path": "/crl/qualified.crl", "mode": mode})
            assert (await client.get("/crl/qualified.crl")).status_code == status
        assert (await client.post("/api/modes", json={"path": "/tsa", "mode": "odd"})).status_code == 400


@pytest.mark.parametrize(
    ("language", "word"), [("ro", "Autorități"), ("ru", "Удостоверяющие центры"), ("en", "Authorities")]
)
async def test_the_page_speaks_three_languages(desk: Desk, language: str, word: str) -> None:
    desk.pki.authority("qualified").suspend(desk.pki.person("maria").certificate.serial_number)
    async with browse(desk.app) as client:
        await client.post("/api/modes", data={"path": "/tsa", "mode": "down"})
        page = await client.get("/", params={"lang": language})
        again = await client.get("/")
    assert f'<html lang="{language}">' in page.text
    assert word in page.text
    assert word in again.text
    assert len(re.findall("<h1", page.text)) == 1
    assert "script" not in page.headers["Content-Security-Policy"]


async def test_a_page_of_another_site_may_not_press_buttons(desk: Desk) -> None:
    async with browse(desk.app, Origin="https://elsewhere.example") as client:
        answer = await client.post("/api/modes", data={"path": "/tsa", "mode": "down"})
    assert answer.status_code == 403


async def test_a_body_without_end_is_cut(desk: Desk) -> None:
    async with browse(desk.app) as client:
        answer = await client.post("/tsa", content=b"x" * 200_000)
    assert answer.status_code == 200  # read up to the bound, which is no request, which is a rejection
    assert len(answer.content) < 100


async def test_the_look_is_served(desk: Desk) -> None:
    async with browse(desk.app) as client:
        style = await client.get("/static/sandbox/sandbox.css")
        frame = await client.get("/static/frame/msign.css")
        hidden = await client.get("/static/frame/..%2f__init__.py")
    assert (style.status_code, frame.status_code, hidden.status_code) == (200, 200, 404)
    assert style.headers["Content-Type"].startswith("text/css")
