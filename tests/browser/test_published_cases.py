"""The six published test cases, TC_FUNCT_01 to 06, clicked through at the demo e-service in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asn1crypto.cms import ContentInfo

from msign.client.outgoing import ToVerify
from msign.kernel.words import ContentType, SignStatus
from msign.ops import person as sandbox_person
from msign.ops.person import DEFAULT_IDNP, Part
from msign.ops.sandbox import stage
from tests.support import crowd
from tests.support.crowd import Crowd
from tests.support.installation import Installation

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("installation")]

INSTRUMENTS = ("mobile", "moldsign", "nationalid", "mobisign", "securesign", "tax")
RETURN = ".result form button[type=submit]"


@pytest.fixture(scope="module")
def people(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    with crowd.gathered(installation, tmp_path_factory.mktemp("people")) as made:
        yield made


def press_sign(tab: Any, people: Crowd, **typed: str) -> None:
    tab.goto(people.eservice, wait_until="domcontentloaded")
    tab.set_input_files("#document", str(people.document))
    for name, value in typed.items():
        tab.fill(f"#{name}", value)
    tab.click("form button:not([name])")


def request_of(tab: Any) -> str:
    found = re.search(r"/([0-9a-f]{32})$", tab.url)
    assert found, tab.url
    return found[1]


@pytest.fixture(scope="module")
def signed(tab: Any, people: Crowd) -> dict[str, str]:
    """TC_FUNCT_01, first half, with every instrument: the request of each."""
    for instrument in INSTRUMENTS:
        press_sign(tab, people, signer=DEFAULT_IDNP, phone="+373 60 000 000")
        tab.wait_for_selector(".tiles")  # the sign page appears
        assert "Ghișeul Model" not in tab.title()
        request_id = request_of(tab)
        crowd.choose(tab, instrument)
        tab.wait_for_selector(".confirm")
        people.play_later(instrument, request_id, {"action": "accept", "all": "1"})
    return people.requests


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_tc_funct_01_sign_with_every_instrument(
    tab: Any, people: Crowd, signed: dict[str, str], instrument: str
) -> None:
    people.played[instrument].result()
    crowd.finished(tab, f"{people.web}/{signed[instrument]}")
    assert tab.locator(".confirmation").is_visible()
    tab.click(RETURN)
    tab.wait_for_url(f"{people.eservice}/documents/**")
    assert tab.locator(".confirmation").is_visible()  # the e-service has fetched and verified it
    assert tab.locator("a[href$='/signed']").is_visible()


def test_tc_funct_02_cancel_at_the_confirmation(tab: Any, people: Crowd) -> None:
    press_sign(tab, people, signer=DEFAULT_IDNP)
    tab.wait_for_selector(".tiles")
    request_id = request_of(tab)
    crowd.choose(tab, "mobile")
    tab.wait_for_selector(".confirm")
    people.play(request_id, {"action": "refuse"})
    crowd.finished(tab, f"{people.web}/{request_id}")
    assert "Ați anulat semnarea" in tab.inner_text(".refusal")
    tab.click(RETURN)
    tab.wait_for_url(f"{people.eservice}/documents/**")
    assert "anulată" in tab.inner_text("main .message")
    assert people.status(request_id) is SignStatus.FAILURE


def test_tc_funct_03_go_back_and_press_sign_again(tab: Any, people: Crowd) -> None:
    press_sign(tab, people)
    tab.wait_for_selector(".tiles")
    first = tab.url
    tab.go_back()
    tab.wait_for_selector("#document")
    tab.click(".tasks a >> nth=0")
    tab.click("a.button.large")  # the same request from the e-service's list
    tab.wait_for_selector(".tiles")
    assert tab.url == first
    press_sign(tab, people)  # and a new one
    tab.wait_for_selector(".tiles")
    assert tab.url != first


@pytest.mark.parametrize(
    ("typed", "said"),
    [({"signer": "20000000"}, "ExpectedSigner.ID"), ({"phone": "022 000 000"}, "060 000 000")],
)
def test_tc_funct_04_an_invalid_signer_or_phone(tab: Any, people: Crowd, typed: dict[str, str], said: str) -> None:
    press_sign(tab, people, **{**typed, "description": "Cerere"})
    tab.wait_for_selector(".message.error, .error-summary")
    assert tab.url.startswith(people.eservice)  # no redirect
    assert said in tab.inner_text("main")


@pytest.fixture(scope="module")
def document(people: Crowd, signed: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("signed") / "signed.pdf"
    people.played["mobile"].result()
    with people.installation.client() as client:
        client.get_response(signed["mobile"], lambda _n: target)
    return target


def verify(tab: Any, people: Crowd, document: Path) -> str:
    tab.goto(f"{people.web}/verify?lang=ro", wait_until="domcontentloaded")
    tab.set_input_files("#id_document", str(document))
    tab.click("main button.large:visible")
    tab.wait_for_selector(".verdict")
    return str(tab.inner_text(".verdict"))


def test_tc_funct_05_what_was_signed_is_clearly_valid(tab: Any, people: Crowd, document: Path) -> None:
    assert "Semnătura este validă" in verify(tab, people, document)
    with people.installation.client() as client:
        [answer] = client.verify([ToVerify(document)], content_type=ContentType.PDF)
    assert (answer.valid, answer.message) == (True, "Semnătura este validă")


def altered(document: Path, what: str) -> bytes:
    """Return the document with one byte of its content or of its signature changed."""
    data = bytearray(document.read_bytes())
    place = data.find(b"stream") + 20 if what == "document" else data.find(_value_of_signature(bytes(data)))
    data[place] = ord("1") if data[place] != ord("1") else ord("2")
    return bytes(data)


def _value_of_signature(data: bytes) -> bytes:
    """Return the signature value as it stands in the file, in hexadecimal."""
    numbers = [int(number) for number in re.findall(rb"\d+", data[data.rfind(b"/ByteRange") :])[:4]]
    written = data[numbers[1] + 1 : numbers[2] - 1]
    signed = ContentInfo.load(bytes.fromhex(written.decode()))["content"]
    value = signed["signer_infos"][0]["signature"].native.hex().encode()
    assert value in written.lower()
    return written[written.lower().find(value) :][: len(value)]


@pytest.mark.parametrize("what", ["document", "signature"])
def test_tc_funct_06_an_altered_document_or_signature_is_clearly_invalid(
    tab: Any, people: Crowd, document: Path, tmp_path: Path, what: str
) -> None:
    target = tmp_path / "altered.pdf"
    target.write_bytes(altered(document, what))
    assert "Semnătura nu este validă" in verify(tab, people, target)
    with people.installation.client() as client:
        [answer] = client.verify([ToVerify(target)], content_type=ContentType.PDF)
    assert (answer.valid, answer.message) == (False, "Semnătura nu este validă")


def test_tc_funct_06_altered_data_is_clearly_invalid(people: Crowd, tmp_path: Path) -> None:
    digest, target = bytes(range(32)), tmp_path / "signature.xml"
    request_id = people.post(hashes=[digest], signer=DEFAULT_IDNP)
    sandbox_person.play(stage(people.installation.options), request_id, Part(instrument="mobisign"))
    with people.installation.client() as client:
        client.get_response(request_id, lambda _n: target)
        verified = [
            client.verify([ToVerify(target, one)], content_type=ContentType.HASH)[0] for one in (digest, digest[::-1])
        ]
    assert [one.valid for one in verified] == [True, False]
