"""Reports as XML of ETSI TS 119 102-2 (namespace of version 1.4.1): what other validators exchange."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator
from urllib.parse import quote

from lxml import etree

from msign.kernel.languages import Language
from msign.kernel.words import SignatureLevel
from msign.validation.model import DocumentReport, Indication, Reason, SignatureReport, TimestampReport
from msign.validation.reports.sentences import sentence

VR = "http://uri.etsi.org/19102/v1.4.1#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
DS = "http://www.w3.org/2000/09/xmldsig#"
_MAIN = {
    Indication.TOTAL_PASSED: "urn:etsi:019102:mainindication:total-passed",
    Indication.TOTAL_FAILED: "urn:etsi:019102:mainindication:total-failed",
    Indication.INDETERMINATE: "urn:etsi:019102:mainindication:indeterminate",
}
_NO_SIGNATURE = "urn:cef:dss:mainindication:noSignatureFound"
_PROCESS = {SignatureLevel.LTA: "LTA", SignatureLevel.LT: "LTVM", SignatureLevel.T: "LTVM"}
_STAMPS = {
    "signature": "SignatureTimeStamp",
    "references": "SigAndRefsTimeStamp",
    "document": "DocTimeStamp",
    "archive": "ArchiveTimeStamp",
    "content": "AllDataObjectsTimeStamp",
}
_DIGESTS = {
    "sha1": f"{DS}sha1",
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha384": "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}


def etsi_report(report: DocumentReport, language: Language = Language.EN) -> bytes:
    """Return the report as a ``ValidationReport`` document. It is not signed here.

    Sentences stand in ``language``; checks are named ``urn:msign:check:`` and the code.
    """
    root = etree.Element(f"{{{VR}}}ValidationReport", nsmap={"vr": VR, "xades": XADES, "ds": DS})
    certificates: dict[bytes, str] = {}
    for number, signature in enumerate(report.signatures, 1):
        _Writer(report, signature, f"S-{number}", certificates, language).write(root)
    if not report.signatures:
        status = _add(_add(root, "SignatureValidationReport"), "SignatureValidationStatus")
        _add(status, "MainIndication", _MAIN[Indication.INDETERMINATE] if report.refused else _NO_SIGNATURE)
    _objects(root, certificates)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _add(parent: etree._Element, name: str, text: str | None = None, space: str = VR) -> etree._Element:
    element = etree.SubElement(parent, f"{{{space}}}{name}")
    element.text = _printable(text) if text is not None else None
    return element


def _printable(text: str) -> str:
    """Leave out what XML cannot carry; names in certificates may contain anything."""
    return "".join(c for c in text if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c < "\ufffe"))


def _time(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _objects(root: etree._Element, certificates: dict[bytes, str]) -> None:
    if not certificates:
        return
    holder = _add(root, "SignatureValidationObjects")
    for der, identifier in certificates.items():
        item = _add(holder, "ValidationObject")
        item.set("id", identifier)
        _add(item, "ObjectType", "urn:etsi:019102:validationObject:certificate")
        _add(_add(item, "ValidationObjectRepresentation"), "base64", base64.b64encode(der).decode())


class _Writer:
    """Writes one signature in the order of the schema."""

    def __init__(
        self,
        report: DocumentReport,
        signature: SignatureReport,
        identifier: str,
        certificates: dict[bytes, str],
        language: Language,
    ) -> None:
        self._report, self._signature, self._identifier = report, signature, identifier
        self._certificates, self._language = certificates, language

    def write(self, root: etree._Element) -> None:
        """Add the signature's report."""
        place = _add(root, "SignatureValidationReport")
        self._identity(place)
        self._constraints(place)
        self._times(place)
        self._document(place)
        self._attributes(place)
        self._signer(place)
        if self._signature.qualification:
            quality = _add(place, "SignatureQuality")
            _add(quality, "SignatureQualityInformation", f"urn:msign:quality:{self._signature.qualification}")
        process = _PROCESS.get(self._signature.level, "Basic")
        holder = _add(place, "SignatureValidationProcess")
        _add(holder, "SignatureValidationProcessID", f"urn:etsi:019102:validationprocess:{process}")
        self._status(place)

    def _reference(self, parent: etree._Element, name: str, der: bytes) -> None:
        identifier = self._certificates.setdefault(der, f"C-{len(self._certificates) + 1}")
        _add(parent, name).set("VOReference", identifier)

    def _identity(self, place: etree._Element) -> None:
        identity = _add(place, "SignatureIdentifier")
        identity.set("id", self._identifier)
        _add(identity, "HashOnly", "false")
        _add(identity, "DocHashOnly", "false")
        if self._signature.name:
            _add(identity, "DAIdentifier", self._signature.name)

    def _constraints(self, place: etree._Element) -> None:
        evaluation = _add(place, "ValidationConstraintsEvaluationReport")
        policy = _add(evaluation, "SignatureValidationPolicy")
        _add(_add(policy, "SignaturePolicyIdentifier"), "SignaturePolicyImplied", space=XADES)
        _add(policy, "PolicyName", f"{self._report.policy} {self._report.policy_version}")
        for reason in self._signature.reasons:
            self._constraint(evaluation, reason)

    def _constraint(self, evaluation: etree._Element, reason: Reason) -> None:
        item = _add(evaluation, "ValidationConstraint")
        _add(item, "ValidationConstraintIdentifier", f"urn:msign:check:{quote(str(reason.code), errors='replace')}")
        _add(_add(item, "ConstraintStatus"), "Status", "urn:etsi:019102:constraintStatus:applied")
        _add(item, "Indications", f"{reason.severity}: {sentence(reason, self._language).text}")

    def _times(self, place: etree._Element) -> None:
        now = self._report.validated_at
        if now is None:
            return
        times = _add(place, "ValidationTimeInfo")
        _add(times, "ValidationTime", _time(now))
        best = _add(times, "BestSignatureTime")
        _add(best, "POETime", _time(self._signature.best_signature_time or now))
        _add(best, "TypeOfProof", "urn:etsi:019102:poetype:validation")

    def _document(self, place: etree._Element) -> None:
        value, method = self._signature.content_digest, _DIGESTS.get(self._signature.digest_algorithm)
        if value is None or method is None:
            return
        pair = _add(_add(place, "SignersDocument"), "DigestAlgAndValue")
        _add(pair, "DigestMethod", space=DS).set("Algorithm", method)
        _add(pair, "DigestValue", base64.b64encode(value).decode(), space=DS)

    def _attributes(self, place: etree._Element) -> None:
        written = list(self._attribute_values())
        if not written:
            return
        holder = _add(place, "SignatureAttributes")
        for name, inner, moment, signed in written:
            attribute = _add(holder, name)
            attribute.set("Signed", "true" if signed else "false")
            _add(attribute, inner, _time(moment))

    def _attribute_values(self) -> Iterator[tuple[str, str, dt.datetime, bool]]:
        if self._signature.claimed_time is not None:
            yield "SigningTime", "Time", self._signature.claimed_time, True
        for stamp in self._signature.timestamps:
            if stamp.valid:
                yield _stamp(stamp), "TimeStampValue", stamp.gen_time, stamp.kind == "content"

    def _signer(self, place: etree._Element) -> None:
        if self._signature.certificate is None:
            return
        signer = _add(place, "SignerInformation")
        self._reference(signer, "SignerCertificate", self._signature.certificate)
        _add(signer, "Signer", self._signature.signer_name or self._signature.subject)

    def _status(self, place: etree._Element) -> None:
        status = _add(place, "SignatureValidationStatus")
        _add(status, "MainIndication", _MAIN[self._signature.indication])
        if self._signature.sub_indication:
            _add(status, "SubIndication", f"urn:etsi:019102:subindication:{self._signature.sub_indication}")
        if not self._signature.chain:
            return
        first, *middle = self._signature.chain
        chain = _add(_add(status, "AssociatedValidationReportData"), "CertificateChain")
        self._reference(chain, "SigningCertificate", first)
        for der in middle[:-1]:
            self._reference(chain, "IntermediateCertificate", der)
        if middle:
            self._reference(chain, "TrustAnchor", middle[-1])


def _stamp(stamp: TimestampReport) -> str:
    return _STAMPS.get(stamp.kind, "SignatureTimeStamp")
