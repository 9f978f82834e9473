"""`make archive`: veraPDF, the reference validator of PDF/A, judges the papers that the connection desk writes.

Needs a JDK and Maven; says so in one sentence and succeeds where they are missing. Nothing of it is shipped.
``--keep FOLDER`` leaves the papers there, to be looked at.
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from msign.connections.documents import templates  # noqa: E402
from msign.connections.documents.pdfa import Paper, Section, render  # noqa: E402
from msign.connections.fees import Kind  # noqa: E402
from msign.connections.operator import Operator  # noqa: E402

JAVA = ROOT / "tools" / "archive"
LEVEL = "2a"
MADE = dt.datetime(2026, 3, 2, 9, 15, tzinfo=dt.UTC)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="folder that the papers are left in")
    keep = parser.parse_args().keep
    with tempfile.TemporaryDirectory() as name:
        folder = keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        files = [_written(folder, kind, paper) for kind, paper in papers()]
        if missing := [tool for tool in ("java", "mvn") if shutil.which(tool) is None]:
            print(f"Skipped: {' and '.join(missing)} not found; install a JDK 17 and Maven to run veraPDF.")
            return 0
        subprocess.run(["mvn", "-q", "-B", "package"], cwd=JAVA, check=True)
        path = f"{JAVA / 'target' / 'archive.jar'}:{JAVA / 'target' / 'lib'}/*"
        return subprocess.run(["java", "-cp", path, "Archive", LEVEL, *files], check=False).returncode


def papers() -> Iterator[tuple[str, Paper]]:
    """Yield each paper for each kind of party, and a receipt-like one of several pages in Russian."""
    day, texts, operator = MADE.date(), templates.load_texts(), Operator()
    for kind in Kind:
        party = templates.Party(
            "Agenția „Șoimii” & fiii", "1", kind, "str. Țării 1", "Ștefan Țurcanu", "director", "statut"
        )
        fee = 0 if kind is Kind.PUBLIC else 15_200_00
        about = templates.Subject("A-1", day, "C-1", "Registrul <b>", "RSI-1", "MSign", "Legea 124/2022 " * 60, fee)
        for name in templates.KINDS:
            yield f"{name}-{kind}", texts.write(name, party, operator, about, templates.Bill(day, (day, day)))
    rows = (("Вопрос", "Ответ"), *((f"Вопрос {at}", "Ответ на вопрос " * 12) for at in range(40)))
    yield "receipt", Paper("Подтверждение", "MS-1", (Section("Что дальше", ("1. Шаг", "2. Шаг")),), rows, language="ru")


def _written(folder: Path, name: str, paper: Paper) -> str:
    path = folder / f"{name}.pdf"
    path.write_bytes(render(paper, author=Operator().name, made=MADE))
    return str(path)


if __name__ == "__main__":
    raise SystemExit(main())
