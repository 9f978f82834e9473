"""The verify pages with the real engine and a real seal, on the PKI of the test session: no network, a fixed clock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx

from msign.config.sealing import ServiceSeal
from msign.kernel.clock import FixedClock
from msign.pki.certificate import parse
from msign.pki.fetch import AddressGuard, Fetcher
from msign.pki.sources import online_revocation
from msign.pki.trust import TrustStore
from msign.signing.evidence import EvidenceCollector
from msign.signing.keys import InMemoryKey, Signer
from msign.validation.detached import DetachedContents
from msign.validation.engine import Validator
from msign.validation.model import DocumentReport
from tests.support.pki import Pki


@dataclass(frozen=True)
class EngineJudge:
    """The engine as the pages ask it, in this process."""

    engine: Validator

    def pdf(self, document: Path) -> DocumentReport:
        return self.engine.file(document)

    def xades(self, signature: Path, original: Path | None, name: str) -> DocumentReport:
        return self.engine.file(signature, DetachedContents.of_file(original, name) if original else None)


def engine(pki: Pki, folder: Path, *, online: bool = True) -> Validator:
    """Return the engine that trusts the PKI; its anchors are written below ``folder``."""
    clock, trust = FixedClock(), TrustStore.from_folder(pki.write_trust(folder))
    if not online:
        return Validator(trust=trust, clock=clock)
    guard = AddressGuard(resolver=lambda _host, _port: ["93.184.215.14"])
    revocation = online_revocation(Fetcher.guarded(guard, pki.transport()), clock)
    return Validator(trust=trust, revocation=revocation, clock=clock)


def signer(pki: Pki, person: str) -> Signer:
    """Return a member of the cast as one who signs."""
    who = pki.person(person)
    return Signer(InMemoryKey(who.key), who.certificate, who.chain)


def seal(pki: Pki) -> ServiceSeal:
    """Return the seal of the cast."""
    fetcher = Fetcher(client=httpx.Client(transport=pki.transport()))
    known = [parse(pki.authority("root").certificate), parse(pki.authority("qualified").certificate)]
    evidence = EvidenceCollector(revocation=online_revocation(fetcher, pki.clock), clock=pki.clock, known=known)
    return ServiceSeal(signer(pki, "seal"), pki.tsa, evidence, FixedClock())
