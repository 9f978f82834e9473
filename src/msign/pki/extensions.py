"""Values of certificate and CRL extensions (RFC 5280 clauses 4.2 and 5.2), parsed leniently and kept as data."""

from __future__ import annotations

from dataclasses import dataclass

from msign.pki import asn1
from msign.pki.names import Name, parse_name

SUBJECT_KEY_IDENTIFIER = "2.5.29.14"
KEY_USAGE = "2.5.29.15"
SUBJECT_ALTERNATIVE_NAME = "2.5.29.17"
BASIC_CONSTRAINTS = "2.5.29.19"
CRL_NUMBER = "2.5.29.20"
REASON_CODE = "2.5.29.21"
DELTA_CRL_INDICATOR = "2.5.29.27"
ISSUING_DISTRIBUTION_POINT = "2.5.29.28"
CERTIFICATE_ISSUER = "2.5.29.29"
NAME_CONSTRAINTS = "2.5.29.30"
CRL_DISTRIBUTION_POINTS = "2.5.29.31"
CERTIFICATE_POLICIES = "2.5.29.32"
POLICY_MAPPINGS = "2.5.29.33"
AUTHORITY_KEY_IDENTIFIER = "2.5.29.35"
POLICY_CONSTRAINTS = "2.5.29.36"
EXTENDED_KEY_USAGE = "2.5.29.37"
FRESHEST_CRL = "2.5.29.46"
INHIBIT_ANY_POLICY = "2.5.29.54"
AUTHORITY_INFORMATION_ACCESS = "1.3.6.1.5.5.7.1.1"
QC_STATEMENTS = "1.3.6.1.5.5.7.1.3"
OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5"
ANY_POLICY = "2.5.29.32.0"

OTHER_NAME, EMAIL, DNS, DIRECTORY, URI, IP = 0, 1, 2, 4, 6, 7


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension as it stands."""

    oid: str
    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class GeneralName:
    """A GeneralName: its tag number, its text or octets, and the name when it is a directory name."""

    kind: int
    value: bytes
    name: Name | None = None

    @property
    def text(self) -> str:
        """Return the value of an e-mail, DNS or URI name."""
        return self.value.decode("latin-1")


@dataclass(frozen=True, slots=True)
class NameConstraints:
    """Permitted and excluded subtrees (RFC 5280 clause 4.2.1.10)."""

    permitted: tuple[GeneralName, ...]
    excluded: tuple[GeneralName, ...]


@dataclass(frozen=True, slots=True)
class DistributionPoint:
    """Where a CRL is, for which reasons, and who issues it (clause 4.2.1.13)."""

    full_name: tuple[GeneralName, ...]
    relative_name: bytes | None  # DER of the RDN's attributes (implicit SET content)
    reasons: frozenset[int] | None
    crl_issuer: tuple[GeneralName, ...]

    @property
    def urls(self) -> tuple[str, ...]:
        """Return the addresses to fetch from."""
        return tuple(name.text for name in self.full_name if name.kind == URI)


@dataclass(frozen=True, slots=True)
class IssuingDistributionPoint:
    """What a CRL covers (clause 5.2.5)."""

    point: DistributionPoint | None
    only_user: bool = False
    only_ca: bool = False
    only_attribute: bool = False
    indirect: bool = False
    reasons: frozenset[int] | None = None


def parse_extensions(node: asn1.Node) -> tuple[Extension, ...]:
    """Return the extensions of an ``Extensions`` SEQUENCE; the same extension twice is an error (clause 4.2)."""
    found = tuple(_extension(item) for item in node.iterate())
    if len({extension.oid for extension in found}) != len(found):
        raise asn1.Asn1Error("an extension stands twice")
    return found


def _extension(node: asn1.Node) -> Extension:
    parts = node.children()
    if len(parts) < 2:
        raise asn1.Asn1Error("an extension has no value")
    critical = len(parts) > 2 and parts[1].expect(asn1.BOOLEAN).boolean()
    return Extension(parts[0].oid(), critical, parts[-1].octets())


def general_names(node: asn1.Node) -> tuple[GeneralName, ...]:
    """Return the names of a GeneralNames value of any tag."""
    return tuple(general_name(item) for item in node.iterate())


def general_name(node: asn1.Node) -> GeneralName:
    """Return one GeneralName."""
    if node.number == DIRECTORY:
        return GeneralName(DIRECTORY, node.value, parse_name(node.inner().raw))
    return GeneralName(node.number, node.value)


def name_constraints(value: bytes) -> NameConstraints:
    """Return permitted and excluded subtrees; minimum and maximum are not used in practice and are ignored."""
    permitted: tuple[GeneralName, ...] = ()
    excluded: tuple[GeneralName, ...] = ()
    for part in asn1.read_all(value).iterate():
        trees = tuple(general_name(tree.children()[0]) for tree in part.iterate())
        if part.number == 0:
            permitted = trees
        else:
            excluded = trees
    return NameConstraints(permitted, excluded)


def distribution_points(value: bytes) -> tuple[DistributionPoint, ...]:
    """Return the points of a CRLDistributionPoints or FreshestCRL value."""
    return tuple(_point(node) for node in asn1.read_all(value).iterate())


def _point(node: asn1.Node) -> DistributionPoint:
    full: tuple[GeneralName, ...] = ()
    relative = reasons = None
    issuer: tuple[GeneralName, ...] = ()
    for part in node.iterate():
        if part.number == 0:
            full, relative = _point_name(part.inner())
        elif part.number == 1:
            reasons = part.bit_set()
        elif part.number == 2:
            issuer = general_names(part)
    return DistributionPoint(full, relative, reasons, issuer)


def _point_name(node: asn1.Node) -> tuple[tuple[GeneralName, ...], bytes | None]:
    return (general_names(node), None) if node.number == 0 else ((), node.value)


def issuing_distribution_point(value: bytes) -> IssuingDistributionPoint:
    """Return what a CRL says of its own coverage."""
    point, reasons, flags = None, None, dict.fromkeys((1, 2, 4, 5), False)
    for part in asn1.read_all(value).iterate():
        if part.number == 0:
            full, relative = _point_name(part.inner())
            point = DistributionPoint(full, relative, None, ())
        elif part.number == 3:
            reasons = part.bit_set()
        elif part.number in flags:
            flags[part.number] = part.boolean()
    return IssuingDistributionPoint(point, flags[1], flags[2], flags[5], flags[4], reasons)
