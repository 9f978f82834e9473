"""Is a certificate still good at the moment it is let in? Asked of its authority again, whatever was said at upload."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from msign.connections import letters
from msign.connections.actors import SYSTEM, Actor, Refusal, require
from msign.connections.models import Case, Certificate
from msign.connections.ports import ChainVerdict, Desk
from msign.connections.services import gather, history, store
from msign.connections.states import Action, Side
from msign.connections.words import Sentence, say
from msign.kernel.words import Environment


def ask_again(desk: Desk, actor: Actor, reference: str, action: Action, environments: Iterable[Environment]) -> None:
    """Ask about every certificate that ``action`` would let in, outside any transaction: the network may be slow.

    Raises ``Refusal`` naming each one that is revoked, no longer from an accepted authority, or (unless the policy
    says otherwise) of unknown status. A revoked one is marked, so that no later step takes it for good.
    """
    case = store.load(actor, reference)
    require(actor, action, case.organisation_id)
    verdicts = [
        (row, desk.chain.judge(bytes(row.der), environment))
        for environment in environments
        for row in gather.usable_certificates(desk, case, environment)
    ]
    if revoked := [row for row, verdict in verdicts if verdict.revoked]:
        mark_revoked(desk, case, revoked)
    if reasons := tuple(_reasons(desk, verdicts)):
        raise Refusal(reasons)


def _reasons(desk: Desk, verdicts: Iterable[tuple[Certificate, ChainVerdict]]) -> Iterable[Sentence]:
    for row, verdict in verdicts:
        if verdict.revoked:
            yield say(
                "The authority has revoked the certificate %(serial)s. It is let in nowhere; the beneficiary has been "
                "told to send another one.",
                serial=row.serial,
            )
        elif not verdict.trusted:
            yield say(
                "The certificate %(serial)s is no longer from an authority accepted in this environment.",
                serial=row.serial,
            )
        elif verdict.revoked is None and not desk.policy.certificates.accept_unknown_revocation:
            yield say(
                "Whether the certificate %(serial)s is revoked could not be asked now, so nothing was opened. Try "
                "again in a few minutes.",
                serial=row.serial,
            )


def mark_revoked(desk: Desk, case: Case, rows: Iterable[Certificate]) -> None:
    """Keep that certificates are revoked, in rows and history, and tell the team."""
    with transaction.atomic():
        for row in rows:
            if Certificate.objects.filter(pk=row.pk, revoked=None).update(revoked=desk.clock.now()):
                data = {"serial": row.serial, "environment": row.environment}
                history.record(desk, SYSTEM, case, "certificate-revoked", Side.SYSTEM, data=data)
                letters.tell(desk, case, "certificate-revoked", serial=row.serial)
