"""The sandbox CA, its OCSP, CRL and time-stamps, judged by `cryptography`, asn1crypto and the openssl command."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509 import ocsp

from msign.kernel.clock import FixedClock
from msign.kernel.errors import MSignError
from msign.sandbox.profiles import QUALIFIED_POLICY, TIMESTAMP_POLICY
from msign.sandbox.status import Mode
from tests.support.pki import MOMENT, PERSONS, SAME_SERIAL, SYSTEMS, TSA_URL, new_pki, session_pki

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not installed")


def test_the_whole_cast_can_be_made() -> None:
    pki = session_pki()
    for name in PERSONS:
        assert pki.person(name).certificate.public_key() == pki.person(name).key.public_key()
    for name in SYSTEMS:
        assert pki.system(name).certificate.issuer == pki.system(name).issuer.certificate.subject


def test_a_member_is_made_once() -> None:
    assert session_pki().person("maria") is session_pki().person("maria")


def test_serial_numbers_have_the_national_shapes() -> None:
    pki = session_pki()
    assert f"{pki.person('maria').certificate.serial_number:028X}".startswith("40000000")
    assert (pki.system("alfa-test").certificate.serial_number.bit_length() + 7) // 8 == 20
    twins = [pki.person(f"same-serial-{issuer}").certificate for issuer in ("qualified", "advanced")]
    assert {twin.serial_number for twin in twins} == {SAME_SERIAL}
    assert twins[0].issuer != twins[1].issuer


def test_a_qualified_person_carries_policy_and_statements() -> None:
    extensions = session_pki().person("maria").certificate.extensions
    policies = extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert [item.policy_identifier.dotted_string for item in policies] == [QUALIFIED_POLICY]
    assert extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3"))


def test_certificates_say_where_their_issuer_answers() -> None:
    extensions = session_pki().person("maria").certificate.extensions
    access = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    urls = {item.access_location.value for item in access}
    assert urls == {"http://tsp.test/ocsp/qualified", "http://tsp.test/cert/qualified.crt"}


@needs_openssl
@pytest.mark.tool
@pytest.mark.parametrize("name", ["ion", "maria", "vasile"])
def test_openssl_accepts_the_chain(name: str, tmp_path: Path) -> None:
    pki = session_pki()
    (tmp_path / "root.pem").write_bytes(pki.authority("root").certificate.public_bytes(Encoding.PEM))
    (tmp_path / "ca.pem").write_bytes(pki.authority("qualified").certificate.public_bytes(Encoding.PEM))
    certificate, _ = pki.person(name).write(tmp_path, "person")
    moment = str(int(MOMENT.timestamp()))
    done = subprocess.run(
        [
            "openssl",
            "verify",
            "-x509_strict",
            "-attime",
            moment,
            "-CAfile",
            "root.pem",
            "-untrusted",
            "ca.pem",
            certificate,
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_pkcs12_file_opens_with_its_password() -> None:
    person = session_pki().person("maria")
    _, certificate, chain = pkcs12.load_key_and_certificates(person.pkcs12("demo"), b"demo")
    assert certificate == person.certificate
    assert len(chain) == 2


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("maria", ocsp.OCSPCertStatus.GOOD),
        ("suspended", ocsp.OCSPCertStatus.REVOKED),
        ("revoked-before", ocsp.OCSPCertStatus.REVOKED),
    ],
)
def test_ocsp_tells_the_status(name: str, status: ocsp.OCSPCertStatus) -> None:
    pki = session_pki()
    answer = ocsp.load_der_ocsp_response(pki.services.ocsp_response(pki.person(name).certificate))
    assert answer.certificate_status is status
    assert answer.this_update_utc <= MOMENT < answer.next_update_utc
    delegate = answer.certificates[0]
    delegate.verify_directly_issued_by(pki.authority("qualified").certificate)
    key = delegate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))


def test_ocsp_gives_the_reason_of_a_suspension() -> None:
    pki = session_pki()
    answer = ocsp.load_der_ocsp_response(pki.services.ocsp_response(pki.person("suspended").certificate))
    assert answer.revocation_reason is x509.ReasonFlags.certificate_hold


def test_ocsp_echoes_the_nonce_and_says_unknown_for_strangers() -> None:
    pki = session_pki()
    ca = pki.authority("qualified").certificate
    stranger = pki.person("untrusted").certificate
    request = ocsp.OCSPRequestBuilder().add_certificate(stranger, ca, hashes.SHA256())
    request = request.add_extension(x509.OCSPNonce(b"0123456789abcdef"), critical=False)
    reply = pki.services.answer("POST", "/ocsp/qualified", request.build().public_bytes(Encoding.DER))
    answer = ocsp.load_der_ocsp_response(reply.body)
    assert answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"0123456789abcdef"


def test_ocsp_does_not_answer_for_another_issuer_with_the_same_serial() -> None:
    pki = session_pki()
    pki.person("same-serial-qualified")
    twin = pki.person("same-serial-advanced").certificate
    advanced = pki.authority("advanced").certificate
    request = ocsp.OCSPRequestBuilder().add_certificate(twin, advanced, hashes.SHA1()).build()
    reply = pki.services.answer("POST", "/ocsp/qualified", request.public_bytes(Encoding.DER))
    assert ocsp.load_der_ocsp_response(reply.body).certificate_status is ocsp.OCSPCertStatus.UNKNOWN


def test_ocsp_refuses_what_it_cannot_read() -> None:
    reply = session_pki().services.answer("POST", "/ocsp/qualified", b"hello")
    answer = ocsp.load_der_ocsp_response(reply.body)
    assert answer.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_the_crl_lists_what_was_revoked_and_is_cached_until_it_changes() -> None:
    pki = new_pki()
    person = pki.person("maria")
    first = pki.crl("qualified")
    assert pki.crl("qualified") is first
    pki.authority("qualified").revoke(person.certificate.serial_number)
    listed = x509.load_der_x509_crl(pki.crl("qualified"))
    assert listed.is_signature_valid(pki.authority("qualified").certificate.public_key())  # type: ignore[arg-type]
    found = listed.get_revoked_certificate_by_serial_number(person.certificate.serial_number)
    assert found is not None
    assert found.revocation_date_utc == MOMENT


def test_the_crl_is_renewed_after_half_its_life() -> None:
    clock = FixedClock()
    pki = new_pki(clock=clock)
    first = pki.crl("qualified")
    clock.move(hours=13)
    renewed = x509.load_der_x509_crl(pki.crl("qualified"))
    assert renewed.last_update_utc > x509.load_der_x509_crl(first).last_update_utc


def test_a_suspension_can_end_but_a_revocation_cannot() -> None:
    pki = new_pki()
    authority, serial = pki.authority("qualified"), pki.person("suspended").certificate.serial_number
    authority.release(serial)
    entry = authority.status(serial)
    assert entry is not None
    assert entry.revoked_at is None
    authority.revoke(serial)
    authority.suspend(serial)
    with pytest.raises(MSignError, match="cannot come back"):
        authority.release(serial)


def test_revoking_an_unknown_serial_is_an_error() -> None:
    with pytest.raises(MSignError, match="has issued no certificate"):
        session_pki().authority("root").revoke(1)


@pytest.mark.parametrize("path", ["/ocsp/qualified", "/crl/qualified.crl", "/tsa"])
def test_a_service_can_be_down(path: str) -> None:
    pki = new_pki()
    pki.services.modes[path] = Mode.DOWN
    assert pki.services.answer("POST", path, b"").status == 503


def test_stale_answers_are_stale() -> None:
    pki = new_pki()
    answer = ocsp.load_der_ocsp_response(pki.services.ocsp_response(pki.person("maria").certificate, Mode.STALE))
    assert answer.next_update_utc is not None
    assert answer.next_update_utc < MOMENT
    pki.services.modes["/crl/qualified.crl"] = Mode.STALE
    crl = x509.load_der_x509_crl(pki.services.answer("GET", "/crl/qualified.crl", b"").body)
    assert crl.next_update_utc is not None
    assert crl.next_update_utc < MOMENT


def test_a_wrong_key_does_not_verify() -> None:
    pki = new_pki()
    pki.services.modes["/crl/qualified.crl"] = Mode.WRONG_KEY
    crl = x509.load_der_x509_crl(pki.services.answer("GET", "/crl/qualified.crl", b"").body)
    assert not crl.is_signature_valid(pki.authority("qualified").certificate.public_key())  # type: ignore[arg-type]


def test_a_timestamp_names_policy_accuracy_and_time() -> None:
    digest = hashlib.sha256(b"value").digest()
    token = cms.ContentInfo.load(session_pki().tsa.timestamp(digest, "sha256"))
    info = token["content"]["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == digest
    assert info["policy"].dotted == TIMESTAMP_POLICY
    assert info["accuracy"]["seconds"].native == 60
    assert info["gen_time"].native == MOMENT.replace(microsecond=0)


@pytest.mark.parametrize(
    ("algorithm", "length", "refusal"), [("sha1", 20, "bad_alg"), ("sha512", 64, "bad_alg"), ("sha256", 20, "bad_alg")]
)
def test_the_authority_stamps_only_sha256(algorithm: str, length: int, refusal: str) -> None:
    imprint = {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": bytes(length)}
    request = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint}).dump()
    answer = _refusal(session_pki().services.answer("POST", "/tsa", request).body)
    assert answer["status"].native == "rejection"
    assert answer["fail_info"].native == {refusal}


def test_the_authority_refuses_another_policy() -> None:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}
    request = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "req_policy": "2.999.1"}).dump()
    answer = _refusal(session_pki().tsa.respond(request))
    assert answer["fail_info"].native == {"unaccepted_policy"}


def test_the_authority_refuses_what_it_cannot_read() -> None:
    answer = _refusal(session_pki().tsa.respond(b"hello"))
    assert answer["fail_info"].native == {"bad_data_format"}


@needs_openssl
@pytest.mark.tool
def test_openssl_accepts_a_timestamp(tmp_path: Path) -> None:
    pki = session_pki()
    (tmp_path / "data").write_bytes(b"data to stamp")
    (tmp_path / "root.pem").write_bytes(pki.authority("root").certificate.public_bytes(Encoding.PEM))
    query = ["openssl", "ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "request"]
    subprocess.run(query, cwd=tmp_path, check=True, capture_output=True)
    with httpx.Client(transport=pki.transport()) as client:
        reply = client.post(TSA_URL, content=(tmp_path / "request").read_bytes())
    (tmp_path / "reply").write_bytes(reply.content)
    moment = str(int(MOMENT.timestamp()))
    done = subprocess.run(
        ["openssl", "ts", "-verify", "-queryfile", "request", "-in", "reply", "-CAfile", "root.pem", "-attime", moment],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_trust_folder_has_every_role(tmp_path: Path) -> None:
    folder = session_pki().write_trust(tmp_path / "trust")
    roles = {path.parent.name for path in folder.rglob("*.pem")}
    assert roles == {"signers-qualified", "signers-advanced", "tsa", "systems", "intermediates"}


def test_nothing_outlives_its_issuer() -> None:
    pki = session_pki()
    for name in ("ion", "maria"):
        person = pki.person(name).certificate
        assert person.not_valid_after_utc - person.not_valid_before_utc <= dt.timedelta(days=731)
        assert person.not_valid_after_utc < pki.authority("qualified").certificate.not_valid_after_utc


def _refusal(reply: bytes) -> tsp.PKIStatusInfo:
    return tsp.PKIStatusInfo.load(core.Sequence.load(reply).contents)
