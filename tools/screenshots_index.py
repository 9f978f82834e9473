"""Write the index of docs/screenshots: what each picture shows, in one line, and the picture in every look.

``.venv/bin/python tools/screenshots_index.py``; a picture without a line, or a line without a picture, is an error.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "docs" / "screenshots"

LINES = {
    "Sign pages": {
        "home": "the home page",
        "about": "help, personal data, accessibility and terms",
        "choose": "who asks, for what, and the instruments",
        "choose-fixed": "the service has named the signer and the organisation",
        "choose-hashes": "digests instead of documents",
        "choose-batch": "fifty documents",
        "choose-error": "typed wrong: summary first, the same words at the fields",
        "choose-unavailable": "an instrument does not answer; a return address that is not registered",
        "choose-again": "after a locked PIN, where another instrument may be tried",
        "preview": "the pages of a document",
        "preview-text": "its words",
        "waiting": "confirm on the phone, with the verification code",
        "waiting-contact": "before the provider has answered",
        "waiting-app": "an app with a QR code",
        "waiting-batch": "several documents, each with its state",
        "waiting-checks": "everything is confirmed, the signatures are being checked",
        "waiting-other": "an instrument that is no longer offered",
        "waiting-cancel": "cancelled while it was under way",
        "agent-absent": "the signing program on the computer does not answer",
        "agent-choose": "choosing the certificate of a card or token",
        "agent-signing": "the signing program asks for the PIN",
        "secrets-wrong": "PIN and code of a remote signature, after a wrong one",
        "elsewhere": "the signing service wants a visit to its own page",
        "success": "signed",
        "success-return": "signed, and on to the service",
        "success-mandate": "signed for an organisation, with the mandate that was found",
        "success-own": "a document of one's own, to download",
        "failure": "not signed: why, and what to do",
        "expired": "the time has run out",
        "gone": "unknown or ended: the same for every stranger",
        "own": "sign a document of one's own",
        "own-error": "nothing was chosen",
        "own-removed": "removed at a press",
    },
    "Verify pages": {
        "verify": "send a document",
        "verify-original": "a signature that is a file of its own, with its original",
        "verify-error": "nothing was chosen",
        "verify-valid": "valid",
        "verify-two": "two signers",
        "verify-tampered": "changed after it was signed",
        "verify-expired": "the certificate had ended, and no time-stamp proves an earlier time",
        "verify-invalid": "not valid",
        "verify-unknown": "an issuer that nobody trusts",
        "verify-none": "no signature",
        "verify-xades": "a XAdES signature with its original",
        "verify-asice": "an ASiC-E container",
        "verify-pages": "the places of the signatures on the pages",
        "verify-compare": "the signed pages beside the present ones",
        "paper-verification": "the sealed receipt (PDF)",
    },
    "Connection desk: the applicant": {
        "desk-start": "what it is, what it costs, how long it takes",
        "desk-sign-in": "sign in by a link, no password",
        "desk-mailbox": "the local mailbox of an installation without a mail server",
        "desk-letter": "a letter there",
        "letter": "the HTML part of a letter",
        "desk-home": "my connections",
        "desk-case": "a connection: whose turn, what is to be done, what is missing",
        "desk-question": "one page of the form, with the operator's question",
        "desk-error": "an answer is missing",
        "desk-check": "check your answers",
        "desk-sent": "sent: number, what happens next",
        "desk-documents": "contract, annex and invoice",
        "desk-document": "a paper before it is signed",
        "desk-certificate": "the certificate of the system",
        "desk-calls-waiting": "waiting for the first call",
        "desk-calls": "calls as the gateway sees them; a refused one is repaired at a press",
        "desk-explain": "every check of a refused call, and who can put it right",
        "desk-tests": "the published test cases, as the gateway saw them",
        "desk-usage": "usage, refusals and limits",
        "desk-promotion": "what must differ between test and production",
        "desk-live": "in production; somebody changed the gateway's rows",
        "desk-rotation": "certificates in force, and a new one",
        "desk-history": "history of a case",
        "desk-change": "changing the data of a live connection",
        "paper-contract": "contract",
        "paper-annex": "annex",
        "paper-invoice": "invoice",
        "paper-receipt": "receipt of a request",
    },
    "Connection desk: the operator": {
        "desk-queue": "the queue",
        "desk-review": "reviewing a request",
        "desk-access": "decided and enforced: a change that waits, a difference",
        "desk-enforced": "every row of the gateway with its decision",
        "desk-expiries": "certificates by month of expiry",
        "desk-expiring": "what ends soon",
        "desk-list": "a list",
        "desk-invoices": "invoices",
        "desk-organisation": "an organisation with its papers and team",
        "desk-statistics": "how long the steps take",
        "desk-trail": "the audit trail",
        "desk-mandates": "powers to sign for another",
        "desk-instruments": "providers and instruments",
    },
    "Sandbox": {
        "sandbox-eservice": "the demo e-service",
        "sandbox-document": "its sample on the sign page",
        "sandbox-devices": "simulated devices",
        "sandbox-phone": "a request on the phone",
        "sandbox-card": "a request at the card reader",
        "sandbox-trust": "certificates, OCSP, CRL and time-stamps",
    },
    "When something is wrong": {
        "not-found": "no such page",
        "error-bad_request": "a request that makes no sense",
        "error-forbidden": "not allowed",
        "error-csrf_failure": "a form that is too old",
        "error-too_large": "too large",
        "error-server_error": "our fault, with a number to quote",
        "error-unavailable": "paused or overloaded",
    },
}


def main() -> int:
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TARGET.glob("*.png"), key=lambda path: (".narrow" in path.name, ".dark" in path.name)):
        found[path.name.split(".")[0]].append(path.name)
    named = {name for lines in LINES.values() for name in lines}
    strange = sorted(named ^ found.keys())
    if strange:
        print("a line or a picture is missing:", ", ".join(strange))
        return 1
    (TARGET / "README.md").write_text(_page(found), "utf-8")
    return 0


def _page(found: dict[str, list[str]]) -> str:
    parts = [
        "# Pictures\n",
        "Made by `tools/screenshots.py` and `tools/screenshots_desk.py`, this page by `tools/screenshots_index.py`.",
        "Wide is 1280 px, narrow 320 px, zoomed 1280 px at 200 %; the languages take turns.\n",
    ]
    for title, lines in LINES.items():
        parts.append(f"## {title}\n")
        parts += [f"* **{name}**: {text} – {_links(found[name])}" for name, text in lines.items()]
        shown = next(iter(lines))
        parts.append(f"\n![{lines[shown]}]({found[shown][0]})\n")
    return "\n".join(parts)


def _links(names: list[str]) -> str:
    return ", ".join(f"[{' '.join(name.split('.')[1:-1]) or 'page'}]({name})" for name in names)


if __name__ == "__main__":
    sys.exit(main())
