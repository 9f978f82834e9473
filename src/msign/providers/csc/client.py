"""The CSC API as its client (API 2.0.0.2, and 1.0.4 where a service is older): one method a call, values out.

Every call is a POST with JSON. The two versions differ in the names of a few members; nobody above this file sees that.
"""

from __future__ import annotations

import base64
import binascii
import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import httpx

from msign.kernel.clock import monotonic
from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import MIB
from msign.providers.csc.settings import CscSettings

_MAX_ANSWER = 4 * MIB
_REFUSED = (401, 403)
_TRY_LATER = (408, 425, 429)

Values = Mapping[str, object]


class CscError(Exception):
    """The service said no. ``word`` is its ``error`` member, such as ``access_denied``."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True, slots=True)
class Credential:
    """A key that can sign: its certificates (leaf first, DER), algorithms (OIDs) and hashes per authorisation."""

    identifier: str
    certificates: tuple[bytes, ...]
    algorithms: frozenset[str]
    enabled: bool
    multisign: int


@dataclass(frozen=True, slots=True)
class Authorisation:
    """What ``credentials/authorize`` gave: a ``sad``, or a ``handle`` to ask again with while the person confirms."""

    sad: str = ""
    handle: str = ""


class CscClient:
    """One service. Thread-safe; finds out the version with the first call."""

    def __init__(self, settings: CscSettings, *, transport: httpx.BaseTransport | None = None) -> None:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._settings = settings
        self._version = 0
        self._client = httpx.Client(
            transport=transport,
            verify=context,
            trust_env=False,
            timeout=httpx.Timeout(settings.answer_seconds, connect=settings.connect_seconds),
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    @property
    def version(self) -> int:
        """1 or 2. Raises as every call does."""
        if not self._version:
            for version in (2, 1):
                status, _ = self._post(f"/csc/v{version}/info", {})
                if status == httpx.codes.OK:
                    self._version = version
                    break
            else:
                raise MSignError(Code.UNAVAILABLE, f"{self._settings.identifier} answers no info call", retry=True)
        return self._version

    def credential_ids(self, user: str | None) -> list[str]:
        """Return the credentials of a user, or of whom the service token belongs to."""
        found = self._call("credentials/list", {"userID": user} if user else {})
        return _texts(found, "credentialIDs")

    def credential(self, identifier: str) -> Credential:
        """Return one credential with its certificate chain."""
        found = self._call("credentials/info", {"credentialID": identifier, "certificates": "chain"})
        key, cert = _object(found, "key"), _object(found, "cert")
        multisign = found.get("multisign", 1)
        return Credential(
            identifier,
            tuple(_decoded(text) for text in _texts(cert, "certificates")),
            frozenset(_texts(key, "algo")),
            key.get("status") == "enabled" and cert.get("status", "valid") == "valid",
            multisign if isinstance(multisign, int) and multisign > 0 else 1,
        )

    def authorize(self, credential: str, hashes: Sequence[bytes], hash_oid: str, description: str) -> Authorisation:
        """Ask the person, through the service, to allow signing exactly these hashes (SCAL 2)."""
        encoded = [base64.b64encode(one).decode() for one in hashes]
        values: dict[str, object] = {"credentialID": credential, "numSignatures": len(encoded)}
        if self.version == 1:
            values["hash"] = encoded
        else:
            values |= {"hashes": encoded, "hashAlgorithmOID": hash_oid}
        return _authorisation(self._call("credentials/authorize", values | {"description": description}))

    def check(self, handle: str) -> Authorisation:
        """Ask whether the person has confirmed meanwhile (version 2)."""
        found = self._call("credentials/authorizeCheck", {"handle": handle})
        return _authorisation({"handle": handle, **found})

    def sign(
        self, credential: str, sad: str, hashes: Sequence[bytes], *, algorithm: str, hash_oid: str
    ) -> tuple[bytes, ...]:
        """Return one signature value per hash, in the order given."""
        encoded = [base64.b64encode(one).decode() for one in hashes]
        names = ("hash", "hashAlgo") if self.version == 1 else ("hashes", "hashAlgorithmOID")
        values = {"credentialID": credential, "SAD": sad, "signAlgo": algorithm, names[0]: encoded, names[1]: hash_oid}
        signatures = tuple(_decoded(text) for text in _texts(self._call("signatures/signHash", values), "signatures"))
        if len(signatures) != len(hashes):
            raise MSignError(Code.BAD_MESSAGE, f"{len(signatures)} signatures for {len(hashes)} hashes")
        return signatures

    def _call(self, method: str, values: Values) -> Values:
        status, body = self._post(f"/csc/v{self.version}/{method}", values)
        value = _json(body)
        if status >= httpx.codes.BAD_REQUEST:
            raise CscError(str(value.get("error", f"status {status}"))[:100])
        return value

    def _post(self, path: str, values: Values) -> tuple[int, bytes]:
        status, body = 0, b""
        for token in self._settings.tokens or ("",):
            status, body = self._once(path, values, token)
            if status not in _REFUSED:
                break
        if status >= httpx.codes.INTERNAL_SERVER_ERROR or status in _TRY_LATER:
            raise MSignError(Code.UNAVAILABLE, f"{self._settings.identifier} answered {status}", retry=True)
        return status, body

    def _once(self, path: str, values: Values, token: str) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url, deadline = f"{self._settings.url.rstrip('/')}{path}", monotonic() + self._settings.answer_seconds
        try:
            with self._client.stream("POST", url, json=values, headers=headers) as answer:
                body = bytearray()
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > _MAX_ANSWER:
                        raise MSignError(Code.TOO_LARGE, f"more than {_MAX_ANSWER} bytes")
                    if monotonic() > deadline:
                        raise MSignError(Code.UNAVAILABLE, "the answer took too long", retry=True)
                return answer.status_code, bytes(body)
        except httpx.HTTPError as error:
            text = f"{self._settings.identifier}: {type(error).__name__}"
            raise MSignError(Code.UNAVAILABLE, text, retry=True) from error


def _authorisation(found: Values) -> Authorisation:
    sad, handle = found.get("SAD", ""), found.get("handle", "")
    if isinstance(sad, str) and sad:
        return Authorisation(sad=sad)
    if isinstance(handle, str) and handle:
        return Authorisation(handle=handle)
    raise MSignError(Code.BAD_MESSAGE, "neither SAD nor handle")


def _json(body: bytes) -> Values:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise MSignError(Code.BAD_MESSAGE, "not JSON") from error
    if not isinstance(found, dict):
        raise MSignError(Code.BAD_MESSAGE, "a JSON object was expected")
    return found


def _object(values: Values, key: str) -> Values:
    found = values.get(key, {})
    return cast(Values, found) if isinstance(found, dict) else {}


def _texts(values: Values, key: str) -> list[str]:
    found = values.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise MSignError(Code.BAD_MESSAGE, f"{key}: a list of texts was expected")
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MSignError(Code.BAD_MESSAGE, "not base64") from error
