"""Errors on the wire: one exhaustive mapping from codes to faults, and the contract's own texts (wire contract 8)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import assert_never

from msign.access.faulttext import denial_text
from msign.access.values import Denied
from msign.faces.soap.contract import ENVELOPE, NAMESPACE, Operation
from msign.faces.soap.frame import VersionMismatchError
from msign.faces.soap.xmltext import xml_text
from msign.kernel.errors import Code, MSignError


class FaultCode(enum.StrEnum):
    """Local names of faultcode: four of the contract, three of SOAP 1.1."""

    AUTHENTICATION_FAILED = "AuthenticationFailed"
    AUTHORIZATION_FAILED = "AuthorizationFailed"
    INVALID_PARAMETER = "InvalidParameter"
    REQUEST_NOT_FOUND = "RequestNotFound"
    CLIENT = "Client"
    SERVER = "Server"
    VERSION_MISMATCH = "VersionMismatch"


_OF_SOAP = frozenset({FaultCode.CLIENT, FaultCode.SERVER, FaultCode.VERSION_MISMATCH})


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault and the HTTP status that it travels with. ``internal``: details belong into the log."""

    code: FaultCode
    text: str
    status: int = 500
    internal: bool = False


def fault_of(error: MSignError, reference: str) -> Fault:  # noqa: C901, PLR0911  (one case a code)
    """Return the fault for an error; ``reference`` joins a bare one to its line in the log."""
    if isinstance(error, VersionMismatchError):
        return Fault(FaultCode.VERSION_MISMATCH, str(error))
    match error.code:
        case Code.AUTHENTICATION_FAILED | Code.ADDRESS_REFUSED:
            return Fault(FaultCode.AUTHENTICATION_FAILED, str(error))
        case Code.AUTHORIZATION_FAILED:
            return Fault(FaultCode.AUTHORIZATION_FAILED, "This signature request was not initiated by this system")
        case Code.REQUEST_NOT_FOUND:
            return Fault(FaultCode.REQUEST_NOT_FOUND, "Cannot find such request")
        case Code.INVALID_PARAMETER | Code.UNREADABLE_DOCUMENT:
            return Fault(FaultCode.INVALID_PARAMETER, str(error))
        case Code.BAD_MESSAGE:
            return Fault(FaultCode.CLIENT, str(error))
        case Code.TOO_LARGE:
            return Fault(FaultCode.CLIENT, str(error), 413)
        case Code.UNSUPPORTED_MEDIA:
            return Fault(FaultCode.CLIENT, str(error), 415)
        case Code.LIMIT_EXCEEDED:  # a quota of this system's own; the sentence names it and its value
            return Fault(FaultCode.SERVER, error.message)
        case Code.UNAVAILABLE:
            return Fault(
                FaultCode.SERVER, f"The service is busy, try again later (reference {reference})", internal=True
            )
        case Code.CONFLICT | Code.SIGNING_FAILED | Code.MISCONFIGURED | Code.INTERNAL:
            return internal(reference)
        case _:
            assert_never(error.code)


def internal(reference: str) -> Fault:
    """Return the bare fault of anything unforeseen."""
    return Fault(FaultCode.SERVER, f"Internal error (reference {reference})", internal=True)


def denied(decision: Denied, operation: Operation | None, serial_format: str) -> Fault:
    """Return AuthenticationFailed with the operation's known text for why this caller is not let in."""
    text = denial_text(decision.reason, decision.serial, operation or "", serial_format)
    return Fault(FaultCode.AUTHENTICATION_FAILED, text)


def envelope(fault: Fault, form: str) -> bytes:
    """Return the fault's envelope; ``form`` is the setting ``soap.faultcode_form``."""
    own = form == "own-namespace" and fault.code not in _OF_SOAP
    start = f'<faultcode xmlns:m="{NAMESPACE}">m:' if own else "<faultcode>s:"
    return (
        f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body><s:Fault>{start}{fault.code}</faultcode>'
        f'<faultstring xml:lang="en-US">{xml_text(fault.text)}</faultstring></s:Fault></s:Body></s:Envelope>'
    ).encode("utf-8", "replace")
