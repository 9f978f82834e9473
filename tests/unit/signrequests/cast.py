"""The fixed cast: a calling system, a registry with a scripted provider, a validator that says what a test wants."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from msign.access.values import Caller, ConsumerSettings
from msign.jobs.worker import Worker
from msign.kernel.clock import FixedClock
from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import Language
from msign.kernel.words import ContentType, Environment, SignatureLevel
from msign.mandates.queries import LocalRegister
from msign.providers.base import Answer, Pending, Provider, Signed, SignedItem, SigningOrder
from msign.signrequests.contents import LocalContentStore
from msign.signrequests.rules import Rules
from msign.signrequests.service import SignRequestService
from msign.signrequests.values import NewSignRequest, PostedContent, SigningChoice
from msign.validation.model import (
    DocumentReport,
    Indication,
    Integrity,
    Modification,
    Scope,
    SignatureReport,
    Verdict,
)
from tests.support.judging import InProcessReader

PERSON, OTHER, ORGANISATION = "2000000000004", "2000000000015", "1000000000007"
CERTIFICATE = b"a certificate"
HASH = hashlib.sha256(b"document").digest()
TEST = Environment.TEST


def pdf(text: str = "", trailer: str = "") -> bytes:
    """Return a small PDF made by hand, with a correct cross-reference table."""
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Note({text})>>",
    ]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    start = len(out)
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    return out + f"trailer\n<</Size 4/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n".encode()


@dataclass(frozen=True)
class FakeInstrument:
    """An instrument as the registry gives it."""

    id: str = "mobile"
    provider: str = "demo"
    needs: frozenset[str] = frozenset()
    accepts_sha1: bool = True


@dataclass
class FakeRegistry:
    """Offers its instruments; SHA-1 only to those that take it."""

    instruments: tuple[FakeInstrument, ...]
    working: dict[str, Provider]

    def suitable(
        self,
        *,
        environment: Environment,
        content_type: ContentType,
        hash_lengths: Collection[int] = (),
        count: int = 1,
        allowed: Collection[str] = (),
    ) -> tuple[FakeInstrument, ...]:
        """See ports.Registry."""
        return tuple(
            one
            for one in self.instruments
            if (one.accepts_sha1 or 20 not in hash_lengths) and (not allowed or one.id in allowed)
        )

    def provider(self, identifier: str) -> Provider:
        """See ports.Registry."""
        if identifier not in self.working:
            raise MSignError(Code.MISCONFIGURED, "no such provider")
        return self.working[identifier]


Step = Callable[[SigningOrder, Path], Answer]


@dataclass
class FakeProvider:
    """Plays a script, one step a call; the last step repeats. Remembers what it was asked."""

    script: list[Step] = field(default_factory=lambda: [sign])
    identifier: str = "demo"
    calls: list[str] = field(default_factory=list)
    orders: list[SigningOrder] = field(default_factory=list)

    def start(self, order: SigningOrder, workspace: Path) -> Answer:
        """See Provider."""
        return self._play("start", order, workspace)

    def poll(self, order: SigningOrder, state: bytes, workspace: Path) -> Answer:
        """See Provider."""
        return self._play(f"poll {state.decode()}", order, workspace)

    def cancel(self, order: SigningOrder, state: bytes) -> None:
        """See Provider."""
        self.calls.append("cancel")

    def check_config(self) -> Sequence[str]:
        """See Provider."""
        return ()

    def _play(self, call: str, order: SigningOrder, workspace: Path) -> Answer:
        self.calls.append(call)
        self.orders.append(order)
        step = self.script[0] if len(self.script) == 1 else self.script.pop(0)
        return step(order, workspace)


def sign(order: SigningOrder, workspace: Path) -> Answer:
    """Deliver a signature for every item: the posted bytes and an increment, or an XML."""
    items = []
    for item in order.items:
        body = item.document.read_bytes() if item.document else b""
        path = workspace / f"{item.id}.signed"
        path.write_bytes(body + b"% signed " + item.id.encode())
        items.append(SignedItem(item.id, path))
    return Signed(tuple(items), CERTIFICATE)


def wait(order: SigningOrder, workspace: Path) -> Answer:
    """Not finished yet."""
    return Pending(b"s1", retry_after=3.0, verification_code="1234", device_url="http://phone.example/1")


def away(order: SigningOrder, workspace: Path) -> Answer:
    """Cannot be reached."""
    raise MSignError(Code.UNAVAILABLE, "away", retry=True)


def passed(**changes: object) -> SignatureReport:
    """Return the report of a good signature."""
    moment = dt.datetime(2026, 3, 2, 9, 15, 30, tzinfo=dt.UTC)
    good = SignatureReport(
        indication=Indication.TOTAL_PASSED,
        sub_indication=None,
        integrity=Integrity.VALID,
        modification=Modification.NONE,
        level=SignatureLevel.T,
        scope=Scope.FULL,
        name="Signature1",
        certificate=CERTIFICATE,
        person_id=PERSON,
        signed_at=moment,
        qualification="advanced",
    )
    return replace(good, **changes)  # type: ignore[arg-type]


@dataclass
class FakeValidator:
    """Reports one good signature unless told otherwise."""

    report: SignatureReport = field(default_factory=passed)
    earlier: tuple[SignatureReport, ...] = ()
    earlier_before: tuple[SignatureReport, ...] = ()
    modification: Modification = Modification.NONE
    refused: str | None = None
    error: Exception | None = None

    def pdf(self, path: Path) -> DocumentReport:
        """See ports.ResultValidator."""
        if self.error:
            raise self.error
        if b"% signed" not in path.read_bytes():
            return DocumentReport("pades", Verdict.VALID, self.earlier_before)
        return DocumentReport("pades", Verdict.VALID, (*self.earlier, self.report), refused=self.refused)

    def hash(self, xades: bytes, digest: bytes) -> DocumentReport:
        """See ports.ResultValidator."""
        if self.error:
            raise self.error
        report = self.report if self.report.content_digest else replace(self.report, content_digest=digest)
        return DocumentReport("xades", Verdict.VALID, (report,), refused=self.refused)

    def changes(self, path: Path, since: int) -> Modification:
        """See ports.ResultValidator."""
        return self.modification


@dataclass
class Stage:
    """Everything together, on a clock that stands still."""

    store: LocalContentStore
    clock: FixedClock
    provider: FakeProvider
    registry: FakeRegistry
    validator: FakeValidator
    service: SignRequestService
    worker: Worker

    def content(self, data: bytes, correlation: str | None = None, **more: object) -> PostedContent:
        """Put bytes into the store."""
        sink = self.store.create()
        sink.write(data)
        stored = sink.finish()
        return PostedContent(stored.key, stored.size, correlation, **more)  # type: ignore[arg-type]

    def new(self, *contents: bytes | PostedContent, **changes: object) -> NewSignRequest:
        """Return a request that breaks no rule, with these changes."""
        given = contents or (pdf(),)
        posted = tuple(one if isinstance(one, PostedContent) else self.content(one) for one in given)
        request = NewSignRequest(ContentType.PDF, posted, "Cerere nr. 17")
        return replace(request, **changes)  # type: ignore[arg-type]

    def post(self, *contents: bytes | PostedContent, **changes: object) -> str:
        """Post a request as Alice."""
        return self.service.post(ALICE, self.new(*contents, **changes))

    def choose(self, request_id: str, **changes: object) -> None:
        """Start with the only instrument."""
        self.service.start(request_id, replace(SigningChoice("mobile"), **changes))  # type: ignore[arg-type]

    def signed(self, *contents: bytes | PostedContent, **changes: object) -> str:
        """Post, start and work until nothing is due."""
        request_id = self.post(*contents, **changes)
        self.choose(request_id)
        self.worker.run_due()
        return request_id

    def files(self) -> int:
        """Count the kept files."""
        self.clock.move(days=0)
        return sum(1 for _ in self.store.keys_older_than(dt.datetime(2100, 1, 1, tzinfo=dt.UTC)))

    def answer(self, request_id: str, language: Language = Language.RO) -> object:
        """Ask as Alice."""
        return self.service.get_response(ALICE, request_id, language)


def _caller(system: str, **settings: object) -> Caller:
    return Caller(
        system_id=system,
        system_name=system.title(),
        organisation_name="Organizația Model",
        organisation_id=ORGANISATION,
        environment=TEST,
        certificate_serial="4000",
        address="192.0.2.10",
        settings=ConsumerSettings(**settings),  # type: ignore[arg-type]
    )


ALICE, BOB = _caller("alice"), _caller("bob")


def alice(**settings: object) -> Caller:
    """Return Alice with other settings."""
    return _caller("alice", **settings)


def make_stage(root: Path, rules: Rules | None = None, instrument: FakeInstrument | None = None) -> Stage:
    """Build a stage on an empty folder."""
    store, clock, provider, validator = LocalContentStore(root), FixedClock(), FakeProvider(), FakeValidator()
    registry = FakeRegistry((instrument or FakeInstrument(),), {"demo": provider})
    service = SignRequestService(
        store=store,
        registry=registry,
        validators=dict.fromkeys(Environment, validator),
        documents=InProcessReader(),
        clock=clock,
        rules=rules or Rules(),
        mandates=LocalRegister(clock=clock),
    )
    worker = Worker(handlers=service.job_handlers(), clock=clock)
    return Stage(store, clock, provider, registry, validator, service, worker)
