"""`make archive`: veraPDF, the reference validator of PDF/A, judges the papers that the connection desk writes, and
what is left of PDF/A when they are signed, visibly signed, certified and raised to LTA.

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

import httpx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.pki import session_pki  # noqa: E402

from msign.connections.documents import templates  # noqa: E402
from msign.connections.documents.pdfa import Paper, Section, render  # noqa: E402
from msign.connections.fees import Kind  # noqa: E402
from msign.connections.operator import Operator  # noqa: E402
from msign.kernel.words import SignatureLevel  # noqa: E402
from msign.pki.certificate import parse  # noqa: E402
from msign.pki.fetch import Fetcher  # noqa: E402
from msign.pki.sources import online_revocation  # noqa: E402
from msign.signing import pades  # noqa: E402
from msign.signing.evidence import EvidenceCollector  # noqa: E402
from msign.signing.keys import InMemoryKey, Signer  # noqa: E402

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
        files += [str(one) for one in signed(folder, Path(files[0]))]
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


def signed(folder: Path, paper: Path) -> Iterator[Path]:
    """Yield a paper signed in each way that leaves something to be seen, or more than a signature, in the file."""
    pki = session_pki()
    person = pki.person("ion")
    signer = Signer(InMemoryKey(person.key), person.certificate, person.chain)
    fetcher = Fetcher(client=httpx.Client(transport=pki.transport()))
    root = parse(pki.authority("root").certificate)
    evidence = EvidenceCollector(revocation=online_revocation(fetcher, pki.clock), clock=pki.clock, known=[root])
    look = pades.VisibleSignature(verify_url="https://msign.example.md/verify")
    ways = {
        "signed": pades.PadesParameters(),
        "seen": pades.PadesParameters(visible=look, reason="Согласен, întru totul"),
        "certified": pades.PadesParameters(certify=pades.Certification.FORM_FILLING, lock=pades.FieldLock()),
        "archived": pades.PadesParameters(level=SignatureLevel.LTA, visible=look),
    }
    for name, parameters in ways.items():
        target = folder / f"{name}.pdf"
        yield pades.sign(paper, target, signer=signer, tsa=pki.tsa, evidence=evidence, parameters=parameters)
    fetcher.close()


def _written(folder: Path, name: str, paper: Paper) -> str:
    path = folder / f"{name}.pdf"
    path.write_bytes(render(paper, author=Operator().name, made=MADE))
    return str(path)


if __name__ == "__main__":
    raise SystemExit(main())
