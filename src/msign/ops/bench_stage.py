"""What the signing engine is measured on: document, signer with a chain of two, local authority, stock pyHanko."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import secrets
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from msign.kernel.clock import Clock, SystemClock
from msign.pki import der
from msign.signing import cms, pades
from msign.signing.algorithms import Digest
from msign.signing.certificates import signing_certificate
from msign.signing.keys import InMemoryKey, Signer
from msign.signing.prepared import PreparedSignature

_CHUNK = 1024 * 1024
_EKU_TIME_STAMPING = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])


class Bench:
    """One document, one signer with a chain of two, one local authority, one place for results."""

    def __init__(self, folder: Path, size: int) -> None:
        self.source, self.target = folder / f"{size}.pdf", folder / "signed.pdf"
        if not self.source.exists():
            write_pdf(self.source, size)
        self.clock: Clock = SystemClock()
        root_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        root = _certificate("TEST root", root_key.public_key(), root_key, None, self.clock.now())
        self.private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        leaf = _certificate("TEST person", self.private_key.public_key(), root_key, root, self.clock.now())
        self.signer = Signer(InMemoryKey(self.private_key), leaf, (root,))
        self._leaf = leaf
        self.tsa = LocalAuthority(root, root_key, self.clock)
        self._stock_tsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._stock_tsa = _certificate(
            "TEST TSA", self._stock_tsa_key.public_key(), root_key, root, self.clock.now(), _EKU_TIME_STAMPING
        )
        self._root = root

    @property
    def signer_material(self) -> tuple[rsa.RSAPrivateKey, tuple[x509.Certificate, ...]]:
        """Key and chain of the signer, for peers that load them from a file."""
        return self.private_key, (self._leaf, self._root)

    @property
    def tsa_material(self) -> tuple[rsa.RSAPrivateKey, tuple[x509.Certificate, ...]]:
        """Key and chain of an authority that peers run themselves."""
        return self._stock_tsa_key, (self._stock_tsa, self._root)

    def clear(self) -> None:
        """Take away the result of the run before."""
        self.target.unlink(missing_ok=True)

    def prepare(self) -> PreparedSignature:
        """First phase."""
        return pades.prepare(
            self.source,
            self.target,
            certificate=self.signer.signing_certificate.encoded,
            chain=self.signer.issuers,
            algorithm=self.signer.key.algorithm,
        )

    def complete(self) -> None:
        """Second phase alone: the first has left its file, which is emptied again afterwards."""
        if not self._ready:
            self._prepared = self.prepare()
            self._value = self.signer.key.sign(self._prepared.data_to_sign)
            self._ready = True
        pades.complete(self._prepared, self._value, tsa=self.tsa)
        start, end = (int(self._prepared.state[name]) for name in ("start", "end"))
        with self.target.open("r+b", buffering=0) as file:
            file.seek(start)
            file.write(b"<" + b"0" * (end - start - 2) + b">")

    _ready = False

    def sign(self) -> None:
        """Both phases, file to file."""
        pades.sign(self.source, self.target, signer=self.signer, tsa=self.tsa)

    def floor(self) -> None:
        """Read, hash and write the same bytes, the plain way."""
        hasher, buffer = hashlib.sha256(), memoryview(bytearray(_CHUNK))
        with self.source.open("rb", buffering=0) as source, self.target.open("wb", buffering=0) as target:
            while count := source.readinto(buffer):
                hasher.update(buffer[:count])
                target.write(buffer[:count])

    def stock(self) -> None:
        """Do the same with pyHanko as its documentation shows it, its own time-stamper included."""
        store = SimpleCertificateStore()
        store.register(_asn1(self._root))
        signer = SimpleSigner(_asn1(self.signer.certificate), _asn1_key(self.private_key), store)
        stamper = DummyTimeStamper(_asn1(self._stock_tsa), _asn1_key(self._stock_tsa_key), store)
        metadata = PdfSignatureMetadata(
            field_name="Signature1", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        )
        with self.source.open("rb") as source, self.target.open("w+b") as target:
            PdfSigner(metadata, signer, timestamper=stamper).sign_pdf(IncrementalPdfFileWriter(source), output=target)


class LocalAuthority:
    """A time-stamping authority in the same process, on P-256: fast enough not to hide what is measured."""

    def __init__(self, issuer: x509.Certificate, issuer_key: rsa.RSAPrivateKey, clock: Clock) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        self._key, self._clock = InMemoryKey(key), clock
        certificate = _certificate("TEST TSA", key.public_key(), issuer_key, issuer, clock.now(), _EKU_TIME_STAMPING)
        self._certificate = signing_certificate(certificate.public_bytes(Encoding.DER))
        self._chain = (issuer.public_bytes(Encoding.DER),)
        self._kind, self._policy = der.oid("1.2.840.113549.1.9.16.1.4"), der.oid("1.3.6.1.4.1.99999.1")
        self._attributes = (
            cms.attribute(cms.ID_CONTENT_TYPE, self._kind),
            cms.certificate_attribute(self._certificate),
        )

    def timestamp(self, imprint: bytes, algorithm: str) -> bytes:
        """Return a DER TimeStampToken (RFC 3161 clause 2.4.2)."""
        message = der.sequence(Digest(algorithm).identifier, der.octet_string(imprint))
        info = der.sequence(
            der.integer(1),
            self._policy,
            message,
            der.integer(secrets.randbits(62)),
            der.generalized_time(self._clock.now()),
        )
        digest = cms.attribute(cms.ID_MESSAGE_DIGEST, der.octet_string(Digest.SHA256.of(info)))
        attributes = der.set_of((*self._attributes, digest))
        return cms.signed_data(
            attributes=attributes,
            value=self._key.sign(attributes),
            digest=Digest.SHA256,
            algorithm=self._key.algorithm,
            certificate=self._certificate,
            chain=self._chain,
            content=der.sequence(self._kind, der.explicit(0, der.octet_string(info))),
        )


def write_pdf(path: Path, size: int) -> None:
    """Write a plain document of about ``size`` bytes: ten pages, noise that no filter makes smaller."""
    pages = 10
    offsets: list[int] = []
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

        kids = b" ".join(b"%d 0 R" % (3 + 2 * page) for page in range(pages))
        _object(file, offsets, b"<</Type/Catalog/Pages 2 0 R>>")
        _object(file, offsets, b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, kids))
        for page in range(pages):
            _object(file, offsets, _PAGE % (4 + 2 * page))
            _object(file, offsets, b"", size // pages)
        here = file.tell()
        table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
        file.write(b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(offsets) + 1, table))
        file.write(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(offsets) + 1, here))


_PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>/Contents %d 0 R>>"


def _object(file: io.BufferedWriter, offsets: list[int], value: bytes, noise: int = 0) -> None:
    offsets.append(file.tell())
    file.write(b"%d 0 obj\n%s" % (len(offsets), value))
    if noise:
        _noise(file, noise)
    file.write(b"\nendobj\n")


def _noise(file: io.BufferedWriter, size: int) -> None:
    file.write(b"<</Length %d>>\nstream\n%%" % size)
    left = size - 1
    while left:
        piece = secrets.token_bytes(min(left, _CHUNK)).replace(b"\r", b"x").replace(b"\n", b"x")
        file.write(piece)
        left -= len(piece)
    file.write(b"\nendstream")


def _certificate(
    name: str,
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
    issuer_key: rsa.RSAPrivateKey,
    issuer: x509.Certificate | None,
    now: dt.datetime,
    usage: x509.ExtendedKeyUsage | None = None,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if usage:
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def _asn1(certificate: x509.Certificate | bytes) -> asn1_x509.Certificate:
    encoded = certificate if isinstance(certificate, bytes) else certificate.public_bytes(Encoding.DER)
    return asn1_x509.Certificate.load(encoded)


def _asn1_key(key: rsa.RSAPrivateKey) -> asn1_keys.PrivateKeyInfo:
    return asn1_keys.PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
