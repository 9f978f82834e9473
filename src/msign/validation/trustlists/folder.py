"""Trusted lists of a folder of anchors: which to follow stands in its ``lists.toml``, what they say beside it.

    [national]
    location = "https://lists.example/md.xml"     # or a file, from this folder
    signers = ["list-signers/operator.pem"]       # who may sign it; from this folder
    list_of_lists = false                         # true: follow what it points to
    territories = ["RO", "EE"]                    # of those, only these

Whoever may write the folder decides whom to trust, with or without lists.
"""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError
from msign.pki.certificate import ParsedCertificate, parse, to_der
from msign.pki.fetch import Fetcher
from msign.pki.storedlists import FOLDER, write_anchors
from msign.validation.trustlists.refresh import Alarm, ListSource, TrustedLists

CHOICE = "lists.toml"
_KEPT = f"{FOLDER}/kept"  # deeper than what judging processes watch: a refresh that changes nothing restarts none
_KEYS = {"location", "signers", "list_of_lists", "territories"}


@dataclass(frozen=True, slots=True)
class ListInForce:
    """A list that counts now."""

    territory: str
    sequence: int
    services: int
    due: str = ""  # its next update


@dataclass(frozen=True, slots=True)
class ListState:
    """How the last refresh of a folder ended."""

    refreshed: str  # when
    lists: tuple[ListInForce, ...] = ()
    alarms: tuple[Alarm, ...] = ()

    @property
    def moment(self) -> dt.datetime:
        """Return when it was."""
        return dt.datetime.fromisoformat(self.refreshed)


def sources_of(folder: Path) -> tuple[ListSource, ...]:
    """Return the lists that a folder's ``lists.toml`` names; none without the file.

    Raises ``MSignError`` (``misconfigured``) naming what is wrong in it.
    """
    choice = folder / CHOICE
    if not choice.is_file():
        return ()
    try:
        tables = tomllib.loads(choice.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(f"not valid TOML: {error}") from None
    return tuple(_source(folder, name, table) for name, table in tables.items())


def _source(folder: Path, name: str, table: Any) -> ListSource:
    if not isinstance(table, dict) or not table.keys() <= _KEYS or not isinstance(table.get("location"), str):
        raise _wrong(f"[{name}] takes location and, if wanted, {', '.join(sorted(_KEYS - {'location'}))}")
    signers, territories = table.get("signers", []), table.get("territories", [])
    if not isinstance(signers, list) or not isinstance(territories, list):
        raise _wrong(f"[{name}] signers and territories are lists")
    if not signers or not all(isinstance(word, str) for word in (*signers, *territories)):
        raise _wrong(f"[{name}] names no signers: a list that anybody may sign is never believed")
    location = table["location"]
    return ListSource(
        location if location.startswith(("http://", "https://")) else str((folder / location).resolve()),
        tuple(_signer(folder / file) for file in signers),
        follow=table.get("list_of_lists") is True,
        territories=frozenset(territories),
    )


def _signer(path: Path) -> ParsedCertificate:
    try:
        return parse(to_der(path.read_bytes()))
    except (OSError, MSignError) as error:
        raise _wrong(f"the signer {path.name} cannot be read: {error}") from None


def _wrong(message: str) -> MSignError:
    return MSignError(Code.MISCONFIGURED, message, member=CHOICE)


def refresh_folder(folder: Path, *, clock: Clock, fetcher: Fetcher | None) -> ListState:
    """Fetch and verify the lists of a folder, store what they say, and return how it went.

    Raises ``MSignError`` (``misconfigured``) for a wrong ``lists.toml`` and ``OSError`` if the folder cannot be
    written; nothing for what a list contains or the network does.
    """
    sources = sources_of(folder)
    found = TrustedLists(sources=sources, folder=folder / _KEPT, clock=clock, fetcher=fetcher).refresh()
    if sources or (folder / FOLDER).is_dir():
        write_anchors(folder, found.store.anchors)
    state = ListState(
        clock.now().isoformat(),
        tuple(
            ListInForce(one.territory, one.sequence, len(one.anchors), _time(one.next_update)) for one in found.lists
        ),
        found.alarms,
    )
    if sources or (folder / FOLDER).is_dir():
        _write_state(folder, state)
    return state


def _time(moment: dt.datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _write_state(folder: Path, state: ListState) -> None:
    place = folder / _KEPT / "state.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_suffix(".new")
    draft.write_text(json.dumps(asdict(state), ensure_ascii=False), "utf-8")
    draft.replace(place)


def state_of(folder: Path) -> ListState | None:
    """Return how the last refresh of a folder ended; ``None`` if there was none (or its note cannot be read)."""
    try:
        plain = json.loads((folder / _KEPT / "state.json").read_text("utf-8"))
        return ListState(
            plain["refreshed"],
            tuple(ListInForce(**one) for one in plain["lists"]),
            tuple(Alarm(**one) for one in plain["alarms"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def refresh_due(folder: Path, now: dt.datetime, interval: dt.timedelta) -> bool:
    """Tell whether a folder's lists have to be fetched: never yet, too long ago, or ``lists.toml`` is newer.

    Without ``lists.toml`` only what is left of former lists has to go.
    """
    state, choice = state_of(folder), folder / CHOICE
    if not choice.is_file():
        return state is not None and bool(state.lists or state.alarms)
    if state is None or now - state.moment >= interval:
        return True
    return choice.stat().st_mtime > (folder / _KEPT / "state.json").stat().st_mtime
