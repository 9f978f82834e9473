"""The CSC API as its client (API 2.0.0.2, and 1.0.4 where a service is older): one method a call, values out.

The two versions differ in the names of a few members; nobody above this file sees that. Secrets pass through and are
neither kept nor logged.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import cast
from urllib.parse import urlsplit

import httpx

from msign.kernel.errors import Code, MSignError
from msign.providers.csc.http import CscHttp, Values
from msign.providers.csc.reading import (
    Authorisation,
    Credential,
    Info,
    Signatures,
    read_authorisation,
    read_credential,
    read_info,
    read_signatures,
    texts,
)
from msign.providers.csc.settings import CscSettings

_MAX_TOKEN = 16 * 1024


class CscError(Exception):
    """The service said no. ``word`` is its ``error`` member, such as ``access_denied``; ``words`` its description."""

    def __init__(self, word: str, words: str = "") -> None:
        super().__init__(word)
        self.word, self.words = word, words


class CscClient:
    """One service. Thread-safe; finds out the version with the first call."""

    def __init__(self, settings: CscSettings, *, transport: httpx.BaseTransport | None = None) -> None:
        self._settings = settings
        self._version, self._info = 0, Info()
        self._http = CscHttp(settings, transport=transport)

    def close(self) -> None:
        """Close connections."""
        self._http.close()

    @property
    def version(self) -> int:
        """1 or 2. Raises as every call does."""
        if not self._version:
            self.ask_info()
        return self._version

    def ask_info(self) -> None:
        """Ask the service of itself anew: what it says then counts from now on. Raises as every call does."""
        for version in (2, 1):
            status, value = self._http.call(f"/csc/v{version}/info", {})
            if status == httpx.codes.OK:
                self._info, self._version = read_info(value), version
                return
        raise MSignError(Code.UNAVAILABLE, f"{self._settings.identifier} answers no info call", retry=True)

    @property
    def info(self) -> Info:
        """What the service said of itself."""
        return self._info if self.version else Info()

    @property
    def oauth_url(self) -> str:
        """Where the OAuth endpoints lie, without a trailing slash; empty where there are none.

        From the settings, or as ``info`` says, then over the same scheme as the service itself.
        """
        if self._settings.oauth_url:
            return self._settings.oauth_url.rstrip("/")
        told = self.info.oauth2
        if not told.startswith(f"{urlsplit(self._settings.url).scheme}://"):
            return ""
        return told if told.endswith("/oauth2") else f"{told}/oauth2"

    def credential_ids(self, user: str | None) -> list[str]:
        """Return the credentials of a user, or of whom the service token belongs to."""
        return texts(self._call("credentials/list", {"userID": user} if user else {}), "credentialIDs")

    def credential(self, identifier: str) -> Credential:
        """Return one credential with its certificate chain and how the person allows its use."""
        asked = {"credentialID": identifier, "certificates": "chain", "authInfo": True}
        return read_credential(identifier, self._call("credentials/info", asked))

    def send_code(self, credential: str) -> None:
        """Have the service send the one-time code, where it offers that."""
        method = "credentials/sendOTP" if self.version == 1 else "credentials/getChallenge"
        if self.version == 1 or method in self.info.methods:
            self._call(method, {"credentialID": credential})

    def authorize(
        self,
        credential: str,
        hashes: Sequence[bytes],
        hash_oid: str,
        description: str,
        secrets: Mapping[str, str] | None = None,
    ) -> Authorisation:
        """Ask for leave to sign exactly these hashes (SCAL 2); ``secrets`` are what the person typed, by input name."""
        encoded = [base64.b64encode(one).decode() for one in hashes]
        values: dict[str, object] = {"credentialID": credential, "numSignatures": len(encoded)}
        if self.version == 1:
            values |= {"hash": encoded, **(secrets or {})}
        else:
            values |= {"hashes": encoded, "hashAlgorithmOID": hash_oid}
            if secrets:
                values["authData"] = [{"id": name, "value": value} for name, value in secrets.items()]
        return read_authorisation(self._call("credentials/authorize", values | {"description": description}))

    def check(self, handle: str) -> Authorisation:
        """Ask whether the person has confirmed meanwhile (version 2)."""
        return read_authorisation({"handle": handle, **self._call("credentials/authorizeCheck", {"handle": handle})})

    def sign(self, credential: str, sad: str, hashes: Sequence[bytes], *, algorithm: str, hash_oid: str) -> Signatures:
        """Return one signature value per hash, in the order given, or the id to ask again with."""
        encoded = [base64.b64encode(one).decode() for one in hashes]
        names = ("hash", "hashAlgo") if self.version == 1 else ("hashes", "hashAlgorithmOID")
        values = {"credentialID": credential, "SAD": sad, "signAlgo": algorithm, names[0]: encoded, names[1]: hash_oid}
        if self._settings.asynchronous and self.info.asynchronous:
            values["operationMode"] = "A"
        return read_signatures(self._call("signatures/signHash", values), len(hashes))

    def signatures(self, response: str, count: int) -> Signatures | None:
        """Return what an asynchronous ``signHash`` made; ``None`` while it is at work."""
        status, value = self._post("signatures/signPolling", {"requestID": response})
        if status == httpx.codes.ACCEPTED:
            return None
        found = read_signatures(value, count)
        return found if found.values else None

    def token(self, code: str, verifier: str, return_url: str) -> str:
        """Exchange the code of an OAuth redirect for the token that allows the signature. Raises as every call."""
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": return_url,
            "client_id": self._settings.oauth_client_id,
        }
        if self._settings.oauth_client_secret:
            asked["client_secret"] = self._settings.oauth_client_secret
        status, value = self._http.form(f"{self.oauth_url}/token", asked)
        if status >= httpx.codes.BAD_REQUEST:
            raise _error(status, value)
        token = value.get("access_token")
        if not isinstance(token, str) or not 0 < len(token) <= _MAX_TOKEN:
            raise MSignError(Code.BAD_MESSAGE, "access_token: a text was expected")
        return token

    def _call(self, method: str, values: Values) -> Values:
        return self._post(method, values)[1]

    def _post(self, method: str, values: Values) -> tuple[int, Values]:
        path = f"/csc/v{self.version}/{method}"
        status, value = self._http.call(path, values, oauth_url=self.oauth_url)
        if status >= httpx.codes.BAD_REQUEST:
            raise _error(status, value)
        return status, value


def _error(status: int, value: Values) -> CscError:
    words = value.get("error_description", "")
    word = cast(str, value["error"]) if isinstance(value.get("error"), str) else f"status {status}"
    return CscError(word[:100], words[:200] if isinstance(words, str) else "")
