"""What a client of the API sends: envelopes in parts, so that documents go from file to wire."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from msign.faces.soap.contract import ENVELOPE, NAMESPACE, Operation
from msign.kernel.limits import KIB
from msign.signrequests.values import ExpectedSigner

Source = bytes | Path
Progress = Callable[[int], None]
_PIECE = 3 * 64 * KIB


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One content to sign: a hash as bytes, a document as a file."""

    content: Source
    correlation_id: str | None = None
    name: str | None = None
    multiple_signatures: bool = False


@dataclass(frozen=True, slots=True)
class ToVerify:
    """One signature to verify; ``content`` is the hash that was signed, for a Hash."""

    signature: Source
    content: bytes | None = None
    correlation_id: str | None = None


def enveloped(operation: Operation, inside: Sequence[str | Source]) -> list[bytes | Path]:
    """Return the envelope in parts: bytes to send as they are, and files to send as base64."""
    start = f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body><{operation} xmlns="{NAMESPACE}">'
    end = f"</{operation}></s:Body></s:Envelope>"
    return [_encoded(part) for part in (start, *inside, end)]


def _encoded(part: str | Source) -> bytes | Path:
    if isinstance(part, Path):
        return part
    return part.encode() if isinstance(part, str) else base64.b64encode(part)


def length(part: bytes | Path) -> int:
    """Return how many bytes a part takes on the wire."""
    return len(part) if isinstance(part, bytes) else -(-part.stat().st_size // 3) * 4


def pieces(parts: Sequence[bytes | Path], progress: Progress | None) -> Iterator[bytes]:
    """Yield the envelope as it is sent."""
    for part in parts:
        for piece in (part,) if isinstance(part, bytes) else _file_pieces(part):
            yield piece
            if progress is not None:
                progress(len(piece))


def _file_pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(_PIECE):
            yield base64.b64encode(data)


def element(name: str, text: str | None) -> str:
    """Return an element, or nothing for ``None``."""
    return "" if text is None else f"<{name}>{escape(text)}</{name}>"


def sign_content(one: Outgoing) -> list[str | Source]:
    """Return a SignContent in parts."""
    flag = "<MultipleSignatures>true</MultipleSignatures>" if one.multiple_signatures else ""
    rest = f"</Content>{element('CorrelationID', one.correlation_id)}{flag}{element('Name', one.name)}</SignContent>"
    return ["<SignContent><Content>", one.content, rest]


def signer(signer: ExpectedSigner | None) -> str:
    """Return the ExpectedSigner, or nothing."""
    if signer is None:
        return ""
    return (
        f"<ExpectedSigner><DelegatedRoleID>{signer.delegated_role_id}</DelegatedRoleID>"
        f"{element('DelegatorID', signer.delegator_id)}<DelegatorType>{signer.delegator_type}</DelegatorType>"
        f"{element('ID', signer.id or '')}</ExpectedSigner>"
    )


def verification_content(item: ToVerify) -> list[str | Source]:
    """Return a VerificationContent in parts."""
    hashed: list[str | Source] = [] if item.content is None else ["<Content>", item.content, "</Content>"]
    named = element("CorrelationID", item.correlation_id)
    return [
        "<VerificationContent>",
        *hashed,
        f"{named}<Signature>",
        item.signature,
        "</Signature></VerificationContent>",
    ]
