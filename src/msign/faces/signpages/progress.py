"""How far a batch is, document by document, in words for the waiting page and for the script that keeps it fresh."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from msign.signrequests.values import ContentView, RequestView, SessionView


class ItemState(enum.StrEnum):
    """Where one document stands; the values are also what the script reads."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    CHECKED = "checked"


_TONES = {ItemState.WAITING: "", ItemState.CONFIRMED: "brand", ItemState.CHECKED: "success"}


@dataclass(frozen=True, slots=True)
class ItemProgress:
    """One document of the list."""

    name: str
    state: ItemState

    @property
    def word(self) -> str:
        """The state for people."""
        return state_words()[self.state]

    @property
    def tone(self) -> str:
        """The tag's colour, which never speaks alone."""
        return _TONES[self.state]


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """All documents and the sentence above them."""

    items: tuple[ItemProgress, ...]
    checking: bool

    @property
    def done(self) -> int:
        """How many are past what is going on now: the person's confirmation, then our check."""
        past = {ItemState.CHECKED} if self.checking else {ItemState.CONFIRMED, ItemState.CHECKED}
        return sum(item.state in past for item in self.items)

    @property
    def sentence(self) -> str:
        """What a listener is told, too."""
        values = {"done": self.done, "all": len(self.items)}
        if self.checking:
            return _("All signatures have arrived. Checked: %(done)s of %(all)s") % values
        if self.done:
            return _("Confirmed: %(done)s of %(all)s documents") % values
        return ngettext("%(count)d document to confirm", "%(count)d documents to confirm", len(self.items)) % {
            "count": len(self.items)
        }

    def for_script(self) -> dict[str, object]:
        """Return what changes on the page while it is open."""
        return {"sentence": self.sentence, "done": self.done, "items": [item.state.value for item in self.items]}


def state_words() -> dict[ItemState, str]:
    """Return the words of the states in the visitor's language."""
    return {
        ItemState.WAITING: _("To confirm"),
        ItemState.CONFIRMED: _("Confirmed"),
        ItemState.CHECKED: _("Signed and checked"),
    }


def batch_progress(view: RequestView) -> BatchProgress | None:
    """Return the progress of a request that is being signed; ``None`` for a single document."""
    session = view.session
    if session is None or len(view.contents) <= 1:
        return None
    items = tuple(ItemProgress(_name(content), _state(content, session)) for content in view.contents)
    return BatchProgress(items, session.checked is not None)


def _state(content: ContentView, session: SessionView) -> ItemState:
    if session.checked is not None:
        return ItemState.CHECKED if content.position < session.checked else ItemState.CONFIRMED
    return ItemState.CONFIRMED if content.position in session.confirmed else ItemState.WAITING


def _name(content: ContentView) -> str:
    return content.name or _("Document %(number)s") % {"number": content.position + 1}
