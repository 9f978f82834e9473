"""Files under care: raised when it can be done, renewed before it is too late, never made worse, never lost."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from msign.audit.queries import events
from msign.care import queries, services
from msign.care.caretaker import Caretaker, CareTools
from msign.care.shelf import FolderShelf
from msign.care.values import CareRules, CareState
from msign.jobs.values import Done, GivenUp, Later, Outcome, Task
from msign.kernel.clock import FixedClock
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import SignatureLevel
from msign.pki.certificate import parse
from msign.pki.evidence import NoRevocation
from msign.pki.fetch import AddressGuard, Fetcher
from msign.pki.sources import online_revocation
from msign.pki.trust import TrustStore
from msign.signing import pades, xades
from msign.signing.evidence import Evidence, EvidenceCollector, EvidenceSource
from msign.signing.keys import InMemoryKey, Signer
from msign.validation.detached import DetachedContents
from msign.validation.engine import Validator
from msign.validation.model import DocumentReport, SignatureReport
from tests.support.documents import write_pdf
from tests.support.pki import Pki, session_pki

pytestmark = pytest.mark.django_db


@dataclass
class Moody:
    """Evidence that may be missing for a while."""

    source: EvidenceSource
    out_of_order: bool = False

    def gather(self, certificates: Sequence[bytes]) -> Evidence:
        if self.out_of_order:
            raise MSignError(Code.UNAVAILABLE, "the responder does not answer", retry=True)
        return self.source.gather(certificates)


@dataclass
class World:
    """A shelf with one caretaker, on the declared PKI."""

    folder: Path
    pki: Pki
    clock: FixedClock
    evidence: Moody
    validator: Validator  # offline: what it finds good is good by what the file carries
    online: Validator
    demanding: bool = False
    rules: CareRules = field(default_factory=CareRules)

    @property
    def shelf(self) -> FolderShelf:
        return FolderShelf(self.folder / "care")

    @property
    def judging(self) -> Validator:
        return self.online if self.demanding else self.validator

    @contextlib.contextmanager
    def tools(self) -> Iterator[CareTools]:
        yield CareTools(self.pki.tsa, self.evidence)

    def judge(self, document: Path, content: Path | None) -> DocumentReport:
        if document.read_bytes().startswith(b"%PDF"):
            return self.judging.pdf(document)
        contents = DetachedContents.of_file(content) if content else DetachedContents()
        return self.judging.xades(document.read_bytes(), contents)

    @property
    def caretaker(self) -> Caretaker:
        return Caretaker(
            shelves={"submitted": self.shelf},
            tools=self.tools,
            judge=self.judge,
            clock=self.clock,
            rules=self.rules,
            scratch=self.folder / "scratch",
        )

    def take_in(self, document: Path, content: Path | None = None) -> str:
        name = self.shelf.put(document, content)
        assert services.take_in("submitted", name, self.clock.now())
        return name

    def look(self, name: str) -> Outcome:
        return self.caretaker.look(Task("care.look", name, {"shelf": "submitted", "name": name}, 1))

    def state(self, name: str) -> CareState:
        found = queries.state("submitted", name)
        assert found is not None
        return found

    def signatures(self, name: str) -> tuple[SignatureReport, ...]:
        return self.validator.pdf(self.shelf.newest(name)).signatures


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    pki, clock = session_pki(), FixedClock()
    guard = AddressGuard(resolver=lambda _host, _port: ["93.184.215.14"])
    fetcher = Fetcher.guarded(guard, pki.transport())
    source = online_revocation(fetcher, clock)
    trust = TrustStore.from_folder(pki.write_trust(tmp_path / "trust"))
    root = parse(pki.authority("root").certificate)
    evidence = Moody(EvidenceCollector(revocation=source, clock=clock, known=[root]))
    offline = Validator(trust=trust, revocation=NoRevocation(), clock=clock)
    online = Validator(trust=trust, revocation=source, clock=clock)
    yield World(tmp_path, pki, clock, evidence, offline, online)
    fetcher.close()


@pytest.fixture
def signed(world: World, tmp_path: Path) -> Path:
    document = write_pdf(tmp_path / "contract.pdf", pages=1)
    return pades.sign(document, tmp_path / "signed.pdf", signer=signer(world.pki), tsa=world.pki.tsa)


def signer(pki: Pki, person: str = "ion") -> Signer:
    who = pki.person(person)
    return Signer(InMemoryKey(who.key), who.certificate, who.chain)


def test_a_signed_document_is_raised_and_then_left_in_peace(world: World, signed: Path) -> None:
    name = world.take_in(signed)
    outcome = world.look(name)
    assert isinstance(outcome, Later)
    newest = world.shelf.newest(name).read_bytes()
    assert newest.startswith(signed.read_bytes()), "bytes that were there are never touched"
    assert {one.level for one in world.signatures(name)} == {SignatureLevel.LTA}
    state = world.state(name)
    assert (state.level, state.raised, state.problem) == ("LTA", 1, "")
    assert state.protected_until is not None
    assert state.next_look == world.clock.now() + dt.timedelta(seconds=outcome.seconds)
    world.look(name)
    assert world.state(name).raised == 1
    assert world.shelf.newest(name).read_bytes() == newest
    tags = [one.tag for one in events(subject=f"care:submitted:{name}")]
    assert sorted(tags) == ["care:file:raised", "care:file:taken-in"]


def test_the_next_time_stamp_comes_before_the_end_of_the_last(world: World, signed: Path) -> None:
    name = world.take_in(signed)
    world.look(name)
    first = world.shelf.newest(name).read_bytes()
    world.rules = CareRules(margin=dt.timedelta(days=365 * 40))  # as if the end were near
    world.look(name)
    renewed = world.shelf.newest(name).read_bytes()
    assert renewed.startswith(first)
    assert len(renewed) > len(first)
    assert world.state(name).raised == 2
    assert world.validator.pdf(world.shelf.newest(name)).valid


def test_an_outage_is_told_and_outlived(world: World, signed: Path) -> None:
    name = world.take_in(signed)
    world.evidence.out_of_order = True
    outcome = world.look(name)
    assert isinstance(outcome, Later)
    assert 0 < outcome.seconds <= 24 * 3600
    assert "does not answer" in world.state(name).problem
    assert world.shelf.newest(name).read_bytes() == signed.read_bytes()
    world.evidence.out_of_order = False
    world.look(name)
    assert (world.state(name).level, world.state(name).problem) == ("LTA", "")


def test_evidence_from_before_the_signature_waits_for_newer(world: World, signed: Path) -> None:
    """A responder's answer that is older than the time-stamp does not say that the certificate was good then."""
    world.demanding = True
    name = world.take_in(signed)
    assert isinstance(world.look(name), Later)
    assert "not enough yet" in world.state(name).problem
    assert world.shelf.newest(name).read_bytes() == signed.read_bytes()


