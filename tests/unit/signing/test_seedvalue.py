"""Fields that demand something of their signatures: met, or refused in words, on both paths alike."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from msign.kernel.errors import Code, MSignError
from msign.signing.fallback import reserve_with_pyhanko
from msign.signing.leanpath import reserve_lean
from msign.signing.modification import Certification
from msign.signing.reservation import Hole, SignatureEntries
from tests.support.pdfs import Form, write

Reserve = Callable[[Path, Path, SignatureEntries], Hole]
MOMENT = dt.datetime(2026, 3, 2, 9, 15, 30, tzinfo=dt.UTC)
MET = [
    b"",
    b"/Reasons[(Aprob)(Resping)]/Ff 8",
    b"/Reasons[(Resping)]",  # a wish
    b"/Filter/Adobe.PPKLite/SubFilter[/adbe.pkcs7.detached/ETSI.CAdES.detached]/V 2/Ff 7",
    b"/DigestMethod[(SHA1)(SHA256)]/Ff 64",
    b"/MDP<</P 0>>",
    b"/Cert<</Ff 0/Issuer[()]>>",
]
UNMET = [
    (b"/Reasons[(Resping)]/Ff 8", "one of the reasons: Resping"),
    (b"/Reasons[(.)]/Ff 8", "one of the reasons"),
    (b"/Filter/Other.Handler/Ff 1", "Other.Handler"),
    (b"/SubFilter[/adbe.pkcs7.detached]/Ff 2", "adbe.pkcs7.detached"),
    (b"/V 3/Ff 4", "version 3"),
    (b"/DigestMethod[(SHA512)]/Ff 64", "SHA512"),
    (b"/Ff 16", "legal attestation"),
    (b"/AddRevInfo true/Ff 32", "revocation data"),
    (b"/LockDocument/true/Ff 128", "locked"),
    (b"/AppearanceFilter(x)/Ff 256", "appearance"),
    (b"/MDP<</P 2>>", "certification at level 2"),
    (b"/Cert<</Ff 2/Issuer[()]>>", "certain certificates"),
]


def document(folder: Path, seed: bytes) -> Path:
    content = write(Form(acroform="empty-field")).replace(b"/Rect[0 0 0 0]", b"/Rect[0 0 0 0]/SV<<%s>>" % seed, 1)
    table = content.index(b"xref\n0")
    path = folder / "form.pdf"
    path.write_bytes(content[:table] + re.sub(rb"startxref\n\d+", b"startxref\n%d" % table, content[table:]))
    return path


@pytest.mark.parametrize("reserve", [reserve_lean, reserve_with_pyhanko])
@pytest.mark.parametrize("seed", MET)
def test_a_demand_that_is_met_lets_sign(seed: bytes, reserve: Reserve, tmp_path: Path) -> None:
    entries = SignatureEntries(MOMENT, "sha256", 2000, field="Here", reason="Aprob")
    reserve(document(tmp_path, seed), tmp_path / "signed.pdf", entries)


@pytest.mark.parametrize("reserve", [reserve_lean, reserve_with_pyhanko])
@pytest.mark.parametrize(("seed", "words"), UNMET)
def test_a_demand_that_is_not_met_is_named(seed: bytes, words: str, reserve: Reserve, tmp_path: Path) -> None:
    entries = SignatureEntries(MOMENT, "sha256", 2000, field="Here", reason="Aprob")
    with pytest.raises(MSignError, match=words) as caught:
        reserve(document(tmp_path, seed), tmp_path / "signed.pdf", entries)
    assert caught.value.code is Code.CONFLICT
    assert not (tmp_path / "signed.pdf").exists()


@pytest.mark.parametrize("reserve", [reserve_lean, reserve_with_pyhanko])
def test_a_field_for_a_certification_takes_one(reserve: Reserve, tmp_path: Path) -> None:
    entries = SignatureEntries(MOMENT, "sha256", 2000, field="Here", certify=Certification.FORM_FILLING)
    reserve(document(tmp_path, b"/MDP<</P 2>>"), tmp_path / "signed.pdf", entries)
