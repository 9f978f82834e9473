"""Revocation data as they come: raw OCSP responses and CRLs, from the file under judgement or from the network."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from msign.pki.certificate import ParsedCertificate


@dataclass(frozen=True, slots=True)
class RevocationEvidence:
    """Raw DER of OCSP responses (``OCSPResponse`` or ``BasicOCSPResponse``) and CRLs; nothing is believed of them yet.

    ``failures`` says in words what could not be fetched, for the reader of a verdict; ``certificates`` may help to
    find responders and CRL issuers.
    """

    ocsp: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    failures: tuple[str, ...] = ()
    certificates: tuple[ParsedCertificate, ...] = ()

    def __or__(self, other: RevocationEvidence) -> RevocationEvidence:
        """Return both together, without repetitions."""
        return RevocationEvidence(
            tuple(dict.fromkeys(self.ocsp + other.ocsp)),
            tuple(dict.fromkeys(self.crls + other.crls)),
            tuple(dict.fromkeys(self.failures + other.failures)),
            tuple(dict.fromkeys(self.certificates + other.certificates)),
        )


class RevocationSource(Protocol):
    """Finds revocation data for one certificate. May use the network; never raises for what the network does."""

    def find(self, certificate: ParsedCertificate, issuer: ParsedCertificate, at: dt.datetime) -> RevocationEvidence:
        """Return what is known about ``certificate`` that is useful at ``at``; empty with ``failures`` if nothing."""
        ...


@dataclass(frozen=True, slots=True)
class NoRevocation:
    """Offline: knows nothing and asks nobody."""

    def find(self, certificate: ParsedCertificate, issuer: ParsedCertificate, at: dt.datetime) -> RevocationEvidence:
        """Return nothing, with the reason."""
        del certificate, issuer, at
        return RevocationEvidence(failures=("offline",))


@dataclass(frozen=True, slots=True)
class FirstOf:
    """Asks one source after the other and joins what they know."""

    sources: Sequence[RevocationSource]

    def find(self, certificate: ParsedCertificate, issuer: ParsedCertificate, at: dt.datetime) -> RevocationEvidence:
        """Return everything that any of the sources has."""
        found = RevocationEvidence()
        for source in self.sources:
            found |= source.find(certificate, issuer, at)
        return found
