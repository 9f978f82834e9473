"""The trusted list of the sandbox (ETSI TS 119 612), signed by its own scheme operator: what a national one looks like.

Everything in it is invented: a granted qualified CA, a granted time-stamp unit, an advanced CA at national level, a
service that was withdrawn, and one of a type that nobody knows.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from msign.kernel.clock import Clock
from msign.sandbox.authority import PrivateKey
from msign.sandbox.hierarchy import Hierarchy
from msign.sandbox.profiles import authority_subject

OPERATOR = "TEST Trusted List Operator"
LIST_PATH, BROKEN_PATH = "/tl/test.xml", "/tl/broken.xml"
TERRITORY = "MD"
_TSL = "http://uri.etsi.org/02231/v2#"
_SIE = "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#"
_DS = "http://www.w3.org/2000/09/xmldsig#"
_XADES = "http://uri.etsi.org/01903/v1.3.2#"
_EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_ECDSA = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
_TYPE = "http://uri.etsi.org/TrstSvc/Svctype/"
_STATUS = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"
_EXTENSION = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/"
_DUE = dt.timedelta(days=180)  # clause 5.3.15: six months at most
_RENEW = dt.timedelta(hours=1)
_OPERATOR_YEARS = 10


def operator_certificate(key: ec.EllipticCurvePrivateKey, clock: Clock) -> x509.Certificate:
    """Return a self-signed certificate of the scheme operator, for list signing only (clause 5.7.1)."""
    purpose = x509.ExtendedKeyUsage([x509.ObjectIdentifier("0.4.0.2231.3.0")])
    return _self_signed(OPERATOR, key, clock, purpose)


def former_certificate(clock: Clock) -> x509.Certificate:
    """Return the certificate of an authority that has given up; nobody keeps its key."""
    return _self_signed("TEST Former CA", ec.generate_private_key(ec.SECP256R1()), clock, _AUTHORITY)


_AUTHORITY = x509.BasicConstraints(ca=True, path_length=None)


def _self_signed(
    title: str, key: ec.EllipticCurvePrivateKey, clock: Clock, extension: x509.ExtensionType
) -> x509.Certificate:
    now, subject = clock.now().replace(microsecond=0), authority_subject(title)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=365 * _OPERATOR_YEARS))
        .add_extension(extension, critical=True)
        .sign(key, hashes.SHA256())
    )


@dataclass(slots=True)
class TrustedListPublisher:
    """Signs the list when it is asked for, at most once an hour."""

    hierarchy: Hierarchy
    key: PrivateKey
    certificate: x509.Certificate
    former: x509.Certificate
    clock: Clock
    _made: dict[str, tuple[dt.datetime, bytes]] = field(default_factory=dict)

    def current(self) -> bytes:
        """Return the list in force."""
        now = self.clock.now().replace(microsecond=0)
        known = self._made.get(LIST_PATH)
        if known is None or now - known[0] >= _RENEW:
            known = self._made[LIST_PATH] = (now, self._signed(now))
        return known[1]

    def broken(self) -> bytes:
        """Return a list whose signature does not hold: somebody gave the withdrawn service its status back."""
        return self.current().replace(b"Svcstatus/withdrawn", b"Svcstatus/granted")

    def _signed(self, now: dt.datetime) -> bytes:
        body = _list_of(self.hierarchy, self.former, now)
        opened = f'<TrustServiceStatusList xmlns="{_TSL}" xmlns:sie="{_SIE}" TSLTag="http://uri.etsi.org/19612/TSLTag">'
        whole = f"{opened}{body}</TrustServiceStatusList>"
        mark = _signature(_digest(whole), self.key, self.certificate, now)
        text = f"{opened}{body}{mark}</TrustServiceStatusList>"
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def write_choice(folder: Path, certificate: x509.Certificate, url: str) -> None:
    """Write what makes a gateway follow the list: the signer's certificate and ``lists.toml``."""
    signer = folder / "list-signers" / "test-trusted-list-operator.pem"
    signer.parent.mkdir(parents=True, exist_ok=True)
    signer.write_bytes(certificate.public_bytes(Encoding.PEM))
    text = f'[sandbox]\nlocation = "{url}"\nsigners = ["{signer.parent.name}/{signer.name}"]\n'
    place = folder / "lists.toml"
    if not place.is_file() or place.read_text("utf-8") != text:
        place.write_text(text, "utf-8")


