"""Rules of the house that no general linter knows; each is a past mistake or a promise of the architecture."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "msign"
DOCUMENTED = ("kernel", "pki", "pdf", "signing", "validation", "providers/base.py")
RAW_TIME = re.compile(r"\b(?:datetime|dt)\.(?:now|utcnow|today)\(|\btimezone\.now\(|\btime\.time\(")
OPEN_END = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))")
MACHINE_PATH = re.compile(r"(^|[^A-Za-z0-9_])/(work|farm|root)/")


def main() -> int:
    problems = [*raw_time(), *docstrings(), *open_ends()]
    print("\n".join(problems))
    return bool(problems)


def raw_time() -> Iterator[str]:
    """Time is asked for in one module only (house style 13)."""
    for path in SOURCE.rglob("*.py"):
        if path.match("kernel/clock.py") or "migrations" in path.parts:
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if RAW_TIME.search(line):
                yield f"{path.relative_to(ROOT)}:{number}: ask a Clock (kernel.clock) for the time"


def docstrings() -> Iterator[str]:
    """Public functions and classes of the pure rooms say what they do."""
    for room in DOCUMENTED:
        place = SOURCE / room
        for path in [place] if place.is_file() else place.rglob("*.py"):
            tree = ast.parse(path.read_text("utf-8"))
            nodes = [tree, *ast.walk(tree)] if path.name != "__init__.py" else []
            for node in nodes:
                if isinstance(node, ast.ClassDef):
                    yield from _undocumented(path, [node, *node.body] if not node.name.startswith("_") else [])
                elif isinstance(node, ast.Module):
                    yield from _undocumented(path, node.body)


def _undocumented(path: Path, nodes: list[ast.stmt]) -> Iterator[str]:
    for node in nodes:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        overloaded = any(isinstance(d, ast.Name) and d.id in {"overload", "property"} for d in node.decorator_list)
        if not overloaded and not ast.get_docstring(node):
            yield f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} has no docstring"


def open_ends() -> Iterator[str]:
    """An open end carries an issue number; no committed file names a path of somebody's machine."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    for name in names:
        path = ROOT / name
        if not name or path.suffix in {".svg", ".woff2", ".ttf", ".pdf", ".png"} or not path.is_file():
            continue
        if name == "tools/house_rules.py":
            continue
        for number, line in enumerate(path.read_text("utf-8", errors="ignore").splitlines(), 1):
            if path.suffix in {".py", ".js", ".html", ".css"} and OPEN_END.search(line):
                yield f"{name}:{number}: an open end needs an issue number, TODO(#12)"
            if MACHINE_PATH.search(line):
                yield f"{name}:{number}: a path of one machine"


if __name__ == "__main__":
    raise SystemExit(main())
