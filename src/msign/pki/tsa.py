"""Asking a time-stamping authority (RFC 3161 over HTTP): several in order, nothing believed unchecked."""

from __future__ import annotations

import datetime as dt
import enum
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

import httpx

from msign.kernel.clock import Clock, monotonic
from msign.kernel.errors import Code, MSignError
from msign.pki.tsquery import check_answer, granted_token, is_known_digest, request

MAX_RESPONSE_BYTES = 256 * 1024  # a token with a long RSA-4096 chain has about 10 kB
COOL_DOWN_SECONDS = 30.0  # a failed authority is asked last for this long


class TimestampSource(Protocol):
    """Whoever can say that a digest existed now."""

    def timestamp(self, imprint: bytes, algorithm: str) -> bytes:
        """Return a DER TimeStampToken over ``imprint``, a digest made by ``algorithm`` (``sha256`` and so on).

        Raises ``MSignError(UNAVAILABLE, retry=True)`` when no authority answers with a usable token.
        """
        ...


class State(enum.StrEnum):
    """How the last conversation with an authority went."""

    UNKNOWN = "unknown"
    GOOD = "good"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class AuthorityHealth:
    """What is known of one authority; times are aware UTC."""

    url: str
    state: State = State.UNKNOWN
    failures_in_a_row: int = 0
    last_success: dt.datetime | None = None
    last_failure: dt.datetime | None = None
    last_error: str = ""
    last_seconds: float | None = None


@dataclass(slots=True)
class _Authority:
    url: str
    health: AuthorityHealth
    failed_at: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class HttpTimestampSource:
    """Time-stamps from authorities on the network, in the order given; the next one is asked when one fails.

    Each token is checked: granted, the same imprint and nonce, the wanted policy, a time near the clock's, and a
    signature by a certificate whose only extended key usage is time-stamping. Whether that certificate is *trusted*
    is not checked here; validation does that. Safe to share between threads.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        clock: Clock,
        timeout: float = 5.0,
        attempts: int = 2,
        policy: str | None = None,
        tolerance: dt.timedelta = dt.timedelta(minutes=5),
        client: httpx.Client | None = None,
    ) -> None:
        """``timeout`` in seconds holds for each wait and each whole answer, ``attempts`` for one authority in a call.

        Raises ``MSignError(MISCONFIGURED)`` for no authority or an address that is none.
        """
        if not urls:
            raise MSignError(Code.MISCONFIGURED, "no time-stamping authority is configured")
        self._authorities = [_Authority(_checked(url), AuthorityHealth(url)) for url in urls]
        self._timeout = timeout
        self._clock, self._attempts, self._policy, self._tolerance = clock, max(1, attempts), policy, tolerance
        self._client = client or httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def health(self) -> tuple[AuthorityHealth, ...]:
        """Return what is known of each authority, in the configured order."""
        return tuple(authority.health for authority in self._authorities)

    def timestamp(self, imprint: bytes, algorithm: str) -> bytes:
        """Return a checked DER TimeStampToken from the first authority that gives one.

        Raises ``MSignError``: ``INVALID_PARAMETER`` for an unknown algorithm, else ``UNAVAILABLE`` with the last
        error of every authority.
        """
        if not is_known_digest(algorithm):
            raise MSignError(Code.INVALID_PARAMETER, f"time-stamps over {algorithm} are not supported")
        errors: list[str] = []
        for authority in self._in_order():
            for _ in range(self._attempts):
                try:
                    return self._ask(authority, imprint, algorithm)
                except MSignError as error:
                    errors.append(f"{authority.url}: {error.message}")
                    if not error.retry:
                        break
        raise MSignError(Code.UNAVAILABLE, "no time-stamp: " + "; ".join(errors), retry=True)

    def _in_order(self) -> list[_Authority]:
        now = monotonic()
        return sorted(
            self._authorities, key=lambda one: one.failed_at is not None and now - one.failed_at < COOL_DOWN_SECONDS
        )

    def _ask(self, authority: _Authority, imprint: bytes, algorithm: str) -> bytes:
        started = monotonic()
        nonce = secrets.randbits(63) | 1 << 62  # always eight octets, never negative
        try:
            answer = self._post(authority.url, request(imprint, algorithm, nonce=nonce, policy=self._policy))
            token = granted_token(answer)
            check_answer(
                token,
                imprint=imprint,
                algorithm=algorithm,
                nonce=nonce,
                policy=self._policy,
                now=self._clock.now(),
                tolerance=self._tolerance,
            )
        except MSignError as error:
            self._note(authority, error, monotonic() - started)
            raise
        self._note(authority, None, monotonic() - started)
        return token

    def _post(self, url: str, body: bytes) -> bytes:
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        try:
            with self._client.stream("POST", url, content=body, headers=headers) as response:
                if response.status_code != httpx.codes.OK:
                    raise MSignError(Code.UNAVAILABLE, f"HTTP status {response.status_code}", retry=True)
                return _bounded(response, monotonic() + self._timeout)
        except httpx.HTTPError as error:
            what = "no answer in time" if isinstance(error, httpx.TimeoutException) else "not reachable"
            raise MSignError(Code.UNAVAILABLE, f"{what} ({type(error).__name__})", retry=True) from error

    def _note(self, authority: _Authority, error: MSignError | None, seconds: float) -> None:
        with authority.lock:
            before, now = authority.health, self._clock.now()
            authority.failed_at = None if error is None else monotonic()
            authority.health = AuthorityHealth(
                url=authority.url,
                state=State.GOOD if error is None else State.FAILING,
                failures_in_a_row=0 if error is None else before.failures_in_a_row + 1,
                last_success=now if error is None else before.last_success,
                last_failure=before.last_failure if error is None else now,
                last_error="" if error is None else error.message,
                last_seconds=seconds,
            )


def _checked(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise MSignError(Code.MISCONFIGURED, f"{url!r} is no address of a time-stamping authority") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise MSignError(Code.MISCONFIGURED, f"{url!r} is no address of a time-stamping authority")
    return url


def _bounded(response: httpx.Response, deadline: float) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if monotonic() > deadline:
            raise MSignError(Code.UNAVAILABLE, "the answer takes too long", retry=True)
        if len(body) > MAX_RESPONSE_BYTES:
            raise MSignError(Code.UNAVAILABLE, "the answer is too large")
    return bytes(body)
