"""What a signature provider is: it is asked to sign and answers, at once or later. No tables, no framework."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from msign.kernel.languages import Language
from msign.kernel.words import ContentType, FailureReason


@dataclass(frozen=True, slots=True)
class ItemToSign:
    """One document or hash. Exactly one of ``digest`` (Hash) and ``document`` (Pdf, a file) is given."""

    id: str
    content_type: ContentType
    digest: bytes | None = None
    document: Path | None = None
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class SigningOrder:
    """What a provider is asked to do, in the words of the official provider interface."""

    request_id: str
    items: tuple[ItemToSign, ...]
    description: str
    signer_id: str | None = None  # IDNP; when present exactly this person must sign
    msisdn: str | None = None
    reason: str = ""
    language: Language = Language.RO
    callback_url: str | None = None


@dataclass(frozen=True, slots=True)
class SignedItem:
    """A finished signature: XAdES for a Hash, the whole signed PDF for a Pdf; always in a file of the workspace."""

    id: str
    signature: Path


@dataclass(frozen=True, slots=True)
class Pending:
    """Not finished. ``state`` is opaque and stored with the session, so that another process can go on from it."""

    state: bytes
    retry_after: float = 3.0
    verification_code: str = ""
    device_url: str = ""  # where the person acts, if that is a page (QR, simulated phone)
    confirmed: tuple[str, ...] = ()  # ids of the items that the person has confirmed already, where that is known


@dataclass(frozen=True, slots=True)
class Signed:
    """Finished. The certificate is what the provider claims; MSign judges every signature itself."""

    items: tuple[SignedItem, ...]
    certificate: bytes | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Ended without signatures. ``text`` is the provider's own sentence when no catalogue reason fits."""

    reason: FailureReason
    text: str = ""


Answer = Pending | Signed | Refused


class Provider(Protocol):
    """One way to reach a signature provider."""

    identifier: str

    def start(self, order: SigningOrder, workspace: Path) -> Answer:
        """Ask for signatures. Repeating the same order is safe: the provider recognises ``request_id``.

        Finished signatures are written into ``workspace``, an existing private folder. Raises ``MSignError``
        (``UNAVAILABLE``, ``retry=True``) when the provider cannot be reached; the caller may repeat.
        """
        ...

    def poll(self, order: SigningOrder, state: bytes, workspace: Path) -> Answer:
        """Ask how far it is. ``state`` is what the last ``Pending`` carried. Raises as ``start``."""
        ...

    def cancel(self, order: SigningOrder, state: bytes) -> None:
        """Tell the provider that nobody waits any more; best effort, never raises for an unreachable one."""
        ...

    def check_config(self) -> Sequence[str]:
        """Return what is misconfigured, in words for the operator; empty when fine."""
        ...
