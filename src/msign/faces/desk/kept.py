"""What was sent by somebody whose session had ended: kept until the person is back, then shown again on its page."""

from __future__ import annotations

from django.http import HttpRequest

MAX_LETTERS = 16_000  # all fields of the longest page together
_KEY = "desk_kept"
_SECONDS = 3600
_OURS = ("csrfmiddlewaretoken", "version", "known")  # hidden fields; the page makes them anew


def keep(request: HttpRequest, address: str) -> None:
    """Keep the fields of a form for the page at ``address``, an hour at most; files cannot be kept."""
    typed = {name: str(text) for name, text in request.POST.items() if name not in _OURS and str(text).strip()}
    if typed and sum(map(len, typed.values())) <= MAX_LETTERS and len(typed) <= 100:
        request.session[_KEY] = {"address": address, "typed": typed}
        request.session.set_expiry(_SECONDS)


def take(request: HttpRequest) -> dict[str, str]:
    """Return once what was kept for this page; nothing on any other."""
    kept = request.session.get(_KEY)
    if not isinstance(kept, dict) or kept.get("address") != request.get_full_path():
        return {}
    del request.session[_KEY]
    return dict(kept["typed"])
