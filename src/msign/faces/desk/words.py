"""Sentences of the desk in the visitor's language, and how things are shown."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_lazy

from msign.access.sentences import Fixer
from msign.connections.actors import Refusal
from msign.connections.checklist import Status
from msign.connections.conformance.values import Result
from msign.connections.escalation import Told
from msign.connections.states import Action, Side, State
from msign.connections.suspension import Access
from msign.connections.words import Sentence

TONES: dict[State, str] = {
    State.DRAFT: "",
    State.SUBMITTED: "brand",
    State.IN_REVIEW: "brand",
    State.NEEDS_INFO: "accent",
    State.CONFIRMED: "brand",
    State.REJECTED: "danger",
    State.AWAITING_SIGNATURE: "accent-outlined",
    State.AWAITING_TECHNICAL_DATA: "accent",
    State.DATA_COMPLETE: "brand",
    State.TEST_CONFIGURED: "brand-outlined",
    State.TESTING: "brand-outlined",
    State.BENEFICIARY_VALIDATED: "success",
    State.OPERATOR_VALIDATED: "success",
    State.PRODUCTION_READY: "success",
    State.ACTIVE: "success-strong",
    State.COMPLETED: "success-strong",
    State.WITHDRAWN: "muted",
    State.TERMINATED: "danger",
    State.FORWARDED: "success",
}
STATUS = {
    Status.COMPLETED: gettext_lazy("Completed"),
    Status.IN_PROGRESS: gettext_lazy("In progress"),
    Status.NOT_STARTED: gettext_lazy("Not yet started"),
    Status.CANNOT_START: gettext_lazy("Cannot start yet"),
    Status.PROBLEM: gettext_lazy("There is a problem"),
}
STATUS_TONES = {
    Status.IN_PROGRESS: "brand",
    Status.NOT_STARTED: "",
    Status.CANNOT_START: "muted",
    Status.PROBLEM: "danger",
}
ENVIRONMENTS = {"test": gettext_lazy("Test"), "production": gettext_lazy("Production")}
ACCESS = {
    Access.NONE: gettext_lazy("No access"),
    Access.CONFIGURED: gettext_lazy("Open, no call yet"),
    Access.ACTIVE: gettext_lazy("Open"),
    Access.SUSPENDED: gettext_lazy("Suspended"),
    Access.TERMINATED: gettext_lazy("Closed for good"),
}
APPLIED = {
    "none": gettext_lazy("nothing granted"),
    "pending": gettext_lazy("being taken over by the gateway"),
    "applied": gettext_lazy("applied in the gateway"),
    "drifted": gettext_lazy("the gateway differs from what was decided"),
    "failed": gettext_lazy("the gateway did not take it"),
}
APPLIED_TONES = {"none": "muted", "pending": "brand", "applied": "success", "drifted": "danger", "failed": "danger"}
CHECKS = {
    "passed": gettext_lazy("passed"),
    "failed": gettext_lazy("failed"),
    "skipped": gettext_lazy("cannot be judged yet"),
}
FIXERS = {
    Fixer.INTEGRATOR: gettext_lazy("Whoever configures the calling system can put it right."),
    Fixer.BENEFICIARY: gettext_lazy("Your team can put it right here."),
    Fixer.OPERATOR: gettext_lazy("The operator can put it right."),
    Fixer.AUTHORITY: gettext_lazy("Whoever issued the certificate: order a new one."),
}
SIDES = {
    Side.BENEFICIARY: gettext_lazy("beneficiary"),
    Side.OPERATOR: gettext_lazy("operator"),
    Side.SYSTEM: gettext_lazy("system"),
}
PAPERS = {"contract": gettext_lazy("Contract"), "annex": gettext_lazy("Annex")}
PAPER_STATES = {
    "issued": gettext_lazy("Waits for the beneficiary's signature"),
    "half-signed": gettext_lazy("Waits for the operator's signature"),
    "in-force": gettext_lazy("In force"),
    "ended": gettext_lazy("No longer in force"),
}
LIFE = {
    "scheduled": gettext_lazy("Not yet valid"),
    "active": gettext_lazy("Valid"),
    "expiring": gettext_lazy("Expires soon"),
    "expired": gettext_lazy("Expired"),
    "revoked": gettext_lazy("Revoked"),
    "replaced": gettext_lazy("Replaced"),
}
STANDINGS = {
    "open": gettext_lazy("Open"),
    "paid": gettext_lazy("Paid"),
    "overdue": gettext_lazy("Overdue"),
    "suspends": gettext_lazy("Overdue, access suspended"),
    "cancelled": gettext_lazy("Cancelled"),
}
TOLD = {
    Told.REVIEWER: gettext_lazy("the reviewer"),
    Told.REVIEWERS: gettext_lazy("all reviewers"),
    Told.HEAD: gettext_lazy("the head and all reviewers"),
}
RESULTS = {
    Result.PASSED: (gettext_lazy("Passed"), "success"),
    Result.FAILED: (gettext_lazy("Failed"), "danger"),
    Result.NOT_SEEN: (gettext_lazy("Not seen yet"), "muted"),
    Result.REVIEW: (gettext_lazy("Needs a look"), "accent"),
}
LIMITS = {
    "requests_per_minute": gettext_lazy("Requests a minute"),
    "open_requests": gettext_lazy("Open requests"),
    "stored_bytes": gettext_lazy("Stored"),
    "largest_document": gettext_lazy("Largest document"),
    "simultaneous_uploads": gettext_lazy("Large messages at the same time"),
}
OUTCOMES = {
    "signed": gettext_lazy("signed"),
    "cancelled": gettext_lazy("cancelled by the person"),
    "timed-out": gettext_lazy("not confirmed in time"),
    "wrong-pin": gettext_lazy("wrong PIN"),
    "wrong-code": gettext_lazy("verification code not confirmed"),
    "pin-locked": gettext_lazy("PIN locked"),
    "instrument-unavailable": gettext_lazy("instrument unavailable"),
    "stray": gettext_lazy("ended without a result"),
    "signer-mismatch": gettext_lazy("another person signed"),
}
DECISIONS = {
    "declared": (gettext_lazy("Explained by the beneficiary"), "brand-outlined"),
    "waived": (gettext_lazy("Waived by the operator"), "brand-outlined"),
}
EVENTS = {
    "create": gettext_lazy("started the draft"),
    "submit": gettext_lazy("sent the request"),
    "take": gettext_lazy("took up the request"),
    "ask": gettext_lazy("asked for changes"),
    "answer": gettext_lazy("answered the questions"),
    "confirm": gettext_lazy("confirmed the request"),
    "reject": gettext_lazy("refused the request"),
    "issue-documents": gettext_lazy("issued the documents"),
    "skip-documents": gettext_lazy("found the documents in force"),
    "signatures-present": gettext_lazy("found all signatures present"),
    "signed-contract": gettext_lazy("signed the contract"),
    "signed-annex": gettext_lazy("signed the annex"),
    "give-test-data": gettext_lazy("completed the data for the test environment"),
    "configure-test": gettext_lazy("opened access to the test environment"),
    "first-call": gettext_lazy("saw the first call"),
    "validate": gettext_lazy("validated the integration"),
    "confirm-compliance": gettext_lazy("confirmed the technical compliance"),
    "give-production-data": gettext_lazy("completed the data for production"),
    "activate": gettext_lazy("activated production"),
    "complete": gettext_lazy("sent the notice of completion"),
    "withdraw": gettext_lazy("withdrew the request"),
    "reopen": gettext_lazy("opened the connection for changes"),
    "terminate": gettext_lazy("terminated the connection"),
    "forward": gettext_lazy("forwarded the request to the team of the service"),
    "apply-change": gettext_lazy("applied the changes"),
    "skip-compliance": gettext_lazy("needed no confirmation by the operator"),
    "certificate-revoked": gettext_lazy("learned that a certificate is revoked"),
    "suspend": gettext_lazy("suspended the access"),
    "resume": gettext_lazy("lifted a suspension"),
    "reassign": gettext_lazy("gave the request on"),
    "escalate": gettext_lazy("reminded the operator of its promise"),
    "contract-ends": gettext_lazy("recorded the last day of the contract"),
    "invoice-paid": gettext_lazy("recorded the payment of an invoice"),
    "invoice-cancelled": gettext_lazy("cancelled an invoice"),
    "comment": gettext_lazy("wrote a message"),
    "certificate-test": gettext_lazy("changed the certificates for test"),
    "certificate-production": gettext_lazy("changed the certificates for production"),
    "addresses-test": gettext_lazy("changed the addresses for test"),
    "addresses-production": gettext_lazy("changed the addresses for production"),
    "certificate-rotated": gettext_lazy("put a new certificate into force"),
    "certificate-taken-out": gettext_lazy("took a certificate out of use"),
    "address-added": gettext_lazy("added an address"),
    "proposal": gettext_lazy("asked for a change of the access"),
    "proposal-accepted": gettext_lazy("accepted a change of the access"),
    "proposal-refused": gettext_lazy("refused a change of the access"),
    "test-declared": gettext_lazy("confirmed a test case"),
    "test-waived": gettext_lazy("waived a test case"),
    "limits-changed": gettext_lazy("changed the limits"),
}
BUTTONS = {
    Action.SUBMIT: gettext_lazy("Send the request"),
    Action.TAKE: gettext_lazy("Take up the request"),
    Action.ASK: gettext_lazy("Ask for changes"),
    Action.ANSWER: gettext_lazy("Send the answers"),
    Action.CONFIRM: gettext_lazy("Confirm the request"),
    Action.REJECT: gettext_lazy("Refuse the request"),
    Action.ISSUE_DOCUMENTS: gettext_lazy("Issue the documents"),
    Action.GIVE_TEST_DATA: gettext_lazy("Hand in the test data"),
    Action.CONFIGURE_TEST: gettext_lazy("Open access to test"),
    Action.VALIDATE: gettext_lazy("Validate the integration"),
    Action.CONFIRM_COMPLIANCE: gettext_lazy("Confirm the compliance"),
    Action.GIVE_PRODUCTION_DATA: gettext_lazy("Hand in the production data"),
    Action.ACTIVATE: gettext_lazy("Activate production"),
    Action.WITHDRAW: gettext_lazy("Withdraw the request"),
    Action.REOPEN: gettext_lazy("Change the data"),
    Action.TERMINATE: gettext_lazy("Terminate the connection"),
    Action.FORWARD: gettext_lazy("Forward to the team of the service"),
    Action.APPLY_CHANGE: gettext_lazy("Apply the changes"),
}
CONSEQUENCES = {
    Action.ANSWER: gettext_lazy("The operator goes on with the review, and its clock runs again."),
    Action.GIVE_TEST_DATA: gettext_lazy("The operator checks the data and opens access to the test environment."),
    Action.VALIDATE: gettext_lazy("You declare that the integration works. The operator confirms it next."),
    Action.GIVE_PRODUCTION_DATA: gettext_lazy("The operator checks the data and activates production."),
    Action.WITHDRAW: gettext_lazy(
        "The request ends here, and access to the test environment is closed. What works in production stays."
    ),
    Action.REOPEN: gettext_lazy(
        "The form, the certificates and the addresses open for changes. The connection keeps working as it is until "
        "the operator applies them; giving up restores what is in force."
    ),
    Action.TERMINATE: gettext_lazy("All access is closed at once and for good. Records are kept."),
}


def tell(sentence: Sentence) -> str:
    """Return a sentence in the visitor's language; facts that are themselves words are translated too."""
    facts = {name: gettext(value) if value else value for name, value in sentence.facts}
    return gettext(sentence.msgid) % facts if facts else gettext(sentence.msgid)


def reasons(refusal: Refusal) -> list[str]:
    """Return why something was refused, in the visitor's language."""
    return [tell(reason) for reason in refusal.reasons]


GATEWAY_DOWN = gettext_lazy("The signing gateway does not answer just now. Try again in a minute; nothing is lost.")
