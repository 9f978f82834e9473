"""Static files under names that carry their digest, published once by the process that serves them.

No separate collecting step: at start every file is copied to ``STATIC_ROOT`` as ``name.<digest>.ext`` with a gzip
twin, and WhiteNoise serves that folder for ever. Content-addressed names make it safe for many processes at once.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware

_CSS_URL = re.compile(rb'url\("(?!data:|/)([^")]+)"\)')
_HASHED = re.compile(r"\.[0-9a-f]{12}\.[a-z0-9]+$")
_TEXT = {".css", ".js", ".svg", ".txt"}


@functools.cache
def hashed_name(name: str) -> str:
    """Return ``frame/msign.css`` as ``frame/msign.<digest>.css``; the name itself where there is no such file."""
    path = finders.find(name)
    if not isinstance(path, str):
        return name
    digest = hashlib.sha256(_content(name, Path(path))).hexdigest()[:12]
    place = PurePosixPath(name)
    return str(place.with_name(f"{place.stem}.{digest}{place.suffix}"))


def _content(name: str, path: Path) -> bytes:
    """Return the bytes to publish; addresses inside style sheets are changed to the hashed names."""
    data = path.read_bytes()
    if path.suffix != ".css":
        return data
    folder = PurePosixPath(name).parent

    def renamed(match: re.Match[bytes]) -> bytes:
        target = hashed_name(str(folder / match[1].decode()))
        return f'url("{PurePosixPath(target).relative_to(folder)}")'.encode()

    return _CSS_URL.sub(renamed, data)


def publish(root: Path) -> int:
    """Copy every static file to ``root`` under its hashed name; return how many were new."""
    return sum(_publish(name, Path(path), root) for name, path in _found())


def _found() -> Iterator[tuple[str, str]]:
    for finder in finders.get_finders():
        for name, storage in finder.list([]):
            yield name, storage.path(name)


def _publish(name: str, source: Path, root: Path) -> bool:
    target = root / hashed_name(name)
    if target.exists():
        return False
    data = _content(name, source)
    if source.suffix in _TEXT:
        _write(target.with_name(f"{target.name}.gz"), gzip.compress(data, mtime=0))
    _write(target, data)
    return True


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    draft.write_bytes(data)
    draft.replace(target)


class HashedStaticStorage(StaticFilesStorage):
    """Gives templates the published names."""

    def url(self, name: str | None) -> str:
        return super().url(hashed_name(name) if name else name)


class StaticMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise over the published folder."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse] | None = None) -> None:
        publish(Path(settings.STATIC_ROOT))
        super().__init__(get_response)

    def immutable_file_test(self, path: str, url: str) -> bool:  # noqa: ARG002  (WhiteNoise calls it so)
        return bool(_HASHED.search(url))

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        """Answer from memory: our files are small, and a streamed file would have to be read in a thread."""
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file:
            with found.file as stream:
                content = stream.read()
        response = HttpResponse(content, status=int(found.status))
        del response.headers["Content-Type"]
        for key, value in found.headers:
            response.headers[key] = value
        return response
