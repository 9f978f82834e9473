"""What every page of the desk shares: the proven person, the collaborators, refusals as pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy
from django.views import View

from msign.connections.actors import Actor, Refusal
from msign.connections.ports import Desk
from msign.connections.roles import Right
from msign.connections.services import people
from msign.faces.desk import kept, words
from msign.kernel.errors import Code, MSignError

SESSION_KEY = "desk_person"
_WORDS = ("reason", "text", "addresses")  # fields in which people write sentences
_MOST_KEPT = 2000
# The operator's pages: who sees the link, where it leads, what it says.
OPERATOR_MENU = (
    (Right.SEE_QUEUE, "desk-queue", gettext_lazy("Queue")),
    (Right.SEE_QUEUE, "desk-expiring", gettext_lazy("Expiring")),
    (Right.SEE_QUEUE, "desk-access", gettext_lazy("Access")),
    (Right.SEE_QUEUE, "desk-lists", gettext_lazy("Lists")),
    (Right.SEE_INVOICES, "desk-invoices", gettext_lazy("Invoices")),
    (Right.SEE_QUEUE, "desk-statistics", gettext_lazy("Statistics")),
    (Right.SEE_INSTRUMENTS, "desk-instruments", gettext_lazy("Instruments")),
    (Right.SEE_MANDATES, "desk-mandates", gettext_lazy("Mandates")),
    (Right.SEE_AUDIT, "desk-trail", gettext_lazy("Audit trail")),
)


class DeskPage(View):
    """A page. ``public`` pages need nobody; all others send strangers to the sign-in page first."""

    desk: Desk = None  # type: ignore[assignment]  # given by as_view()
    public: ClassVar[bool] = False
    restores: ClassVar[bool] = False  # fills its form with what was typed before the session ended
    actor: Actor
    typed: Mapping[str, str]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _refuse_zeros(request, kwargs.values())
        found = self._find_actor(request)
        if found is None and not self.public:
            return self._sign_in_first(request)
        self.person = found
        if found is not None:
            self.actor = found
            self._give_back(request)
        try:
            return super().dispatch(request, *args, **kwargs)
        except Refusal as refusal:
            return self._refused(request, refusal)
        except MSignError as error:
            if error.code is not Code.UNAVAILABLE:
                raise
            return self._unavailable(request, error)

    def _sign_in_first(self, request: HttpRequest) -> HttpResponse:
        """Send a stranger to the sign-in page; what was typed meanwhile waits for the return."""
        address = request.get_full_path()
        if request.method == "POST":
            address = address if hasattr(self, "get") else self.after_refusal()
            if not getattr(self.dispatch, "csrf_exempt", False):  # forms of ours only: it begins a session
                kept.keep(request, address)
        return redirect(f"{reverse('desk-sign-in')}?{urlencode({'next': address})}")

    def _give_back(self, request: HttpRequest) -> None:
        self.typed = kept.take(request) if request.method == "GET" else {}
        if self.typed and not self.restores:
            self.keep_words(self.typed)

    def _find_actor(self, request: HttpRequest) -> Actor | None:
        key = request.session.get(SESSION_KEY)
        return people.actor_of(key) if isinstance(key, int) else None

    def _refused(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        if refusal.code is Code.REQUEST_NOT_FOUND:
            raise Http404
        self.keep_words()
        if refusal.code is Code.AUTHORIZATION_FAILED:
            return self.page("desk/forbidden.html", {"reasons": words.reasons(refusal)}, status=403)
        for text in words.reasons(refusal):
            messages.error(request, text)
        return redirect(self.after_refusal())

    def keep_words(self, sent: Mapping[str, Any] | None = None) -> None:
        """Show the sentences that were sent once more, where the page that comes next has no field for them."""
        sent = self.request.POST if sent is None else sent
        for name in _WORDS:
            if text := str(sent.get(name, "")).strip():
                told = gettext("You had written this, and it was not saved: %(text)s")
                messages.info(self.request, told % {"text": text[:_MOST_KEPT]})

    def _unavailable(self, request: HttpRequest, error: MSignError) -> HttpResponse:
        self.keep_words()
        messages.error(request, f"{words.GATEWAY_DOWN} ({error.message})")
        return redirect(self.after_refusal())

    def after_refusal(self) -> str:
        """Return where a refused act leads back to: the page of the case, or the list."""
        if "reference" in self.kwargs:
            return reverse("desk-case", args=[self.kwargs["reference"]])
        return reverse("desk-cases")

    def page(self, template: str, context: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
        """Render a template with what all pages of the desk need."""
        shared = {
            "person": self.person,
            "local_mailbox": self.desk.policy.local_mailbox,
            "operator_menu": [one for one in OPERATOR_MENU if self.person is not None and self.person.may(one[0])],
        }
        return render(self.request, template, {**shared, **(context or {})}, status=status)


def _refuse_zeros(request: HttpRequest, places: Iterable[object]) -> None:
    """No keyboard types U+0000, and not every database can look for it: who sends one is told so at once."""
    sent = [value for data in (request.GET, request.POST) for _name, values in data.lists() for value in values]
    if any("\x00" in str(value) for value in (*places, *sent)):
        raise BadRequest("a zero character was sent")


def explain(refusal: Refusal) -> list[str]:
    """Return why something was refused, for the page that was sent; what nobody may see or do goes its own way."""
    if refusal.code in (Code.REQUEST_NOT_FOUND, Code.AUTHORIZATION_FAILED):
        raise refusal
    return words.reasons(refusal)


def number_of(text: str) -> int:
    """Return the key of a row as forms send it; 0, which no row has, for anything else."""
    return int(text) if text.isdecimal() and len(text) < 12 else 0


def version_of(request: HttpRequest) -> int | None:
    """Return the version of the case that the submitted page was made from."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None
