"""A remote signing service written from the CSC facts: push, PIN and one-time code, OAuth with PKCE, asynchronous mode."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding

RSA, SHA256_RSA, SHA256_ECDSA = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"


class Holder(Protocol):
    """Whose key it keeps."""

    @property
    def key(self) -> Any: ...
    @property
    def certificate(self) -> x509.Certificate: ...
    @property
    def chain(self) -> tuple[x509.Certificate, ...]: ...


class OAuth:
    """Its authorization server: a code is good once, for its verifier, its return address and its hashes."""

    def __init__(self) -> None:
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, list[str]] = {}
        self.service_tokens = 0

    def allow(self, url: str) -> dict[str, str]:
        """The person opens the page and agrees: return the parameters of the redirect back."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["response_type"] == "code"
        assert (asked["scope"], asked["code_challenge_method"]) == ("credential", "S256")
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def token(self, form: dict[str, str]) -> httpx.Response:
        if form.get("grant_type") == "client_credentials":
            self.service_tokens += 1
            good = (form["client_id"], form["client_secret"]) == ("msign", "hush")
            return httpx.Response(200, json={"access_token": "service-token", "expires_in": 60}) if good else _no()
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return _no()
        token = secrets.token_urlsafe(8)
        self.tokens[token] = asked["hashes"].split(",")
        return httpx.Response(200, json={"access_token": token, "token_type": "SAD", "expires_in": 300})

    def use(self, token: str, hashes: list[str]) -> None:
        """A token is good once, for exactly its hashes."""
        allowed = self.tokens.pop(token)
        assert [base64.urlsafe_b64encode(base64.b64decode(one)).rstrip(b"=").decode() for one in hashes] == allowed


def _no() -> httpx.Response:
    return httpx.Response(400, json={"error": "invalid_grant"})


class Service:
    """A signing service: checks that only authorised hashes are signed, with one SAD once (SCAL 2)."""

    def __init__(self, identity: Holder, *, pushes: bool = False, multisign: int = 10) -> None:
        self.identity = identity
        self.pushes = pushes
        self.confirmed = not pushes
        self.multisign = multisign
        self.version = 2
        self.algorithms = [SHA256_RSA, RSA] if isinstance(identity.key, rsa.RSAPrivateKey) else [SHA256_ECDSA]
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Callable[[], httpx.Response]] = {}
        self.auth: dict[str, Any] = {}
        self.certificate_status = "valid"
        self.asynchronous = 0  # how often signPolling says "not yet" before it delivers
        self.pin, self.code = "1234", "556677"
        self.tries = 3
        self.codes_sent = 0
        self.oauth, self.oauth_at = OAuth(), "https://csc.example"
        self._authorised: list[str] = []
        self._made: list[str] = []

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/oauth2/"):
            return self.oauth.token(dict(parse_qsl(request.content.decode())))
        _, _, version, method = request.url.path.split("/", 3)
        values = json.loads(request.content)
        if version != f"v{self.version}":
            return httpx.Response(404)
        self.calls.append((method, values))
        if method != "info" and request.headers.get("Authorization") != "Bearer service-token":
            return httpx.Response(401, json={"error": "invalid_token"})
        if method in self.answers:
            return self.answers[method]()
        handler = {
            "info": self._about,
            "credentials/list": lambda _: {"credentialIDs": ["key-1"]},
            "credentials/info": self._info,
            "credentials/authorize": self._authorize,
            "credentials/authorizeCheck": self._check,
            "credentials/getChallenge": self._send_code,
            "signatures/signHash": self._sign,
            "signatures/signPolling": self._poll,
        }[method]
        found: Any = handler(values)
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    def _about(self, _values: dict[str, Any]) -> dict[str, Any]:
        methods = ["signatures/signHash", "credentials/getChallenge"]
        about = {"specs": "2.0.0.2", "methods": methods, "oauth2": self.oauth_at}
        return about | {"asynchronousOperationMode": self.asynchronous > 0}

    def _info(self, values: dict[str, Any]) -> dict[str, Any]:
        chain = [self.identity.certificate, *self.identity.chain]
        certificates = [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in chain]
        key = {"status": "enabled", "algo": self.algorithms, "len": 256}
        cert = {"status": self.certificate_status, "certificates": certificates}
        found = {"key": key, "cert": cert, "multisign": self.multisign}
        return found | ({"auth": self.auth} if self.auth else {})

    def _send_code(self, _values: dict[str, Any]) -> dict[str, Any]:
        self.codes_sent += 1
        return {}

    def _check_secrets(self, values: dict[str, Any]) -> httpx.Response | None:
        """Answer a wrong PIN or code; three wrong ones lock the key."""
        given = {one["id"]: one["value"] for one in values.get("authData", [])}
        right = {"PIN": self.pin, "OTP": self.code}
        if self.tries and all(given.get(one["id"]) == right[one["id"]] for one in self.auth["objects"]):
            self.tries = 3
            return None
        self.tries = max(0, self.tries - 1)
        words = "PIN locked" if not self.tries else "wrong"
        return httpx.Response(401, json={"error": "invalid_pin", "error_description": words})

    def _authorize(self, values: dict[str, Any]) -> dict[str, Any] | httpx.Response:
        if self.auth.get("mode") == "explicit" and (refused := self._check_secrets(values)):
            return refused
        assert values["numSignatures"] == len(values["hashes"]) <= self.multisign
        self._authorised = list(values["hashes"])
        return {"handle": "h-1"} if self.pushes else {"SAD": "sad", "expiresIn": 300}

    def _check(self, values: dict[str, Any]) -> dict[str, Any]:
        assert values == {"handle": "h-1"}
        return {"SAD": "sad"} if self.confirmed else {}

    def _sign(self, values: dict[str, Any]) -> dict[str, Any]:
        if self.auth.get("mode") == "oauth2code":
            self.oauth.use(values["SAD"], values["hashes"])
        else:
            assert values["SAD"] == "sad"
            assert values["hashes"] == self._authorised
        self._authorised = []
        made = [base64.b64encode(self._value(base64.b64decode(h))).decode() for h in values["hashes"]]
        if values.get("operationMode") == "A":
            self._made = made
            return {"responseID": "r-1"}
        return {"signatures": made}

    def _poll(self, values: dict[str, Any]) -> dict[str, Any] | httpx.Response:
        assert values == {"requestID": "r-1"}
        self.asynchronous -= 1
        return httpx.Response(202, json={}) if self.asynchronous > 0 else {"signatures": self._made}

    def _value(self, digest: bytes) -> bytes:
        match self.identity.key:
            case rsa.RSAPrivateKey() as key:
                return key.sign(digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
            case ec.EllipticCurvePrivateKey() as key:
                return key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
