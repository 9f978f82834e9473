"""GetSignResponse: what the consumer learns about its request (wire contract 6)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from msign.access.values import Caller
from msign.audit import events
from msign.kernel.clock import Clock
from msign.kernel.errors import invalid
from msign.kernel.ids import normalise_request_id
from msign.kernel.languages import Language
from msign.kernel.words import FailureReason, SignStatus
from msign.signrequests import ending, faults
from msign.signrequests.messages import expired_message, failure_message
from msign.signrequests.models import SignContent, SignRequest
from msign.signrequests.rules import Rules
from msign.signrequests.values import SignResponse, SignResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Answers GetSignResponse; may be repeated, a final answer never changes."""

    clock: Clock
    rules: Rules

    def get_response(self, caller: Caller, request_id: str, language: Language) -> SignResponse:
        """Return status, message and results. Raises ``MSignError``: ``INVALID_PARAMETER`` for an empty id,
        ``REQUEST_NOT_FOUND``, ``AUTHORIZATION_FAILED`` for a request of another system.
        """
        row = self._find(caller, request_id)
        status = SignStatus(row.status)
        match status:
            case SignStatus.PENDING:
                return SignResponse(status)
            case SignStatus.SUCCESS:
                self._note_fetched(caller, row)
                return SignResponse(status, None, _signed(row))
            case SignStatus.FAILURE:
                message = failure_message(FailureReason(row.failure), row.failure_text, language)
                return SignResponse(status, message, _unsigned(row))
            case SignStatus.EXPIRED:
                return SignResponse(status, expired_message(language), _unsigned(row))

    def _find(self, caller: Caller, request_id: str) -> SignRequest:
        if not request_id.strip():
            raise invalid("requestID", "required")
        key = normalise_request_id(request_id)
        row = SignRequest.objects.filter(pk=key, environment=caller.environment.value).first() if key else None
        if row is None or ending.kept_no_longer(row, self.rules, self.clock.now()):
            raise faults.not_found()
        if row.system_id != caller.system_id:
            raise faults.foreign_request()
        if ending.expire_if_due(row, self.clock.now()):
            row.refresh_from_db()
        return row

    def _note_fetched(self, caller: Caller, row: SignRequest) -> None:
        if row.fetched_at is not None:
            return
        now = self.clock.now()
        with transaction.atomic():
            if SignRequest.objects.filter(pk=row.pk, fetched_at=None).update(fetched_at=now):
                events.result_fetched(
                    at=now,
                    request_id=row.pk,
                    system_id=caller.system_id,
                    certificate_serial=caller.certificate_serial,
                )


def _contents(row: SignRequest) -> list[SignContent]:
    return list(row.contents.order_by("position"))


def _signed(row: SignRequest) -> tuple[SignResult, ...]:
    certificate = bytes(row.certificate or b"")
    return tuple(SignResult(one.correlation_id or None, certificate, one.signature_key) for one in _contents(row))


def _unsigned(row: SignRequest) -> tuple[SignResult, ...]:
    return tuple(SignResult(one.correlation_id or None) for one in _contents(row))
