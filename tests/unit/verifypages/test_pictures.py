"""What was signed, where it is seen, and how the document came about: on real documents with the real engine."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from msign.config.judging import PageJudge
from msign.faces.verifypages.cards import make_cards
from msign.faces.verifypages.timeline import MOST, make_timeline
from msign.validation.model import Verdict
from tests.support import pages as support
from tests.support import reports, verifying
from tests.support.pages import Pages
from tests.support.pki import Pki, session_pki


@pytest.fixture(scope="module")
def pki() -> Pki:
    return session_pki()


@pytest.fixture(scope="module")
def papers(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contract in its versions: unsigned, signed once, signed twice."""
    folder = tmp_path_factory.mktemp("papers")
    verifying.signed(pki, folder, "ion-p256", "maria")
    return folder


@pytest.fixture(scope="module")
def judge(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> PageJudge:
    folder = tmp_path_factory.mktemp("trust")
    return verifying.judge(verifying.engine(pki, folder), folder)


@pytest.fixture
def judged(judge: PageJudge, tmp_path: Path) -> Iterator[Pages]:
    made = support.build(tmp_path, judge=judge)
    with override_settings(ROOT_URLCONF=made, **support.NO_DATABASE):
        yield made


def send(client: Client, content: bytes) -> str:
    response = client.post("/verify", {"document": SimpleUploadedFile("Contract.pdf", content)})
    return str(response.headers["Location"])


def kinds(text: str) -> list[str]:
    return re.findall(r'<g class="version (\w+)"', text)


@pytest.mark.usefixtures("judged")
def test_what_was_signed_is_given_byte_for_byte(client: Client, papers: Path) -> None:
    once, twice = ((papers / f"contract-{number}.pdf").read_bytes() for number in (1, 2))
    for content in (twice, verifying.tampered(twice), twice + b"\n% anything at all"):
        address = send(client, content)
        for number, signed in ((1, once), (2, twice)):
            response = client.get(f"{address}/signed/{number}")
            assert b"".join(response.streaming_content) == signed
            assert response.headers["Content-Length"] == str(len(signed))


@pytest.mark.usefixtures("judged")
def test_the_pages_show_the_places(client: Client, papers: Path) -> None:
    address = send(client, (papers / "contract-2.pdf").read_bytes())
    text = html.unescape(client.get(address).text)
    assert text.count('<g class="mark success">') == 2
    assert "Page 1; marked: 1 – Ion Exemplu, 2 – Maria Model" in text
    assert f'src="{address}/versions/0/1.png"' in text
    assert client.get(f"{address}/pages").text.count('<g class="mark success">') == 2
    signed = client.get(f"{address}/pages/1").text
    assert "exactly as Ion Exemplu signed it" in signed
    assert signed.count('<g class="mark success">') == 1  # the second signature came later
    assert f'src="{address}/versions/1/1.png"' in signed
    assert client.get(f"{address}/pages/3").status_code == 404


@pytest.mark.usefixtures("judged")
def test_pages_that_cannot_be_drawn_are_said_so(client: Client) -> None:
    address = send(client, b"%PDF-1.7\nnothing")
    assert "cannot be shown here" in client.get(f"{address}/pages").text


@pytest.mark.usefixtures("judged")
def test_the_versions_tell_who_signed_and_what_came_after(client: Client, papers: Path) -> None:
    twice = (papers / "contract-2.pdf").read_bytes()
    text = html.unescape(client.get(send(client, twice)).text)
    assert kinds(text) == ["draft", "signed", "signed"]
    assert (
        'aria-label="Versions of the document in time: 1: The document before it was signed; 2: Signed by Ion' in text
    )
    assert kinds(client.get(send(client, verifying.tampered(twice))).text) == ["draft", "intact", "intact", "changed"]


@pytest.mark.usefixtures("judged")
def test_what_was_added_as_allowed_is_not_called_a_change(
    client: Client, papers: Path, pki: Pki, tmp_path: Path
) -> None:
    verifying.seal(pki).seal(papers / "contract.pdf", tmp_path / "long-term.pdf")
    text = client.get(send(client, (tmp_path / "long-term.pdf").read_bytes())).text
    assert kinds(text) == ["draft", "signed", "added"]
    assert "Data for checking the signature later were added." in text


@pytest.mark.usefixtures("judged")
def test_a_broken_signature_is_shown_as_broken(client: Client, papers: Path) -> None:
    once = (papers / "contract-1.pdf").read_bytes()
    damaged = once.replace(b"/Producer", b"/Produces", 1)
    assert damaged != once
    assert kinds(client.get(send(client, damaged)).text) == ["draft", "broken"]


def test_a_document_of_one_version_needs_no_picture() -> None:
    one = reports.document(Verdict.VALID, reports.signature(), revisions=("0-100",))
    assert make_timeline(one, make_cards(one)) is None
    none = reports.document(Verdict.NONE, revisions=("0-100", "100-200"))
    assert make_timeline(none, []) is None


def test_a_document_of_very_many_versions_keeps_the_picture_small() -> None:
    many = tuple(f"{at}-{at + 1}" for at in range(MOST + 3))
    made = make_timeline(
        reports.document(Verdict.VALID, reports.signature(), revisions=many), [*make_cards(reports.changed())]
    )
    assert made is not None
    assert len(made.versions) == MOST
    assert made.hidden == 3
    assert made.hidden_words
