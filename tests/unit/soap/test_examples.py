"""The replies and faults in the documentation are, byte for byte, what the server writes."""

from __future__ import annotations

import base64

import pytest

from msign.access.values import DenialReason, Denied
from msign.faces.soap import faults, responses
from msign.faces.soap.contract import Operation
from msign.faces.soap.faults import Fault
from msign.faces.soap.responses import Reply
from msign.faces.soap.verdicts import VALID, Judged, JudgedSignature
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.languages import Language
from msign.kernel.words import SignStatus
from msign.signrequests.values import SignResponse, SignResult
from tests.unit.soap.support import EXAMPLES, REQUEST_ID, SERIAL, SIGNED_AT, sample

REFERENCE = "4f1d9a02c7be"
FAULTS: dict[str, Fault] = {
    "fault-authentication.xml": faults.denied(Denied(DenialReason.NOT_REGISTERED, SERIAL), None, "upper-hex"),
    "fault-no-certificate.xml": faults.denied(Denied(DenialReason.NO_CERTIFICATE), Operation.GET_SIGN_RESPONSE, ""),
    "fault-authorization.xml": faults.fault_of(MSignError(Code.AUTHORIZATION_FAILED, ""), REFERENCE),
    "fault-invalid-parameter.xml": faults.fault_of(
        invalid("Contents[0].Content", "20, 32, 48 or 64 bytes expected"), REFERENCE
    ),
    "fault-request-not-found.xml": faults.fault_of(MSignError(Code.REQUEST_NOT_FOUND, ""), REFERENCE),
    "fault-client.xml": faults.fault_of(
        MSignError(Code.BAD_MESSAGE, "a document type declaration is not allowed"), REFERENCE
    ),
    "fault-server.xml": faults.internal(REFERENCE),
}


def test_every_fault_of_the_documentation_is_checked() -> None:
    assert {path.name for path in EXAMPLES.glob("fault-*.xml")} == set(FAULTS)


@pytest.mark.parametrize(("name", "fault"), FAULTS.items(), ids=FAULTS.keys())
def test_faults(name: str, fault: Fault) -> None:
    assert faults.envelope(fault, "envelope") + b"\n" == sample(name)


def _whole(reply: Reply) -> bytes:
    return b"".join(part for part in reply.parts if isinstance(part, bytes)) + b"\n"


def test_replies() -> None:
    assert _whole(responses.posted(REQUEST_ID)) == sample("reply-posted.xml")
    pending = responses.sign_response(SignResponse(SignStatus.PENDING), [], null_message="nil")
    assert _whole(pending) == sample("reply-pending.xml")
    text = "Semnarea a fost anulată de utilizator"
    failure = SignResponse(SignStatus.FAILURE, text, (SignResult("doc-1"),))
    assert _whole(responses.sign_response(failure, [None], null_message="nil")) == sample("reply-failure.xml")


def test_verification_reply() -> None:
    subject = "CN=Ion Exemplu, SERIALNUMBER=PNOMD-2000000000004, C=MD"
    told = JudgedSignature(base64.b64decode("MIIDWQ=="), valid=True, signed_at=SIGNED_AT, subject=subject)
    items = [
        Judged("doc-1", valid=True, message=VALID[Language.EN], signatures=(told,)),
        Judged("doc-2", valid=False, message="The signature is not valid"),
    ]
    assert _whole(responses.verification(items)) == sample("reply-verified.xml")
