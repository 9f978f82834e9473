"""Parameters of the sign page as other sites write them (wire contract 14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

from msign.kernel.identifiers import normalise_msisdn

MAX_RETURN_URL = 4096
MAX_RELAY_STATE = 64 * 1024  # opaque to us; large enough for any published client, small enough to keep
_NAMES = ("returnurl", "relaystate", "instrument", "msisdn")


@dataclass(frozen=True, slots=True)
class Entry:
    """How a visitor arrived. ``None`` and blank count as absent; the language has its own way."""

    return_url: str = ""
    relay_state: str | None = None
    instrument: str = ""
    msisdn: str = ""
    method: str = "get"
    bad_number: bool = False  # a telephone number was given that is none

    def __bool__(self) -> bool:
        return bool(self.return_url or self.relay_state or self.instrument or self.msisdn)


def read_entry(request: HttpRequest) -> Entry:
    """Return the parameters: names in any case, a form value before a query value, empty ones absent.

    A ReturnUrl that was not URL-encoded and holds a second ``?`` arrives whole, because only ``&`` divides
    parameters; so does junk that a client appends after a complete query, as part of the last value.
    """
    values = _lower(request.GET) | (_lower(request.POST) if request.method == "POST" else {})
    relay, given = values.get("relaystate"), values.get("msisdn", "")[:40]
    number = normalise_msisdn(given) or ""
    return Entry(
        return_url=values.get("returnurl", "")[: MAX_RETURN_URL + 1].strip(),
        relay_state=relay if relay and len(relay) <= MAX_RELAY_STATE else None,
        instrument=values.get("instrument", "").strip().lower()[:40],
        msisdn=number,
        method=(request.method or "GET").lower(),
        bad_number=bool(given.strip(" 0")) and not number,  # zeros are the official test number
    )


def carries_parameters(request: HttpRequest) -> bool:
    """Tell whether the address or form holds anything of ours, so that a clean address must follow."""
    names = {name.lower() for name in (*request.GET, *(request.POST if request.method == "POST" else ()))}
    return bool(names & {*_NAMES, "lang"})


def _lower(parameters: QueryDict) -> dict[str, str]:
    """Keep the last non-empty value of each name."""
    pairs: Iterable[tuple[str, list[str]]] = parameters.lists()
    return {name.lower(): filled[-1] for name, values in pairs if (filled := [value for value in values if value])}
