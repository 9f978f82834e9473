"""The desk's papers on the shelf of long-term care."""

from __future__ import annotations

from pathlib import Path

import pytest

from msign.connections.models import Document
from msign.connections.services.keeping import PaperShelf
from msign.connections.states import Action
from tests.support.desk import Cast, make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(tmp_path: Path) -> Cast:
    return make_cast(tmp_path / "registers")


def test_papers_come_under_care_when_both_sides_have_signed(cast: Cast, tmp_path: Path) -> None:
    shelf = PaperShelf(cast.desk)
    reference = cast.start()
    cast.do(reference, Action.SUBMIT, Action.TAKE, Action.CONFIRM, Action.ISSUE_DOCUMENTS)
    assert list(shelf.names()) == []
    cast.sign_all(reference)
    names = list(shelf.names())
    assert len(names) == 2, "contract and annex"
    loan = shelf.lend(names[0], tmp_path)
    assert loan is not None
    raised = tmp_path / "raised.pdf"
    raised.write_bytes(loan.path.read_bytes() + b"\n% raised\n")
    assert shelf.take_back(names[0], raised, loan.version)
    assert bytes(Document.objects.get(number=names[0]).signed or b"") == raised.read_bytes()
    assert not shelf.take_back(names[0], raised, loan.version), "it is another version now"


def test_an_unknown_paper_is_not_there(cast: Cast, tmp_path: Path) -> None:
    assert PaperShelf(cast.desk).lend("nothing", tmp_path) is None
