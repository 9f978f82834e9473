"""The document's versions in time: what each added, who signed it, how that counts. For one picture and a list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from msign.faces.verifypages.cards import Card
from msign.frame import formats, languages
from msign.validation.model import DocumentReport, Integrity, Modification, Reason
from msign.validation.reports.sentences import sentence

MOST = 24  # versions in the picture; more make it unreadable
_ACROSS = 4  # in one row, so that numbers stay large on a phone
_STEP, _ROW, _WIDTH, _HEIGHT = 100, 104, 60, 74
_TOLD = 4  # sentences for one version


@dataclass(frozen=True, slots=True)
class Version:
    """One version. ``kind``: draft, signed, intact, unsure, broken, added or changed; ``x`` and ``y`` are its place."""

    number: int
    kind: str
    title: str
    lines: tuple[str, ...]
    size: str
    x: int
    y: int

    @property
    def badge(self) -> tuple[int, int]:
        """Centre of the mark at the lower right corner."""
        return self.x + _WIDTH, self.y + _HEIGHT


@dataclass(frozen=True, slots=True)
class Timeline:
    """All versions with the arrows between them. ``hidden`` are those that the picture leaves out."""

    versions: tuple[Version, ...]
    arrows: tuple[str, ...]
    width: int
    height: int
    hidden: int

    @property
    def words(self) -> str:
        """The picture in one sentence, for people who do not see it."""
        return "; ".join(f"{version.number}: {version.title}" for version in self.versions)

    @property
    def hidden_words(self) -> str:
        """What the picture leaves out, in words."""
        more = ngettext("and %(number)s more version", "and %(number)s more versions", self.hidden)
        return more % {"number": self.hidden} if self.hidden else ""


def make_timeline(report: DocumentReport, cards: list[Card]) -> Timeline | None:
    """Return the picture; ``None`` for a document of one version or without signatures: it would tell nothing."""
    signed = {one.revision for one in report.signatures if one.revision is not None}
    if len(report.revisions) < 2 or not signed:
        return None
    count = len(report.revisions)
    shown = range(min(count, MOST))
    versions = tuple(_version(report, cards, at, min(signed)) for at in shown)
    rows = -(-len(versions) // _ACROSS)
    width = min(len(versions), _ACROSS) * _STEP
    return Timeline(versions, tuple(_arrows(versions)), width, rows * _ROW, count - len(versions))


def _version(report: DocumentReport, cards: list[Card], at: int, first_signed: int) -> Version:
    signers = [card for card, one in zip(cards, report.signatures, strict=True) if one.revision == at]
    reasons = _reasons(report, at)
    intact = all(one.integrity is Integrity.VALID for one in report.signatures if one.revision == at)
    kind = _kind(signers, reasons, before=at < first_signed, intact=intact)
    return Version(
        number=at + 1,
        kind=kind,
        title=_title(signers, kind, at),
        lines=tuple(_lines(signers, reasons)),
        size=formats.size(_end(report.revisions[at]), languages.current()),
        x=at % _ACROSS * _STEP + 14,
        y=at // _ACROSS * _ROW + 8,
    )


def _reasons(report: DocumentReport, at: int) -> tuple[Reason, ...]:
    """Return what the signatures before a version say of it, each thing once, the worst judgement of it."""
    found: dict[tuple[str, str], Reason] = {}
    for signature in report.signatures:
        for reason in signature.reasons:
            facts = dict(reason.facts)
            if facts.get("revision") != str(at + 1) or "modification" not in facts:
                continue
            key = (reason.code, facts.get("name", ""))
            if key not in found or _weight(reason) > _weight(found[key]):
                found[key] = reason
    return tuple(found.values())


def _weight(reason: Reason) -> int:
    words = [str(one) for one in Modification]
    said = dict(reason.facts)["modification"]
    return words.index(said) if said in words else len(words)


def _kind(signers: list[Card], reasons: tuple[Reason, ...], *, before: bool, intact: bool) -> str:
    allowed = list(Modification).index(Modification.PERMITTED)
    if any(_weight(reason) > allowed for reason in reasons):
        return "changed"
    if signers:
        kinds = {card.verdict.kind for card in signers}
        if "error" in kinds:
            return "intact" if intact and all(card.spoilt_later for card in signers) else "broken"
        return "unsure" if "warning" in kinds else "signed"
    return "draft" if before else "added"


def _title(signers: list[Card], kind: str, at: int) -> str:
    names = ", ".join(card.name for card in signers)
    if signers:
        return _("Signed by %(names)s") % {"names": names}
    match kind:
        case "changed":
            return _("Changed in a way that is not allowed")
        case "added":
            return _("Added later, as allowed")
        case _:
            return _("The document before it was signed") if at == 0 else _("Edited before it was signed")


def _lines(signers: list[Card], reasons: tuple[Reason, ...]) -> Iterator[str]:
    for card in signers:
        later = _("what was signed here is intact; it was changed later") if card.spoilt_later else ""
        yield f"{card.name}: {later or card.verdict.title}"
    told = (sentence(one, languages.current()).text for one in reasons if not signers or one.code != "signature-added")
    yield from islice(dict.fromkeys(told), _TOLD)


def _end(extent: str) -> int:
    return int(extent.rpartition("-")[2])


def _arrows(versions: tuple[Version, ...]) -> Iterator[str]:
    """Return the ways from one version to the next, as path data; a row ends where the next begins below."""
    for before, after in pairwise(versions):
        if before.y == after.y:
            middle = before.y + _HEIGHT // 2
            yield f"M{before.x + _WIDTH + 6} {middle}H{after.x - 8}m-7 -6 7 6-7 6"
