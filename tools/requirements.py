"""Refuse requirement files that record addresses, lack hashes or hold a licence that we may not ship."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "requirements"
FORBIDDEN = re.compile(r"\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)
LESSER = re.compile(r"\b(LGPL|Lesser)", re.IGNORECASE)


def main() -> int:
    problems: list[str] = []
    for path in sorted(FOLDER.iterdir()):
        text = path.read_text("utf-8")
        if "://" in text or "index-url" in text:
            problems.append(f"{path.name}: holds an address; write it with `make lock`")
        if path.suffix == ".txt":
            for block in re.split(r"\n(?=[a-z0-9])", text):
                if "==" in block and "--hash=" not in block:
                    problems.append(f"{path.name}: no hash for {block.split()[0]}")
    problems += _licences((FOLDER / "runtime.txt").read_text("utf-8"))
    print("\n".join(problems))
    return bool(problems)


def _licences(runtime: str) -> list[str]:
    problems = []
    for name in re.findall(r"^([A-Za-z0-9._-]+)==", runtime, re.MULTILINE):
        try:
            facts = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        words = " ".join([facts.get("License-Expression") or "", *(facts.get_all("Classifier") or [])])
        if FORBIDDEN.search(words) and not LESSER.search(words):
            problems.append(f"runtime.txt: {name} is under {FORBIDDEN.search(words).group()}")  # type: ignore[union-attr]
    return problems


if __name__ == "__main__":
    raise SystemExit(main())
