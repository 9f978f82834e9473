"""The official interface on the wire, and how its settings are judged."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest

from msign.kernel.words import ContentType, FailureReason
from msign.providers.base import ItemToSign, Refused, Signed, SigningOrder
from msign.providers.remote.bigjson import Lifted
from msign.providers.remote.messages import confirmed_items, refusal, sign_message, signed
from msign.providers.remote.settings import Mode, RemoteSettings, callback_accepted, problems

REQUEST = "718ba2c75490aaaeb20ee74e97a3fd82"
HASHES = SigningOrder(
    REQUEST, (ItemToSign("1", ContentType.HASH, digest=bytes(32)), ItemToSign("2", ContentType.HASH, digest=bytes(32))),
    "Cerere nr. 17", signer_id="2000000000004", msisdn="37360000000", callback_url="https://msign.example/cb",
)  # fmt: skip
CERTIFICATE = base64.b64encode(b"0\x03abc").decode()


def _item(identifier: str, signature: object = "PGEvPg==") -> dict[str, object]:
    return {"id": identifier, "signature": signature}


def _signed(tmp_path: Path, *items: dict[str, object], certificate: object = CERTIFICATE) -> Signed | Refused:
    return signed(HASHES, {"signerCertificate": certificate, "items": list(items)}, tmp_path)


def test_the_message_has_the_members_of_the_specification() -> None:
    message = sign_message(HASHES, person_data=False)
    assert json.loads(json.dumps(message)) == {
        "requestId": REQUEST,
        "description": "Cerere nr. 17",
        "signerId": "2000000000004",
        "callbackUrl": "https://msign.example/cb",
        "items": [{"id": str(n), "contentType": "Hash", "hash": base64.b64encode(bytes(32)).decode()} for n in (1, 2)],
    }


def test_the_phone_number_leaves_only_when_agreed() -> None:
    assert "msisdn" not in sign_message(HASHES, person_data=False)
    assert sign_message(HASHES, person_data=True)["msisdn"] == "37360000000"


def test_a_document_travels_as_its_path(tmp_path: Path) -> None:
    item = ItemToSign("1", ContentType.PDF, document=tmp_path / "a.pdf", file_name="a.pdf")
    message = sign_message(replace(HASHES, items=(item,)), person_data=False)
    assert message["items"] == [
        {"id": "1", "contentType": "Pdf", "document": tmp_path / "a.pdf", "fileMediaType": "application/pdf",
         "fileName": "a.pdf"}
    ]  # fmt: skip


def test_a_complete_answer_becomes_files(tmp_path: Path) -> None:
    big = tmp_path / "lifted"
    big.write_bytes(b"<big/>")
    answer = _signed(tmp_path, _item("2", Lifted(big, 6)), _item("1"))
    assert isinstance(answer, Signed)
    assert [(item.id, item.signature.read_bytes()) for item in answer.items] == [("1", b"<a/>"), ("2", b"<big/>")]
    assert answer.certificate == b"0\x03abc"


@pytest.mark.parametrize(
    "items",
    [
        [_item("1")],
        [_item("1"), _item("2"), _item("3")],
        [_item("1"), _item("1"), _item("2")],
        [_item("1"), _item("2", None)],
        [_item("1"), _item("2", "not base64!")],
        [_item("1"), _item("2", "")],
        [_item("1"), {"id": "2"}],
        [_item("1"), {"id": ["2"], "signature": "PGEvPg=="}],
    ],
    ids=["missing", "extra", "duplicate", "null", "no base64", "empty", "no signature", "id is a list"],
)
def test_an_incomplete_answer_is_refused(items: list[dict[str, object]], tmp_path: Path) -> None:
    answer = _signed(tmp_path, *items)
    assert isinstance(answer, Refused)
    assert answer.reason is FailureReason.INCOMPLETE_ANSWER


@pytest.mark.parametrize("certificate", [None, "", "!!", base64.b64encode(b"PEM").decode(), 7])
def test_the_certificate_must_be_der(certificate: object, tmp_path: Path) -> None:
    answer = _signed(tmp_path, _item("1"), _item("2"), certificate=certificate)
    assert isinstance(answer, Refused)
    assert answer.reason is FailureReason.INCOMPLETE_ANSWER


@pytest.mark.parametrize("items", [None, "x", [1], {}])
def test_items_must_be_a_list_of_objects(items: object, tmp_path: Path) -> None:
    answer = signed(HASHES, {"signerCertificate": CERTIFICATE, "items": items}, tmp_path)
    assert isinstance(answer, Refused)


def test_a_signature_over_a_hash_has_a_bound(tmp_path: Path) -> None:
    huge = tmp_path / "lifted"
    huge.touch()
    answer = _signed(tmp_path, _item("1"), _item("2", Lifted(huge, 2_000_000)))
    assert isinstance(answer, Refused)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("user cancelled", FailureReason.CANCELLED),
        ("User canceled", FailureReason.CANCELLED),
        ("UserCancelled", FailureReason.CANCELLED),
        ("USER_CANCELLED", FailureReason.CANCELLED),
        ("wrong PIN", FailureReason.WRONG_PIN),
        ("WrongPin", FailureReason.WRONG_PIN),
        ("no-active-device", FailureReason.NO_ACTIVE_DEVICE),
        ("certificate expired.", FailureReason.CERTIFICATE_EXPIRED),
        ("certificate revoked", FailureReason.CERTIFICATE_REVOKED),
        ("signer does not match", FailureReason.SIGNER_MISMATCH),
        ("SIM error", FailureReason.SIM_ERROR),
        ("wrong code", FailureReason.WRONG_CODE),
        ("WRONG_VC", FailureReason.WRONG_CODE),
        ("wrongVerificationCode", FailureReason.WRONG_CODE),
        ("timed out", FailureReason.TIMED_OUT),
        ("", FailureReason.INSTRUMENT_UNAVAILABLE),
        (None, FailureReason.INSTRUMENT_UNAVAILABLE),
        (["x"], FailureReason.INSTRUMENT_UNAVAILABLE),
    ],
)
def test_documented_reasons_are_known(text: object, reason: FailureReason) -> None:
    assert refusal(text) == Refused(reason)


def test_unknown_text_is_cut_and_cleaned() -> None:
    answer = refusal("Cardul\r\n\x00este \u202eblocat " + "x" * 200)
    assert answer.reason is FailureReason.PROVIDER_TEXT
    assert answer.text.startswith("Cardul este blocat xxx")
    assert len(answer.text) == 100


SETTINGS = RemoteSettings(
    "demo", "https://provider.example/v1", ("to-provider-token-0001",), ("to-gateway-token-0001",)
)


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("Bearer to-gateway-token-0001", True),
        ("bearer to-gateway-token-0001", True),
        ("Bearer to-gateway-token-0002", False),
        ("Bearer to-provider-token-0001", False),
        ("Basic to-gateway-token-0001", False),
        ("to-gateway-token-0001", False),
        ("Bearer ", False),
        ("Bearer \u0219", False),
        ("", False),
    ],
)
def test_callbacks_need_their_own_token(header: str, accepted: bool) -> None:
    assert callback_accepted(SETTINGS, header) is accepted


def test_without_tokens_no_callback_is_accepted() -> None:
    assert not callback_accepted(replace(SETTINGS, callback_tokens=()), "Bearer x")


def test_both_tokens_are_accepted_while_they_rotate() -> None:
    both = replace(SETTINGS, callback_tokens=("to-gateway-token-0002", "to-gateway-token-0001"))
    assert callback_accepted(both, "Bearer to-gateway-token-0001")
    assert callback_accepted(both, "Bearer to-gateway-token-0002")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"url": "http://provider.example"}, "https"),
        ({"url": "https://"}, "https"),
        ({"url": "https://user:secret@provider.example"}, "no user"),
        ({"url": "https://provider.example?token=x"}, "query"),
        ({"tokens": ()}, "no token for calls"),
        ({"tokens": ("short",)}, "shorter"),
        ({"callback_tokens": ()}, "callbacks"),
        ({"ca_file": "/nowhere/ca.pem"}, "does not exist"),
    ],
)
def test_misconfiguration_is_named(change: dict[str, object], problem: str) -> None:
    found = problems(replace(SETTINGS, **change))
    assert len(found) == 1
    assert problem in found[0]


def test_good_settings_have_no_problems() -> None:
    assert problems(SETTINGS) == []
    assert problems(replace(SETTINGS, mode=Mode.SYNCHRONOUS, callback_tokens=())) == []


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ([{"id": "2"}, {"id": "1"}, {"id": "2"}], ("1", "2")),
        ([{"id": "9"}, {"id": 1}, "1", None], ()),
        ({"id": "1"}, ()),
        (None, ()),
    ],
)
def test_a_pending_answer_may_say_what_is_confirmed(named: object, found: tuple[str, ...]) -> None:
    items = tuple(ItemToSign(name, ContentType.HASH, digest=bytes(32)) for name in ("1", "2", "3"))
    assert confirmed_items(SigningOrder("0" * 32, items, "Cerere"), named) == found
