"""From the members of a call, still text and uploads, to the values that the rooms below understand."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TypeVar

from msign.faces.soap.frame import Value
from msign.faces.soap.uploads import Upload
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.ids import normalise_request_id
from msign.kernel.languages import DEFAULT_LANGUAGE, Language, parse_language
from msign.kernel.words import ContentType, DelegatorType
from msign.signrequests.values import ExpectedSigner, NewSignRequest, PostedContent

Members = Mapping[str, Value]
Word = TypeVar("Word", bound=enum.StrEnum)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_INT = range(-(2**31), 2**31)


def new_sign_request(arguments: Members) -> NewSignRequest:
    """Return what PostSignRequest asks for; its contents are finished in the store by this.

    Checks types and the presence of members without which there is no value; the rules of wire contract 5 are the
    service's. Raises ``MSignError`` (INVALID_PARAMETER) naming the member.
    """
    request = required_members(arguments, "request", "request")
    signer = _members(request, "ExpectedSigner")
    content_type = word(request, "ContentType", ContentType)
    expected = None if signer is None else _expected_signer(signer)
    items = items_of(request, "Contents")
    flags = [boolean(item, "MultipleSignatures", f"Contents[{at}]") for at, item in enumerate(items)]
    uploads = [upload_of(item, "Content", f"Contents[{at}]") for at, item in enumerate(items)]
    return NewSignRequest(
        content_type=content_type,
        contents=tuple(
            _posted(item, upload, multiple=flag) for item, upload, flag in zip(items, uploads, flags, strict=True)
        ),
        short_description=string(request, "ShortContentDescription"),
        description=string(request, "ContentDescription"),
        reason=string(request, "SignatureReason"),
        expected_signer=expected,
    )


def _posted(item: Members, upload: Upload, *, multiple: bool) -> PostedContent:
    stored = upload.finish()
    return PostedContent(
        key=stored.key,
        size=stored.size,
        correlation_id=string(item, "CorrelationID") or None,
        name=string(item, "Name") or None,
        multiple_signatures=multiple,
    )


def _expected_signer(signer: Members) -> ExpectedSigner:
    return ExpectedSigner(
        id=(string(signer, "ID") or "").strip() or None,
        delegator_type=word(signer, "DelegatorType", DelegatorType, "ExpectedSigner.") or DelegatorType.NONE,
        delegator_id=(string(signer, "DelegatorID") or "").strip() or None,
        delegated_role_id=_integer(signer, "DelegatedRoleID", "ExpectedSigner."),
    )


def request_id(arguments: Members) -> str:
    """Return the request id of GetSignResponse in its usual spelling; one that cannot be an id is unknown."""
    text = string(arguments, "requestID")
    if text is None or not text.strip():
        raise invalid("requestID", "required")
    found = normalise_request_id(text)
    if found is None:
        raise MSignError(Code.REQUEST_NOT_FOUND, "Cannot find such request")
    return found


def language(arguments: Members, member: str, *, unknown: str) -> Language:
    """Return the language asked for; ``unknown`` is the setting ``soap.unknown_language``."""
    found = parse_language(string(arguments, member))
    if found is not None:
        return found
    if unknown == "ro":
        return DEFAULT_LANGUAGE
    raise invalid(member, "ro, ru or en expected")


def string(members: Members, name: str) -> str | None:
    """Return a text member as it was written; ``None`` when absent or nil."""
    value = members.get(name)
    assert value is None or isinstance(value, str)
    return value


def word(members: Members, name: str, kind: type[Word], prefix: str = "") -> Word | None:
    """Return an enumeration member; its words are case-sensitive."""
    text = string(members, name)
    if text is None:
        return None
    try:
        return kind(text.strip())
    except ValueError as error:
        raise invalid(f"{prefix}{name}", f"one of {', '.join(kind)} expected") from error


def boolean(members: Members, name: str, owner: str) -> bool:
    """Return an xs:boolean; absent and nil are false."""
    text = string(members, name)
    if text is None:
        return False
    value = _BOOLEANS.get(text.strip())
    if value is None:
        raise invalid(f"{owner}.{name}", "true or false expected")
    return value


def _integer(members: Members, name: str, prefix: str) -> int:
    text = (string(members, name) or "0").strip()
    sign, digits = ("-" if text.startswith("-") else ""), text.removeprefix("-" if text.startswith("-") else "+")
    value = digits.lstrip("0") or "0"
    whole = digits.isascii() and digits.isdigit() and len(value) <= 10
    if not whole or int(f"{sign}{value}") not in _INT:
        raise invalid(f"{prefix}{name}", "a whole number of 32 bits expected")
    return int(f"{sign}{value}")


def _members(members: Members, name: str) -> Members | None:
    value = members.get(name)
    assert value is None or isinstance(value, dict)
    return value


def required_members(members: Members, name: str, path: str) -> Members:
    value = _members(members, name)
    if value is None:
        raise invalid(path, "required")
    return value


def items_of(members: Members, name: str) -> list[Members]:
    """Return the items of an array; none when it is absent or nil. A nil item is an error (wire contract 5)."""
    value = members.get(name)
    items: list[Members] = []
    assert value is None or isinstance(value, list)
    for at, item in enumerate(value or ()):
        if not isinstance(item, dict):
            raise invalid(f"{name}[{at}]", "must not be nil")
        items.append(item)
    return items


def upload_of(item: Members, name: str, owner: str) -> Upload:
    value = item.get(name)
    if not isinstance(value, Upload):
        raise invalid(f"{owner}.{name}", "required")
    return value
