"""The published contract as one table: WSDL, parser, responses and samples are all made from it (wire contract 1-3)."""

from __future__ import annotations

import enum
from dataclasses import dataclass

NAMESPACE = "https://msign.gov.md"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/"
PATH = "/MSign.svc"
CONTENT_TYPE = "text/xml; charset=utf-8"


class Operation(enum.StrEnum):
    """The three operations; nothing cancels and nothing pings."""

    POST_SIGN_REQUEST = "PostSignRequest"
    GET_SIGN_RESPONSE = "GetSignResponse"
    VERIFY_SIGNATURES = "VerifySignatures"

    @property
    def action(self) -> str:
        """The SOAPAction of the request; the reply's adds ``Response``."""
        return f"{NAMESPACE}/IMSign/{self.value}"


class Simple(enum.StrEnum):
    """XML Schema types that members have."""

    STRING = "string"
    BOOLEAN = "boolean"
    INT = "int"
    BASE64 = "base64Binary"
    DATE_TIME = "dateTime"


@dataclass(frozen=True, slots=True)
class Member:
    """One element of a type. ``omitted`` is the annotation ``DefaultValue EmitDefaultValue="false"``."""

    name: str
    type: str
    required: bool = False
    nillable: bool = False
    omitted: bool = False


@dataclass(frozen=True, slots=True)
class Complex:
    """A type with members, in wire order."""

    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Array:
    """``ArrayOfX``: any number of ``X``."""

    item: str

    @property
    def name(self) -> str:
        """Name of the type and of its global element."""
        return f"ArrayOf{self.item}"


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A closed list of words. ``first`` is written as EnumerationValue where WCF would not count from zero."""

    name: str
    values: tuple[str, ...]
    first: int | None = None


Type = Complex | Array | Enumeration


def _member(text: str) -> Member:
    """Read ``Name type marks`` with the marks of the facts: ``!`` required, ``?`` optional, ``n`` nillable, ``D``."""
    name, kind, marks = text.split()
    return Member(name, kind, required="!" in marks, nillable="n" in marks, omitted="D" in marks)


def _complex(name: str, *members: str) -> Complex:
    return Complex(name, tuple(_member(member) for member in members))


TYPES: tuple[Type, ...] = (
    _complex(
        "SignRequest",
        "ContentDescription string ?nD",
        "ContentType ContentType !",
        "Contents ArrayOfSignContent !n",
        "ExpectedSigner ExpectedSigner ?nD",
        "ShortContentDescription string !n",
        "SignatureReason string ?nD",
    ),
    Enumeration("ContentType", ("Hash", "Pdf"), first=1),
    Array("SignContent"),
    _complex(
        "SignContent",
        "Content base64Binary !n",
        "CorrelationID string ?nD",
        "MultipleSignatures boolean ?D",
        "Name string ?n",
    ),
    _complex(
        "ExpectedSigner",
        "DelegatedRoleID int ?D",
        "DelegatorID string ?nD",
        "DelegatorType DelegatorType ?D",
        "ID string !n",
    ),
    Enumeration("DelegatorType", ("None", "Person", "Organization")),
    _complex("SignResponse", "Message string ?n", "Results ArrayOfSignResult !n", "Status SignStatus !"),
    Array("SignResult"),
    _complex("SignResult", "Certificate base64Binary ?nD", "CorrelationID string ?nD", "Signature base64Binary ?nD"),
    Enumeration("SignStatus", ("Pending", "Success", "Failure", "Expired")),
    _complex(
        "VerificationRequest",
        "Contents ArrayOfVerificationContent !n",
        "Language string ?nD",
        "SignedContentType ContentType !",
    ),
    Array("VerificationContent"),
    _complex(
        "VerificationContent", "Content base64Binary ?nD", "CorrelationID string ?nD", "Signature base64Binary !n"
    ),
    _complex("VerificationResponse", "Results ArrayOfVerificationResult !n"),
    Array("VerificationResult"),
    _complex(
        "VerificationResult",
        "Certificates ArrayOfVerificationCertificate ?nD",
        "CorrelationID string ?nD",
        "Message string !n",
        "SignaturesValid boolean !",
    ),
    Array("VerificationCertificate"),
    _complex(
        "VerificationCertificate",
        "Certificate base64Binary !n",
        "SignatureValid boolean !",
        "SignedAt dateTime ?nD",
        "Subject string !n",
    ),
)
BY_NAME: dict[str, Type] = {kind.name: kind for kind in TYPES}

# Parameters of each wrapper, in their order, and the type of its result; all optional and nillable.
PARAMETERS: dict[Operation, tuple[Member, ...]] = {
    Operation.POST_SIGN_REQUEST: (_member("request SignRequest ?n"),),
    Operation.GET_SIGN_RESPONSE: (_member("requestID string ?n"), _member("language string ?n")),
    Operation.VERIFY_SIGNATURES: (_member("request VerificationRequest ?n"),),
}
RESULT_TYPES: dict[Operation, str] = {
    Operation.POST_SIGN_REQUEST: "string",
    Operation.GET_SIGN_RESPONSE: "SignResponse",
    Operation.VERIFY_SIGNATURES: "VerificationResponse",
}


def operation_of_action(header: bytes | None) -> Operation | None:
    """Return the operation that a SOAPAction header names, quoted or bare; ``None`` if absent, blank or unknown."""
    text = (header or b"").decode("latin-1").strip().strip('"')
    return next((operation for operation in Operation if operation.action == text), None)
