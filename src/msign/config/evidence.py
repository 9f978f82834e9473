"""Where certificates, OCSP responses and CRLs for levels LT and LTA come from. Needs no database."""

from __future__ import annotations

from msign.config.options import Options
from msign.kernel.clock import Clock
from msign.pki.certificate import ParsedCertificate
from msign.pki.fetch import AddressGuard, Fetcher
from msign.pki.sources import online_issuers, online_revocation
from msign.pki.trust import TrustStore
from msign.signing.evidence import EvidenceCollector


def evidence_fetcher(options: Options) -> Fetcher:
    """Return what fetches it; inner addresses only where the settings name them. To be closed."""
    return Fetcher.guarded(AddressGuard(frozenset(options.known_responders)))


def evidence_collector(options: Options, clock: Clock, fetcher: Fetcher) -> EvidenceCollector:
    """Return what gathers it, with the anchors of this installation at hand."""
    return EvidenceCollector(
        revocation=online_revocation(fetcher, clock),
        clock=clock,
        known=_anchors(options),
        issuers=online_issuers(fetcher, clock),
    )


def _anchors(options: Options) -> list[ParsedCertificate]:
    store = TrustStore.from_folder(options.trust_folder(options.home))
    return [anchor.certificate for anchor in store.anchors]
