"""What a person reads in a terminal: short lines, names, local time."""

from __future__ import annotations

from pathlib import Path

from msign.ops.sign import Done, _sentence, _shown
from msign.ops.verify import _broken
from msign.ops.verify_api import contents_of
from msign.validation.pool import Content

LONG = "    ✗ Whether “Ion Exemplu” in the signer's chain was revoked could not be found out (no list covers it)."


def test_long_lines_break_between_words_below_their_beginning() -> None:
    lines = _broken(LONG, 60).split("\n")
    assert max(map(len, lines)) <= 60
    assert lines[0].startswith("    ✗ Whether")
    assert all(line.startswith("      ") for line in lines[1:])
    assert " ".join(line.strip() for line in lines) == LONG.strip()


def test_an_address_or_a_digest_is_never_cut() -> None:
    assert "a" * 90 in _broken("  sha256: " + "a" * 90, 60).split("\n")[1]


def test_who_signed_is_a_name_and_when_is_local_time() -> None:
    subject = "CN=Ion Exemplu, SERIALNUMBER=PNOMD-2000000000004, C=MD"
    done = Done(
        "a.pdf", ok=True, output="a.pdf.signed.pdf", message="The signature is valid",
        signer=subject, signed_at="2026-11-22T21:00:55+00:00",
    )  # fmt: skip
    assert _sentence(done).endswith("The signature is valid: Ion Exemplu, 22.11.2026 23:00")


def test_a_name_that_is_no_text_is_sent_as_far_as_it_is_one() -> None:
    assert _shown(Path("Cerere ș 17.pdf")) == "Cerere ș 17.pdf"
    assert _shown(Path("a\x01b\udcff\uffff.pdf")) == "a\ufffdb\ufffd\ufffd.pdf"


def test_the_signed_file_is_looked_for_beside_its_signature(tmp_path: Path) -> None:
    signed, signature = tmp_path / "report.docx", tmp_path / "report.docx.xades.xml"
    assert contents_of(signature, ()) == ()
    signed.write_text("a report")
    assert contents_of(signature, ()) == (Content("", path=str(signed)),)
    given = Content("other", path="elsewhere")
    assert contents_of(signature, (given,)) == (given,)
    assert contents_of(signed, ()) == contents_of(tmp_path / ".xades.xml", ()) == ()
