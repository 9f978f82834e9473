"""What the sign page shows of a request."""

from __future__ import annotations

from dataclasses import dataclass

from msign.kernel.clock import Clock
from msign.kernel.ids import normalise_request_id
from msign.kernel.words import ContentType, DelegatorType, Environment, FailureReason, SignStatus
from msign.signrequests import ending
from msign.signrequests.models import SignContent, SigningSession, SignRequest
from msign.signrequests.rules import Rules
from msign.signrequests.values import ContentView, DelegationProof, ExpectedSigner, RequestView, SessionView


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    """Reads requests for pages."""

    clock: Clock
    rules: Rules

    def view(self, request_id: str) -> RequestView | None:
        """Return what a page needs; ``None`` for an id that does not exist or is no longer kept."""
        key = normalise_request_id(request_id)
        row = SignRequest.objects.filter(pk=key).first() if key else None
        now = self.clock.now()
        if row is None or ending.kept_no_longer(row, self.rules, now):
            return None
        if ending.expire_if_due(row, now):
            row.refresh_from_db()
        return _view(row)


def _view(row: SignRequest) -> RequestView:
    last = row.sessions.order_by("-id").first()
    session = last if last and last.active else None  # a new one begins only when the one before has ended
    content_type = ContentType(row.content_type)
    return RequestView(
        id=row.pk,
        environment=Environment(row.environment),
        status=SignStatus(row.status),
        content_type=content_type,
        system_id=row.system_id,
        system_name=row.system_name,
        organisation_name=row.organisation_name,
        short_description=row.short_description,
        description=row.description,
        reason=row.reason,
        expected_signer=ExpectedSigner(
            row.expected_id or None,
            DelegatorType(row.delegator_type),
            row.delegator_id or None,
            row.delegated_role_id,
        ),
        contents=tuple(_content(one, content_type) for one in row.contents.order_by("position")),
        created_at=row.created_at,
        expires_at=row.expires_at,
        session=_session(session) if session else None,
        failure=_failure(row, last),
        failure_text=row.failure_text,
        delegation=DelegationProof(**row.delegation) if row.delegation else None,
    )


def _failure(row: SignRequest, last: SigningSession | None) -> FailureReason | None:
    """Why the request failed; while it is open for another attempt, why the last one did."""
    if row.failure:
        return FailureReason(row.failure)
    if row.status == SignStatus.PENDING.value and last is not None and last.outcome in set(FailureReason):
        return FailureReason(last.outcome)
    return None


def _content(row: SignContent, content_type: ContentType) -> ContentView:
    return ContentView(
        position=row.position,
        name=row.name,
        size=row.size,
        content_type=content_type,
        digest=bytes(row.digest) if content_type is ContentType.HASH else None,
        key=row.key,
        signature_key=row.signature_key or None,
    )


def _session(row: SigningSession) -> SessionView:
    return SessionView(
        instrument=row.instrument,
        started_at=row.started_at,
        deadline=row.deadline,
        verification_code=row.verification_code,
        device_url=row.device_url,
        cancelling=row.cancelling,
        confirmed=frozenset(int(item) - 1 for item in row.confirmed),
        checked=row.checked,
    )
