"""Files sent for verification: kept for minutes under an unguessable name, then gone."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile

from msign.faces.verifypages.services import Original
from msign.frame.downloads import safe_name
from msign.kernel.clock import Clock
from msign.kernel.disk import ensure_room
from msign.kernel.ids import new_request_id

_TOKEN = re.compile(r"[0-9a-f]{32}")
_FACTS = "facts.json"


@dataclass(frozen=True, slots=True)
class Case:
    """One verification: the files and what they were called."""

    token: str
    folder: Path
    name: str
    is_pdf: bool
    original_name: str
    until: dt.datetime
    original_digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def document(self) -> Path:
        """The signed document, or the XML signature."""
        return self.folder / "document"

    @property
    def original(self) -> Original | None:
        """The file that an XML signature signs, or its digests, if either was given."""
        if not self.original_name:
            return None
        digests = tuple(sorted(self.original_digests.items()))
        return Original(self.original_name, None if digests else self.folder / "original", digests)

    def derived(self, name: str, make: Callable[[Path], None]) -> Path:
        """Return a file made from this case, made when it is first asked for and kept with it.

        ``make`` writes a draft; several may make the same file at once, and each sees a whole one. Raises what ``make``
        raises, and ``FileNotFoundError`` if the case has just been removed.
        """
        path = self.folder / name
        if not path.exists():
            draft = self.folder / f"{name}.{new_request_id()}.draft"
            try:
                make(draft)
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
        return path


class Cases:
    """Puts files away and forgets them in time."""

    def __init__(self, *, folder: Path, clock: Clock, keep: dt.timedelta) -> None:
        self._folder = folder
        self._clock = clock
        self._keep = keep

    def accept(self, document: UploadedFile, original: UploadedFile | Original | None, *, is_pdf: bool) -> str:
        """Store the files; return the token that leads to them. Old cases are removed on the way.

        Raises ``MSignError`` (``UNAVAILABLE``) while the disk is nearly full.
        """
        self.sweep()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ensure_room(self._folder)
        token = new_request_id()
        place = self._folder / token
        place.mkdir(mode=0o700)
        _write(document, place / "document")
        if isinstance(original, UploadedFile):
            _write(original, place / "original")
        facts = {
            "name": safe_name(document.name or ""),
            "is_pdf": is_pdf,
            "original_name": safe_name(original.name or "") if original is not None else "",
            "original_digests": dict(original.digests) if isinstance(original, Original) else {},
            "until": (self._clock.now() + self._keep).isoformat(),
        }
        draft = place / f"{_FACTS}.new"
        draft.write_text(json.dumps(facts), "utf-8")
        draft.replace(place / _FACTS)  # whole or not there: somebody else's sweep may be looking
        return token

    def find(self, token: str) -> Case | None:
        """Return a case that is still kept."""
        place = self._folder / token
        if not _TOKEN.fullmatch(token):
            return None
        try:
            facts = json.loads((place / _FACTS).read_text("utf-8"))
        except FileNotFoundError:  # never there, not whole yet, or just removed
            return None
        facts["until"] = dt.datetime.fromisoformat(facts["until"])
        case = Case(token, place, **facts)
        return case if self._clock.now() < case.until else None

    def remove(self, token: str) -> None:
        """Forget a case at once; harmless for one that is gone."""
        if _TOKEN.fullmatch(token):
            shutil.rmtree(self._folder / token, ignore_errors=True)

    def sweep(self) -> int:
        """Remove what is past its time, and what was never finished; return how many. Several may sweep at once."""
        gone = 0
        for place in self._folder.glob("*") if self._folder.is_dir() else ():
            if self._is_over(place):
                shutil.rmtree(place, ignore_errors=True)
                gone += 1
        return gone

    def _is_over(self, place: Path) -> bool:
        try:
            begun = dt.datetime.fromtimestamp(place.stat().st_mtime, dt.UTC)
        except FileNotFoundError:  # another sweep was quicker
            return False
        if (place / _FACTS).is_file():
            return self.find(place.name) is None
        return begun + self._keep < self._clock.now()


def _write(upload: UploadedFile, target: Path) -> None:
    with target.open("xb") as stream:
        for piece in upload.chunks():
            stream.write(piece)
