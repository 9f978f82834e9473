"""The whole way with a token: e-service, sign page, msign-agent on SoftHSM, and back; judged and verified like the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from msign.agent.settings import AgentSettings
from msign.kernel.clock import SystemClock
from msign.pki.tsa import HttpTimestampSource
from tests.browser.conftest import OwnWorld
from tests.support import browsers
from tests.support.agents import RunningAgent, running_agent, softhsm
from tests.support.documents import write_pdf
from tests.support.installation import Installation

pytestmark = [pytest.mark.browser, pytest.mark.tool, pytest.mark.xdist_group("token")]
ION = "2000000000004"


@dataclass(frozen=True)
class World:
    """A whole MSign whose `moldsign` is worked by the local agent, and the agent."""

    installation: Installation
    agent: RunningAgent
    browser: Any


@pytest.fixture(scope="module")
def world(own_world: OwnWorld, tab: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    options, clock, people = own_world.installation.options, SystemClock(), own_world.people
    settings = AgentSettings(origins=(options.web_url,), port=own_world.agent_port)
    with (
        HttpTimestampSource([f"http://{options.ports.host}:{options.ports.sandbox_tsp}/tsa"], clock=clock) as tsa,
        softhsm(tmp_path_factory.mktemp("softhsm"), [people.signer(ION), people.signer("2000000000015")]) as tokens,
        running_agent(tokens, tsa=tsa, clock=clock, settings=settings, fixed_port=True) as agent,
    ):
        yield World(own_world.installation, agent, tab.context.browser)


@pytest.mark.parametrize("holder", ["Ion Exemplu", "Maria Model"], ids=["rsa", "ec"])
def test_a_person_signs_with_the_token(world: World, tmp_path: Path, holder: str) -> None:
    ports = world.installation.options.ports
    document = write_pdf(tmp_path / "cerere.pdf")
    context = world.browser.new_context(locale="ro", accept_downloads=True)
    context.set_default_timeout(browsers.PATIENCE)
    page = context.new_page()
    page.goto(f"http://{ports.host}:{ports.sandbox_eservice}")
    page.set_input_files("#document", str(document))
    page.fill("#description", "Cerere nr. 17")
    page.click("form button:not([name])")
    page.click("details:has(input[value=moldsign]) summary")
    page.click("details:has(input[value=moldsign]) button")
    page.locator("[data-certificates] label", has_text=holder).click()
    page.click("[data-part=choose] button")
    page.wait_for_url(f"http://{ports.host}:{ports.sandbox_eservice}/**")
    page.wait_for_selector(".confirmation")
    with page.expect_download() as started:
        page.click("a.button.large")
    started.value.save_as(tmp_path / "signed.pdf")
    context.close()
    assert (tmp_path / "signed.pdf").read_bytes().startswith(document.read_bytes())
    judged = world.installation.msign("verify", str(tmp_path / "signed.pdf"))
    assert judged.returncode == 0, judged.stdout
    assert holder in judged.stdout
    shown = world.agent.person.seen[-1]
    assert (shown.origin, shown.description) == (world.installation.options.web_url, "Cerere nr. 17")
