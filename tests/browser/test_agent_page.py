"""The page between gateway and local agent, in a real browser, with a real agent and the real token provider."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from msign.agent.consent import Decision
from msign.agent.settings import AgentSettings
from msign.kernel.clock import FixedClock
from msign.kernel.words import ContentType, FailureReason, SignStatus
from msign.providers.base import (
    ChosenCertificate,
    FinishedFile,
    ItemToSign,
    Pending,
    Prompt,
    Reply,
    SignatureValues,
    Signed,
    SigningOrder,
)
from msign.providers.token.provider import TokenProvider
from msign.providers.token.settings import TokenSettings
from msign.sandbox.sample import sample_pdf
from msign.signing.keys import InMemoryKey, Signer
from tests.browser.conftest import Site
from tests.support.agents import PIN, MemoryTokens, Person, RunningAgent, running_agent
from tests.support.pages import REQUEST_ID, hash_content, pdf_content, request_view, session_view
from tests.support.pki import session_pki

pytestmark = pytest.mark.browser
CONFIRM, REFUSE, WRONG = (
    Decision(approved=True, pin=PIN), Decision(approved=False), Decision(approved=True, pin="9999"),
)  # fmt: skip
LATE = Decision(approved=False, in_time=False)


def _signer(name: str) -> Signer:
    holder = session_pki().person(name)
    return Signer(InMemoryKey(holder.key), holder.certificate, holder.chain[:1])


@dataclass
class Talk:
    """One session of the real provider behind the page, without a database."""

    site: Site
    provider: TokenProvider
    order: SigningOrder
    folder: Path
    state: bytes = b""
    replies: list[Reply] = field(default_factory=list)

    def begin(self, count: int, kind: ContentType) -> None:
        answer = self.provider.start(self.order, self.folder)
        assert isinstance(answer, Pending)
        make = pdf_content if kind is ContentType.PDF else hash_content
        contents = tuple(make(at) for at in range(count))
        requests = self.site.pages.requests
        requests.put(request_view(content_type=kind, contents=contents, session=session_view(instrument="moldsign")))
        self._went_on(answer.state)
        requests.answer = self.reply

    def reply(self, reply: Reply) -> Prompt | None:
        answer = self.provider.reply(self.order, self.state, reply, self.folder)
        assert isinstance(answer, Pending)
        self.replies.append(reply)
        return self._went_on(answer.state)

    def _went_on(self, state: bytes) -> Prompt | None:
        self.state = state
        prompt = self.provider.prompt(state)
        requests = self.site.pages.requests
        requests.asked = prompt
        if prompt is None:
            view = requests.views[REQUEST_ID]
            requests.put(dataclasses.replace(view, status=SignStatus.SUCCESS, session=None))
        return prompt

    def result(self) -> Signed:
        answer = self.provider.poll(self.order, self.state, self.folder)
        assert isinstance(answer, Signed), answer
        return answer


@pytest.fixture
def begin(site: Site, tmp_path: Path) -> Iterator[Callable[..., Talk]]:
    """Return a function that opens a session whose agent is at an address."""

    def make(url: str, count: int = 1, kind: ContentType = ContentType.HASH, signer: str | None = None) -> Talk:
        tsa = session_pki().tsa
        provider = TokenProvider(settings=TokenSettings("token", url, "https://x.example"), tsa=tsa, clock=FixedClock())
        document = tmp_path / "document.pdf"
        document.write_bytes(sample_pdf("Cerere nr. 17"))
        items = [
            ItemToSign(str(n), kind, document=document)
            if kind is ContentType.PDF
            else ItemToSign(str(n), kind, digest=bytes(range(32)))
            for n in range(1, count + 1)
        ]
        talk = Talk(site, provider, SigningOrder("0" * 32, tuple(items), "Cerere", signer_id=signer), tmp_path)
        talk.begin(count, kind)
        return talk

    yield make
    site.pages.requests.answer = lambda _reply: None


@contextlib.contextmanager
def _agent(
    site: Site, *script: Decision, prepared: bool = True, names: tuple[str, ...] = ("ion",)
) -> Iterator[RunningAgent]:
    settings = AgentSettings(origins=(site.base,), prepared=prepared)
    tokens = MemoryTokens([_signer(name) for name in names])
    person = Person(list(script) or [CONFIRM])
    with running_agent(tokens, person=person, tsa=session_pki().tsa, settings=settings) as running:
        yield running


def _open(site: Site, open_page: Any, **how: Any) -> Any:
    page = open_page(**how)
    page.goto(f"{site.base}/{REQUEST_ID}?lang=en")
    return page


def _sign(page: Any, which: int = 0) -> None:
    page.wait_for_selector("[data-part=choose]:visible")
    page.locator("[data-certificates] input").nth(which).check()
    page.click("[data-part=choose] button")


def _problem(page: Any, name: str) -> str:
    page.wait_for_selector(f"[data-part={name}]:visible")
    text: str = page.inner_text(f"[data-part={name}]")
    return text


@pytest.mark.parametrize("prepared", [True, False], ids=["prepared", "published"])
def test_signing_a_document_with_the_token(
    site: Site, open_page: Any, begin: Callable[..., Talk], prepared: bool
) -> None:
    with _agent(site, prepared=prepared) as agent:
        talk = begin(agent.url, kind=ContentType.PDF)
        page = _open(site, open_page)
        _sign(page)
        page.wait_for_selector(".confirmation")
        kinds = [type(reply) for reply in talk.replies]
        assert kinds == [ChosenCertificate, SignatureValues if prepared else FinishedFile]
        (shown,) = agent.person.seen
        assert shown.origin == site.base
        if prepared:
            assert shown.service == "eCerere · Primăria Model"
            assert talk.result().items


def test_a_batch_is_one_consent_and_shows_each_document(site: Site, open_page: Any, begin: Callable[..., Talk]) -> None:
    with _agent(site) as agent:
        talk = begin(agent.url, count=50)
        page = _open(site, open_page)
        _sign(page)
        page.wait_for_selector(".confirmation")
        assert len(agent.person.seen) == 1
        assert len(agent.person.seen[0].documents) == 50
        assert len(talk.result().items) == 50


def test_no_program_then_it_is_started(site: Site, open_page: Any, begin: Callable[..., Talk]) -> None:
    with _agent(site) as agent:
        talk = begin("http://127.0.0.1:9")
        page = _open(site, open_page)
        assert "Start the signing program" in _problem(page, "absent")
        assert page.get_attribute("[data-part=absent] a", "href") == "https://x.example"
        talk.provider = TokenProvider(
            settings=TokenSettings("token", agent.url), tsa=session_pki().tsa, clock=FixedClock()
        )
        talk._went_on(talk.state)
        page.reload()
        _sign(page)
        page.wait_for_selector(".confirmation")


def test_no_program_and_another_instrument(site: Site, open_page: Any, begin: Callable[..., Talk]) -> None:
    begin("http://127.0.0.1:9")
    page = _open(site, open_page)
    _problem(page, "absent")
    page.click("form[action$=leave] button")
    page.wait_for_selector(".tiles")
    assert site.pages.requests.left[-1] is FailureReason.NO_ACTIVE_DEVICE
    assert "No active signing device" in page.inner_text(".last-failure")


def test_a_program_that_does_not_know_this_site(site: Site, open_page: Any, begin: Callable[..., Talk]) -> None:
    with running_agent(MemoryTokens([_signer("ion")])) as agent:  # of another site
        begin(agent.url)
        assert "refuses this site" in _problem(_open(site, open_page), "refused")
        assert not agent.person.seen


@pytest.mark.parametrize(
    ("script", "part"),
    [((REFUSE,), "cancelled"), ((WRONG,), "wrong-pin"), ((LATE,), "timed-out")],
    ids=["refused", "wrong-pin", "nobody"],
)
def test_what_the_person_does_is_told_and_may_be_tried_again(
    site: Site, open_page: Any, begin: Callable[..., Talk], script: tuple[Decision, ...], part: str
) -> None:
    with _agent(site, *script) as agent:
        begin(agent.url)
        page = _open(site, open_page)
        _sign(page)
        _problem(page, part)
        agent.person.script = [CONFIRM]
        tokens = agent.desk.tokens
        assert isinstance(tokens, MemoryTokens)
        tokens.tries = 3
        page.click("[data-again]")
        _sign(page)
        page.wait_for_selector(".confirmation")


def test_a_locked_pin_and_a_missing_card(site: Site, open_page: Any, begin: Callable[..., Talk]) -> None:
    with _agent(site) as agent:
        tokens = agent.desk.tokens
        assert isinstance(tokens, MemoryTokens)
        begin(agent.url)
        tokens.tries = 0
        page = _open(site, open_page)
        _sign(page)
        assert "blocked" in _problem(page, "pin-locked")
        tokens.gone = True
        page.click("[data-again]")
        assert "Insert the card" in _problem(page, "no-token")


def test_another_persons_certificate_and_then_the_right_one(
    site: Site, open_page: Any, begin: Callable[..., Talk]
) -> None:
    with _agent(site, names=("vasile", "ion")) as agent:
        begin(agent.url, signer="2000000000004")
        page = _open(site, open_page)
        _sign(page)
        assert "another person" in _problem(page, "another-person")
        _sign(page, 1)
        page.wait_for_selector(".confirmation")
        assert len(agent.person.seen) == 1


def test_what_is_signed_survives_a_lost_network(site: Site, open_page: Any, begin: Callable[..., Talk]) -> None:
    with _agent(site) as agent:
        talk = begin(agent.url)
        page = _open(site, open_page)
        page.wait_for_selector("[data-part=choose]:visible")
        lost = [True]
        page.route("**/values", lambda route: route.abort() if lost else route.continue_())
        page.click("[data-part=choose] button")
        page.wait_for_selector(".offline [data-offline]:visible")
        lost.clear()
        page.wait_for_selector(".confirmation")
        assert len(agent.person.seen) == 1
        assert [type(reply) for reply in talk.replies] == [ChosenCertificate, SignatureValues]


def test_a_reload_in_the_middle_of_a_batch_goes_on(site: Site, open_page: Any, begin: Callable[..., Talk]) -> None:
    with _agent(site) as agent:
        talk = begin(agent.url, count=3)
        talk.reply(ChosenCertificate(_signer("ion").signing_certificate.encoded))
        prompt = talk.provider.prompt(talk.state)
        assert prompt is not None
        talk.reply(SignatureValues({"2": _signer("ion").key.sign(prompt.items[1].to_sign)}))
        page = _open(site, open_page)
        page.wait_for_selector(".confirmation")  # the same certificate, without asking for it again
        (shown,) = agent.person.seen
        assert len(shown.documents) == 2
        assert len(talk.result().items) == 3


def test_a_second_tab_signs_nothing_twice(site: Site, open_page: Any, begin: Callable[..., Talk]) -> None:
    with _agent(site) as agent:
        talk = begin(agent.url)
        first, second = _open(site, open_page), _open(site, open_page)
        second.wait_for_selector("[data-part=choose]:visible")
        _sign(first)
        first.wait_for_selector(".confirmation")
        _sign(second)
        second.wait_for_selector(".confirmation")
        assert len(agent.person.seen) == 1
        assert len([one for one in talk.replies if isinstance(one, SignatureValues)]) == 1


def test_without_javascript_it_says_so(site: Site, open_page: Any, begin: Callable[..., Talk]) -> None:
    begin("http://127.0.0.1:9")
    page = _open(site, open_page, javascript=False)
    assert "needs JavaScript" in page.inner_text("main")
    page.click("form[action$=leave] button")
    page.wait_for_selector(".tiles")


def test_by_keyboard_alone(site: Site, open_page: Any, begin: Callable[..., Talk]) -> None:
    with _agent(site, names=("vasile", "ion")) as agent:
        begin(agent.url)
        page = _open(site, open_page)
        page.wait_for_selector("[data-part=choose]:visible")
        while page.evaluate("document.activeElement.name") != "certificate":
            page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_selector(".confirmation")
        assert agent.person.seen[0].certificate == "Ion Exemplu"
