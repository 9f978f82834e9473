"""The seal of the service on what it issues itself: PAdES-B-LT, or B-T while the status services do not answer."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography import x509

from msign.config.evidence import evidence_collector, evidence_fetcher
from msign.config.options import Options
from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import SignatureLevel
from msign.pki.certificate import common_name
from msign.pki.tsa import HttpTimestampSource, TimestampSource
from msign.signing import pades
from msign.signing.evidence import EvidenceSource
from msign.signing.keys import InMemoryKey, Signer

_AT_ONCE = 4  # seals under way; each waits for a time-stamp
_WAIT_SECONDS = 20.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServiceSeal:
    """Seals PDF files with the service's own key."""

    signer: Signer
    tsa: TimestampSource
    evidence: EvidenceSource | None
    clock: Clock

    @property
    def owner(self) -> str:
        """Whom the certificate names."""
        return common_name(self.signer.signing_certificate.encoded)

    @cached_property
    def _slots(self) -> threading.BoundedSemaphore:
        return threading.BoundedSemaphore(_AT_ONCE)

    def seal(self, source: Path, target: Path) -> None:
        """Write ``source`` with the seal to ``target``. Raises ``MSignError`` if no time-stamp can be had."""
        if not self._slots.acquire(timeout=_WAIT_SECONDS):
            raise MSignError(Code.UNAVAILABLE, "too many seals at once", retry=True)
        try:
            pades.sign(source, target, signer=self.signer, tsa=self.tsa, clock=self.clock)
            self._lengthen(target)
        finally:
            self._slots.release()

    def _lengthen(self, target: Path) -> None:
        """Add what is needed to judge the seal later; a seal without it holds as long as the services answer."""
        if self.evidence is None:
            return
        try:
            pades.augment(target, target, level=SignatureLevel.LT, tsa=self.tsa, evidence=self.evidence)
        except MSignError as error:
            _log.warning("a seal stays at level T: %s", error)


def service_seal(options: Options, clock: Clock) -> ServiceSeal | None:
    """Return the seal that the options name; ``None`` without one. Raises ``MSignError`` (``MISCONFIGURED``)."""
    files = options.seal_files
    if files is None:
        return None
    if not options.tsa_urls:
        raise MSignError(Code.MISCONFIGURED, "a seal needs a time-stamping authority: set tsa.urls", member="seal")
    signer = _signer(*files)
    tsa = HttpTimestampSource(options.tsa_urls, clock=clock)
    return ServiceSeal(signer, tsa, _evidence(options, clock), clock)


def _evidence(options: Options, clock: Clock) -> EvidenceSource | None:
    return evidence_collector(options, clock, evidence_fetcher(options)) if options.trust.online else None


def _signer(certificate: Path, key: Path) -> Signer:
    """Read key and certificates; a key that is not the certificate's would make seals that nobody accepts."""
    try:
        leaf, *issuers = x509.load_pem_x509_certificates(certificate.read_bytes())
        made = Signer(InMemoryKey.from_pem(_key_part(key.read_bytes())), leaf, tuple(issuers))
    except (OSError, ValueError) as error:
        raise MSignError(Code.MISCONFIGURED, f"the seal cannot be read: {error}", member="seal") from error
    probe = b"msign"
    made.signing_certificate.check(made.key.algorithm, made.key.sign(probe), probe)
    return made


def _key_part(pem: bytes) -> bytes:
    """A file may hold certificate and key together."""
    start = pem.find(b"-----BEGIN", pem.find(b"PRIVATE KEY") - 40) if b"PRIVATE KEY" in pem else 0
    return pem[max(0, start) :]
