"""HTTPS to one provider: bearer token with rotation, bounded bodies, a deadline over the whole exchange."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import httpx

from msign.kernel.clock import monotonic
from msign.kernel.errors import Code, MSignError
from msign.providers.remote import bigjson
from msign.providers.remote.settings import RemoteSettings

_JSON = "application/json"
_REFUSED = (401, 403)


class ProviderHttp:
    """Sends one message and returns status and JSON value. Thread-safe."""

    def __init__(self, settings: RemoteSettings, *, transport: httpx.BaseTransport | None = None) -> None:
        self._settings = settings
        self._client = httpx.Client(
            transport=transport,
            verify=_trust(settings) if transport is None else True,
            timeout=httpx.Timeout(settings.answer_seconds, connect=settings.connect_seconds),
            trust_env=False,
            headers={"Accept": _JSON, "Accept-Encoding": "identity"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def send(
        self, method: str, path: str, folder: Path, *, message: object = None, seconds: float | None = None
    ) -> tuple[int, object]:
        """Return status and value. Long strings of the answer lie in ``folder`` as ``bigjson.Lifted``.

        Raises ``MSignError``: ``UNAVAILABLE`` with ``retry`` when the provider cannot be reached or breaks off,
        ``TOO_LARGE`` and ``BAD_MESSAGE`` for an answer that cannot be used.
        """
        limit = seconds or self._settings.answer_seconds
        status, value = 401, None
        for token in self._settings.tokens:
            status, value = self._once(method, path, folder, message, token, limit)
            if status not in _REFUSED:
                break
        return status, value

    def bare(self, method: str, path: str, headers: dict[str, str]) -> int:
        """Return the status of a call with exactly these headers and no token of ours; for acceptance tests."""
        with self._unreachable():
            return self._client.request(method, f"{self._settings.url.rstrip('/')}{path}", headers=headers).status_code

    def _once(
        self, method: str, path: str, folder: Path, message: object, token: str, seconds: float
    ) -> tuple[int, object]:
        headers = {"Authorization": f"Bearer {token}"}
        content = None
        if message is not None:
            headers |= {"Content-Type": _JSON, "Content-Length": str(bigjson.written_size(message))}
            content = bigjson.write(message)
        url = f"{self._settings.url.rstrip('/')}{path}"
        timeout = httpx.Timeout(seconds, connect=self._settings.connect_seconds)
        request = self._client.build_request(method, url, headers=headers, content=content, timeout=timeout)
        with self._unreachable():
            response = self._client.send(request, stream=True)
            try:
                return response.status_code, self._value(response, folder, monotonic() + seconds)
            finally:
                response.close()

    def _value(self, response: httpx.Response, folder: Path, deadline: float) -> object:
        if not response.is_success or response.status_code == httpx.codes.NO_CONTENT:
            return None
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise MSignError(Code.BAD_MESSAGE, "the answer is compressed although that was not asked for")
        reader = bigjson.BigJsonReader(folder, self._settings.max_result_bytes)
        try:
            for chunk in response.iter_bytes():
                reader.feed(chunk)
                if monotonic() > deadline:
                    raise MSignError(Code.UNAVAILABLE, "the answer took too long", retry=True)
            return reader.finish()
        except BaseException:
            reader.close()
            raise

    @contextmanager
    def _unreachable(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            text = f"provider {self._settings.identifier}: {type(error).__name__}"
            raise MSignError(Code.UNAVAILABLE, text, retry=True) from error


def _trust(settings: RemoteSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
