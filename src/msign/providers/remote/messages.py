"""The official provider interface on the wire: what is sent, and how an answer is read (signature-providers 3)."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import MAX_MESSAGE, MIB
from msign.kernel.words import ContentType, FailureReason
from msign.providers.base import ItemToSign, Refused, Signed, SignedItem, SigningOrder
from msign.providers.remote.bigjson import Lifted

_MAX_CERTIFICATE = 64 * 1024
_MAX_XADES = MIB
_DER_SEQUENCE = 0x30

# The reasons that the specification names, and ours for the mobile protocols, however a provider spells them.
_REASONS: Mapping[str, FailureReason] = {
    "user cancelled": FailureReason.CANCELLED,
    "user canceled": FailureReason.CANCELLED,
    "cancelled": FailureReason.CANCELLED,
    "canceled": FailureReason.CANCELLED,
    "wrong pin": FailureReason.WRONG_PIN,
    "pin locked": FailureReason.PIN_LOCKED,
    "pin blocked": FailureReason.PIN_LOCKED,
    "card locked": FailureReason.PIN_LOCKED,
    "card blocked": FailureReason.PIN_LOCKED,
    "wrong code": FailureReason.WRONG_CODE,
    "wrong verification code": FailureReason.WRONG_CODE,
    "wrong vc": FailureReason.WRONG_CODE,
    "no active device": FailureReason.NO_ACTIVE_DEVICE,
    "certificate expired": FailureReason.CERTIFICATE_EXPIRED,
    "certificate revoked": FailureReason.CERTIFICATE_REVOKED,
    "signer does not match": FailureReason.SIGNER_MISMATCH,
    "signer mismatch": FailureReason.SIGNER_MISMATCH,
    "sim error": FailureReason.SIM_ERROR,
    "timed out": FailureReason.TIMED_OUT,
    "timeout": FailureReason.TIMED_OUT,
}
_WORD_BORDER = re.compile(r"(?<=[a-z])(?=[A-Z])|[-_\s.]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def sign_message(order: SigningOrder, *, person_data: bool) -> dict[str, object]:
    """Return the Sign message; documents stand in it as paths (see ``bigjson.write``)."""
    message: dict[str, object] = {"requestId": order.request_id, "description": order.description}
    if order.signer_id:
        message["signerId"] = order.signer_id
    if order.callback_url:
        message["callbackUrl"] = order.callback_url
    if person_data:
        extra = {"msisdn": order.msisdn, "reason": order.reason, "language": order.language.value}
        message |= {key: value for key, value in extra.items() if value}
    message["items"] = [_item(item) for item in order.items]
    return message


def _item(item: ItemToSign) -> dict[str, object]:
    values: dict[str, object] = {"id": item.id, "contentType": item.content_type.value}
    if item.content_type is ContentType.HASH:
        values["hash"] = base64.b64encode(item.digest or b"").decode()
    else:
        values |= {"document": item.document, "fileMediaType": "application/pdf"}
    if item.file_name:
        values["fileName"] = item.file_name
    return values


def refusal(text: object) -> Refused:
    """Return the reason behind a provider's ``failureReason``; unknown text is kept, cut to what a person may see."""
    if not isinstance(text, str) or not text.strip():
        return Refused(FailureReason.INSTRUMENT_UNAVAILABLE)
    key = " ".join(part for part in _WORD_BORDER.split(text.strip()) if part).lower()
    reason = _REASONS.get(key)
    if reason:
        return Refused(reason)
    clean = " ".join(_CONTROL.sub(" ", text).split())
    return Refused(FailureReason.PROVIDER_TEXT, clean[:MAX_MESSAGE])


def confirmed_items(order: SigningOrder, items: object) -> tuple[str, ...]:
    """Return which items a Pending answer names as done; the interface allows the list and does not ask for it."""
    named = {item.get("id") for item in items if isinstance(item, dict)} if isinstance(items, list) else set()
    return tuple(item.id for item in order.items if item.id in named)


def signed(order: SigningOrder, value: Mapping[str, object], workspace: Path) -> Signed | Refused:
    """Return the signatures of a Success answer, written into ``workspace``; or why it is no complete answer.

    Checked here: every item answered exactly once, nothing else, well-formed base64, sizes. Whether a signature is
    any good is judged by the caller.
    """
    try:
        certificate = _certificate(value.get("signerCertificate"))
        found = _by_id(order, value.get("items"))
        made = tuple(
            SignedItem(item.id, _stored(item, found[item.id].get("signature"), workspace / f"signature-{index}"))
            for index, item in enumerate(order.items)
        )
    except MSignError as error:
        return Refused(FailureReason.INCOMPLETE_ANSWER, error.message[:MAX_MESSAGE])
    return Signed(made, certificate)


def _by_id(order: SigningOrder, items: object) -> dict[str, Mapping[str, object]]:
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _incomplete("items: a list was expected")
    counts = Counter(str(item.get("id")) for item in items)
    expected = {item.id for item in order.items}
    for problem, ids in (
        ("missing", expected - counts.keys()),
        ("not asked for", counts.keys() - expected),
        ("answered twice", {identifier for identifier, times in counts.items() if times > 1}),
    ):
        if ids:
            raise _incomplete(f"{len(ids)} items {problem}")
    return {str(item["id"]): item for item in items}


def _certificate(value: object) -> bytes:
    certificate = _bytes("signerCertificate", value)
    if len(certificate) > _MAX_CERTIFICATE or certificate[:1] != bytes([_DER_SEQUENCE]):
        raise _incomplete("signerCertificate: one DER certificate was expected")
    return certificate


def _stored(item: ItemToSign, value: object, target: Path) -> Path:
    """Put one signature where the caller will look; a lifted file only changes its name."""
    if isinstance(value, Lifted):
        if item.content_type is ContentType.HASH and value.size > _MAX_XADES:
            raise _incomplete("a signature over a hash is larger than 1 MiB")
        value.path.replace(target)
        return target
    target.write_bytes(_bytes("signature", value))
    return target


def _bytes(member: str, value: object) -> bytes:
    if not isinstance(value, str) or not value:
        raise _incomplete(f"{member}: base64 was expected")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _incomplete(f"{member}: not base64") from error


def _incomplete(message: str) -> MSignError:
    return MSignError(Code.BAD_MESSAGE, message)
