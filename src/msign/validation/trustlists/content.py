"""What a trusted list says (ETSI TS 119 612 v2), as data. Whether to believe it is judged elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml import etree

from msign.kernel.errors import Code, MSignError
from msign.pki.asn1 import Asn1Error
from msign.pki.certificate import ParsedCertificate, parse
from msign.pki.trust import ServiceRole, TrustAnchor, TrustPeriod, TrustStore
from msign.validation.trustlists.qualifications import read_rules
from msign.validation.xades.names import parse_time
from msign.validation.xades.xml import decode_base64

TSL = "http://uri.etsi.org/02231/v2#"
LIST_OF_LISTS = "EUlistofthelists"
MAX_SERVICES = 20_000

_STATUS = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"
_OLD_STATUS = "http://uri.etsi.org/TrstSvc/Svcstatus/"
# Clause 5.5.4 and annex J: statuses under which a service's certificates count as issued under supervision.
_GRANTED = frozenset({
    f"{prefix}{word}"
    for prefix in (_STATUS, _OLD_STATUS)
    for word in ("granted", "undersupervision", "supervisionincessation", "accredited", "recognisedatnationallevel")
})  # fmt: skip
_TYPE = "http://uri.etsi.org/TrstSvc/Svctype/"
_ROLES = {
    f"{_TYPE}CA/QC": ServiceRole.SIGNERS_QUALIFIED,
    f"{_TYPE}CA/PKC": ServiceRole.SIGNERS_ADVANCED,
    f"{_TYPE}TSA/QTST": ServiceRole.TSA,
    f"{_TYPE}TSA/TSS-QC": ServiceRole.TSA,
    f"{_TYPE}TSA/TSS-AdESQCandQES": ServiceRole.TSA,
    f"{_TYPE}TSA": ServiceRole.TSA,
}
_FOR = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/For"


@dataclass(frozen=True, slots=True)
class Pointer:
    """Another list: where it is, who signs it, whose it is."""

    location: str
    signers: tuple[ParsedCertificate, ...]
    territory: str = ""
    list_type: str = ""

    @property
    def is_list_of_lists(self) -> bool:
        """Tell whether it is a list of lists (the pointer of such a list to itself included)."""
        return self.list_type.endswith(LIST_OF_LISTS)


@dataclass(frozen=True, slots=True)
class TrustedList:
    """A list, read. ``pivots`` are addresses of earlier lists of lists that changed its signers, newest first."""

    territory: str
    sequence: int
    issued: dt.datetime | None
    next_update: dt.datetime | None
    anchors: tuple[TrustAnchor, ...]
    pointers: tuple[Pointer, ...]
    pivots: tuple[str, ...]

    @property
    def store(self) -> TrustStore:
        """Return the anchors as a store."""
        return TrustStore(self.anchors)


def read_list(root: etree._Element) -> TrustedList:
    """Return the list in a parsed document. Raises ``MSignError`` (unreadable-document) if it is none."""
    scheme = root.find(_t("SchemeInformation"))
    if root.tag != _t("TrustServiceStatusList") or scheme is None:
        raise MSignError(Code.UNREADABLE_DOCUMENT, "not a trusted list")
    sequence = (scheme.findtext(_t("TSLSequenceNumber")) or "").strip()
    if not sequence.isdigit() or len(sequence) > 9:
        raise MSignError(Code.UNREADABLE_DOCUMENT, "the trusted list has no sequence number")
    territory = (scheme.findtext(_t("SchemeTerritory")) or "").strip()[:8]
    due = parse_time(scheme.findtext(f"{_t('NextUpdate')}/{_t('dateTime')}") or "")
    return TrustedList(
        territory=territory,
        sequence=int(sequence),
        issued=parse_time(scheme.findtext(_t("ListIssueDateTime")) or ""),
        next_update=due,
        anchors=tuple(replace(a, source=f"{territory} {int(sequence)}", due=due) for a in _anchors(root)),
        pointers=tuple(_pointers(scheme)),
        pivots=tuple(_pivots(scheme)),
    )


def _t(name: str) -> str:
    return f"{{{TSL}}}{name}"


def _pivots(scheme: etree._Element) -> Iterator[str]:
    """Addresses among the scheme's information that lead to earlier lists (they end in .xml)."""
    for uri in scheme.iterfind(f"{_t('SchemeInformationURI')}/{_t('URI')}"):
        text = (uri.text or "").strip()
        if text.endswith(".xml") and text not in ("", None):
            yield text


def _pointers(scheme: etree._Element) -> Iterator[Pointer]:
    for item in scheme.iterfind(f"{_t('PointersToOtherTSL')}/{_t('OtherTSLPointer')}"):
        yield Pointer(
            location=(item.findtext(_t("TSLLocation")) or "").strip(),
            signers=tuple(_certificates(item)),
            territory=next((t.text or "" for t in item.iter(_t("SchemeTerritory"))), ""),
            list_type=next((t.text or "" for t in item.iter(_t("TSLType"))), ""),
        )


def _certificates(holder: etree._Element) -> Iterator[ParsedCertificate]:
    for element in holder.iter(_t("X509Certificate")):
        der = decode_base64(element.text or "")
        try:
            if der:
                yield parse(der)
        except Asn1Error:
            continue


def _anchors(root: etree._Element) -> Iterator[TrustAnchor]:
    for number, service in enumerate(root.iter(_t("TSPService"))):
        if number >= MAX_SERVICES:
            raise MSignError(Code.LIMIT_EXCEEDED, "the trusted list has too many services")
        information = service.find(_t("ServiceInformation"))
        if information is not None:
            yield from _service(service, information)


def _service(service: etree._Element, information: etree._Element) -> Iterator[TrustAnchor]:
    role = _ROLES.get((information.findtext(_t("ServiceTypeIdentifier")) or "").strip())
    if role is None or _for_web_sites_only(information):
        return
    periods = tuple(_periods(service, information))
    name = next((n.text or "" for n in information.iter(_t("Name"))), "")
    identity = information.find(_t("ServiceDigitalIdentity"))
    for certificate in _certificates(identity) if identity is not None else ():
        if periods:
            yield TrustAnchor(certificate, role, name.strip()[:200], periods)


def _for_web_sites_only(information: etree._Element) -> bool:
    """Clause 5.5.9.4: a CA/QC service may be qualified for web sites alone; that is not trust in signers."""
    purposes = {(u.text or "").strip() for u in information.iter(_t("URI"))}
    stated = {purpose.removeprefix(_FOR) for purpose in purposes if purpose.startswith(_FOR)}
    return bool(stated) and not stated & {"eSignatures", "eSeals"}


def _periods(service: etree._Element, information: etree._Element) -> Iterator[TrustPeriod]:
    """The present status and the history (clause 5.5.10); an entry without a time counts for nothing."""
    instances = [information, *service.iterfind(f"{_t('ServiceHistory')}/{_t('ServiceHistoryInstance')}")]
    for instance in instances:
        since = parse_time(instance.findtext(_t("StatusStartingTime")) or "")
        if since is not None:
            rules = read_rules(instance.find(_t("ServiceInformationExtensions")))
            yield TrustPeriod(since, (instance.findtext(_t("ServiceStatus")) or "").strip() in _GRANTED, rules)
