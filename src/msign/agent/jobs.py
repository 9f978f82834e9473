"""What was agreed to and is being signed: found by an unguessable id, by the same site only, for a few minutes."""

from __future__ import annotations

import threading
import uuid
from collections import deque
from dataclasses import dataclass, field

from msign.agent.words import AgentError, Word
from msign.kernel.clock import monotonic

KEPT_SECONDS = 300.0
MAX_JOBS = 16
_NONCES = 4096


@dataclass(slots=True)
class Job:
    """One consent's work. ``values`` grow while the token signs; a file is there at once."""

    origin: str
    expires: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    values: dict[str, bytes] = field(default_factory=dict)
    file: bytes = b""
    finished: bool = False
    error: str = ""


class JobBook:
    """Jobs in memory; nothing about them is written down."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._nonces: deque[str] = deque(maxlen=_NONCES)

    def use(self, nonce: str) -> None:
        """Take a nonce. Raises ``AgentError`` (``REPLAYED``) for one that was seen before."""
        with self._lock:
            if nonce in self._nonces:
                raise AgentError(Word.REPLAYED)
            self._nonces.append(nonce)

    def add(self, origin: str) -> Job:
        """Begin a job; the oldest one makes room."""
        with self._lock:
            self._forget_old()
            while len(self._jobs) >= MAX_JOBS:
                del self._jobs[next(iter(self._jobs))]
            job = Job(origin, monotonic() + KEPT_SECONDS)
            self._jobs[job.id] = job
            return job

    def find(self, identifier: str, origin: str) -> Job:
        """Return a job of this site. Raises ``AgentError`` (``UNKNOWN_JOB``)."""
        with self._lock:
            self._forget_old()
            job = self._jobs.get(identifier)
        if job is None or job.origin != origin:
            raise AgentError(Word.UNKNOWN_JOB)
        return job

    def _forget_old(self) -> None:
        now = monotonic()
        for identifier in [one for one, job in self._jobs.items() if job.expires <= now]:
            del self._jobs[identifier]


class Pace:
    """How often a site may ask: a page gone wild must not drown the person in windows."""

    def __init__(self, per_minute: int) -> None:
        self._allowed = per_minute
        self._lock = threading.Lock()
        self._seen: dict[str, deque[float]] = {}

    def check(self, origin: str) -> None:
        """Count a question. Raises ``AgentError`` (``TOO_OFTEN``)."""
        now = monotonic()
        with self._lock:
            seen = self._seen.setdefault(origin, deque())
            while seen and seen[0] <= now - 60:
                seen.popleft()
            if len(seen) >= self._allowed:
                raise AgentError(Word.TOO_OFTEN)
            seen.append(now)
