"""How answers of a CSC service are read: pure, every member checked, both versions to the same values."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from msign.kernel.errors import Code, MSignError
from msign.providers.base import SecretInput, SecretKind

Values = Mapping[str, object]
_MAX_INPUTS = 4
_MAX_TEXT = 200
_KINDS = {"pin": SecretKind.PIN, "otp": SecretKind.OTP, "password": SecretKind.PASSWORD}


@dataclass(frozen=True, slots=True)
class Info:
    """What the service can do."""

    methods: frozenset[str] = frozenset()
    oauth2: str = ""
    asynchronous: bool = False


@dataclass(frozen=True, slots=True)
class Credential:
    """A key that can sign: its certificates (leaf first, DER), algorithms (OIDs), hashes per authorisation.

    ``mode`` is how the person allows it: ``implicit`` (push), ``explicit`` (``inputs`` are typed), ``oauth2code``.
    """

    identifier: str
    certificates: tuple[bytes, ...]
    algorithms: frozenset[str]
    enabled: bool
    multisign: int
    certificate_status: str = "valid"
    mode: str = "implicit"
    inputs: tuple[SecretInput, ...] = ()


@dataclass(frozen=True, slots=True)
class Authorisation:
    """What ``credentials/authorize`` gave: a ``sad``, or a ``handle`` to ask again with while the person confirms."""

    sad: str = ""
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Signatures:
    """What ``signHash`` gave: values in the order of the hashes, or the id under which they will be ready."""

    values: tuple[bytes, ...] = ()
    response: str = ""


def read_info(found: Values) -> Info:
    """Read an answer of ``info``."""
    oauth2 = found.get("oauth2", "")
    return Info(
        frozenset(texts(found, "methods")),
        oauth2.rstrip("/") if isinstance(oauth2, str) else "",
        found.get("asynchronousOperationMode") is True,
    )


def read_credential(identifier: str, found: Values) -> Credential:
    """Read an answer of ``credentials/info``. Raises ``MSignError`` (``BAD_MESSAGE``) for what is none."""
    key, cert = _object(found, "key"), _object(found, "cert")
    auth = _object(found, "auth")
    multisign = found.get("multisign", 1)
    mode = auth.get("mode", found.get("authMode", "implicit"))
    return Credential(
        identifier,
        tuple(decoded(text) for text in texts(cert, "certificates")),
        frozenset(texts(key, "algo")),
        key.get("status") == "enabled",
        multisign if isinstance(multisign, int) and multisign > 0 else 1,
        str(cert.get("status", "valid")),
        mode if mode in ("explicit", "oauth2code") else "implicit",
        _inputs_2(auth) if auth else _inputs_1(found),
    )


def read_authorisation(found: Values) -> Authorisation:
    """Read an answer of ``credentials/authorize`` or ``authorizeCheck``. Raises ``MSignError`` for neither."""
    sad, handle = found.get("SAD", ""), found.get("handle", "")
    if isinstance(sad, str) and sad:
        return Authorisation(sad=sad)
    if isinstance(handle, str) and handle:
        return Authorisation(handle=handle)
    raise MSignError(Code.BAD_MESSAGE, "neither SAD nor handle")


def read_signatures(found: Values, count: int) -> Signatures:
    """Read an answer of ``signHash`` or ``signPolling``. Raises ``MSignError`` for another number of values."""
    response = found.get("responseID", "")
    if isinstance(response, str) and response and "signatures" not in found:
        if len(response) > _MAX_TEXT:
            raise MSignError(Code.BAD_MESSAGE, "responseID: too long")
        return Signatures(response=response)
    values = tuple(decoded(text) for text in texts(found, "signatures"))
    if len(values) != count:
        raise MSignError(Code.BAD_MESSAGE, f"{len(values)} signatures for {count} hashes")
    return Signatures(values)


def texts(values: Values, key: str) -> list[str]:
    """Return a list of texts. Raises ``MSignError`` for anything else."""
    found = values.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise MSignError(Code.BAD_MESSAGE, f"{key}: a list of texts was expected")
    return found


def decoded(text: str) -> bytes:
    """Return base64 as bytes. Raises ``MSignError`` for what is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MSignError(Code.BAD_MESSAGE, "not base64") from error


def _inputs_2(auth: Values) -> tuple[SecretInput, ...]:
    """Version 2: ``auth.objects``, one for each thing to type."""
    objects = auth.get("objects", [])
    if not isinstance(objects, list) or len(objects) > _MAX_INPUTS:
        raise MSignError(Code.BAD_MESSAGE, "auth.objects: a short list was expected")
    return tuple(_input(one) for one in objects if isinstance(one, dict) and _kind(one) is not None)


def _input(one: Values) -> SecretInput:
    kind, name = _kind(one), one.get("id")
    if kind is None or not isinstance(name, str) or not 0 < len(name) <= _MAX_TEXT:
        raise MSignError(Code.BAD_MESSAGE, "auth.objects: an id was expected")
    return SecretInput(name, kind, digits=one.get("format") == "N")


def _kind(one: Values) -> SecretKind | None:
    word = re.sub(r"[^a-z]", "", str(one.get("type", "")).lower())
    return _KINDS.get(word)


def _inputs_1(found: Values) -> tuple[SecretInput, ...]:
    """Version 1: members ``PIN`` and ``OTP`` that say whether they are there."""
    present: Sequence[tuple[str, SecretKind]] = (("PIN", SecretKind.PIN), ("OTP", SecretKind.OTP))
    return tuple(
        SecretInput(name, kind, digits=_object(found, name).get("format") == "N")
        for name, kind in present
        if _object(found, name).get("presence") == "true"
    )


def _object(values: Values, key: str) -> Values:
    found = values.get(key, {})
    return cast(Values, found) if isinstance(found, dict) else {}
