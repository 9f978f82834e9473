"""Reading and writing one case: who may see it, and that nobody's change is lost."""

from __future__ import annotations

import datetime as dt
import unicodedata

from msign.connections.actors import Actor, Refusal, refuse, require
from msign.connections.models import Case
from msign.connections.roles import Right
from msign.connections.states import Action
from msign.connections.words import say
from msign.kernel.errors import Code


def load(actor: Actor, reference: str) -> Case:
    """Return a case that the actor may see; for everybody else it does not exist."""
    case = Case.objects.select_related("organisation", "system").filter(reference=reference).first()
    if case is None or not (actor.person_id is None or actor.may(Right.SEE_CASE, case.organisation_id)):
        raise refuse(say("There is no such request."), Code.REQUEST_NOT_FOUND)
    return case


def own(reference: str) -> Case:
    """Return a case for what the system does by itself or was judged before."""
    return Case.objects.select_related("organisation", "system").get(reference=reference)


def check_right(actor: Actor, reference: str, right: Right | Action) -> None:
    """Let pass who has a right in a case, before a page is shown. Raises ``Refusal``."""
    require(actor, right, load(actor, reference).organisation_id)


def check_version(case: Case, version: int | None) -> None:
    """Stop a person whose page is older than the case; nothing of the other's work is overwritten."""
    if version is not None and case.version != version:
        raise stale()


def save(case: Case, at: dt.datetime) -> None:
    """Write a case if nobody else has meanwhile, and raise its version."""
    version, case.version, case.changed = case.version, case.version + 1, at
    case.words = search_words(case)
    names = [field.attname for field in Case._meta.concrete_fields if not field.primary_key]  # noqa: SLF001
    changed = {name: getattr(case, name) for name in names}
    if Case.objects.filter(pk=case.pk, version=version).update(**changed) != 1:
        raise stale()


def search_words(case: Case) -> str:
    """Return what the operator's search looks at: reference, organisation, system; no matter the case or diacritics."""
    found = (case.reference, case.organisation.name, case.organisation.number, case.answers.get("system_name", ""))
    return fold(" ".join(found))


def fold(text: str) -> str:
    """Return text as searches compare it: without diacritics, case and double spaces."""
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).casefold().split())


STALE = say(
    "Somebody else has changed this request since you opened it. Nothing of yours was saved over it: look at "
    "the new state below and try again."
)


def stale() -> Refusal:
    """Return the answer to the second of two people."""
    return refuse(STALE)
