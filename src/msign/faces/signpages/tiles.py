"""Instrument tiles: which is open, what its form holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msign.faces.signpages.forms import InstrumentForm
from msign.faces.signpages.services import Offer
from msign.faces.signpages.visits import Visit
from msign.frame import formats
from msign.kernel.identifiers import IdCheck
from msign.signrequests.values import RequestView


@dataclass(frozen=True, slots=True)
class Tile:
    """One instrument as the page shows it."""

    offer: Offer
    form: InstrumentForm
    open: bool
    asked_for: bool  # the consumer named it

    @property
    def form_id(self) -> str:
        """The id of its form element."""
        return f"tile-{self.offer.code}"


def make_tiles(
    offers: Sequence[Offer], view: RequestView, visit: Visit, *, id_check: IdCheck, remembered: str
) -> list[Tile]:
    """Return the tiles; the one with typed values, else the one the consumer named, else the first is open."""
    open_code = _open_code(offers, visit)
    tiles = []
    for offer in offers:
        form = _form(offer, view, visit, id_check=id_check, remembered=remembered)
        tiles.append(Tile(offer, form, offer.code == open_code, offer.code == visit.instrument))
    return tiles


def _open_code(offers: Sequence[Offer], visit: Visit) -> str:
    codes = [offer.code for offer in offers if offer.available]
    for wanted in (visit.typed.get("instrument"), visit.instrument):
        if wanted in codes:
            return wanted
    return codes[0] if codes else ""


def _form(offer: Offer, view: RequestView, visit: Visit, *, id_check: IdCheck, remembered: str) -> InstrumentForm:
    typed = visit.typed
    ask_signer = not view.expected_signer.id
    known = visit.msisdn or remembered
    initial = {
        "signer_id": typed.get("signer_id", ""),
        "msisdn": typed.get("msisdn") or (formats.phone(known) if known else ""),
        "remember": typed.get("remember") == "on" if typed else bool(remembered),
    }
    judged = typed.get("instrument") == offer.code and typed.get("judged") == "yes"
    data = typed if judged else None
    return InstrumentForm(data, initial=initial, offer=offer, ask_signer=ask_signer, id_check=id_check)
