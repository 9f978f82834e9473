"""Plays the person of the sandbox: opens the sign page, picks an instrument, confirms on the simulated device.

Only what a person could do by hand: pages and their forms, never the database.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from msign.kernel.clock import monotonic
from msign.kernel.errors import Code, MSignError
from msign.ops.forms import Page, Visitor

DEFAULT_IDNP = "2000000000004"
DEFAULT_MSISDN = "060000000"
SANDBOX_PIN = "1234"
PATIENCE_SECONDS = 240.0


class Act(enum.StrEnum):
    """What the person does with the device."""

    ACCEPT = "accept"
    REFUSE = "refuse"


class Outcome(enum.StrEnum):
    """What the page says at the end."""

    SIGNED = "signed"
    NOT_SIGNED = "not-signed"


@dataclass(frozen=True, slots=True)
class Part:
    """Who plays, with which instrument, and what they do."""

    idnp: str = DEFAULT_IDNP
    msisdn: str = DEFAULT_MSISDN
    instrument: str = "mobile"
    act: Act = Act.ACCEPT
    hostile: str = ""  # how the sandbox's provider misbehaves while the person acts; a word of its own list
    language: str = "ro"


@dataclass(frozen=True, slots=True)
class Played:
    """How it ended, in the words of the page."""

    outcome: Outcome
    words: str


@dataclass(frozen=True, slots=True)
class Stage:
    """Where it is played: the web listener and the sandbox's devices."""

    web_url: str
    devices_url: str


def play(stage: Stage, request_id: str, part: Part, *, told: Callable[[str], None] = lambda _step: None) -> Played:
    """Sign (or refuse) a posted request. Raises ``MSignError`` with what the page or device said."""
    with Visitor() as visitor:
        told("opening the sign page")
        page = visitor.open(f"{stage.web_url}/{request_id}?lang={part.language}")
        if not _finished(page):
            page = choose(visitor, page, part)
            told("confirming on the simulated device")
            act_on_device(stage.devices_url, request_id, part)
            told("waiting for the result")
            page = wait_for_result(visitor, f"{stage.web_url}/{request_id}")
        return _played(page)


def choose(visitor: Visitor, page: Page, part: Part) -> Page:
    """Pick the instrument on the open sign page and type what it needs; return the page that follows."""
    if page.select("confirm"):
        return page  # an attempt is under way already
    for form in page.forms():
        if form.fields.get("instrument") == part.instrument:
            typed = {"signer_id": part.idnp, "msisdn": part.msisdn}
            answer = visitor.submit(page, form, {name: value for name, value in typed.items() if name in form.fields})
            if problem := answer.words("error-summary"):
                raise MSignError(Code.INVALID_PARAMETER, problem, member="sign page")
            return answer
    if page.select("tile"):
        raise MSignError(Code.INVALID_PARAMETER, f"the page does not offer the instrument {part.instrument}")
    raise MSignError(Code.REQUEST_NOT_FOUND, page.words("page-title") or "there is no such request")


def act_on_device(devices_url: str, request_id: str, part: Part) -> None:
    """Press the button once the message has reached the device. Raises ``MSignError`` if it never does."""
    values = {"action": part.act.value, "pin": SANDBOX_PIN, "person": part.idnp, "all": "1", "hostile": part.hostile}
    deadline, pause = monotonic() + PATIENCE_SECONDS, threading.Event()
    with httpx.Client(timeout=30, trust_env=False, headers={"Accept": "application/json"}) as client:
        while monotonic() < deadline:
            answer = client.post(f"{devices_url}/requests/{request_id}", json=values)
            if answer.is_success:
                return
            if answer.status_code != httpx.codes.NOT_FOUND:
                raise MSignError(Code.INTERNAL, f"the simulated device answered {answer.status_code}")
            pause.wait(0.03)
    raise MSignError(Code.UNAVAILABLE, "the message never reached the simulated device; see the worker's log")


def wait_for_result(visitor: Visitor, url: str) -> Page:
    """Reload the request's page until it shows the result. Raises ``MSignError`` (``UNAVAILABLE``) if it never does."""
    deadline, pause, wait = monotonic() + PATIENCE_SECONDS, threading.Event(), 0.03
    while monotonic() < deadline:
        page = visitor.open(url)
        if _finished(page):
            return page
        pause.wait(wait)
        wait = min(wait * 1.5, 2.0)
    raise MSignError(Code.UNAVAILABLE, "the request is still pending; see the worker's log")


def _finished(page: Page) -> bool:
    return bool(page.select("confirmation") or page.select("refusal"))


def _played(page: Page) -> Played:
    if page.select("confirmation"):
        return Played(Outcome.SIGNED, page.words("confirmation"))
    return Played(Outcome.NOT_SIGNED, page.words("refusal"))
