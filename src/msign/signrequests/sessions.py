"""What a person does on the sign page: start, cancel. And the provider's wake-up call."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F

from msign.audit import events
from msign.jobs import services as jobs
from msign.kernel.clock import Clock
from msign.kernel.errors import invalid
from msign.kernel.identifiers import is_idnp, normalise_msisdn
from msign.kernel.words import ContentType, Environment, SignStatus
from msign.signrequests import ending, faults
from msign.signrequests.models import SigningSession, SignRequest
from msign.signrequests.ports import Instrument, Registry
from msign.signrequests.rules import Rules
from msign.signrequests.values import SigningChoice

SESSION_JOB = "signrequests.session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Begins, cancels and wakes signing sessions; the worker does the rest."""

    registry: Registry
    clock: Clock
    rules: Rules

    def start(self, request_id: str, choice: SigningChoice) -> None:
        """Begin an attempt. A double click or a second tab finds it under way.

        Raises ``MSignError``: ``REQUEST_NOT_FOUND``; ``CONFLICT`` when the request is finished or a session runs;
        ``INVALID_PARAMETER`` (``Instrument``, ``IDNP``, ``MSISDN``) for a choice that does not suit the request.
        """
        row = self._pending(request_id)
        instrument = self._instrument(row, choice.instrument)
        signer = self._signer(row, instrument, choice)
        msisdn = _msisdn(instrument, choice)
        now = self.clock.now()
        with transaction.atomic():
            order_id = _claim(row, now)
            session = self._open(row, order_id, instrument, choice, now, signer, msisdn)
            jobs.enqueue(SESSION_JOB, session.order_id, {}, now)
            events.session_started(
                at=now, request_id=row.pk, session=order_id, instrument=instrument.id, signer_id=signer
            )

    def cancel(self, request_id: str) -> None:
        """End the request because the person does not want to sign. Pressing twice is the same as once.

        Raises ``MSignError``: ``REQUEST_NOT_FOUND``; ``CONFLICT`` when the request is finished already.
        """
        row = self._pending(request_id)
        now = self.clock.now()
        for _attempt in range(3):  # between two looks a session may begin or end
            session = SigningSession.objects.filter(request=row, active=True).first()
            if session is None:
                if ending.cancel_unstarted(row.pk, now):
                    return
            elif self._ask_cancel(session, now):
                return
            row = self._pending(request_id)
        raise faults.under_way()

    def wake(self, provider_id: str, order_id: str) -> bool:
        """Look at a session now, because its provider called. Tell whether the provider has such a session.

        An unknown id or the id of another provider's session changes nothing.
        """
        known = SigningSession.objects.filter(order_id=order_id, provider=provider_id)
        if not known.exists():
            return False
        jobs.wake(SESSION_JOB, order_id, self.clock.now())
        return True

    def _pending(self, request_id: str) -> SignRequest:
        row = SignRequest.objects.filter(pk=request_id).first()
        if row is None:
            raise faults.not_found()
        if ending.expire_if_due(row, self.clock.now()) or row.status != SignStatus.PENDING.value:
            raise faults.finished()
        return row

    def _instrument(self, row: SignRequest, wanted: str) -> Instrument:
        contents = list(row.contents.all())
        hashes = row.content_type == ContentType.HASH.value
        suitable = self.registry.suitable(
            environment=Environment(row.environment),
            content_type=ContentType(row.content_type),
            hash_lengths={len(bytes(one.digest)) for one in contents} if hashes else (),
            count=len(contents),
            allowed=row.instruments,
        )
        for instrument in suitable:
            if instrument.id == wanted:
                return instrument
        raise invalid("Instrument", "one of the instruments that suit the request expected")

    def _signer(self, row: SignRequest, instrument: Instrument, choice: SigningChoice) -> str | None:
        """The expected signer cannot be changed on the page; who is asked for there becomes the check instead."""
        if row.expected_id:
            return row.expected_id
        typed = (choice.signer_id or "").strip()
        if not typed:
            if "idnp" in instrument.needs:
                raise invalid("IDNP", "required by this instrument")
            return None
        if not is_idnp(typed, self.rules.id_check[Environment(row.environment)]):
            raise invalid("IDNP", "an IDNP of 13 digits expected")
        return typed

    def _open(
        self,
        row: SignRequest,
        order_id: str,
        instrument: Instrument,
        choice: SigningChoice,
        now: dt.datetime,
        signer: str | None,
        msisdn: str,
    ) -> SigningSession:
        try:
            with transaction.atomic():
                return SigningSession.objects.create(
                    request=row,
                    order_id=order_id,
                    instrument=instrument.id,
                    provider=instrument.provider,
                    signer_id=signer or "",
                    msisdn=msisdn,
                    language=choice.language.value,
                    started_at=now,
                    deadline=now + self.rules.deadline,
                )
        except IntegrityError:  # one active session of a request: the database says so
            raise faults.under_way() from None

    @staticmethod
    def _ask_cancel(session: SigningSession, now: dt.datetime) -> bool:
        """Mark the session; tell whether it is being cancelled now. It may have ended between the look and this."""
        active = SigningSession.objects.filter(pk=session.pk, active=True)
        with transaction.atomic():
            if active.filter(cancelling=False).update(cancelling=True):
                jobs.enqueue(SESSION_JOB, session.order_id, {}, now)
                events.session_cancel_asked(at=now, request_id=session.request_id, session=session.order_id)
                return True
        return active.filter(cancelling=True).exists()


def _claim(row: SignRequest, now: dt.datetime) -> str:
    """Count the attempt while the request is still open; return the id by which the provider will know it."""
    open_rows = SignRequest.objects.filter(pk=row.pk, status=SignStatus.PENDING.value, expires_at__gt=now)
    if SigningSession.objects.filter(request=row, active=True).exists():
        raise faults.under_way()
    if not open_rows.update(attempts=F("attempts") + 1):
        raise faults.finished()
    number = SignRequest.objects.values_list("attempts", flat=True).get(pk=row.pk)
    return row.pk if number == 1 else f"{row.pk}-{number}"


def _msisdn(instrument: Instrument, choice: SigningChoice) -> str:
    typed = (choice.msisdn or "").strip()
    number = normalise_msisdn(typed) if typed else None
    if "msisdn" in instrument.needs and number is None:
        raise invalid("MSISDN", "a Moldovan mobile number expected")
    return number or ""
