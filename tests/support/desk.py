"""A desk with collaborators that a test can steer: a gateway that signs at once, a judge that says what it is told."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from msign.access.gate import Gate
from msign.connections.actors import Actor
from msign.connections.addresses import AddressPolicy
from msign.connections.catalogue import Purpose
from msign.connections.conformance.values import Instrument, Refused, Signing, Story, Verified
from msign.connections.fees import Kind
from msign.connections.ports import ChainVerdict, Desk, DeskPolicy, GatewayResult, Seen
from msign.connections.questions import PAGES
from msign.connections.registers.local import LocalOrganisations, LocalSystems, install_samples
from msign.connections.roles import OperatorRole
from msign.connections.services import applications, people, signatures, steps, technical, testing
from msign.connections.states import Action, State
from msign.kernel.clock import FixedClock
from msign.kernel.identifiers import IdCheck
from msign.kernel.languages import Language
from msign.kernel.words import Environment, SignatureLevel, SignStatus
from msign.validation.model import (
    DocumentReport,
    Indication,
    Integrity,
    Modification,
    Scope,
    SignatureReport,
    Verdict,
)
from tests.support.pki import IDNO_MODEL, IDNP_ELENA, IDNP_ION, session_pki

PUBLIC, PRIVATE = IDNO_MODEL, "1018600000035"
ANSWERS = {
    "address": "str. Exemplului 7, mun. Chișinău",
    "representative_name": "Ion Model",
    "representative_idnp": IDNP_ION,
    "representative_position": "director",
    "representative_basis": "statut",
    "representative_email": "director@model.md",
    "system_name": "Sistemul demonstrativ",
    "rrsi": "RSI-0007-2025",
    "system_description": "Primește cereri și le dă la semnat.",
    "contact_mailbox": "it@model.md",
    "technical_email": "tehnic@model.md",
    "technical_phone": "069 123 456",
    "legal_basis": "Legea 124/2022; semnarea cererilor",
    "volume": "1 200",
    "content_types": "both",
    "callback_method": "post",
    "return_hosts": "https://portal.model.md/return",
}


@dataclass
class FakeGateway:
    """Adds a line to the paper as the signature; ``signers`` remembers who was expected."""

    posted: dict[str, bytes] = field(default_factory=dict)
    signers: list[str] = field(default_factory=list)
    answers: dict[str, GatewayResult] = field(default_factory=dict)

    def post(self, *, document: bytes, name: str, description: str, expected_person: str, correlation_id: str) -> str:
        request_id = f"{len(self.posted) + 1:032x}"
        self.posted[request_id] = document
        self.signers.append(expected_person)
        return request_id

    def result(self, request_id: str, language: Language) -> GatewayResult:
        signed = self.posted[request_id] + f"\n% signed by {self.signers[int(request_id, 16) - 1]}\n".encode()
        return self.answers.get(request_id, GatewayResult(SignStatus.SUCCESS, "", signed))

    def sign_url(self, request_id: str, return_url: str, language: Language) -> str:
        return f"http://localhost/{request_id}?ReturnUrl={return_url}&lang={language}"


@dataclass
class FakeJudge:
    """Reads the lines that the fake gateway writes; a test may replace what is said of the newest signature."""

    newest: dict[str, object] = field(default_factory=dict)

    def __call__(self, path: Path) -> DocumentReport:
        persons = [
            line[12:].strip().decode() for line in path.read_bytes().split(b"\n") if line.startswith(b"% signed by ")
        ]
        reports = [signature(person, number) for number, person in enumerate(persons)]
        if reports and self.newest:
            reports[-1] = signature(persons[-1], len(persons) - 1, **self.newest)
        return DocumentReport("pades", Verdict.VALID, tuple(reports))


def signature(person: str, revision: int, **changes: object) -> SignatureReport:
    facts: dict[str, object] = {
        "indication": Indication.TOTAL_PASSED,
        "sub_indication": None,
        "integrity": Integrity.VALID,
        "modification": Modification.NONE,
        "level": SignatureLevel.T,
        "scope": Scope.FULL,
        "person_id": person,
        "signer_name": f"Person {person}",
        "revision": revision,
        **changes,
    }
    return SignatureReport(**facts)  # type: ignore[arg-type]


@dataclass
class FakeChain:
    verdict: ChainVerdict = field(default_factory=lambda: ChainVerdict(trusted=True, revoked=False))

    def judge(self, certificate: bytes, environment: Environment) -> ChainVerdict:
        return self.verdict


class FakeTrust:
    """Accepts every authority."""

    version = 0

    def problem(self, certificate_der: bytes, at: dt.datetime) -> str | None:
        return None


@dataclass
class FakeCalls:
    facts: Seen = field(default_factory=Seen)

    tale: Story = field(default_factory=Story)

    def seen(self, system_id: str, environment: Environment, since: dt.datetime) -> Seen:
        return self.facts

    def story(self, system_id: str, since: dt.datetime) -> Story:
        return self.tale

    def pass_all(self, now: dt.datetime) -> None:
        """The system did all six cases, just now."""
        self.facts, self.tale = Seen(now, now), whole_story(now)


def whole_story(now: dt.datetime) -> Story:
    """A system that did everything that the six test cases ask for."""
    first = Signing("r1", now, frozenset({"d1"}), ((now, "mobile"),), ended=now, reason="cancelled", told=now)
    second = Signing(
        "r2", now, frozenset({"d1"}), ((now, "mobile"),), signed=now, signatures=frozenset({"s2"}), told=now
    )
    return Story(
        signings=(first, second),
        refused=(Refused(now, "PostSignRequest", "InvalidParameter", "ExpectedSigner.ID"),),
        verified=(Verified(now, "s2", True, 1), Verified(now, "s3", False, 1)),
    )


@dataclass
class Cast:
    """Everybody of a story, and the desk they meet at."""

    desk: Desk
    clock: FixedClock
    gateway: FakeGateway
    judge: FakeJudge
    chain: FakeChain
    calls: FakeCalls
    ana: Actor  # of the beneficiary: administrator, technical, signatory
    olga: Actor  # of the operator: reviewer
    oleg: Actor  # of the operator: signatory
    fima: Actor  # of the operator: finance
    sec: Actor
    aud: Actor
    system: str = "alfa"  # whose certificates are handed in: those of the public body, or "gama" of the company

    def refreshed(self, actor: Actor) -> Actor:
        found = people.actor_of(actor.known_id)
        assert found is not None
        return found

    def start(self, number: str = PUBLIC, kind: Kind = Kind.PUBLIC, **changes: str) -> str:
        """A draft with every page filled in."""
        reference = applications.start(self.desk, self.ana, kind=kind, number=number, purpose=Purpose.NEW_SYSTEM)
        self.ana = self.refreshed(self.ana)
        self.fill(reference, **changes)
        return reference

    def fill(self, reference: str, **changes: str) -> None:
        answers = {"purpose": "new-system", "service": "msign", **ANSWERS, **changes}
        for page in PAGES:
            typed = {one.name: answers.get(one.name, "") for one in page.fields}
            applications.save_page(self.desk, self.ana, reference, page, typed, version=None)
        applications.confirm_users(self.desk, self.ana, reference, ready=True)

    def do(self, reference: str, *actions: Action, reason: str = "") -> State:
        """Perform steps, each by whoever may."""
        state = State.DRAFT
        for action in actions:
            actor = next(one for one in (self.ana, self.olga) if one.may(action, next(iter(self.ana.team), None)))
            state = steps.perform(self.desk, actor, reference, action, reason=reason)
        return state

    def sign_all(self, reference: str) -> None:
        """Both sides sign every paper of the case through the gateway."""
        from msign.connections.queries.cases import case_view

        for actor in (self.ana, self.oleg):
            for document in case_view(self.desk, actor, reference).documents:
                signatures.start_signing(self.desk, actor, reference, document.number)
                request_id = list(self.gateway.posted)[-1]
                signatures.finish_signing(self.desk, actor, reference, document.number, request_id)

    def give(self, reference: str, environment: Environment, certificate: str, address: str) -> None:
        der = session_pki().system(certificate).der
        technical.register_certificate(self.desk, self.ana, reference, environment, der)
        technical.save_addresses(self.desk, self.ana, reference, environment, address, vpn=False)

    def to_test(self, reference: str) -> State:
        """From a draft to configured test access."""
        self.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
        self.sign_all(reference)
        self.give(reference, Environment.TEST, f"{self.system}-test", "185.108.180.10")
        return self.do(reference, Action.GIVE_TEST_DATA, Action.CONFIGURE_TEST)

    def to_production_data(self, reference: str) -> State:
        """From configured test access to the last data."""
        now = self.clock.now()
        self.calls.pass_all(now)
        testing.observe(self.desk, reference)
        self.do(reference, Action.VALIDATE, Action.CONFIRM_COMPLIANCE)
        self.give(reference, Environment.PRODUCTION, f"{self.system}-production", "185.108.180.20")
        return self.do(reference, Action.GIVE_PRODUCTION_DATA)


def make_cast(folder: Path) -> Cast:
    """Return a desk over ``folder`` with its people; needs a database."""
    install_samples(folder)
    clock, gateway, judge, chain, calls = FixedClock(), FakeGateway(), FakeJudge(), FakeChain(), FakeCalls()
    desk = Desk(
        clock=clock,
        gateway=gateway,
        judge=judge,
        chain=chain,
        engine=Gate(trust_by_environment=dict.fromkeys(Environment, FakeTrust()), clock=clock, cache_seconds=0),
        calls=calls,
        organisations=LocalOrganisations(folder),
        systems=LocalSystems(folder),
        instruments=lambda: (Instrument("mobile", {"ro": "Semnătura mobilă"}),),
        web_url="http://localhost:8080",
        api_urls={environment: f"https://{environment}.example/MSign.svc" for environment in Environment},
        policy=DeskPolicy(id_check=IdCheck.CHECKSUM, addresses=AddressPolicy(), local_mailbox=True),
    )

    def person(email: str, name: str, *roles: OperatorRole, number: str = "") -> Actor:
        key = people.register_person(
            desk, email=email, name=name, language=Language.RO, operator_roles=roles, number=number
        )
        found = people.actor_of(key)
        assert found is not None
        return found

    return Cast(
        desk=desk,
        clock=clock,
        gateway=gateway,
        judge=judge,
        chain=chain,
        calls=calls,
        ana=person("ana@model.md", "Ana Model"),
        olga=person("olga@operator.md", "Olga Operator", OperatorRole.REVIEWER),
        oleg=person("oleg@operator.md", "Oleg Operator", OperatorRole.SIGNATORY, number=IDNP_ELENA),
        fima=person("fima@operator.md", "Fima Operator", OperatorRole.FINANCE),
        sec=person("sec@operator.md", "Sec Operator", OperatorRole.SECURITY),
        aud=person("aud@operator.md", "Aud Operator", OperatorRole.AUDITOR),
    )
