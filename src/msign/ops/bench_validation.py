"""The validation engine beside stock pyHanko, signxml and the floor, on the same files in the same run; all checks on.

Revocation data are at hand (a responder in the same process whose answers are kept), as behind a warm cache.
"""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import hashlib
import multiprocessing
import shutil
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext as StockContext

from msign.kernel.clock import SystemClock, monotonic
from msign.ops.bench_rows import BenchRow, median_ms, paired
from msign.ops.bench_scaling import arithmetic, bare_scaling
from msign.ops.bench_stage import LocalAuthority, write_pdf
from msign.pki.certificate import ParsedCertificate
from msign.pki.evidence import RevocationEvidence
from msign.pki.trust import ServiceRole, TrustStore
from msign.signing import pades, xades
from msign.signing.keys import InMemoryKey, Signer
from msign.validation.detached import DetachedContents
from msign.validation.engine import Validator
from msign.validation.model import DocumentReport, Integrity, Verdict
from msign.validation.pool import JudgePool, WorkerSetup

_MIB = 1024 * 1024
_SMALL, _LARGE, _HUGE = 50 * 1024, 20 * _MIB, 99 * _MIB  # the limit is 100 MiB, signature included
_DAY = dt.timedelta(days=1)
_MANY = 50
_TURNS, _ROUNDS, _PILE = 5, 100, 200


def rows() -> list[BenchRow]:
    """Measure and return the rows."""
    with tempfile.TemporaryDirectory() as name:
        world = _World(Path(name))
        return [*_pdf(world), *_xml(world), *_many(world), _huge_row(world), _cores_row(world)]


@dataclass
class _Responder:
    """Answers OCSP for every certificate of the bench and keeps the answers."""

    issuer: x509.Certificate
    key: rsa.RSAPrivateKey
    kept: dict[bytes, bytes] = field(default_factory=dict)

    def find(self, certificate: ParsedCertificate, issuer: ParsedCertificate, at: dt.datetime) -> RevocationEvidence:
        """Return the kept answer."""
        del issuer, at
        if certificate.der not in self.kept:
            self.kept[certificate.der] = self.answer(x509.load_der_x509_certificate(certificate.der))
        return RevocationEvidence(ocsp=(self.kept[certificate.der],))

    def answer(self, certificate: x509.Certificate) -> bytes:
        """Sign "good"."""
        now = SystemClock().now()
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=certificate,
            issuer=self.issuer,
            algorithm=hashes.SHA1(),  # noqa: S303  (the CertID that every client knows)
            cert_status=ocsp.OCSPCertStatus.GOOD,
            this_update=now - dt.timedelta(minutes=1),
            next_update=now + _DAY,
            revocation_time=None,
            revocation_reason=None,
        )
        signed = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.issuer).sign(self.key, hashes.SHA256())
        return signed.public_bytes(Encoding.DER)


class _World:
    """A root, a person, an authority for time-stamps, a validator that trusts them."""

    def __init__(self, folder: Path) -> None:
        self.folder, clock = folder, SystemClock()
        self.root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        self.root = _certificate("TEST root", self.root_key.public_key(), self.root_key, None)
        self.leaf = _certificate("TEST person", key.public_key(), self.root_key, self.root)
        self.signer = Signer(InMemoryKey(key), self.leaf, (self.root,))
        self.tsa = LocalAuthority(self.root, self.root_key, clock)
        self.responder = _Responder(self.root, self.root_key)
        roles = (ServiceRole.SIGNERS_QUALIFIED, ServiceRole.TSA)
        trust = TrustStore.of({role: [self.root] for role in roles})
        self.validator = Validator(trust=trust, revocation=self.responder, clock=clock)

    def signed(self, size: int, signatures: int = 1) -> Path:
        """Return a PDF of about ``size`` bytes with so many signatures."""
        path = self.folder / f"signed-{size}-{signatures}.pdf"
        plain, draft = self.folder / f"plain-{size}.pdf", self.folder / "draft.pdf"
        write_pdf(plain, size)
        shutil.copy(plain, path)
        for _ in range(signatures):
            draft.unlink(missing_ok=True)
            pades.sign(path, draft, signer=self.signer, tsa=self.tsa)
            draft.replace(path)
        return path

    def judge(self, path: Path) -> DocumentReport:
        """Judge with everything on; a bench of wrong verdicts is worth nothing."""
        return _valid(self.validator.pdf(path))

    def stock(self, path: Path) -> None:
        """Judge with pyHanko as its documentation shows it, the same revocation data at hand."""
        root = asn1_x509.Certificate.load(self.root.public_bytes(Encoding.DER))
        answers = [asn1_ocsp.OCSPResponse.load(answer) for answer in self.responder.kept.values()]
        with path.open("rb") as file:
            for signature in PdfFileReader(file).embedded_regular_signatures:
                context = StockContext(
                    trust_roots=[root], ocsps=answers, crls=list[asn1_crl.CertificateList](), allow_fetching=False
                )
                status = validate_pdf_signature(signature, context, context)
                assert status.intact


def _valid(report: DocumentReport) -> DocumentReport:
    if report.verdict is not Verdict.VALID:
        raise AssertionError(f"not valid: {report.refused} {[s.reasons for s in report.signatures]}")
    return report