def _list_of(hierarchy: Hierarchy, former: x509.Certificate, now: dt.datetime) -> str:
    qualified, advanced = hierarchy["qualified"].certificate, hierarchy["advanced"].certificate
    unit = hierarchy.tsa.certificate
    services = (
        _service("CA/QC", "TEST QSign CA", qualified, "granted", rules=_RULES + _PURPOSES)
        + _service("TSA/QTST", "TEST QTSA", unit, "granted")
        + _service("CA/PKC", "TEST Advanced CA", advanced, "recognisedatnationallevel")
        + _service("CA/QC", "TEST Former CA", former, "withdrawn")
        + _service("unspecified", "TEST Unknown Service", former, "granted")
    )
    return (
        f"<SchemeInformation><TSLVersionIdentifier>5</TSLVersionIdentifier>"
        f"<TSLSequenceNumber>{int(now.timestamp()) // 3600}</TSLSequenceNumber>"
        "<TSLType>http://uri.etsi.org/TrstSvc/TrustedList/TSLType/nonEUgeneric</TSLType>"
        f"<SchemeOperatorName>{_name(OPERATOR)}</SchemeOperatorName>"
        f"<SchemeOperatorAddress>{_ADDRESS}</SchemeOperatorAddress>"
        f"<SchemeName>{_name('MD:TEST trusted list of the sandbox')}</SchemeName>"
        f"<SchemeInformationURI>{_PAGE}</SchemeInformationURI>"
        "<StatusDeterminationApproach>http://uri.etsi.org/TrstSvc/TrustedList/StatusDetn/appropriate"
        f"</StatusDeterminationApproach><SchemeTerritory>{TERRITORY}</SchemeTerritory>"
        "<HistoricalInformationPeriod>65535</HistoricalInformationPeriod>"
        f"<ListIssueDateTime>{_time(now)}</ListIssueDateTime>"
        f"<NextUpdate><dateTime>{_time(now + _DUE)}</dateTime></NextUpdate></SchemeInformation>"
        "<TrustServiceProviderList><TrustServiceProvider><TSPInformation>"
        f"<TSPName>{_name('TEST Autoritatea Model')}</TSPName><TSPAddress>{_ADDRESS}</TSPAddress>"
        f"<TSPInformationURI>{_PAGE}</TSPInformationURI></TSPInformation>"
        f"<TSPServices>{services}</TSPServices></TrustServiceProvider></TrustServiceProviderList>"
    )


_PAGE = '<URI xml:lang="en">https://lists.msign.example/</URI>'
_ADDRESS = (
    '<PostalAddresses><PostalAddress xml:lang="en"><StreetAddress>Piața Model 1</StreetAddress>'
    "<Locality>Chișinău</Locality><CountryName>MD</CountryName></PostalAddress></PostalAddresses>"
    f"<ElectronicAddress>{_PAGE}</ElectronicAddress>"
)
# Certificates for personal signatures live on a device; what the policy of seals and tests says, the certificate says.
_RULES = (
    '<Extension Critical="true"><sie:Qualifications><sie:QualificationElement><sie:Qualifiers>'
    f'<sie:Qualifier uri="{_EXTENSION}QCWithQSCD"/></sie:Qualifiers><sie:CriteriaList assert="all">'
    '<sie:KeyUsage><sie:KeyUsageBit name="nonRepudiation">true</sie:KeyUsageBit></sie:KeyUsage>'
    "</sie:CriteriaList></sie:QualificationElement></sie:Qualifications></Extension>"
)
_PURPOSES = (
    '<Extension Critical="true"><AdditionalServiceInformation>'
    f'<URI xml:lang="en">{_EXTENSION}ForeSignatures</URI></AdditionalServiceInformation></Extension>'
)


