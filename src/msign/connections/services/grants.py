"""What is granted: frozen snapshots, each of which names its decision. `enforcing` has the gateway follow them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msign.connections.actors import Actor
from msign.connections.models import Case, Certificate, Grant, HistoryEvent, Network
from msign.connections.ports import Desk
from msign.connections.services import enforcing, gather
from msign.connections.values import Difference
from msign.kernel.words import Environment

_METHODS = {"post": "post", "get": "get"}


def compile_wanted(desk: Desk, case: Case, environment: Environment) -> dict[str, Any]:
    """Return what a decision of this moment would grant: plain data, to be frozen. Nothing expired or revoked."""
    rows = gather.usable_certificates(desk, case, environment)
    networks = Network.objects.filter(case=case, environment=environment).order_by("pk")
    return {
        "certificates": [named(row) for row in rows],
        "networks": [row.network for row in networks],
        "vpn": [row.network for row in networks if row.vpn],
        "settings": {
            "callback_method": _METHODS.get(case.answers.get("callback_method", ""), "post"),
            "return_url_hosts": case.answers.get("return_hosts", "").split(),
        },
        "system": case.system.name if case.system else "",
        "answers": dict(case.submitted),
    }


def named(row: Certificate) -> dict[str, str]:
    """Return how a snapshot names a certificate."""
    return {"serial": row.serial, "fingerprint": row.fingerprint, "issuer": row.issuer}


def in_force(case: Case, environment: Environment) -> Grant | None:
    """Return the grant in force."""
    return Grant.objects.filter(case=case, environment=environment, ended=None).first()


def plan(desk: Desk, case: Case, environment: Environment) -> Difference:
    """Return what granting now would change, serial by serial and network by network."""
    wanted, grant = compile_wanted(desk, case, environment), in_force(case, environment)
    before: Mapping[str, Any] = grant.snapshot if grant else {"certificates": [], "networks": []}
    new, old = _serials(wanted), _serials(before)
    return Difference(
        environment,
        tuple(serial for serial in new if serial not in old),
        tuple(serial for serial in old if serial not in new),
        tuple(net for net in wanted["networks"] if net not in before["networks"]),
        tuple(net for net in before["networks"] if net not in wanted["networks"]),
    )


def removal(case: Case, environment: Environment) -> Difference | None:
    """Return what ending the grant in force takes away; nothing where nothing is granted."""
    grant = in_force(case, environment)
    if grant is None:
        return None
    return Difference(
        environment,
        certificates_removed=tuple(_serials(grant.snapshot)),
        networks_removed=tuple(grant.snapshot["networks"]),
    )


def _serials(snapshot: Mapping[str, Any]) -> list[str]:
    return [one["serial"] for one in snapshot["certificates"]]


def grant(desk: Desk, actor: Actor, case: Case, environment: Environment, decision: HistoryEvent) -> None:
    """Freeze what is wanted now and let the gateway enforce it. Part of the caller's transaction."""
    _freeze(desk, actor, case, environment, decision, compile_wanted(desk, case, environment))


def change(
    desk: Desk, actor: Actor, case: Case, environment: Environment, decision: HistoryEvent, changes: Mapping[str, Any]
) -> None:
    """Replace parts of what is granted and leave the rest: a form that is open meanwhile is not granted."""
    row = in_force(case, environment)
    assert row is not None
    _freeze(desk, actor, case, environment, decision, {**row.snapshot, **changes})


def _freeze(
    desk: Desk, actor: Actor, case: Case, environment: Environment, decision: HistoryEvent, snapshot: dict[str, Any]
) -> None:
    now = desk.clock.now()
    Grant.objects.filter(case=case, environment=environment, ended=None).update(ended=now)
    Grant.objects.create(case=case, environment=environment, snapshot=snapshot, decision=decision, created=now)
    enforcing.apply(desk, actor, case, environment, decision)


def restore(desk: Desk, case: Case) -> None:
    """Make the data handed in equal to what is granted: a round that was given up leaves no trace in the next one."""
    for environment in Environment:
        row = in_force(case, environment)
        if row is None:
            continue
        _restore_data(desk, case, environment, row.snapshot)
        if environment is Environment.PRODUCTION:
            answers = row.snapshot["answers"]
            Case.objects.filter(pk=case.pk).update(answers=answers, submitted=answers)


def _restore_data(desk: Desk, case: Case, environment: Environment, snapshot: Mapping[str, Any]) -> None:
    Network.objects.filter(case=case, environment=environment).delete()
    Network.objects.bulk_create(
        Network(case=case, environment=environment.value, network=one, vpn=one in snapshot["vpn"])
        for one in snapshot["networks"]
    )
    granted = [one["fingerprint"] for one in snapshot["certificates"]]
    rows = Certificate.objects.filter(system=case.system, environment=environment)
    rows.filter(removed=None).exclude(fingerprint__in=granted).update(removed=desk.clock.now())
    for fingerprint in granted:
        known = rows.filter(fingerprint=fingerprint).order_by("-pk")
        if not known.filter(removed=None).exists():
            rows.filter(pk=known.values_list("pk", flat=True)[0]).update(removed=None)
