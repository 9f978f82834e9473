"""The outbox: letters are put in with the change they tell of, and go out by the job table until they have gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from msign.jobs.services import enqueue
from msign.jobs.values import Done, GivenUp, Outcome, Task
from msign.kernel.clock import Clock
from msign.kernel.errors import MSignError
from msign.kernel.languages import Language
from msign.notices.models import Notice
from msign.notices.rendering import as_html, as_text
from msign.notices.values import Letter, Mail, Sent, Transport

JOB = "notice.send"
MAX_ATTEMPTS = 12  # about an hour and a half with the worker's growing pauses, then the operator sees it


def put(letter: Letter, at: dt.datetime) -> int:
    """Write a letter into the outbox, in the caller's transaction, and return its number."""
    notice = Notice.objects.create(
        recipient=letter.recipient,
        language=letter.language,
        subject=letter.subject[:250],
        text=as_text(letter),
        html=as_html(letter),
        kind=letter.kind,
        about=letter.about,
        created=at,
    )
    enqueue(JOB, str(notice.pk), {}, at)
    return notice.pk


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliverer:
    """The handler of the outbox's jobs. ``sender`` is the address that answers reach; ``after`` hears of each success.

    A letter that was handed over but whose row could not be marked goes out again with the same message id, so that
    the receiving side can drop the copy: at least once, never lost.
    """

    transport: Transport
    clock: Clock
    sender: str
    after: Callable[[Sent], None] = lambda _sent: None

    def handle(self, task: Task) -> Outcome:
        """Send one letter; an error that may pass is raised, so that the worker tries again later."""
        notice = Notice.objects.filter(pk=int(task.key), sent=None).first()
        if notice is None:
            return Done()
        try:
            self.transport.send(self._mail(notice))
        except MSignError as error:
            Notice.objects.filter(pk=notice.pk).update(last_error=error.message)
            if error.retry and task.attempts < MAX_ATTEMPTS:
                raise
            return GivenUp(error.message)
        Notice.objects.filter(pk=notice.pk).update(sent=self.clock.now(), last_error="")
        self.after(Sent(notice.kind, notice.about))
        return Done()

    def _mail(self, notice: Notice) -> Mail:
        domain = self.sender.rpartition("@")[2]
        return Mail(
            sender=self.sender,
            recipient=notice.recipient,
            language=Language(notice.language),
            subject=notice.subject,
            text=notice.text,
            html=notice.html,
            message_id=f"<msign-notice-{notice.pk}@{domain}>",
        )
