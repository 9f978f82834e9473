"""What the sign pages need from the rooms below, as narrow protocols; the wiring fills them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from msign.access.values import ConsumerSettings
from msign.kernel.clock import Clock
from msign.kernel.identifiers import IdCheck
from msign.kernel.languages import Language
from msign.kernel.words import Environment
from msign.signrequests.values import RequestView, SigningChoice


class SignRequests(Protocol):
    """The life of sign requests, as far as a person takes part in it."""

    def view(self, request_id: str) -> RequestView | None:
        """Return what the page shows; ``None`` for an id that does not exist or is no longer kept."""
        ...

    def start(self, request_id: str, choice: SigningChoice) -> None:
        """Begin an attempt. Raises ``MSignError``: ``CONFLICT`` if one is under way or the request is finished."""
        ...

    def cancel(self, request_id: str) -> None:
        """End the request as cancelled by the person. Raises ``MSignError`` (``CONFLICT``) if it is finished."""
        ...


class Documents(Protocol):
    """Where the bytes of contents and signatures lie."""

    def path(self, key: str) -> Path:
        """Return the file of a stored content."""
        ...


class PageImages(Protocol):
    """Draws pages of a PDF, in a process that may die without harm."""

    def outline(self, document: Path) -> Outline:
        """Return number and sizes of the pages. Raises ``MSignError`` (``UNREADABLE_DOCUMENT``, ``UNAVAILABLE``)."""
        ...

    def image(self, document: Path, page: int) -> bytes:
        """Return one page (0-based) as PNG. Raises as ``outline``."""
        ...

    def text(self, document: Path) -> Sequence[str]:
        """Return the words of every page, for people who cannot see the images. Raises as ``outline``."""
        ...


@dataclass(frozen=True, slots=True)
class Outline:
    """Pages of a document as (width, height) in pixels of the images; ``total`` may exceed what is drawn."""

    pages: tuple[tuple[int, int], ...]
    total: int


@dataclass(frozen=True, slots=True)
class Offer:
    """One tile: an instrument that suits a request, in the words of the visitor's language."""

    code: str
    name: str
    help: str
    icon: str = "pen"  # a name known to the frame's ``icon``
    provider: str = ""
    needs_msisdn: bool = False
    needs_signer_id: bool = False
    device: str = ""  # "phone" | "computer" | ""
    shows_qr: bool = False
    available: bool = True
    notice: str = ""  # slow or unavailable: said, not hidden


class Instruments(Protocol):
    """The instruments as data, with their live health."""

    def offers(self, view: RequestView, settings: ConsumerSettings, language: Language) -> Sequence[Offer]:
        """Return what suits this request, in the order of the tiles."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignPageServices:
    """Collaborators of the sign pages."""

    requests: SignRequests
    instruments: Instruments
    documents: Documents
    images: PageImages
    clock: Clock
    consumer: Callable[[RequestView], ConsumerSettings]
    id_check: Mapping[Environment, IdCheck] = field(
        default_factory=lambda: {Environment.TEST: IdCheck.FORMAT, Environment.PRODUCTION: IdCheck.STRICT}
    )
    own_system: str = ""  # the internal system behind "sign your own document"
