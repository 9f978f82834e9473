"""The states of a session that needs the page: the local agent in its moods, something to type, another page."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

from msign.kernel.words import ContentType
from msign.providers.base import Prompt, PromptItem, PromptKind, SecretInput, SecretKind
from tests.support.pages import REQUEST_ID, Pages, pdf_content, request_view, session_view

AGENT = "http://127.0.0.1:18480"
ITEMS = tuple(
    PromptItem(str(n), f"Anexa nr. {n}.pdf", ContentType.PDF, bytes(32), "sha256", b"x", done=n < 3)
    for n in range(1, 8)
)
PROMPT = Prompt(PromptKind.AGENT, AGENT, "https://msign.example/agent", items=ITEMS)
SECRETS = Prompt(
    PromptKind.TYPED,
    inputs=(SecretInput("PIN", SecretKind.PIN, digits=True), SecretInput("OTP", SecretKind.OTP, digits=True)),
    sent_to="+373 60 *** 001",
)
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*", "Access-Control-Expose-Headers": "*"}
MODELS = [
    {
        "certificateId": str(n),
        "certificateName": name,
        "issuerDN": "CN=TEST Qualified CA,O=TEST",
        "certificateBase64": "AAAA",
        "privateKeyPresent": True,
        "validUntil": "2027-05-04T10:00:00+00:00",
    }
    for n, name in enumerate(["Exemplu Ion", "Exemplu Ion, administrator la Organizația Model"])
]


def asking(prompt: Prompt) -> Callable[[Pages], object]:
    """Let the request's session ask this of the page."""

    def prepare(pages: Pages) -> None:
        contents = tuple(pdf_content(at, name=one.name) for at, one in enumerate(prompt.items)) or (pdf_content(),)
        pages.requests.put(request_view(session=session_view(instrument="moldsign"), contents=contents))
        pages.requests.asked = prompt

    return prepare


def program(page: Any, models: object) -> None:
    """Put a program behind the agent's address that has these certificates, and look again."""
    page.route(
        f"{AGENT}/**",
        lambda route: route.fulfill(
            status=200, headers=CORS, content_type="application/json", body=json.dumps({"certificateModel": models})
        ),
    )
    page.reload()


def choosing(page: Any) -> None:
    program(page, MODELS)
    page.wait_for_selector("[data-part=choose]:visible")


def signing(page: Any) -> None:
    """The program was asked and waits for its person."""
    choosing(page)
    page.route(f"{AGENT}/sign/**", lambda _route: None)
    page.route(
        f"**/agent/{REQUEST_ID}/certificate",
        lambda route: route.fulfill(
            json={
                "finished": False,
                "items": [
                    {"id": one.id, "name": one.name, "done": one.done, "contentType": "Hash", "hash": "AAAA"}
                    for one in ITEMS
                ],
            }
        ),
    )
    page.click("[data-part=choose] button")
    page.wait_for_selector("[data-part=signing]:visible")


def looking(page: Any) -> None:
    page.wait_for_selector("[data-part=absent]:visible")


STATES: list[tuple[str, Prompt, Callable[[Any], None] | None]] = [
    ("agent-absent", dataclasses.replace(PROMPT, address="http://127.0.0.1:9", items=ITEMS[:1]), looking),
    ("agent-choose", PROMPT, choosing),
    ("agent-signing", PROMPT, signing),
    ("secrets-wrong", dataclasses.replace(SECRETS, wrong=True, attempts_left=2), None),
    ("elsewhere", Prompt(PromptKind.REDIRECT, "https://remote-signing.example/oauth2/authorize?x=1"), None),
]
