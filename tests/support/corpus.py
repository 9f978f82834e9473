"""Where the shared corpus of signed files lies; tests that need it skip with a reason where it is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("MSIGN_CORPUS") or os.environ.get("CORPUS") or ROOT.parent / "shared" / "corpus")

needs_corpus = pytest.mark.skipif(
    not (CORPUS / "expected.csv").is_file(),
    reason="the shared corpus of signed files is not here; name its folder in CORPUS",
)
