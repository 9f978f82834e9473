"""The style sheet keeps its promises: contrast, spacing scale, text size, nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from msign import frame

CSS = (Path(frame.__file__).parent / "static/frame/msign.css").read_text("utf-8")
SCALE = {0, 2, 4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 56, 64, 72, 80, 120}


def tokens(block: str) -> dict[str, str]:
    return {name: value.strip() for name, value in re.findall(r"--([\w-]+):\s*([^;]+);", block)}


LIGHT = tokens(CSS.split(":root {")[1].split("}")[0])
DARK = {**LIGHT, **tokens(CSS.split(":root {")[2].split("}")[0])}

# (text, ground, least ratio): 4.5 for words, 3 for borders and rings (WCAG 1.4.3, 1.4.11)
PAIRS = [
    *((text, ground, 4.5) for text in ("text", "heading", "text-2", "link", "link-hover", "muted", "danger")
      for ground in ("page", "surface", "bar", "zebra")),
    *((text, "info-bg", 4.5) for text in ("text", "heading", "info", "link")),
    *((text, f"{kind}-bg", 4.5) for kind in ("success", "warning", "danger") for text in ("text", "heading", kind)),
    *((f"on-{name}", name, 4.5) for name in ("primary", "secondary", "strict", "destructive")),
    *((f"on-{name}", f"{name}-hover", 4.5) for name in ("primary", "secondary", "strict", "destructive")),
    ("on-primary", "primary-active", 4.5), ("on-success", "success-solid", 4.5), ("on-warning", "warning-solid", 4.5),
    ("on-neutral", "neutral-bg", 4.5), ("on-test-bar", "test-bar", 4.5), ("warning", "surface", 4.5), ("info", "surface", 4.5),
    *((line, ground, 3.0) for line in ("control-line", "focus") for ground in ("page", "surface", "bar")),
    ("danger-line", "surface", 3.0), ("link-visited", "page", 4.5),
]  # fmt: skip


def luminance(colour: str) -> float:
    assert re.fullmatch(r"#[0-9A-F]{6}", colour), colour
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    brighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_the_arithmetic_agrees_with_the_design_document() -> None:
    assert round(contrast("#0058D2", "#FFFFFF"), 2) == 6.31
    assert round(contrast("#757575", "#F5F5F5"), 2) == 4.23


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_is_readable(scheme: str) -> None:
    colours = LIGHT if scheme == "light" else DARK
    poor = [
        f"{text} on {ground}: {contrast(colours[text], colours[ground]):.2f}"
        for text, ground, least in PAIRS
        if contrast(colours[text], colours[ground]) < least
    ]
    assert poor == []


def test_the_dark_scheme_names_only_known_tokens() -> None:
    assert DARK.keys() == LIGHT.keys()


def test_spacing_tokens_are_the_scale() -> None:
    spaces = {int(name[1:]): value for name, value in LIGHT.items() if re.fullmatch(r"s\d+", name)}
    assert set(spaces) == SCALE - {0}
    assert all(float(value.removesuffix("rem")) * 16 == pixels for pixels, value in spaces.items())


def test_margins_paddings_and_gaps_use_the_scale_only() -> None:
    rules = re.findall(r"(?<![\w-])((?:margin|padding|gap)(?:-[a-z-]+)?):\s*([^;}]+)", CSS)
    strange = [
        f"{name}: {value}"
        for name, value in rules
        for part in value.replace("!important", "").split()
        if not re.fullmatch(r"0|auto|-1px|var\(--s\d+\)", part)
    ]
    assert strange == []


def test_no_text_is_smaller_than_fourteen_pixels() -> None:
    sizes = re.findall(r"font-size:\s*([\d.]*)(rem|em|px|pt|%)", CSS)
    small = [number + unit for number, unit in sizes if unit in {"rem", "px"} and float(number) < 0.875]
    assert small == []


def test_nothing_is_loaded_from_elsewhere() -> None:
    assert re.findall(r"url\([^)]*(?:https?:|//|data:)[^)]*\)|@import", CSS) == []


def test_every_token_used_is_defined() -> None:
    own = set(re.findall(r"[{;\s]--([\w-]+):", CSS))  # a component may give a token of its own its value
    assert set(re.findall(r"var\(--([\w-]+)\)", CSS)) <= LIGHT.keys() | own
