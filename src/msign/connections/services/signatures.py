"""Signing a paper through our own gateway, and judging every copy that comes back, from there or uploaded."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.db import transaction

from msign.connections import letters, terms
from msign.connections.actors import SYSTEM, Actor, Refusal, refuse, require
from msign.connections.checking import Check, failed
from msign.connections.documents.checks import MAX_COPY_BYTES, Expected, check_copy
from msign.connections.models import Document, Signing
from msign.connections.ports import Desk
from msign.connections.roles import Right
from msign.connections.services import gather, history, papers, steps, store
from msign.connections.states import Action, Side, State
from msign.connections.words import say
from msign.kernel.errors import Code
from msign.kernel.languages import Language
from msign.kernel.words import SignStatus

_SIGNED_BY = {"issued": 0, "half-signed": 1, "in-force": 2, "ended": 2}


def start_signing(desk: Desk, actor: Actor, reference: str, number: int) -> str:
    """Post a paper to the gateway for the person who must sign; return the address to send the person to.

    The gateway is called outside a transaction: nothing is held while the network answers.
    """
    document = papers.document_of(actor, reference, number)
    side, person = _signer(actor, document)
    request_id = desk.gateway.post(
        document=papers.newest_copy(document),
        name=f"{document.number}.pdf",
        description=f"{document.number}, {document.organisation.name}",
        expected_person=person,
        correlation_id=document.number[:36],
    )
    Signing.objects.create(document=document, side=side.value, request_id=request_id, created=desk.clock.now())
    back = f"{desk.web_url}/connect/cases/{reference}/documents/{number}/signed/{request_id}/"
    return desk.gateway.sign_url(request_id, back, actor.language)


def _signer(actor: Actor, document: Document) -> tuple[Side, str]:
    side = papers.waits_for(document)
    if side is Side.BENEFICIARY:
        require(actor, Right.SIGN_DOCUMENT, document.organisation_id)
        return side, document.signer_number
    if side is Side.OPERATOR:
        if actor.may(Right.SIGN_DOCUMENT, document.organisation_id) and not actor.may(Right.COUNTERSIGN):
            raise refuse(say("Your side has signed this document already; the operator's signatory signs next."))
        require(actor, Right.COUNTERSIGN)
        if not actor.number:
            raise refuse(say("Your account has no personal number, so your signature could not be recognised."))
        return side, actor.number
    raise refuse(say("The document needs no signature now."))


def finish_signing(desk: Desk, actor: Actor, reference: str, number: int, request_id: str) -> tuple[Check, ...] | None:
    """Fetch what the gateway has and judge it; ``None`` while the person is still signing."""
    document = papers.document_of(actor, reference, number)
    signing = Signing.objects.filter(document=document, request_id=request_id).first()
    if signing is None:
        raise refuse(say("There is no such signing."), Code.REQUEST_NOT_FOUND)
    if signing.state == "failed":  # the page of the return is loaded again
        raise _not_signed(signing.findings[0])
    if signing.state != "open":
        return ()
    result = desk.gateway.result(request_id, Language(actor.language))
    if result.status is SignStatus.PENDING:
        return None
    if result.status is not SignStatus.SUCCESS or result.document is None:
        told = result.message or result.status
        Signing.objects.filter(pk=signing.pk).update(state="failed", findings=[told])
        raise _not_signed(told)
    checks = accept(desk, actor, reference, number, result.document)
    Signing.objects.filter(pk=signing.pk).update(state="accepted")
    return checks


def _not_signed(message: str) -> Refusal:
    return refuse(say("The document was not signed: %(message)s", message=message))


def accept(desk: Desk, actor: Actor, reference: str, number: int, copy: bytes) -> tuple[Check, ...]:
    """Judge a signed copy, from the gateway or uploaded, and keep it; a refusal carries the exact reasons."""
    if len(copy) > MAX_COPY_BYTES:
        raise refuse(say("The file is too large for this document."), Code.TOO_LARGE)
    document = papers.document_of(actor, reference, number)
    side, person = _signer(actor, document)
    expected = Expected(papers.newest_copy(document), _SIGNED_BY[document.state], person)
    checks = _judge(desk, copy, expected)
    if reasons := failed(checks):
        papers.audit(desk, actor, document.case, document.kind, "refused", copy)
        raise Refusal(reasons, Code.UNREADABLE_DOCUMENT)
    with transaction.atomic():
        _keep(desk, actor, document, side, copy)
    return checks


def _judge(desk: Desk, copy: bytes, expected: Expected) -> tuple[Check, ...]:
    first = check_copy(copy, None, expected)
    if failed(first):
        return first
    with tempfile.TemporaryDirectory(prefix="msign-desk-") as folder:
        path = Path(folder) / "copy.pdf"
        path.write_bytes(copy)
        return check_copy(copy, desk.judge(path), expected)


def _keep(desk: Desk, actor: Actor, document: Document, side: Side, copy: bytes) -> None:
    now = desk.clock.now()
    after = "half-signed" if side is Side.BENEFICIARY else "in-force"
    ends = terms.last_day(gather.today(desk), desk.policy.term) if document.kind == "contract" else None
    begun = {"in_force_since": now, "ends": ends} if after == "in-force" else {}
    changed = Document.objects.filter(pk=document.pk, state=document.state).update(state=after, signed=copy, **begun)
    if changed != 1:
        raise store.stale()
    case = store.load(SYSTEM, document.case.reference)
    history.record(desk, actor, case, f"signed-{document.kind}", side, data={"document": document.number})
    if after == "half-signed":
        letters.tell(desk, case, "half-signed")
    if case.state == State.AWAITING_SIGNATURE.value and not gather.signature_gaps(case):
        steps.move(desk, SYSTEM, case, Action.SIGNATURES_PRESENT)
    papers.audit(desk, actor, case, document.kind, f"signed-by-{side}", copy)
