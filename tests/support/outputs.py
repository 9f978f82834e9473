"""Signatures of every format, level, key and kind of document, for others to judge: one list for tests and `interop`.

Levels cross keys that differ in kind; every further key and every outward form of a document comes at level LTA, which
holds all the others.
"""

from __future__ import annotations

import functools
import hashlib
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ed25519
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from msign.kernel.words import SignatureLevel
from msign.pki.certificate import parse
from msign.pki.fetch import Fetcher
from msign.pki.sources import online_revocation
from msign.sandbox.profiles import Kind
from msign.signing import asic, cades, pades, xades
from msign.signing.algorithms import Digest, SignatureAlgorithm
from msign.signing.evidence import EvidenceCollector
from msign.signing.keys import InMemoryKey, Signer
from tests.support.documents import write_pdf
from tests.support.pdfs import Form, write
from tests.support.pki import PERSONS, Role, session_pki

LEVELS = (SignatureLevel.B, SignatureLevel.T, SignatureLevel.LT, SignatureLevel.LTA)
CONTENT = b"the data that stays with the information system"
NAME = "data.bin"
_LTA = SignatureLevel.LTA
_KINDS = {  # name: kind of key, algorithm (None: what suits the key)
    "rsa2048": ("rsa2048", None),
    "p256": ("p256", None),
    "rsa3072": ("rsa3072", None),
    "rsa4096-sha512": ("rsa4096", "rsa-pkcs1-sha512"),
    "rsa2048-pss": ("rsa2048", "rsa-pss-sha256"),
    "rsa3072-pss-sha384": ("rsa3072", "rsa-pss-sha384"),
    "p384": ("p384", None),
    "p521": ("p521", None),
    "p256-sha3": ("p256", "ecdsa-sha3_256"),
    "ed25519": ("ed25519", None),
}
_AT_EVERY_LEVEL = ("rsa2048", "p256", "rsa3072")
_ONLY_PDF_AND_CMS = ("ed25519", "p256-sha3")  # what XML verifiers know under no name


@dataclass(frozen=True)
class Output:
    """One signed file. ``data`` is what it is detached from; ``name`` says what it is."""

    name: str
    format: str  # "pades" | "xades" | "cades" | "asic"
    path: Path
    level: SignatureLevel
    key: str
    data: Path | None = None
    password: bool = False  # encrypted with an empty user password
    signatures: int = 1

    @property
    def long_term(self) -> bool:
        return self.level in (SignatureLevel.LT, SignatureLevel.LTA)


@functools.cache
def signer(kind: str) -> Signer:
    """Return the person whose key is of a kind."""
    pki = session_pki()
    key_kind, algorithm = _KINDS[kind]
    if key_kind == "ed25519":
        person, authority = ed25519.Ed25519PrivateKey.generate(), pki.authority("qualified")
        ion = PERSONS["ion"]
        leaf = authority.issue(Kind.QUALIFIED_PERSON, ion.subject, person.public_key(), validity=ion.validity)
        return Signer(InMemoryKey(person), leaf, authority.chain)
    made = pki.issue(Role(PERSONS["ion"].subject, key_kind))
    chosen = SignatureAlgorithm.parse(algorithm) if algorithm else None
    return Signer(InMemoryKey(made.key, algorithm=chosen), made.certificate, made.chain)


def outputs(folder: Path) -> Iterator[Output]:
    """Yield every signed file, written into ``folder``."""
    (folder / NAME).write_bytes(CONTENT)
    works = _Works(folder)
    yield from itertools.chain(works.formats(), works.documents(), works.ways())


