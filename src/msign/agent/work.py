"""The agent's work between question and answer: the person agrees, types the PIN, the token signs."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msign.agent.consent import Consent, Question
from msign.agent.jobs import Job, JobBook, Pace
from msign.agent.questions import DataQuestion, PreparedQuestion
from msign.agent.settings import AgentSettings
from msign.agent.tokens import OpenKey, TokenCertificate, Tokens
from msign.agent.words import AgentError, Word
from msign.kernel.clock import Clock
from msign.kernel.errors import MSignError
from msign.pki.certificate import common_name
from msign.pki.tsa import TimestampSource
from msign.signing import pades, xades
from msign.signing.keys import Signer

_LOG = logging.getLogger(__name__)
_PIN_TRIES = 3  # in one question; the token itself counts further


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Puts questions before the person, one at a time, and signs."""

    settings: AgentSettings
    tokens: Tokens
    consent: Consent
    clock: Clock
    tsa: TimestampSource | None = None
    jobs: JobBook = field(default_factory=JobBook)
    _asking: threading.Lock = field(default_factory=threading.Lock)
    _pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pace", Pace(self.settings.calls_per_minute))

    def certificates(self) -> Sequence[TokenCertificate]:
        """Return what can sign."""
        return self.tokens.certificates()

    def prepared(self, origin: str, question: PreparedQuestion) -> Job:
        """Ask once for all items, then sign one after the other while the page watches. Raises ``AgentError``."""
        self._pace.check(origin)
        self.jobs.use(question.nonce)
        documents = tuple((one.name, one.digest_name, one.digest.hex()) for one in question.items)
        key = self._agreed(origin, question.certificate, question.service, question.description, documents)[1]
        job = self.jobs.add(origin)
        threading.Thread(target=_sign_all, args=(job, key, question), daemon=True).start()
        return job

    def data(self, origin: str, question: DataQuestion) -> Job:
        """Ask, sign and finish one file, as programs of the published protocol do. Raises ``AgentError``."""
        self._pace.check(origin)
        digest = hashlib.sha256(question.data).hexdigest() if question.pdf else question.data.hex()
        shown = (("PDF" if question.pdf else "", "sha256" if question.pdf else "", digest),)
        chosen, key = self._agreed(origin, question.certificate, "", "", shown)
        with contextlib.closing(key):
            job = self.jobs.add(origin)
            job.file = self._finished(question, Signer(key, chosen.certificate, chosen.chain))
            job.finished = True
        return job

    def _agreed(
        self, origin: str, wanted: str, service: str, description: str, documents: tuple[tuple[str, str, str], ...]
    ) -> tuple[TokenCertificate, OpenKey]:
        with self._one_at_a_time():
            chosen = next((one for one in self.tokens.certificates() if one.id == wanted), None)
            if chosen is None:
                raise AgentError(Word.NO_TOKEN)
            return chosen, self._unlocked(
                chosen, Question(origin, service, description, documents, common_name(chosen.certificate))
            )

    @contextlib.contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """A second question while one is open is refused: two windows would let one PIN answer the wrong one."""
        if not self._asking.acquire(blocking=False):
            raise AgentError(Word.BUSY)
        try:
            yield
        finally:
            self._asking.release()

    def _unlocked(self, chosen: TokenCertificate, question: Question) -> OpenKey:
        problem = ""
        for _try in range(_PIN_TRIES):
            state = self.tokens.pin_state(chosen)
            if state.locked:
                raise AgentError(Word.PIN_LOCKED)
            decision = self.consent.ask(
                Question(
                    question.origin,
                    question.service,
                    question.description,
                    question.documents,
                    question.certificate,
                    problem,
                    state.final_try,
                    self.settings.consent_seconds,
                )
            )
            if not decision.approved:
                raise AgentError(Word.CANCELLED if decision.in_time else Word.TIMED_OUT)
            try:
                return self.tokens.key(chosen, decision.pin)
            except AgentError as error:
                if error.word is not Word.WRONG_PIN:
                    raise
                problem = Word.WRONG_PIN.value
        raise AgentError(Word.WRONG_PIN)

    def _finished(self, question: DataQuestion, signer: Signer) -> bytes:
        if self.tsa is None:
            raise AgentError(Word.FAILED, "no time-stamping authority is set")
        try:
            if not question.pdf:
                return xades.sign(question.data, signer=signer, tsa=self.tsa, clock=self.clock)
            with tempfile.TemporaryDirectory(prefix="msign-agent-") as folder:
                source, target = Path(folder) / "document.pdf", Path(folder) / "signed.pdf"
                source.write_bytes(question.data)
                pades.sign(source, target, signer=signer, tsa=self.tsa, clock=self.clock)
                return target.read_bytes()
        except MSignError as error:
            raise AgentError(Word.FAILED, str(error.code)) from error


def _sign_all(job: Job, key: OpenKey, question: PreparedQuestion) -> None:
    try:
        for item in question.items:
            job.values[item.id] = key.sign(item.to_sign)
    except AgentError as error:
        job.error = error.word.value
    except Exception:  # noqa: BLE001  (the page must hear that it stopped)
        _LOG.exception("signing stopped")
        job.error = Word.FAILED.value
    finally:
        job.finished = True
        key.close()
