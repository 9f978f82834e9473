"""Browser tests drive a real Chromium against pages on fakes; where there is none they are skipped with a sentence."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from msign.kernel.clock import SystemClock
from msign.ops.instance import free_port, free_ports
from msign.sandbox.provider.people import People
from tests.support import browsers, documents, verifying
from tests.support import pages as support
from tests.support.installation import Installation, running
from tests.support.pages import Pages
from tests.support.pki import session_pki
from tests.support.sandbox import bound_socket


@dataclass(frozen=True, slots=True)
class Site:
    """Served pages and the browser to look at them with."""

    pages: Pages
    base: str
    browser: Any


@dataclass(frozen=True, slots=True)
class OwnWorld:
    """A whole MSign with providers of an operator's own files; who works them listens on these ports once it runs."""

    installation: Installation
    agent_port: int
    csc: socket.socket  # listens already, so that nobody else takes the port
    people: People
    keys: Path  # of the people

    @property
    def csc_url(self) -> str:
        return f"https://127.0.0.1:{self.csc.getsockname()[1]}"


_OWN_INSTRUMENTS = """
[moldsign]
provider = "own-agent"
[typed]
provider = "qes-typed"
name.ro = "Semnătură la distanță"
[elsewhere]
provider = "qes-oauth"
name.ro = "Semnătură prin aplicația mea"
"""
_OWN_SERVICES = """
[qes-typed]
url = "{url}/typed"
tokens = ["service-token"]
ca_file = "{ca}"
[qes-oauth]
url = "{url}/oauth"
ca_file = "{ca}"
oauth_client_id = "msign"
oauth_client_secret = "hush"
asynchronous = true
poll_seconds = 0.2
"""


@pytest.fixture(scope="session")
def own_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnWorld]:
    """Shared by the tests of the group "token"."""
    ports, agent_port = free_ports(), free_port()
    data, keys = tmp_path_factory.mktemp("own") / "var", tmp_path_factory.mktemp("people")
    (data / "provider").mkdir(parents=True)
    with bound_socket() as csc:
        services = _OWN_SERVICES.format(url=f"https://127.0.0.1:{csc.getsockname()[1]}", ca=data / "demo" / "ca.pem")
        agents = f'[own-agent]\nurl = "http://127.0.0.1:{agent_port}"\n'
        for name, text in (("token.toml", agents), ("csc.toml", services)):
            (data / "provider" / name).touch(mode=0o600)
            (data / "provider" / name).write_text(text)
        (data / "instruments.toml").write_text(_OWN_INSTRUMENTS)
        with running(data, ports) as installation, httpx.Client(trust_env=False, timeout=15) as client:
            tsp = f"http://{ports.host}:{ports.sandbox_tsp}"
            people = People(keys, tsp_url=tsp, clock=SystemClock(), client=client)
            yield OwnWorld(installation, agent_port, csc, people, keys)


# One per module, not per session: while its loop runs in this thread, tests of coroutines could not.
@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if browsers.executable() is None:
        pytest.skip("no Chromium on this machine: install `chromium` to run the browser tests")
    folder = tmp_path_factory.mktemp("site")
    documents.write_pdf(folder / "doc", pages=3)
    made = support.build(folder, seal=verifying.seal(session_pki()))
    with support.serving(made) as base, browsers.launched() as browser:
        yield Site(made, base, browser)


@pytest.fixture(scope="module")
def tab() -> Iterator[Any]:
    """One tab of a real browser for a whole module; for tests of a whole installation."""
    if browsers.executable() is None:
        pytest.skip("no Chromium on this machine: install `chromium` to run the browser tests")
    with browsers.launched() as browser:
        page = browser.new_context(reduced_motion="reduce", locale="ro", accept_downloads=True).new_page()
        page.set_default_timeout(browsers.PATIENCE)
        yield page


@pytest.fixture
def open_page(site: Site) -> Iterator[Any]:
    """Return a function that opens a fresh visitor: ``open_page(javascript=False, width=320)``."""
    contexts = []

    def make(*, javascript: bool = True, width: int = 1280, language: str = "ro", dark: bool = False) -> Any:
        context = site.browser.new_context(
            viewport={"width": width, "height": 900},
            locale=language,
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(browsers.PATIENCE)
        return page

    browsers.reset(site.pages)
    yield make
    for context in contexts:
        context.close()
