"""The outbox for pages."""

from __future__ import annotations

from msign.notices.models import Notice
from msign.notices.values import NoticeView


def latest(limit: int = 100, about: str | None = None) -> list[NoticeView]:
    """Return the newest letters, all or those about one case."""
    rows = Notice.objects.order_by("-pk")
    if about is not None:
        rows = rows.filter(about=about)
    return [_view(row) for row in rows[:limit]]


def letter(number: int) -> NoticeView | None:
    """Return one letter."""
    row = Notice.objects.filter(pk=number).first()
    return _view(row) if row else None


def _view(row: Notice) -> NoticeView:
    return NoticeView(
        number=row.pk,
        recipient=row.recipient,
        language=row.language,
        subject=row.subject,
        text=row.text,
        kind=row.kind,
        about=row.about,
        created=row.created,
        sent=row.sent,
        last_error=row.last_error,
    )
