"""How what was decided stands in the gateway. Pure: what is granted and what is enforced in, differences out."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msign.access.values import AccessState, CertificateStatus
from msign.connections.words import Sentence, say


class Enforced(enum.StrEnum):
    """What became of a decision about access."""

    NONE = "none"  # nothing is granted, and nothing is enforced
    PENDING = "pending"  # written; a running process has not confirmed it yet
    APPLIED = "applied"
    DRIFTED = "drifted"  # the gateway does something else than was decided
    FAILED = "failed"  # it could not be written


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the gateway does otherwise. ``open`` tells that it lets more in than was decided."""

    sentence: Sentence
    open: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """How a decision stands, and why it is not applied."""

    enforced: Enforced
    differences: tuple[Difference, ...] = ()

    @property
    def too_open(self) -> bool:
        """Whether the gateway lets more in than was decided."""
        return any(one.open for one in self.differences)


def differences(snapshot: Mapping[str, Any] | None, flags: frozenset[str], state: AccessState) -> list[Difference]:
    """Return everything in which the gateway differs from what is granted; ``None``: nothing is granted."""
    if snapshot is None:
        return [Difference(say("Nothing is granted, but the gateway has the access enabled."), True)] * state.enabled
    return [
        *_enabled(state),
        *_certificates(snapshot, state),
        *_networks(snapshot, state),
        *_flags(flags, state),
        *_settings(snapshot, state),
    ]


def _enabled(state: AccessState) -> list[Difference]:
    return [] if state.enabled else [Difference(say("The gateway has the access switched off."))]


def _certificates(snapshot: Mapping[str, Any], state: AccessState) -> list[Difference]:
    active = {one.fingerprint: one.serial for one in state.certificates if one.status is CertificateStatus.ACTIVE}
    granted = {one["fingerprint"]: one["serial"] for one in snapshot["certificates"]}
    return [
        *(Difference(_not_accepted(granted[one])) for one in granted if one not in active),
        *(Difference(_not_granted(active[one]), True) for one in active if one not in granted),
    ]


def _not_accepted(serial: str) -> Sentence:
    return say("The certificate %(serial)s is granted, but the gateway does not accept it.", serial=serial)


def _not_granted(serial: str) -> Sentence:
    return say("The gateway accepts the certificate %(serial)s, which is not granted.", serial=serial)


def _networks(snapshot: Mapping[str, Any], state: AccessState) -> list[Difference]:
    granted, listed = snapshot["networks"], state.networks
    return [
        *(Difference(_not_listed(one)) for one in granted if one not in listed),
        *(Difference(_too_much(one), True) for one in listed if one not in granted),
    ]


def _not_listed(network: str) -> Sentence:
    return say("The address %(network)s is granted, but not listed in the gateway.", network=network)


def _too_much(network: str) -> Sentence:
    return say("The gateway lists the address %(network)s, which is not granted.", network=network)


def _flags(flags: frozenset[str], state: AccessState) -> list[Difference]:
    standing = {one.value for one in state.suspensions}
    found = []
    if flags - standing:
        found.append(Difference(say("A suspension was decided that the gateway does not know."), True))
    if standing - flags:
        found.append(Difference(say("The gateway holds a suspension that was not decided here.")))
    return found


def _settings(snapshot: Mapping[str, Any], state: AccessState) -> list[Difference]:
    wanted = snapshot["settings"]
    agreed = (wanted["callback_method"], tuple(wanted["return_url_hosts"]))
    if agreed == (state.settings.callback_method, state.settings.return_url_hosts):
        return []
    return [Difference(say("The return addresses or the callback method differ from what was decided."))]
