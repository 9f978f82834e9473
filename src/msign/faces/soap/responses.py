"""Replies by template, members in schema order. Signatures are never in memory: their base64 streams from the store."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from msign.access.testimony import Testimony, VerifiedItem
from msign.faces.soap.contract import ENVELOPE, INSTANCE, NAMESPACE, Operation
from msign.faces.soap.verdicts import Judged, JudgedSignature
from msign.faces.soap.xmltext import xml_text
from msign.kernel.limits import KIB
from msign.signrequests.values import SignResponse, SignResult

_NOTHING = Testimony("")
_PIECE = 3 * 64 * KIB  # a multiple of three: base64 pieces join without padding between them


@dataclass(frozen=True, slots=True)
class FilePart:
    """The base64 of a file; ``size`` is that of the file."""

    path: Path
    size: int

    @property
    def length(self) -> int:
        """Characters of the base64 text."""
        return -(-self.size // 3) * 4


Part = bytes | FilePart


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply in parts, its length known before the first byte is sent."""

    parts: tuple[Part, ...]
    testimony: Testimony = _NOTHING  # what the call was about, for the witness of test systems

    @property
    def length(self) -> int:
        """Bytes of the whole reply."""
        return sum(part.length if isinstance(part, FilePart) else len(part) for part in self.parts)


def file_part(path: Path) -> FilePart:
    """Return the part for a file; raises ``OSError`` now, while a fault can still be sent."""
    return FilePart(path, path.stat().st_size)


def base64_pieces(part: FilePart) -> Iterator[bytes]:
    """Yield the base64 of a file. Raises ``OSError`` if the file became shorter than promised."""
    left = part.size
    with part.path.open("rb") as file:
        while left:
            data = file.read(min(_PIECE, left))
            if not data:
                raise OSError(f"{part.path.name} became shorter while it was sent")
            left -= len(data)
            yield base64.b64encode(data)


def posted(request_id: str) -> Reply:
    """Reply to PostSignRequest."""
    about = Testimony(Operation.POST_SIGN_REQUEST, request_id=request_id)
    return replace(_reply(Operation.POST_SIGN_REQUEST, [xml_text(request_id)]), testimony=about)


def sign_response(response: SignResponse, files: Sequence[FilePart | None], *, null_message: str) -> Reply:
    """Reply to GetSignResponse. ``files`` are the signatures of the results, in their order."""
    results = response.results
    parts: list[str | FilePart] = [_message(response.message, null_message)]
    if results is None:
        parts.append('<Results i:nil="true"/>')
    else:
        parts.append("<Results>")
        for result, file in zip(results, files, strict=True):
            parts += _sign_result(result, file)
        parts.append("</Results>")
    parts.append(f"<Status>{response.status.value}</Status>")
    return _reply(Operation.GET_SIGN_RESPONSE, parts)


def verification(items: Sequence[Judged]) -> Reply:
    """Reply to VerifySignatures, items in the order of the request."""
    found = tuple(VerifiedItem(item.sha256, item.valid, len(item.signatures)) for item in items)
    inside = ["<Results>", *(_verification_result(item) for item in items), "</Results>"]
    about = Testimony(Operation.VERIFY_SIGNATURES, verified=found)
    return replace(_reply(Operation.VERIFY_SIGNATURES, inside), testimony=about)


def _reply(operation: Operation, inside: Sequence[str | FilePart]) -> Reply:
    """Wrap the result, and join neighbouring texts."""
    result = f"{operation}Result"
    texts: list[str] = [
        f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body><{operation}Response xmlns="{NAMESPACE}">',
        f'<{result} xmlns:i="{INSTANCE}">',
    ]
    parts: list[Part] = []
    for piece in inside:
        if isinstance(piece, str):
            texts.append(piece)
        else:
            parts += ["".join(texts).encode(), piece]
            texts = []
    texts.append(f"</{result}></{operation}Response></s:Body></s:Envelope>")
    return Reply((*parts, "".join(texts).encode()))


def _message(text: str | None, null_message: str) -> str:
    if text is not None:
        return f"<Message>{xml_text(text)}</Message>"
    return "" if null_message == "omit" else '<Message i:nil="true"/>'


def _sign_result(result: SignResult, file: FilePart | None) -> list[str | FilePart]:
    parts: list[str | FilePart] = ["<SignResult>"]
    if result.certificate is not None:
        parts.append(_binary("Certificate", result.certificate))
    parts.append(_optional("CorrelationID", result.correlation_id))
    if file is not None:
        parts += ["<Signature>", file, "</Signature>"]
    parts.append("</SignResult>")
    return parts


def _verification_result(item: Judged) -> str:
    certificates = "".join(_verification_certificate(signature) for signature in item.signatures)
    return (
        "<VerificationResult>"
        + (f"<Certificates>{certificates}</Certificates>" if certificates else "")
        + _optional("CorrelationID", item.correlation_id)
        + f"<Message>{xml_text(item.message)}</Message><SignaturesValid>{_boolean(item.valid)}</SignaturesValid>"
        + "</VerificationResult>"
    )


def _verification_certificate(signature: JudgedSignature) -> str:
    signed_at = None if signature.signed_at is None else _date_time(signature.signed_at)
    return (
        "<VerificationCertificate>"
        + _binary("Certificate", signature.certificate)
        + f"<SignatureValid>{_boolean(signature.valid)}</SignatureValid>"
        + _optional("SignedAt", signed_at)
        + f"<Subject>{xml_text(signature.subject)}</Subject></VerificationCertificate>"
    )


def _optional(name: str, text: str | None) -> str:
    return "" if text is None else f"<{name}>{xml_text(text)}</{name}>"


def _binary(name: str, data: bytes) -> str:
    return f"<{name}>{base64.b64encode(data).decode()}</{name}>"


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _date_time(moment: dt.datetime) -> str:
    """Whole seconds in UTC with Z (wire contract 4)."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
