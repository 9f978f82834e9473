"""The verify page in a browser: the original of an XML signature stays on the device where it may; and keys suffice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from msign.kernel.clock import FixedClock
from msign.signing import xades
from tests.support import attacks, browsers, verifying
from tests.support import pages as support
from tests.support.pdfsign import sign
from tests.support.pki import Pki, session_pki
from tests.unit.validation import forge

pytestmark = pytest.mark.browser
ORIGINAL = b"What was signed stays where it is.\n" * 3000


@dataclass(frozen=True, slots=True)
class Verifying:
    """Served pages with the real engine, the browser, and where the files of visitors go."""

    base: str
    browser: Any
    kept: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Verifying]:
    if browsers.executable() is None:
        pytest.skip("no Chromium on this machine: install `chromium` to run the browser tests")
    folder, pki = tmp_path_factory.mktemp("site"), session_pki()
    made = support.build(folder, judge=verifying.judge(verifying.engine(pki, folder / "trust"), folder))
    with support.serving(made) as base, browsers.launched() as browser:
        yield Verifying(base, browser, folder / "verify")


@pytest.fixture(scope="module")
def pki() -> Pki:
    return session_pki()


def signature(pki: Pki, content: bytes = ORIGINAL, name: str = "sha256") -> bytes:
    digest = hashlib.new(name, content).digest()
    parameters = xades.XadesParameters(correlation_id="cerere-17")
    signer = verifying.signer(pki, "ion-p256")
    return xades.sign(digest, signer=signer, tsa=pki.tsa, parameters=parameters, clock=FixedClock())


def verdict(served: Verifying, xml: bytes, original: bytes, *, javascript: bool) -> tuple[str, bool]:
    """Send both files; return the sentence and whether the original reached the server."""
    context = served.browser.new_context(locale="en", java_script_enabled=javascript)
    try:
        page = context.new_page()
        refused: list[str] = []
        page.on("console", lambda said: refused.append(said.text) if "script-src" in said.text else None)
        page.goto(f"{served.base}/verify")
        page.click("details > summary")
        page.set_input_files("#id_document", {"name": "s.xml", "mimeType": "text/xml", "buffer": xml})
        page.set_input_files("#id_original", {"name": "scrisoare.txt", "mimeType": "text/plain", "buffer": original})
        page.click("main button.large")
        page.wait_for_url("**/verify/*")
        assert refused == [], "the content policy allows the page's own script"
        return page.inner_text("h1"), (served.kept / page.url.rsplit("/", 1)[1] / "original").exists()
    finally:
        context.close()


@pytest.mark.parametrize(
    ("content", "said"),
    [(ORIGINAL, "The signature is valid"), (b"another", "The signature is not valid")],
    ids=["the original", "another file"],
)
def test_both_ways_give_the_same_verdict(served: Verifying, pki: Pki, content: bytes, said: str) -> None:
    xml = signature(pki)
    assert verdict(served, xml, content, javascript=True) == (said, False)
    assert verdict(served, xml, content, javascript=False) == (said, True)


@pytest.mark.parametrize("name", ["sha512"])
def test_the_digest_is_the_one_that_the_signature_asks_for(served: Verifying, pki: Pki, name: str) -> None:
    assert verdict(served, signature(pki, name=name), ORIGINAL, javascript=True) == ("The signature is valid", False)


def test_a_signature_that_asks_for_more_than_a_digest_gets_the_file(served: Verifying, pki: Pki) -> None:
    xml = b"<a><b>17</b></a>"
    canonical = forge.Reference("content.xml", forge.sha256(xml), forge.EXCLUSIVE)
    transformed = forge.signature(pki, [canonical]).encode()
    said = verdict(served, transformed, xml, javascript=True)
    assert said == (verdict(served, transformed, xml, javascript=False)[0], True)


def test_what_is_no_xml_gets_the_file_and_an_answer(served: Verifying) -> None:
    assert verdict(served, b"<broken", ORIGINAL, javascript=True) == ("Cannot be determined", True)


FOCUSED = """() => { const node = document.activeElement; const style = getComputedStyle(node);
    return [node.innerText.trim(), style.outlineStyle !== 'none' || style.boxShadow !== 'none']; }"""


def stops(page: Any) -> list[str]:
    """Press Tab to the end of the page; return the controls that had the focus, each of them visibly."""
    found: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        words, seen = page.evaluate(FOCUSED)
        if page.evaluate("document.activeElement === document.body"):
            break
        assert seen, f"no visible focus on {words!r}"
        found.append(words)
    return found


def test_the_result_is_read_and_used_by_keys_alone(served: Verifying) -> None:
    """Two signatures, the first one over less than is shown now: every control is a stop, in reading order."""
    document = attacks.filled(sign(attacks.victim(), who="maria", name="Signature2"))
    page = served.browser.new_context(locale="en").new_page()
    page.goto(f"{served.base}/verify")
    page.set_input_files("#id_document", {"name": "d.pdf", "mimeType": "application/pdf", "buffer": document})
    page.focus("main button.large")
    page.keyboard.press("Enter")
    page.wait_for_url("**/verify/*")
    found = stops(page)
    signed = [words for words in found if words.startswith("Download what was signed")]
    assert len(signed) == 2
    assert len(set(signed)) == 2, "each link says whose version it is"
    wanted = [
        "Verify another document",
        *signed[:1],
        "Technical details",
        "All pages of the document",
        "Report for programs",
    ]
    places = [next(i for i, words in enumerate(found) if words.startswith(start)) for start in wanted]
    assert places == sorted(places), found
    page.focus("details > summary")
    page.keyboard.press("Enter")
    assert page.locator("details[open] dl").first.is_visible()
    kept = served.kept / page.url.rsplit("/", 1)[1]
    assert kept.exists()
    page.focus("form[action$=forget] button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert not kept.exists()
    page.context.close()
