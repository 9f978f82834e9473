"""The redirect of OAuth 2.0 (RFC 6749, PKCE RFC 7636) with scope ``credential``: pure, sealed, nothing to steal.

The ``state`` that travels through the person's browser is sealed: it names the order to us and nothing to anybody else,
cannot be forged, and holds a nonce that counts once. The PKCE verifier is derived from that nonce with our own key, so
that it is stored nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from cryptography.fernet import Fernet, InvalidToken

from msign.providers.csc.settings import CscSettings


@dataclass(frozen=True, slots=True)
class Sealed:
    """A ``state`` as it was opened."""

    order: str
    nonce: str


class Sealer:
    """Seals and opens states with a key of the installation."""

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.sha256(b"msign csc oauth" + key).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(self._key))

    def seal(self, order: str) -> tuple[str, str]:
        """Return a new nonce and the sealed state of an order."""
        nonce = secrets.token_urlsafe(16)
        return nonce, self._fernet.encrypt(json.dumps([order, nonce]).encode()).decode()

    def open(self, state: str) -> Sealed | None:
        """Return what was sealed; ``None`` for anything that is not ours."""
        try:
            order, nonce = json.loads(self._fernet.decrypt(state.encode("ascii", "replace")))
        except (InvalidToken, ValueError, TypeError):
            return None
        return Sealed(str(order), str(nonce))

    def verifier(self, nonce: str) -> str:
        """Return the PKCE code verifier that belongs to a nonce."""
        return _url_text(hmac.new(self._key, nonce.encode(), hashlib.sha256).digest())


def authorization_url(
    settings: CscSettings,
    oauth_url: str,
    *,
    credential: str,
    hashes: Sequence[bytes],
    hash_oid: str,
    state: str,
    verifier: str,
) -> str:
    """Return where the person allows exactly these hashes to be signed with this credential."""
    parameters = {
        "response_type": "code",
        "client_id": settings.oauth_client_id,
        "redirect_uri": settings.return_url,
        "scope": "credential",
        "credentialID": credential,
        "numSignatures": str(len(hashes)),
        "hashes": ",".join(_url_text(one) for one in hashes),
        "hashAlgorithmOID": hash_oid,
        "code_challenge": _url_text(hashlib.sha256(verifier.encode()).digest()),
        "code_challenge_method": "S256",
        "state": state,
    }
    return f"{oauth_url}/authorize?{urlencode(parameters)}"


def _url_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
