"""The job that works a signing session: asks the provider, judges its answer, ends the request.

Every step may be killed and repeated: the order id is the idempotency key at the provider, results are read again,
stored again and released once by compare-and-set. What a killed step left behind in the store, the sweep finds.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from msign.audit import events
from msign.jobs.values import Done, Later, Outcome, Task
from msign.kernel.clock import Clock
from msign.kernel.errors import MSignError
from msign.kernel.languages import Language
from msign.kernel.words import ContentType, DelegatorType, Environment, FailureReason, SignStatus
from msign.providers.base import Answer, ItemToSign, Pending, Provider, Refused, Signed, SigningOrder
from msign.signrequests import ending
from msign.signrequests.answers import keep_answer, kept_answer
from msign.signrequests.contents import LocalContentStore
from msign.signrequests.ending import Release
from msign.signrequests.judge import Bad, Good, Judge, Judgement, Terms, Undecided
from msign.signrequests.models import SignContent, SigningSession, SignRequest
from msign.signrequests.ports import Registry
from msign.signrequests.progress import teller
from msign.signrequests.rules import Rules
from msign.signrequests.values import ExpectedSigner

log = logging.getLogger(__name__)

_PATIENT_AFTER = dt.timedelta(minutes=1)  # from then on the provider is asked half as often
_LONGEST_POLL = 30.0
MAX_DEVICE_URL = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionWork:
    """Works sessions. ``work`` is the handler of the session job."""

    store: LocalContentStore
    registry: Registry
    judges: Mapping[Environment, Judge]
    clock: Clock
    rules: Rules

    def work(self, task: Task) -> Outcome:
        """Do the next step of one session and say when to come again."""
        session = SigningSession.objects.select_related("request").filter(order_id=task.key).first()
        if session is None or not session.active:
            self.store.close_workspace(task.key)
            return Done()
        if session.request.status != SignStatus.PENDING.value:
            ending.close_stray(session, self.clock.now())
            return self._closed(session)
        try:
            provider = self.registry.provider(session.provider)
        except MSignError as error:  # the session outlived its configuration
            log.warning("provider %s: %s", session.provider, error)
            return self.fail(session, FailureReason.INSTRUMENT_UNAVAILABLE)
        return self._step(session, provider, self.order(session))

    def _step(self, session: SigningSession, provider: Provider, order: SigningOrder) -> Outcome:
        if session.cancelling:
            return self._give_up(session, provider, order, FailureReason.CANCELLED)
        if (answer := kept_answer(self.store.workspace(session.order_id))) is not None:
            return self._judge(session, order, answer)
        if self.clock.now() >= session.deadline:
            reason = FailureReason.TIMED_OUT if session.reached else FailureReason.INSTRUMENT_UNAVAILABLE
            return self._give_up(session, provider, order, reason)
        if session.talking_until is not None and session.talking_until > self.clock.now():
            return self._later(session, 1.0)  # the page's reply is being worked; its end wakes this job
        return self._ask(session, provider, order)

    def _ask(self, session: SigningSession, provider: Provider, order: SigningOrder) -> Outcome:
        workspace = self.store.workspace(session.order_id)
        try:
            if session.state is None:
                answer = provider.start(order, workspace)
            else:
                answer = provider.poll(order, bytes(session.state), workspace)
        except MSignError as error:
            log.warning("provider %s: %s", session.provider, error)
            if error.retry:
                return self._later(session, self.rules.poll_seconds)
            return self.fail(session, FailureReason.INSTRUMENT_UNAVAILABLE)
        return self._take(session, order, answer)

    def _take(self, session: SigningSession, order: SigningOrder, answer: Answer) -> Outcome:
        match answer:
            case Pending():
                return self._note_pending(session, answer)
            case Refused(reason, text):
                return self.fail(session, reason, text)
            case Signed():
                workspace = self.store.workspace(session.order_id)
                if not _inside(answer, workspace):
                    return self._refuse(session, Bad(FailureReason.INCOMPLETE_ANSWER, "", ("outside-workspace",)))
                keep_answer(workspace, answer)
                return self._judge(session, order, answer)

    def _note_pending(self, session: SigningSession, answer: Pending) -> Outcome:
        if not take_note(session, answer):
            return Later(0)  # a reply of the page came in between: look again
        return self._later(session, answer.retry_after)

    def _later(self, session: SigningSession, seconds: float) -> Outcome:
        now = self.clock.now()
        wait = min(max(seconds, 0.2), _LONGEST_POLL)
        if now - session.started_at > _PATIENT_AFTER:
            wait = min(wait * 2, _LONGEST_POLL)
        return Later(max(0.0, min(wait, (session.deadline - now).total_seconds())))

    def _judge(self, session: SigningSession, order: SigningOrder, answer: Signed) -> Outcome:
        verdict = self._verdict(session, order, answer)
        match verdict:
            case Undecided():
                return self._judge_again(session, verdict)
            case Bad():
                return self._refuse(session, verdict)
            case Good():
                return self._release(session, answer, verdict)

    def _verdict(self, session: SigningSession, order: SigningOrder, answer: Signed) -> Judgement:
        """What the judge trips over is tried again until the deadline; then the person is told, not kept waiting."""
        judge = self.judges[Environment(session.request.environment)]
        try:
            return judge.judge(answer, self._terms(session, order), told=teller(session, len(order.items)))
        except Exception:
            if self.clock.now() < session.deadline:
                raise
            log.exception("provider %s: results that cannot be judged", session.provider)
            return Bad(FailureReason.NOT_INTACT, "", ("not-judged",))

    def _judge_again(self, session: SigningSession, verdict: Undecided) -> Outcome:
        if self.clock.now() + dt.timedelta(seconds=verdict.pause) >= session.deadline:
            return self.fail(session, verdict.reason)
        return Later(verdict.pause)

    def _refuse(self, session: SigningSession, verdict: Bad) -> Outcome:
        events.result_refused(
            at=self.clock.now(),
            request_id=session.request_id,
            provider=session.provider,
            item=verdict.item,
            reason=verdict.reason,
            checks=verdict.checks,
        )
        return self.fail(session, verdict.reason)

    def _release(self, session: SigningSession, answer: Signed, verdict: Good) -> Outcome:
        """Store what was judged, then release it by one commit. The order of flushing loses nothing finished."""
        kept = {int(item.id) - 1: self.store.adopt(item.signature) for item in answer.items}
        release = Release(
            certificate=verdict.certificate,
            certificate_sha256=hashlib.sha256(verdict.certificate).hexdigest(),
            signer_id=verdict.signer_id,
            provider=session.provider,
            notes=verdict.notes,
            delegation=verdict.delegation,
            size=sum(content.size for content in kept.values()),
            signatures={position: (content.key, content.sha256) for position, content in kept.items()},
        )
        if ending.succeed(session, release, self.clock.now()):
            return self._closed(session)
        for content in kept.values():
            self.store.remove(content.key)
        return Later(0)  # cancelled or ended meanwhile: look again

    def _give_up(
        self, session: SigningSession, provider: Provider, order: SigningOrder, reason: FailureReason
    ) -> Outcome:
        try:
            provider.cancel(order, bytes(session.state or b""))
        except MSignError as error:
            log.warning("provider %s: cancel: %s", session.provider, error)
        return self.fail(session, reason)

    def fail(self, session: SigningSession, reason: FailureReason, text: str = "") -> Outcome:
        """End the attempt without signatures."""
        keep_open = self.rules.open_after_failure(session.request.system_id) and reason is not FailureReason.CANCELLED
        now = self.clock.now()
        if ending.fail(session, reason, text, now, keep_open=keep_open and session.request.expires_at > now):
            return self._closed(session)
        return Later(0)

    def _closed(self, session: SigningSession) -> Outcome:
        self.store.close_workspace(session.order_id)
        return Done()

    def order(self, session: SigningSession) -> SigningOrder:
        """Return what the provider is asked to do in this session."""
        row = session.request
        base = self.rules.callback_base.rstrip("/")
        return SigningOrder(
            request_id=session.order_id,
            items=tuple(self._item(row, content) for content in row.contents.order_by("position")),
            description=row.short_description,
            signer_id=session.signer_id or None,
            msisdn=session.msisdn or None,
            reason=row.reason,
            language=Language(session.language),
            callback_url=f"{base}/providers/{session.provider}/callback" if base else None,
        )

    def _item(self, row: SignRequest, content: SignContent) -> ItemToSign:
        identifier = str(content.position + 1)
        if row.content_type == ContentType.HASH.value:
            named = self.rules.reference_name(content.correlation_id, content.name)
            return ItemToSign(identifier, ContentType.HASH, digest=bytes(content.digest), file_name=named)
        path = self.store.path(content.key)
        return ItemToSign(identifier, ContentType.PDF, document=path, file_name=content.name)

    def _terms(self, session: SigningSession, order: SigningOrder) -> Terms:
        row = session.request
        return Terms(
            items=order.items,
            signer_id=session.signer_id or None,
            expected=ExpectedSigner(
                row.expected_id or None,
                DelegatorType(row.delegator_type),
                row.delegator_id or None,
                row.delegated_role_id,
            ),
            required_level=row.required_level,
            accept_unproven_delegation=self.rules.accept_unproven_delegation,
        )


def take_note(session: SigningSession, answer: Pending, **also: object) -> bool:
    """Store how far the provider is, unless the session went on meanwhile; tell whether it was stored."""
    before = None if session.state is None else bytes(session.state)
    rows = SigningSession.objects.filter(pk=session.pk, active=True, state=before)
    return bool(
        rows.update(
            state=answer.state,
            reached=True,
            verification_code=answer.verification_code[:16],
            device_url=answer.device_url if _followable(answer.device_url) else "",
            confirmed=sorted({*session.confirmed, *answer.confirmed}, key=int),
            **also,
        )
    )


def _followable(url: str) -> bool:
    """A page will offer this address as a link: only web addresses, and none that does not fit whole."""
    return len(url) <= MAX_DEVICE_URL and url.startswith(("https://", "http://"))


def _inside(answer: Signed, workspace: Path) -> bool:
    """A provider's files are taken from its workspace only, and from no folder or link in it."""
    home = workspace.resolve()
    return all(item.signature.resolve().parent == home for item in answer.items)
