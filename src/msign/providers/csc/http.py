"""How a CSC service is called: POST with JSON or a form, tokens in rotation, bounded in bytes and in time."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Mapping

import httpx

from msign.kernel.clock import monotonic
from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import MIB
from msign.providers.csc.settings import CscSettings

_MAX_ANSWER = 4 * MIB
_REFUSED = (401, 403)
_TRY_LATER = (408, 425, 429)
_RENEW_BEFORE = 30.0

Values = Mapping[str, object]


class CscHttp:
    """Calls to one service. Thread-safe. Logs nothing: bodies may hold a PIN."""

    def __init__(self, settings: CscSettings, *, transport: httpx.BaseTransport | None = None) -> None:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._settings = settings
        self._lock = threading.Lock()
        self._own_token, self._own_until = "", 0.0
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

    def call(self, path: str, values: Values, *, oauth_url: str = "") -> tuple[int, Values]:
        """POST JSON with a service token; an older token is tried where the newer is refused as a token.

        ``oauth_url`` is where a token of our own is fetched if none is configured. Raises ``MSignError``:
        ``UNAVAILABLE`` (retry) when the service cannot answer, ``BAD_MESSAGE`` for an answer that is no JSON object.
        """
        status, value = 0, {}  # type: tuple[int, Values]
        for token in self._settings.tokens or (self._own(oauth_url),):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            status, value = self._once(f"{self._settings.url.rstrip('/')}{path}", headers, json_body=values)
            # A wrong PIN may be answered with 401 too, and must not be tried twice.
            if status not in _REFUSED or value.get("error", "invalid_token") != "invalid_token":
                break
        return status, value

    def form(self, url: str, values: Mapping[str, str]) -> tuple[int, Values]:
        """POST a form, as the endpoints of OAuth 2.0 take it. Raises as ``call``."""
        return self._once(url, {}, form=values)

    def _own(self, oauth_url: str) -> str:
        """Return a service token of our own (``client_credentials``), fetched again shortly before it expires."""
        settings = self._settings
        if not (oauth_url and settings.oauth_client_id and settings.oauth_client_secret):
            return ""
        with self._lock:
            if monotonic() >= self._own_until:
                asked = {
                    "grant_type": "client_credentials",
                    "scope": "service",
                    "client_id": settings.oauth_client_id,
                    "client_secret": settings.oauth_client_secret,
                }
                status, value = self.form(f"{oauth_url}/token", asked)
                token, seconds = value.get("access_token"), value.get("expires_in", 300)
                if status != httpx.codes.OK or not isinstance(token, str) or not isinstance(seconds, int):
                    raise MSignError(Code.UNAVAILABLE, f"{settings.identifier} gives no service token", retry=True)
                self._own_token, self._own_until = token, monotonic() + max(0.0, seconds - _RENEW_BEFORE)
            return self._own_token

    def _once(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        json_body: Values | None = None,
        form: Mapping[str, str] | None = None,
    ) -> tuple[int, Values]:
        deadline = monotonic() + self._settings.answer_seconds
        try:
            with self._client.stream("POST", url, json=json_body, data=form, headers=dict(headers)) as answer:
                body = bytearray()
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > _MAX_ANSWER:
                        raise MSignError(Code.TOO_LARGE, f"more than {_MAX_ANSWER} bytes")
                    if monotonic() > deadline:
                        raise MSignError(Code.UNAVAILABLE, "the answer took too long", retry=True)
                status = answer.status_code
        except httpx.HTTPError as error:
            text = f"{self._settings.identifier}: {type(error).__name__}"
            raise MSignError(Code.UNAVAILABLE, text, retry=True) from error
        if status >= httpx.codes.INTERNAL_SERVER_ERROR or status in _TRY_LATER:
            raise MSignError(Code.UNAVAILABLE, f"{self._settings.identifier} answered {status}", retry=True)
        return status, _json(bytes(body), status)


def _json(body: bytes, status: int) -> Values:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        if status >= httpx.codes.BAD_REQUEST:  # an error page; its status says enough
            return {}
        raise MSignError(Code.BAD_MESSAGE, "not JSON") from error
    if not isinstance(found, dict):
        raise MSignError(Code.BAD_MESSAGE, "a JSON object was expected")
    return found
