"""Is it a qualified signature? What the certificate says of itself, and what the trusted list makes of it.

TS 119 615 clauses 4.4 and 4.5, reduced to what a relying person asks: is the certificate qualified for signatures or
seals, and does its key live in a qualified device. The list has the last word: at the time of issue and at the time of
signing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from msign.pki.certificate import ParsedCertificate
from msign.pki.path import Path
from msign.pki.qualifiers import Qualifier, qualifiers_of
from msign.pki.trust import SIGNER_ROLES, ServiceRole, TrustAnchor

QC_COMPLIANCE = "0.4.0.1862.1.1"
QC_DEVICE = "0.4.0.1862.1.4"
# Certificate policies that said so before the regulation of 2014 (TS 101 456): QCP public, and with a secure device.
_QCP, _QCP_DEVICE = "0.4.0.1456.1.2", "0.4.0.1456.1.1"


@dataclass(frozen=True, slots=True)
class Qualification:
    """``word``: "qualified", "advanced" or empty; ``device``: the key lives in a qualified device, ``None`` unknown.

    ``source`` names the trusted list that decided (territory and sequence number), empty if an operator's folder did.
    """

    word: str = ""
    device: bool | None = None
    service: str = ""
    source: str = ""
    contradictory: bool = False


def qualification_of(path: Path | None, at: dt.datetime) -> Qualification:
    """Return what a certificate with this path is worth at ``at``; nothing without a path to a signers' service."""
    if path is None or path.anchor.role not in SIGNER_ROLES:
        return Qualification()
    anchor, certificate = path.anchor, path.certificates[0]
    said = _said(certificate, anchor, at) | _said(certificate, anchor, certificate.not_before)
    contradictory = Qualifier.QC_STATEMENT in said and Qualifier.NOT_QUALIFIED in said
    qualified = (
        anchor.role is ServiceRole.SIGNERS_QUALIFIED
        and anchor.trusted_at(certificate.not_before)
        and _claims(certificate, said)
        and not said & {Qualifier.NOT_QUALIFIED, Qualifier.FOR_WEB_SITES}
    )
    return Qualification(
        word="qualified" if qualified else "advanced",
        device=_device(certificate, said) if qualified else None,
        service=anchor.service,
        source=anchor.source,
        contradictory=contradictory,
    )


def _said(certificate: ParsedCertificate, anchor: TrustAnchor, at: dt.datetime) -> frozenset[Qualifier]:
    period = anchor.period_at(at)
    return qualifiers_of(certificate, period.rules) if period is not None else frozenset()


def _claims(certificate: ParsedCertificate, said: frozenset[Qualifier]) -> bool:
    policies = set(certificate.policies)
    return (
        QC_COMPLIANCE in certificate.qc_statements
        or bool(policies & {_QCP, _QCP_DEVICE})
        or Qualifier.QC_STATEMENT in said
    )


def _device(certificate: ParsedCertificate, said: frozenset[Qualifier]) -> bool | None:
    """The list says yes, no, or "as in the certificate"; if it says both yes and no, nothing is known."""
    yes, no = bool(said & {Qualifier.WITH_DEVICE, Qualifier.DEVICE_MANAGED}), Qualifier.NO_DEVICE in said
    if yes and no:
        return None
    if yes or no:
        return yes
    return QC_DEVICE in certificate.qc_statements or _QCP_DEVICE in certificate.policies
