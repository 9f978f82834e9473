"""What a signature provider is: it is asked to sign and answers, at once or later. No tables, no framework."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

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


@runtime_checkable
class Probing(Protocol):
    """A provider that can be asked whether it is there, without signing anything. An ability beside ``Provider``."""

    def probe(self) -> str:
        """Return what keeps people from signing with it now, in words for the operator; empty when nothing does.

        Never raises for an unreachable provider and costs it next to nothing: it is called all day long. Not
        checked: whether it would deliver a good signature.
        """
        ...


class PromptKind(enum.StrEnum):
    """What the person's page has to do before a session can go on."""

    AGENT = "agent"  # talk to the signing program on the person's computer
    TYPED = "typed"  # ask for a PIN, a password or a one-time code that the service wants from us
    REDIRECT = "redirect"  # send the person to the service's own page and wait for the return


class SecretKind(enum.StrEnum):
    """What a person is asked to type for a remote service."""

    PIN = "pin"
    OTP = "otp"
    PASSWORD = "password"  # noqa: S105  (a kind of question)


@dataclass(frozen=True, slots=True)
class SecretInput:
    """One thing to type. ``name`` is the service's own id for it; ``digits`` tells which keyboard suits."""

    name: str
    kind: SecretKind
    digits: bool = False


@dataclass(frozen=True, slots=True)
class PromptItem:
    """One document of an agent's work. ``to_sign`` is known once the certificate is; ``digest`` is what it covers."""

    id: str
    name: str
    content_type: ContentType
    digest: bytes = b""
    digest_name: str = ""
    to_sign: bytes = b""
    done: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a session waits for from the page. A pure reading of ``Pending.state``; never a secret."""

    kind: PromptKind
    address: str = ""  # of the local agent, or of the service's page
    help_url: str = ""  # where the person gets the signing program
    inputs: tuple[SecretInput, ...] = ()
    wrong: bool = False  # what was typed last was refused
    attempts_left: int | None = None
    sent_to: str = ""  # whom a one-time code went to, as the service words it
    certificate: bytes = b""  # chosen already
    algorithm: str = ""
    items: tuple[PromptItem, ...] = ()


@dataclass(frozen=True, slots=True)
class ChosenCertificate:
    """The person picked a certificate of the token. From a browser: hostile until judged."""

    certificate: bytes
    chain: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureValues:
    """Signature values that the token made, by item id."""

    values: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class FinishedFile:
    """A finished container of one item that the agent made, in a file that the provider may move away."""

    item: str
    path: Path


@dataclass(frozen=True, slots=True)
class TypedSecrets:
    """What the person typed, by input name. Used in this call and never stored; not shown by ``repr``."""

    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReturnedCode:
    """What the service's page sent back with the person: parameters of the OAuth redirect."""

    parameters: Mapping[str, str] = field(repr=False)


Reply = ChosenCertificate | SignatureValues | FinishedFile | TypedSecrets | ReturnedCode


@runtime_checkable
class Conversation(Protocol):
    """A provider whose sessions need the person's page in between. An ability beside ``Provider``."""

    def prompt(self, state: bytes) -> Prompt | None:
        """Return what the page has to do now; ``None`` while nothing is asked of it. Pure: no call, no clock."""
        ...

    def reply(self, order: SigningOrder, state: bytes, reply: Reply, workspace: Path) -> Answer:
        """Go on with what came from the page. The caller makes sure that one reply at a time is worked.

        Raises ``MSignError``: ``INVALID_PARAMETER`` for a reply that does not fit (the session stays as it is),
        ``UNAVAILABLE`` (``retry=True``) when the service cannot be reached.
        """
        ...


@runtime_checkable
class Returning(Protocol):
    """A provider whose people come back through an address that does not name their request."""

    def order_of(self, parameters: Mapping[str, str]) -> str | None:
        """Return the ``request_id`` of the order that these parameters belong to; ``None`` for a forgery."""
        ...