def _service(kind: str, title: str, certificate: x509.Certificate, status: str, rules: str = "") -> str:
    der = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    extensions = f"<ServiceInformationExtensions>{rules}</ServiceInformationExtensions>" if rules else ""
    return (
        f"<TSPService><ServiceInformation><ServiceTypeIdentifier>{_TYPE}{kind}</ServiceTypeIdentifier>"
        f"<ServiceName>{_name(title)}</ServiceName><ServiceDigitalIdentity><DigitalId><X509Certificate>{der}"
        f"</X509Certificate></DigitalId></ServiceDigitalIdentity><ServiceStatus>{_STATUS}{status}</ServiceStatus>"
        f"<StatusStartingTime>{_time(certificate.not_valid_before_utc)}</StatusStartingTime>{extensions}"
        "</ServiceInformation></TSPService>"
    )


def _name(text: str) -> str:
    return f'<Name xml:lang="en">{text}</Name>'


def _time(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(xml: str) -> str:
    canonical = etree.tostring(etree.fromstring(xml), method="c14n", exclusive=True, with_comments=False)
    return base64.b64encode(hashlib.sha256(canonical).digest()).decode()


def _reference(uri: str, digest: str, transforms: str, kind: str = "") -> str:
    steps = "".join(f'<ds:Transform Algorithm="{one}"/>' for one in transforms.split())
    return (
        f'<ds:Reference URI="{uri}"{kind}><ds:Transforms>{steps}</ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{_SHA256}"/><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>'
    )


def _signature(digest: str, key: PrivateKey, certificate: x509.Certificate, now: dt.datetime) -> str:
    """One enveloped XAdES baseline B signature over the whole list (clause 5.7, annex B)."""
    der = certificate.public_bytes(Encoding.DER)
    named = base64.b64encode(hashlib.sha256(der).digest()).decode()
    properties = (
        f'<xades:SignedProperties xmlns:xades="{_XADES}" xmlns:ds="{_DS}" Id="list-properties">'
        f"<xades:SignedSignatureProperties><xades:SigningTime>{_time(now)}</xades:SigningTime>"
        f'<xades:SigningCertificateV2><xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm="{_SHA256}"/>'
        f"<ds:DigestValue>{named}</ds:DigestValue></xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
        "</xades:SignedSignatureProperties></xades:SignedProperties>"
    )
    kind = ' Type="http://uri.etsi.org/01903#SignedProperties"'
    info = (
        f'<ds:SignedInfo xmlns:ds="{_DS}"><ds:CanonicalizationMethod Algorithm="{_EXC}"/>'
        f'<ds:SignatureMethod Algorithm="{_ECDSA}"/>'
        f"{_reference('', digest, f'{_DS}enveloped-signature {_EXC}')}"
        f"{_reference('#list-properties', _digest(properties), _EXC, kind)}</ds:SignedInfo>"
    )
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # the scheme operator's key is made as one
    canonical = etree.tostring(etree.fromstring(info), method="c14n", exclusive=True)
    r, s = decode_dss_signature(key.sign(canonical, ec.ECDSA(hashes.SHA256())))
    value = base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()
    return (
        f'<ds:Signature xmlns:ds="{_DS}" Id="list-signature">{info}<ds:SignatureValue>{value}</ds:SignatureValue>'
        f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{base64.b64encode(der).decode()}</ds:X509Certificate>"
        f'</ds:X509Data></ds:KeyInfo><ds:Object><xades:QualifyingProperties xmlns:xades="{_XADES}" '
        f'Target="#list-signature">{properties}</xades:QualifyingProperties></ds:Object></ds:Signature>'
    )
