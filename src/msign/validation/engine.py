"""The one door to validation: a file comes in, a report comes out. Holds no state but its collaborators."""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import cast

from msign.kernel.clock import Clock, SystemClock
from msign.pki.evidence import NoRevocation, RevocationSource
from msign.pki.path import IssuerSource
from msign.pki.trust import TrustHolder, TrustStore
from msign.validation.asic.judge import validate_asic
from msign.validation.cadesfile.judge import MAX_CMS_BYTES, looks_like_cms, validate_cades
from msign.validation.context import ValidationContext
from msign.validation.detached import DetachedContents
from msign.validation.model import DocumentReport, Reason, Verdict
from msign.validation.policy import DEFAULT_POLICY, Policy
from msign.validation.xades.document import validate_xades
from msign.validation.xades.xml import MAX_XML_BYTES

_SNIFF = 4096
_PDF_MARK_WITHIN = 1024  # ISO 32000-1, implementation note 13: the header may come a little late
_XML_STARTS = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\x00<")

_ZIP_START = b"PK\x03\x04"

PdfJudge = Callable[[Path, ValidationContext], DocumentReport]


class Validator:
    """Judges PDF, XML and CMS signatures and containers of them.

    ``trust`` may be a holder, so that a refresh takes effect between judgements.
    """

    def __init__(
        self,
        *,
        trust: TrustStore | TrustHolder,
        revocation: RevocationSource | None = None,
        clock: Clock | None = None,
        policy: Policy = DEFAULT_POLICY,
        issuers: IssuerSource | None = None,
        at: dt.datetime | None = None,
    ) -> None:
        self._trust = trust if isinstance(trust, TrustHolder) else TrustHolder(trust)
        self._context = ValidationContext(
            trust=self._trust.store,
            revocation=revocation or NoRevocation(),
            clock=clock or SystemClock(),
            policy=policy,
            issuers=issuers,
            at=at,
        )

    @property
    def context(self) -> ValidationContext:
        """Return what a judgement that starts now runs with."""
        return dataclasses.replace(self._context, trust=self._trust.store)

    def pdf(self, path: Path) -> DocumentReport:
        """Return the report on a PDF. Nothing is raised for what the file contains."""
        return validate_pdf(path, self.context)

    def xades(self, xml: bytes, contents: DetachedContents | None = None) -> DocumentReport:
        """Return the report on an XML signature over ``contents``. Nothing is raised for what the XML contains."""
        return validate_xades(xml, contents or DetachedContents(), self.context)

    def file(self, path: Path, contents: DetachedContents | None = None) -> DocumentReport:
        """Return the report on a file of any kind, told apart by its first octets. Raises ``OSError`` only."""
        with path.open("rb") as file:
            head = file.read(_SNIFF)
        if b"%PDF-" in head[:_PDF_MARK_WITHIN]:
            return self.pdf(path)
        if head.lstrip().startswith(_XML_STARTS):
            if path.stat().st_size > MAX_XML_BYTES:
                return self._refused("xml-too-large", "xades")
            return self.xades(path.read_bytes(), contents)
        return self._other(path, head, contents or DetachedContents())

    def _other(self, path: Path, head: bytes, contents: DetachedContents) -> DocumentReport:
        """Containers and CMS."""
        if head.startswith(_ZIP_START):
            return validate_asic(path, contents, self.context)
        if not looks_like_cms(head):
            return self._refused("format-unknown", "unknown")
        if path.stat().st_size > MAX_CMS_BYTES:
            return self._refused("cms-too-large", "cades")
        return validate_cades(path.read_bytes(), contents, self.context)

    def _refused(self, code: str, kind: str) -> DocumentReport:
        context = self._context
        return DocumentReport(
            format=kind,
            verdict=Verdict.UNKNOWN,
            refused=code,
            reasons=(Reason(code),),
            policy=context.policy.name,
            policy_version=context.policy.version,
            validated_at=context.now(),
        )


def validate_pdf(path: Path, context: ValidationContext) -> DocumentReport:
    """Judge a PDF by the PAdES process, which is loaded when the first PDF comes."""
    judge = cast("PdfJudge", importlib.import_module("msign.validation.pades.judge").validate_pdf)
    return judge(path, context)
