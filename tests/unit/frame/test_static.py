"""Static files under hashed names."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.test import Client, override_settings

from msign.frame import static
from tests.support import pages


def test_a_name_carries_the_digest_of_what_is_served(tmp_path: Path) -> None:
    static.publish(tmp_path)
    name = static.hashed_name("frame/msign.css")
    assert re.fullmatch(r"frame/msign\.[0-9a-f]{12}\.css", name)
    assert gzip.decompress((tmp_path / f"{name}.gz").read_bytes()) == (tmp_path / name).read_bytes()


def test_style_sheets_point_at_published_fonts(tmp_path: Path) -> None:
    static.publish(tmp_path)
    sheet = (tmp_path / static.hashed_name("frame/msign.css")).read_text("utf-8")
    names = re.findall(r'url\("([^"]+)"\)', sheet)
    assert len(names) > 8
    assert [name for name in names if not (tmp_path / "frame" / name).is_file()] == []


def test_publishing_again_writes_nothing(tmp_path: Path) -> None:
    assert static.publish(tmp_path) > 10
    assert static.publish(tmp_path) == 0


def test_an_unknown_file_keeps_its_name() -> None:
    assert static.hashed_name("frame/none.css") == "frame/none.css"


@pytest.mark.parametrize("name", ["frame/msign.css", "frame/msign.js", "frame/mark.svg"])
def test_served_compressed_and_for_ever(tmp_path: Path, name: str) -> None:
    with override_settings(ROOT_URLCONF=pages.build(tmp_path), **pages.NO_DATABASE):
        response = Client().get(f"/static/{static.hashed_name(name)}", headers={"Accept-Encoding": "gzip"})
    assert response.status_code == 200
    assert response.headers["Content-Encoding"] == "gzip"
    assert "immutable" in response.headers["Cache-Control"]


def test_fonts_come_with_their_licence() -> None:
    folder = Path(static.__file__).parent / "static/frame/fonts"
    assert "SIL OPEN FONT LICENSE Version 1.1" in (folder / "OFL.txt").read_text("utf-8")
    assert {path.stem for path in folder.glob("*.woff2")} == {
        f"onest-{subset}-{weight}" for subset in ("latin", "latin-ext", "cyrillic") for weight in (400, 500, 600)
    }
