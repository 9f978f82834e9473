"""What a connected system used and may use: figures, small charts, CSV, and how the operator changes a limit."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext

from msign.access import traffic
from msign.access.queries import access_state
from msign.access.refusals import refused_attempts
from msign.connections.actors import Refusal
from msign.connections.roles import Right
from msign.connections.services import limits
from msign.connections.services.limits import ConnectedSystem
from msign.faces.desk import charts, words
from msign.faces.desk.base import DeskPage, explain
from msign.faces.desk.charts import Series
from msign.faces.desk.tables import csv_file
from msign.frame import formats, languages
from msign.kernel.clock import CHISINAU
from msign.kernel.words import Environment
from msign.signrequests import figures, quotas
from msign.signrequests.rules import Quota
from msign.signrequests.usage import usage

PERIODS = (7, 30, 90)
_BYTES = ("stored_bytes", "largest_document")


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that was counted of a system in a period."""

    days: tuple[dt.date, ...]
    calls: tuple[traffic.Total, ...]
    endings: tuple[figures.Endings, ...]

    @property
    def last_seen(self) -> dt.datetime | None:
        """When its last call was answered."""
        return max((one.last_at for one in self.calls), default=None)


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit as the page shows it; ``used`` is ``None`` where nothing can be used up."""

    code: str
    name: str
    allowed: str
    used: str
    share: int | None  # percent
    own: bool  # agreed with this system; else the default
    value: int


class Usage(DeskPage):
    """One page for both sides; only the operator sees the form."""

    quota: Quota = Quota()

    def get(self, request: HttpRequest, reference: str, environment: str) -> HttpResponse:
        system = limits.connected_system(self.actor, reference)
        place, days = _place(environment), _period(request)
        found = _figures(system.system_id, place, self.desk.clock.now(), days)
        if "csv" in request.GET:
            return csv_file(
                f"usage-{reference}-{place.value}.csv", ("day", "kind", "what", "outcome", "count"), _rows(found)
            )
        return self._show(system, place, found)

    def post(self, request: HttpRequest, reference: str, environment: str) -> HttpResponse:
        place = _place(environment)
        typed = {name: request.POST.get(name, "").strip()[:20] for name in limits.LIMITS}
        reason = request.POST.get("reason", "")[:500]
        try:
            known = request.POST.get("known")
            limits.change_limits(self.desk, self.actor, reference, place, _numbers(typed), reason, known=known)
        except Refusal as refusal:
            system = limits.connected_system(self.actor, reference)
            found = _figures(system.system_id, place, self.desk.clock.now(), PERIODS[1])
            problems = explain(refusal)
            return self._show(system, place, found, problems=problems, typed=typed, reason=reason)
        return redirect("desk-usage", reference, environment)

    def _show(
        self,
        system: ConnectedSystem,
        place: Environment,
        found: Figures,
        *,
        problems: list[str] | None = None,
        typed: Mapping[str, str] | None = None,
        reason: str = "",
    ) -> HttpResponse:
        rows = self._limits(system, place)
        context = {
            "system": system,
            "environment": place,
            "places": [(one, words.ENVIRONMENTS[one]) for one in Environment],
            "periods": PERIODS,
            "period": len(found.days),
            "figures": found,
            **_shown(found, self._names()),
            "refused": self._turned_away(system, place),
            "limits": rows,
            "exceeded": self._exceeded(system, place, found.days[0]),
            "may_change": bool(system.system_id) and self.actor.may(Right.CHANGE_QUOTA),
            "known": limits.mark(limits.agreed_settings(system.system_id, place)),
            "typed": typed or {row.code: str(row.value) if row.own else "" for row in rows},
            "reason": reason,
            "problems": problems,
            "has_errors": bool(problems),
        }
        return self.page("desk/usage.html", context, status=422 if problems else 200)

    def _limits(self, system: ConnectedSystem, place: Environment) -> list[Limit]:
        settings = limits.agreed_settings(system.system_id, place)
        agreed = quotas.agreed(settings, self.quota)
        now, used = self.desk.clock.now(), usage(system.system_id, place)
        taken = {
            "requests_per_minute": quotas.last_minute(system.system_id, place, now),
            "open_requests": used.open_requests,
            "stored_bytes": used.stored_bytes,
        }
        return [
            _limit(code, getattr(agreed, code), taken.get(code), own=getattr(settings, code) is not None)
            for code in limits.LIMITS
        ]

    def _turned_away(self, system: ConnectedSystem, place: Environment) -> list[tuple[Any, str]]:
        """Calls that were not let in, by the certificates that are pinned for the system."""
        if not system.system_id:
            return []
        serials = tuple(one.serial for one in access_state(system.system_id, place).certificates)
        return [(one, one.reason.value) for one in refused_attempts(environment=place, serials=serials, limit=10)]

    def _exceeded(self, system: ConnectedSystem, place: Environment, first: dt.date) -> list[tuple[Any, str]]:
        since = dt.datetime.combine(first, dt.time(), CHISINAU)
        found = quotas.recently_exceeded(system.system_id, place, since=since)
        return [(one, str(words.LIMITS.get(one.limit, one.limit))) for one in found]

    def _names(self) -> dict[str, str]:
        language = (get_language() or "ro")[:2]
        return {one.code: one.names.get(language, one.code) for one in self.desk.instruments()}


def _place(text: str) -> Environment:
    if text not in set(Environment):
        raise Http404
    return Environment(text)


def _period(request: HttpRequest) -> int:
    text = request.GET.get("days", "")
    return int(text) if text in map(str, PERIODS) else PERIODS[1]


def _figures(system_id: str, place: Environment, now: dt.datetime, days: int) -> Figures:
    today = now.astimezone(CHISINAU).date()
    first = today - dt.timedelta(days=days - 1)
    return Figures(
        days=tuple(first + dt.timedelta(days=number) for number in range(days)),
        calls=traffic.totals(system_id, place, since=first),
        endings=figures.endings(system_id, place, since=first),
    )


def _shown(found: Figures, names: Mapping[str, str]) -> dict[str, Any]:
    answered = [one for one in found.calls if one.outcome == "ok"]
    faulty = [one for one in found.calls if one.outcome != "ok"]
    signed = [one for one in found.endings if one.outcome == "signed"]
    unsigned = [one for one in found.endings if one.outcome != "signed"]
    calls, signatures = sum(one.count for one in found.calls), sum(one.count for one in signed)
    told = gettext("Calls by day: %(good)s answered, %(bad)s with a fault")
    signing = gettext("Signings by day: %(good)s signed, %(bad)s not signed")
    failed = sum(one.count for one in unsigned)
    return {
        "call_count": calls,
        "fault_count": sum(one.count for one in faulty),
        "signature_count": signatures,
        "attempt_count": signatures + failed,
        "call_chart": charts.bars(
            found.days,
            (Series(gettext("answered"), "good", _by_day(answered)), Series(gettext("fault"), "bad", _by_day(faulty))),
            told % {"good": calls - sum(one.count for one in faulty), "bad": sum(one.count for one in faulty)},
        ),
        "sign_chart": charts.bars(
            found.days,
            (
                Series(gettext("signed"), "good", _by_day(signed)),
                Series(gettext("not signed"), "bad", _by_day(unsigned)),
            ),
            signing % {"good": signatures, "bad": failed},
        ),
        "operations": _table((one.operation or "?", one.outcome, one.count) for one in found.calls),
        "signings": [
            (names.get(code, code), str(words.OUTCOMES.get(outcome, outcome)), count)
            for code, outcome, count in _table((one.instrument, one.outcome, one.count) for one in found.endings)
        ],
    }


def _by_day(rows: Iterable[traffic.Total | figures.Endings]) -> dict[dt.date, int]:
    found: Counter[dt.date] = Counter()
    for one in rows:
        found[one.day] += one.count
    return dict(found)


def _table(rows: Iterable[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    found: Counter[tuple[str, str]] = Counter()
    for what, outcome, count in rows:
        found[what, outcome] += count
    return [(what, outcome, count) for (what, outcome), count in sorted(found.items())]


def _rows(found: Figures) -> Iterable[tuple[object, ...]]:
    for one in found.calls:
        yield one.day, "call", one.operation, one.outcome, one.count
    for ending in found.endings:
        yield ending.day, "signing", ending.instrument, ending.outcome, ending.count


def _limit(code: str, allowed: int, used: int | None, *, own: bool) -> Limit:
    share = None if used is None else min(100, round(100 * used / allowed)) if allowed else 100
    return Limit(
        code,
        str(words.LIMITS[code]),
        _amount(code, allowed),
        "" if used is None else _amount(code, used),
        share,
        own,
        allowed,
    )


def _amount(code: str, value: int) -> str:
    return formats.size(value, languages.current()) if code in _BYTES else f"{value:,}".replace(",", "\u00a0")


def _numbers(typed: Mapping[str, str]) -> dict[str, int | None]:
    """Empty means the default; what is no number is refused by its range."""
    return {name: None if not text else int(text) if text.isdecimal() else -1 for name, text in typed.items()}
