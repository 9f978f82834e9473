"""Files that cost more than they look are answered within the limits of a worker, or refused by the name of one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from msign.validation.model import Verdict
from msign.validation.pool import WORKER_FAILED, Content, JudgePool, WorkerSetup
from tests.support import attacks, pdfmaker, pdfsign
from tests.support.attacks_structure import body
from tests.support.bombs import BOMBS
from tests.support.pki import MOMENT

CONTENT = Content("", algorithm="sha256", digest="00" * 32)

# Whose limit it is: these must not need to run out of time or memory.
NAMED = {
    "pdf notes in place": None,
    "pdf predicted xref": "pdf-too-many-objects",
    "xml signed attributes": "too-much-work",
    "xml one identifier": None,
    "asn1 other certificates": None,
}


@pytest.fixture(scope="module")
def pool(trust_folder: Path) -> Iterator[JudgePool]:
    made = JudgePool(setup=WorkerSetup(trust=str(trust_folder), at=MOMENT.isoformat()), size=1)
    yield made
    made.close()


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_its_sender_an_answer(pool: JudgePool, tmp_path: Path, name: str) -> None:
    """The pool itself enforces 2 seconds and 300 MB for each 5 MB: whatever needs more comes back refused."""
    path = tmp_path / "bomb"
    path.write_bytes(BOMBS[name]())
    report = pool.judge(path, (CONTENT,))
    assert report.verdict is not Verdict.VALID or name.startswith("xml")
    assert report.refused not in (WORKER_FAILED, "validator-defect"), report
    assert report.refused == NAMED.get(name, report.refused)
    again = pool.judge(Path(__file__))
    assert again.refused == "format-unknown"  # and the service goes on


def test_a_large_office_is_no_bomb(pool: JudgePool, tmp_path: Path) -> None:
    """Four thousand fields, signed by thirty people, and two hundred notes at the end."""
    fields = range(1000, 5000)
    objects = attacks.draft() | {number: b"<< /FT /Tx /T (f%d) >>" % number for number in fields}
    listed = b" ".join(b"%d 0 R" % number for number in fields)
    objects[1] = objects[1].replace(b"/Fields [", b"/Fields [%s " % listed)
    made = pdfmaker.write(objects)
    for number in range(30):
        made = pdfsign.sign(made, name=f"S{number}", stamp=False)
    page = body(made, attacks.PAGE)
    notes = {
        n: b"<< /Type /Annot /Subtype /Square /Rect [500 %d 505 %d] >>" % (n - 9000, n - 8997)
        for n in range(9000, 9200)
    }
    page = page.replace(b"/Annots [", b"/Annots [" + b"".join(b"%d 0 R " % number for number in notes))
    path = tmp_path / "office.pdf"
    path.write_bytes(pdfmaker.update(made, notes | {attacks.PAGE: page}))
    report = pool.judge(path)
    assert (report.refused, len(report.signatures)) == (None, 30)
    assert {signature.modification.value for signature in report.signatures} == {"permitted"}