def _pdf(world: _World) -> list[BenchRow]:
    small, large = world.signed(_SMALL), world.signed(_LARGE)
    ours, theirs = _side_by_side(lambda: world.judge(small), lambda: world.stock(small), runs=31)
    big, big_theirs, floor = _side_by_side(
        lambda: world.judge(large), lambda: world.stock(large), lambda: _hash(large), runs=9
    )
    return [
        BenchRow("validate PAdES-T, 50 kB", ours, ours / theirs, "to stock pyHanko; goal 0.33"),
        BenchRow("stock pyHanko, 50 kB", theirs, None, "the same revocation data at hand"),
        BenchRow("20 MB: read and hash", floor, None, "the floor of a large validation"),
        BenchRow("validate PAdES-T, 20 MB", big, big / floor, "to read and hash; goal 4.0"),
        BenchRow("stock pyHanko, 20 MB", big_theirs, big_theirs / big, "times ours"),
    ]


def _side_by_side(*works: Callable[[], object], runs: int) -> list[float]:
    """Return the medians of several pieces of work done in turns, so that a busy machine slows all of them alike."""
    times: list[list[float]] = [[] for _ in works]
    for turn in range(runs + 2):
        for work, durations in zip(works, times, strict=True):
            started = monotonic()
            work()
            if turn >= 2:
                durations.append((monotonic() - started) * 1000)
    return [statistics.median(durations) for durations in times]


def _hash(path: Path) -> None:
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")


def _xml(world: _World) -> list[BenchRow]:
    digest = hashlib.sha256(b"content").digest()
    parameters = xades.XadesParameters(correlation_id="content.bin")
    signed = xades.sign(digest, signer=world.signer, tsa=world.tsa, parameters=parameters)
    contents = DetachedContents.of_digest(digest)

    def check() -> None:
        _valid(world.validator.xades(signed, contents))

    peer = _signxml(world, signed)
    if peer is None:
        ours = median_ms(check, runs=301)
        return [BenchRow("validate XAdES-T over a digest", ours, None, "signxml is not installed")]
    ours, theirs = _side_by_side(check, peer, runs=301)
    return [
        BenchRow("validate XAdES-T over a digest", ours, ours / theirs, "to signxml's XAdES-B check; goal 1.0"),
        BenchRow("signxml, XAdES-B", theirs, None, "no time-stamp, no revocation, no level"),
    ]


def _signxml(world: _World, signed: bytes) -> Callable[[], object] | None:
    """Return signxml's XAdES check, which is installed for developers only."""
    try:
        from signxml.xades.xades import XAdESVerifier
    except ImportError:
        return None
    anchor = world.folder / "root.pem"
    anchor.write_bytes(world.root.public_bytes(Encoding.PEM))
    return lambda: XAdESVerifier().verify(
        signed, ca_pem_file=str(anchor), uri_resolver=lambda _uri: b"content", expect_references=2
    )


def _many(world: _World) -> list[BenchRow]:
    single, many = world.signed(_SMALL), world.signed(_SMALL, _MANY)

    def one_by_one() -> None:
        for _ in range(_MANY):
            world.judge(single)

    _alone, together, ratio = paired(one_by_one, lambda: world.judge(many), runs=15)
    what = f"to {_MANY} single ones; goal 1.3"
    return [BenchRow(f"validate {_MANY} signatures on one document", together, ratio, what)]


def _huge_row(world: _World) -> BenchRow:
    """Measure in a process of its own that does nothing but judge, so that its peak memory is that of this work."""
    context = multiprocessing.get_context("spawn")
    files = world.signed(_SMALL), world.signed(_HUGE)
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        duration, above_idle = pool.submit(_huge, *files).result()
    what = f"memory above idle {above_idle / 1024:.0f} MB; goal below 150"
    return BenchRow("validate PAdES-T, 100 MB", duration, None, what)


def _huge(small: Path, huge: Path) -> tuple[float, int]:
    validator = Validator(trust=TrustStore())

    def judge(path: Path) -> None:
        assert validator.pdf(path).signatures[0].integrity is Integrity.VALID

    judge(small)
    idle = _peak()
    duration = median_ms(lambda: judge(huge), runs=3, warm=1)
    return duration, _peak() - idle


def _peak() -> int:
    """Return this process's peak memory in kB; what getrusage says is inherited from the parent."""
    status = Path("/proc/self/status").read_text("ascii")
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


def _cores_row(world: _World) -> BenchRow:
    """One worker process against two, on the same pile of files, in turns; and what the machine gives.

    Two cores of a shared machine do not give twice one core: the same arithmetic in two bare processes says how much.
    """
    path = world.signed(2 * _MIB)
    turns = [tuple(_pile(path, workers) for workers in (1, 2)) for _ in range(_TURNS)]
    ratio, two = statistics.median(one / two for one, two in turns), statistics.median(two for _, two in turns)
    bare = bare_scaling(arithmetic, _ROUNDS)
    what = f"times one worker; goal 1.9; two bare processes on this machine: {bare}"
    return BenchRow(f"{_PILE} files of 2 MB, two workers", two, ratio, what)


def _pile(path: Path, workers: int) -> float:
    pool = JudgePool(setup=WorkerSetup(), size=workers)
    try:
        with concurrent.futures.ThreadPoolExecutor(workers + 1) as threads:  # as ``msign verify`` does
            list(threads.map(pool.judge, [path] * workers * 2))
            started = monotonic()
            list(threads.map(pool.judge, [path] * _PILE))
            return (monotonic() - started) * 1000
    finally:
        pool.close()


def _certificate(
    name: str, key: rsa.RSAPublicKey, issuer_key: rsa.RSAPrivateKey, issuer: x509.Certificate | None
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now, ca = SystemClock().now(), issuer is None
    usage = dict.fromkeys(
        ("data_encipherment", "key_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 30 * _DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, content_commitment=not ca, key_cert_sign=ca, crl_sign=ca, **usage),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