def test_level_lt_is_enough_where_that_is_the_rule(world: World, signed: Path) -> None:
    world.rules = CareRules(level=SignatureLevel.LT)
    name = world.take_in(signed)
    world.look(name)
    world.look(name)
    assert (world.state(name).level, world.state(name).raised) == ("LT", 1)
    assert {one.level for one in world.signatures(name)} == {SignatureLevel.LT}


def test_a_detached_signature_is_raised_with_its_content(world: World, tmp_path: Path) -> None:
    content = tmp_path / "cerere.txt"
    content.write_bytes(b"Cerere nr. 17")
    digest = hashlib.sha256(content.read_bytes()).digest()
    xml = tmp_path / "cerere.xml"
    xml.write_bytes(xades.sign(digest, signer=signer(world.pki, "maria"), tsa=world.pki.tsa))
    name = world.take_in(xml, content)
    world.look(name)
    assert (world.state(name).level, world.state(name).problem) == ("LTA", "")
    assert b"ArchiveTimeStamp" in world.shelf.newest(name).read_bytes()


@pytest.mark.parametrize("damage", [lambda data: data.replace(b"/Rotate", b"/rotate", 1), lambda _data: b"no document"])
def test_what_is_not_valid_is_given_up_and_an_operator_may_ask_again(
    world: World, signed: Path, damage: Callable[[bytes], bytes]
) -> None:
    broken = signed.with_name("broken.pdf")
    data = signed.read_bytes()
    broken.write_bytes(damage(data) if damage(data) != data else data.replace(b"%PDF-1.7", b"%PDF-1.6", 1))
    name = world.take_in(broken)
    assert isinstance(world.look(name), GivenUp)
    assert world.state(name).given_up
    assert world.state(name).problem
    services.look_now("submitted", name, world.clock.now())
    assert not world.state(name).given_up


def test_a_file_that_is_gone_is_let_go(world: World, signed: Path) -> None:
    name = world.take_in(signed)
    world.shelf.remove(name)
    assert isinstance(world.look(name), Done)
    assert queries.state("submitted", name) is None
    assert isinstance(world.look(name), Done), "a job that outlived its file does nothing"


def test_a_change_by_the_owner_is_never_overwritten(world: World, signed: Path, tmp_path: Path) -> None:
    name = world.take_in(signed)
    shelf = world.shelf
    folder = tmp_path / "loan"
    folder.mkdir()
    loan = shelf.lend(name, folder)
    assert loan is not None
    shelf.newest(name).write_bytes(b"the owner's newer version")
    raised = folder / "raised"
    raised.write_bytes(b"raised")
    assert not shelf.take_back(name, raised, loan.version)
    assert shelf.newest(name).read_bytes() == b"the owner's newer version"


def test_the_sweep_takes_in_what_lies_on_the_shelves_once(world: World, signed: Path) -> None:
    name = world.shelf.put(signed)
    (world.shelf.root / ".half-made").mkdir()
    for _ in range(2):
        world.caretaker.sweep(Task("care.sweep", "all", {}, 1))
    assert [one.name for one in queries.states()] == [name]
