"""A session that needs the person's page: what it asks for, what the page replies, and leaving it for another way.

One reply at a time is worked: the session row is claimed by compare-and-set before the provider hears of it, so that a
double click, a second tab or a replayed message cannot use one confirmation twice.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from msign.jobs import services as jobs
from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import FailureReason
from msign.providers.base import (
    Answer,
    Conversation,
    Pending,
    Prompt,
    Provider,
    Refused,
    Reply,
    ReturnedCode,
    Returning,
    Signed,
)
from msign.signrequests import ending, faults
from msign.signrequests.answers import keep_answer
from msign.signrequests.contents import LocalContentStore
from msign.signrequests.models import SigningSession
from msign.signrequests.ports import Registry
from msign.signrequests.sessions import SESSION_JOB
from msign.signrequests.working import SessionWork, take_note

log = logging.getLogger(__name__)

CLAIM = dt.timedelta(seconds=90)  # longer than any provider call may take; a killed process blocks nobody for longer
LEAVE_REASONS = frozenset(
    {
        FailureReason.CANCELLED,
        FailureReason.NO_ACTIVE_DEVICE,
        FailureReason.WRONG_PIN,
        FailureReason.PIN_LOCKED,
        FailureReason.SIGNER_MISMATCH,
        FailureReason.TIMED_OUT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Talking:
    """Passes the page's replies to the provider of the running session."""

    store: LocalContentStore
    registry: Registry
    clock: Clock
    work: SessionWork

    def prompt(self, request_id: str) -> Prompt | None:
        """Return what the page has to do now, if the running session asks for anything."""
        session = self._running(request_id)
        if session is None or session.state is None or session.cancelling:
            return None
        talker = self._talker(session)
        return talker.prompt(bytes(session.state)) if talker else None

    def reply(self, request_id: str, reply: Reply) -> Prompt | None:
        """Pass a reply on and return what is asked for next.

        Raises ``MSignError``: ``CONFLICT`` when nothing is asked or another reply is being worked; and as
        ``Conversation.reply``, the session then being as before.
        """
        session = self._asking(request_id)
        talker = self._talker(session)
        if talker is None or talker.prompt(bytes(session.state or b"")) is None:
            raise faults.under_way()
        self._claim(session)
        try:
            order, workspace = self.work.order(session), self.store.workspace(session.order_id)
            answer = talker.reply(order, bytes(session.state or b""), reply, workspace)
        except BaseException:
            self._release(session)
            raise
        return self._take(session, talker, answer)

    def returned(self, provider_id: str, parameters: Mapping[str, str]) -> str | None:
        """Take a person back from a provider's own page; return the request to go on with, ``None`` for a stranger.

        What the session makes of it, its page shows: a return that comes late or twice changes nothing.
        """
        try:
            provider = self.registry.provider(provider_id)
        except MSignError:
            return None
        order_id = provider.order_of(parameters) if isinstance(provider, Returning) else None
        session = SigningSession.objects.filter(order_id=order_id, provider=provider_id).first() if order_id else None
        if session is None:
            return None
        if session.active:
            try:
                self.reply(session.request_id, ReturnedCode(parameters))
            except MSignError as error:
                log.info("provider %s: a return was not used: %s", provider_id, error.code)
        return session.request_id

    def leave(self, request_id: str, reason: FailureReason) -> bool:
        """Give up the session for another instrument; the request stays open. Tell whether a session was left.

        Only while the page holds the conversation: nobody else can finish what is left here. Raises ``MSignError``
        (``INVALID_PARAMETER``) for a reason that is not the person's to give.
        """
        if reason not in LEAVE_REASONS:
            raise MSignError(Code.INVALID_PARAMETER, "not a reason to leave", member="reason")
        session = self._running(request_id)
        if session is None or self.prompt(request_id) is None:
            return False
        self._claim(session)  # nobody signs while somebody leaves
        now = self.clock.now()
        return ending.fail(session, reason, "", now, keep_open=session.request.expires_at > now)

    def _running(self, request_id: str) -> SigningSession | None:
        return SigningSession.objects.select_related("request").filter(request_id=request_id, active=True).first()

    def _asking(self, request_id: str) -> SigningSession:
        session = self._running(request_id)
        if session is None or session.cancelling or session.state is None or session.deadline <= self.clock.now():
            raise faults.finished()
        return session

    def _talker(self, session: SigningSession) -> Conversation | None:
        try:
            found: Provider = self.registry.provider(session.provider)
        except MSignError as error:  # the session outlived its configuration; the worker ends it
            log.warning("provider %s: %s", session.provider, error)
            return None
        return found if isinstance(found, Conversation) else None

    def _claim(self, session: SigningSession) -> None:
        now = self.clock.now()
        free = Q(talking_until=None) | Q(talking_until__lte=now)
        state = bytes(session.state or b"")
        rows = SigningSession.objects.filter(free, pk=session.pk, active=True, cancelling=False, state=state)
        if not rows.update(talking_until=now + CLAIM):
            raise faults.under_way()

    def _release(self, session: SigningSession) -> None:
        SigningSession.objects.filter(pk=session.pk).update(talking_until=None)

    def _take(self, session: SigningSession, talker: Conversation, answer: Answer) -> Prompt | None:
        match answer:
            case Pending():
                with transaction.atomic():
                    if not take_note(session, answer, talking_until=None):
                        raise faults.finished()  # cancelled or out of time meanwhile
                    jobs.wake(SESSION_JOB, session.order_id, self.clock.now())
                return talker.prompt(answer.state)
            case Signed():
                keep_answer(self.store.workspace(session.order_id), answer)
            case Refused(reason, text):
                self.work.fail(session, reason, text)
        self._release(session)
        jobs.wake(SESSION_JOB, session.order_id, self.clock.now())
        return None
