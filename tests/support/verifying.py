"""The verify pages with the real engine and a real seal, on the PKI of the test session: no network, a fixed clock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx

from msign.config.judging import EnvironmentValidator, PageJudge
from msign.config.sealing import ServiceSeal
from msign.connections.documents.pdfa import Paper, Section, render
from msign.kernel.clock import FixedClock
from msign.kernel.words import SignatureLevel
from msign.pdf.reader import PdfFile
from msign.pdf.values import Name, Ref, as_dict
from msign.pki.certificate import parse
from msign.pki.fetch import AddressGuard, Fetcher
from msign.pki.sources import online_revocation
from msign.pki.trust import TrustStore
from msign.signing import pades
from msign.signing.evidence import EvidenceCollector
from msign.signing.keys import InMemoryKey, Signer
from msign.validation.engine import Validator
from msign.validation.looking import Looker
from msign.validation.model import DocumentReport
from msign.validation.pades.form import read_pages
from msign.validation.pool import Content, Task
from msign.validation.worker import answer, judge_task
from tests.support.pdfmaker import stream, update
from tests.support.pdfsign import dump
from tests.support.pki import Pki


@dataclass(frozen=True)
class OneProcess:
    """The pool's door without its processes: for tests of what stands before it."""

    engine: Validator

    def judge(self, path: Path, contents: tuple[Content, ...] = ()) -> DocumentReport:
        return judge_task(self.engine, Task(str(path), contents))

    def ask(self, path: Path, contents: tuple[Content, ...] = (), verb: str = "judge", number: int = 0) -> bytes | str:
        return answer(self.engine, Task(str(path), contents, verb=verb, number=number))


def judge(engine: Validator, folder: Path) -> PageJudge:
    """Return the judge of the pages, in this process."""
    return PageJudge(EnvironmentValidator(pool=OneProcess(engine), looker=Looker(OneProcess(engine)), scratch=folder))


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
    return ServiceSeal(signer(pki, "seal"), pki.tsa, evidence(pki), FixedClock())


def evidence(pki: Pki) -> EvidenceCollector:
    """Return what gathers certificates and status data of the PKI."""
    fetcher = Fetcher(client=httpx.Client(transport=pki.transport()))
    known = [parse(pki.authority("root").certificate), parse(pki.authority("qualified").certificate)]
    return EvidenceCollector(revocation=online_revocation(fetcher, pki.clock), clock=pki.clock, known=known)


# Documents that look like those of people: a contract of one page, signed where it says so.

_BOXES = ((62.0, 300.0, 230.0, 62.0), (304.0, 300.0, 230.0, 62.0))


def contract(path: Path) -> Path:
    """Write an invented contract and return its path."""
    paper = Paper(
        title="Contract de prestări servicii nr. 4/2026",
        under="din 2 martie 2026",
        sections=(
            Section("1. Părțile", ("1.1. Organizația Model, IDNO 1000000000007, și Ion Exemplu, IDNP 2000000000004.",)),
            Section("2. Obiectul", ("2.1. Prestatorul traduce documentația sistemului în limbile rusă și engleză.",)),
            Section("3. Prețul", ("3.1. Prețul este de 9 500 lei și se achită în termen de 10 zile de la recepție.",)),
            Section("4. Semnăturile", ("4.1. Contractul se semnează electronic de ambele părți.",)),
        ),
    )
    path.write_bytes(render(paper, author="Organizația Model", made=FixedClock().now()))
    return path


def signed(pki: Pki, folder: Path, *people: str) -> Path:
    """Return a contract with one visible, time-stamped signature a person."""
    path = contract(folder / "contract.pdf")
    for number, person in enumerate(people):
        look = pades.VisibleSignature(page=1, box=_BOXES[number])
        target = folder / f"contract-{number + 1}.pdf"
        parameters = pades.PadesParameters(visible=look)
        clock = FixedClock()
        path = pades.sign(path, target, signer=signer(pki, person), tsa=pki.tsa, parameters=parameters, clock=clock)
    return path


def expired(pki: Pki, folder: Path) -> Path:
    """Return a contract signed, without a time-stamp, by a certificate that has expired since."""
    clock = FixedClock()
    clock.move(days=-60)
    parameters = pades.PadesParameters(level=SignatureLevel.B, visible=pades.VisibleSignature(page=1, box=_BOXES[0]))
    who = signer(pki, "expired")
    return pades.sign(contract(folder / "c.pdf"), folder / "old.pdf", signer=who, parameters=parameters, clock=clock)


def tampered(document: bytes) -> bytes:
    """Return the contract with another price laid over the one that was signed."""
    with PdfFile.open(document) as pdf:
        [number] = read_pages(pdf, len(pdf.revisions) - 1).pages
        page = dict(as_dict(pdf.get(number)))
        free = pdf.next_number
        resources = dict(as_dict(pdf.resolve(page["Resources"])))
        fonts = dict(as_dict(pdf.resolve(resources.get("Font"))))
    helvetica = {"Type": Name("Font"), "Subtype": Name("Type1"), "BaseFont": Name("Helvetica")}
    page["Resources"] = {**resources, "Font": {**fonts, "Helv": helvetica}}
    page["Contents"] = [page["Contents"], Ref(free, 0)]
    overlay = b"q 1 g 188 617 46 13 re f 0 g BT /Helv 10 Tf 188 620.5 Td (95 000 lei) Tj ET Q"
    return update(document, {number: dump(page), free: stream(overlay)})
