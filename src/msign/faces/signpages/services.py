"""What the sign pages need from the rooms below, as narrow protocols; the wiring fills them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from msign.access.values import Caller, ConsumerSettings
from msign.frame.previews import PageImages
from msign.frame.visitors import VisitorShares
from msign.kernel.clock import Clock
from msign.kernel.identifiers import IdCheck
from msign.kernel.languages import Language
from msign.kernel.words import Environment, FailureReason
from msign.providers.base import Prompt, Reply
from msign.signrequests.values import NewSignRequest, RequestView, SigningChoice


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

    def prompt(self, request_id: str) -> Prompt | None:
        """Return what the running session asks of the page; ``None`` if it asks for nothing."""
        ...

    def reply(self, request_id: str, reply: Reply) -> Prompt | None:
        """Pass on what the page has; return what is asked next. Raises ``MSignError``, ``CONFLICT`` if too late."""
        ...

    def returned(self, provider_id: str, parameters: Mapping[str, str]) -> str | None:
        """Take a person back from a provider's page; return the request, ``None`` for a return that is none."""
        ...

    def leave(self, request_id: str, reason: FailureReason) -> bool:
        """Give up a session that asks something, and keep the request open. Tell whether there was one."""
        ...


class Discarding(Protocol):
    """Removes what people uploaded to sign themselves."""

    def discard(self, request_id: str) -> bool:
        """Delete a finished request of own documents; tell whether there was one."""
        ...


class StoredFile(Protocol):
    """A finished file in the content store."""

    @property
    def key(self) -> str: ...
    @property
    def size(self) -> int: ...


class Sink(Protocol):
    """Takes one file as it arrives."""

    def write(self, data: bytes) -> None: ...
    def finish(self) -> StoredFile: ...
    def abort(self) -> None: ...


class ContentStore(Protocol):
    """Where uploaded documents go."""

    def create(self) -> Sink: ...
    def remove(self, key: str) -> None: ...


class Posting(Protocol):
    """The gateway's own door, the same one that information systems use."""

    def post(self, caller: Caller, request: NewSignRequest) -> str:
        """Return the id of a new request. Raises ``MSignError`` for what breaks the rules."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSigning:
    """What "sign your own document" needs: it posts as an internal system."""

    posting: Posting
    discarding: Discarding
    store: ContentStore
    caller: Caller
    max_file_bytes: int
    max_files: int = 20
    keep_hours: int = 24
    shares: VisitorShares | None = None  # None: no bound for one visitor

    @property
    def max_total_bytes(self) -> int:
        """How much one upload may hold: two of the largest documents, or many smaller ones."""
        return 2 * self.max_file_bytes


class Documents(Protocol):
    """Where the bytes of contents and signatures lie."""

    def path(self, key: str) -> Path:
        """Return the file of a stored content."""
        ...


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
    own: OwnSigning | None = None
    arrived: Callable[[RequestView, bool], None] = lambda _view, _bad_number: None  # an e-service sent a person here

    @property
    def own_system(self) -> str:
        """The id of the internal system; empty where people cannot sign their own documents here."""
        return self.own.caller.system_id if self.own else ""