class _Works:
    def __init__(self, folder: Path) -> None:
        pki = session_pki()
        self.folder, self.data = folder, folder / NAME
        fetcher = Fetcher(client=httpx.Client(transport=pki.transport()))
        root = parse(pki.authority("root").certificate)
        self.evidence = EvidenceCollector(
            revocation=online_revocation(fetcher, pki.clock), clock=pki.clock, known=[root]
        )
        self.common: dict[str, Any] = {"tsa": pki.tsa, "evidence": self.evidence, "clock": pki.clock}
        self.plain = write_pdf(folder / "plain.pdf", pages=2)

    def formats(self) -> Iterator[Output]:
        """Every format with every key; every level with three of them."""
        wanted = [(key, level) for key in _AT_EVERY_LEVEL for level in LEVELS]
        wanted += [(key, _LTA) for key in _KINDS if key not in _AT_EVERY_LEVEL]
        for key, level in wanted:
            yield self.pdf(f"{level} {key}", self.plain, level=level, key=key, digest=_document_digest(key))
            yield self.cms(level, key)
            if key not in _ONLY_PDF_AND_CMS:
                yield from self.xml(level, key)

    def documents(self) -> Iterator[Output]:
        """Every outward form of a PDF, at LTA."""
        forms = {
            "table": Form(eol=b"\r\n", final_eol=False),
            "stream": Form(xref="stream", predictor=True),
            "object streams": Form(xref="packed", annotations="indirect"),
            "hybrid": Form(xref="hybrid", acroform="indirect"),
            "nested pages": Form(nested_pages=True, acroform="indirect-fields"),
        }
        for name, form in forms.items():
            source = self.folder / f"{name}.source"
            source.write_bytes(write(form))
            yield self.pdf(f"LTA {name}", source)
        linear = self.folder / "linearised.source"
        linear.write_bytes(linearised())
        yield self.pdf("LTA linearised", linear)
        yield self.pdf("LTA encrypted", self._encrypted(), password=True)

    def ways(self) -> Iterator[Output]:
        """Further signatures, fields, certification, locks, pictures, raising step by step."""
        look = pades.VisibleSignature(verify_url="https://msign.example.md/verify")
        yield self.pdf("LTA visible", self.plain, visible=look, reason="Согласен, întru totul")
        yield self.pdf("LTA visible encrypted", self._encrypted(), password=True, visible=look)
        yield self.pdf("LTA certified", self.plain, certify=pades.Certification.FORM_FILLING)
        field = self.folder / "field.source"
        field.write_bytes(write(Form(acroform="empty-field")))
        yield self.pdf("LTA existing field", field, field="Here")
        first = self.pdf("LT first of two", self.plain, level=SignatureLevel.LT)
        second = self.pdf("LTA second of two", first.path, key="p256", lock=pades.FieldLock())
        yield Output(second.name, "pades", second.path, _LTA, "p256", signatures=2)
        raised = self.pdf("LTA raised from B", self.plain, level=SignatureLevel.B)
        for level in LEVELS[1:]:
            pades.augment(raised.path, raised.path, level=level, tsa=self.common["tsa"], evidence=self.evidence)
        yield Output(raised.name, "pades", raised.path, _LTA, raised.key)

    def pdf(
        self, name: str, source: Path, *, level: SignatureLevel = _LTA, key: str = "rsa2048", password: bool = False,
        **parameters: Any,
    ) -> Output:  # fmt: skip
        target = self.folder / f"{name}.pdf"
        chosen = pades.PadesParameters(level=level, **parameters)
        pades.sign(source, target, signer=signer(key), parameters=chosen, **self.common)
        assert target.read_bytes().startswith(source.read_bytes()), "bytes that were there survive"
        return Output(f"PAdES {name}", "pades", target, level, key, password=password)

    def cms(self, level: SignatureLevel, key: str) -> Output:
        path = self.folder / f"{level} {key}.p7s"
        chosen = cades.CadesParameters(level=level, digest=_document_digest(key))
        path.write_bytes(cades.sign(self.data, signer=signer(key), parameters=chosen, **self.common))
        return Output(f"CAdES {level} {key}", "cades", path, level, key, self.data)

    def xml(self, level: SignatureLevel, key: str) -> Iterator[Output]:
        path = self.folder / f"{level} {key}.xml"
        chosen = xades.XadesParameters(level=level, correlation_id=NAME)
        digest = hashlib.sha256(CONTENT).digest()
        path.write_bytes(xades.sign(digest, content=CONTENT, signer=signer(key), parameters=chosen, **self.common))
        yield Output(f"XAdES {level} {key}", "xades", path, level, key, self.data)
        container = self.folder / f"{level} {key}.asice"
        files = [asic.AsicFile(NAME, self.data, "text/plain")]
        parameters = asic.AsicParameters(level=level)
        asic.sign(files, container, signer=signer(key), parameters=parameters, **self.common)
        yield Output(f"ASiC-E {level} {key}", "asic", container, level, key)

    def _encrypted(self) -> Path:
        source = self.folder / "encrypted.source"
        writer = copy_into_new_writer(PdfFileReader(io.BytesIO(write(Form()))))
        writer.encrypt(owner_pass="secret", user_pass="", pdf_mac=False)
        with source.open("wb") as output:
            writer.write(output)
        return source


def _document_digest(key: str) -> Digest:
    return Digest.SHA512 if key == "ed25519" else signer(key).key.algorithm.digest


def linearised() -> bytes:
    """Return a small document arranged for the web (ISO 32000-1 annex F): its newer cross-reference section in front."""
    parts = {
        5: b"<</Linearized 1/L %010d/H[0 0]/O 3/E %010d/N 1/T %010d>>",
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 300]/Contents 4 0 R>>",
        4: b"<</Length 9>>\nstream\n0 0 m n Q\nendstream",
        2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
    }
    head, front_rows = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", (1, 3, 4, 5)
    front = b"xref\n1 1\n%010d 00000 n \n3 3\n%010d 00000 n \n%010d 00000 n \n%010d 00000 n \n"
    trailer = b"trailer\n<</Size 6/Root 1 0 R/Prev %010d>>\nstartxref\n0\n%%%%EOF\n"

    def written(number: int, value: bytes) -> bytes:
        return b"%d 0 obj\n%s\nendobj\n" % (number, value)

    offsets: dict[int, int] = {}
    first = written(5, parts[5] % (0, 0, 0))
    section = len(head) + len(first)
    at = section + len(front % (0, 0, 0, 0)) + len(trailer % 0)
    offsets[5] = len(head)
    body = b""
    for number in (1, 3, 4, 2):
        offsets[number] = at + len(body)
        body += written(number, parts[number])
    main = at + len(body)
    tail = b"xref\n0 1\n0000000000 65535 f \n2 1\n%010d 00000 n \ntrailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        offsets[2], section,
    )  # fmt: skip
    size = main + len(tail)
    first = written(5, parts[5] % (size, offsets[2], main))
    rows = front % tuple(offsets[number] for number in front_rows)
    return head + first + rows + trailer % main + body + tail
