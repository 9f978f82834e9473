"""`make interop`: the European reference implementation (DSS) judges our outputs and the corpus; verdicts are compared.

Needs a JDK and Maven; says so in one sentence and succeeds where they are missing. Nothing of it is shipped.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import django
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.outputs import NAME, outputs  # noqa: E402
from tests.support.pki import session_pki  # noqa: E402

from msign.validation.model import Verdict  # noqa: E402

JAVA = ROOT / "tools" / "interop"
BROKEN = ("HASH_FAILURE", "SIG_CRYPTO_FAILURE", "FORMAT_FAILURE")
NO_POLICY = ("ed25519",)  # intact for DSS, but its default policy does not list the algorithm


@dataclass(frozen=True)
class Case:
    """A file for DSS, what it is detached from, and what its verdict must not or must be."""

    name: str
    path: Path
    contents: tuple[str, ...] = ()
    must_pass: bool = False
    intact: bool | None = True
    note: str = ""


def main() -> int:
    options = _options()
    if missing := [name for name in ("java", "mvn") if shutil.which(name) is None]:
        print(f"Skipped: {' and '.join(missing)} not found; install a JDK 17 and Maven to compare with DSS.")
        return 0
    subprocess.run(["mvn", "-q", "-B", "package"], cwd=JAVA, check=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        anchors = session_pki().write_trust(folder / "trust")
        signed = [*ours(folder), Case("verification receipt", receipt(folder / "receipt"))]
        failed = _compare("our outputs", signed, judged(signed, anchors), strict=True)
        if options.corpus and options.corpus.exists():
            theirs = list(corpus(options.corpus))
            failed += _compare("the corpus", theirs, judged(theirs, anchors), strict=False)
    return bool(failed)


def ours(folder: Path) -> Iterator[Case]:
    """Yield a signature of each kind, level, key and form of document."""
    for one in outputs(folder):
        contents = (f"file:{NAME}:{one.data}",) if one.data else ()
        yield Case(one.name, one.path, contents, must_pass=one.long_term and one.key not in NO_POLICY)


def receipt(folder: Path) -> Path:
    """Return a receipt of the verify page, sealed by the service: fetched as a visitor fetches it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.support.settings")
    django.setup()
    from tests.support import pages, reports, verifying  # what they import wants the settings

    folder.mkdir()
    made = pages.build(folder, seal=verifying.seal(session_pki()))
    made.judge.report = reports.document(Verdict.VALID, reports.signature())
    path = folder / "receipt.pdf"
    with override_settings(ROOT_URLCONF=made, **pages.NO_DATABASE):
        client = Client()
        sent = client.post("/verify", {"document": SimpleUploadedFile("Contract.pdf", b"%PDF-1.7\n")})
        answer = client.get(f"{sent.headers['Location']}/receipt.pdf")
        path.write_bytes(b"".join(answer.streaming_content))
    return path


def corpus(folder: Path) -> Iterator[Case]:
    """Yield the rows of the corpus that assert integrity."""
    with (folder / "expected.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["format"] not in {"pades", "xades"} or row["integrity"] not in {"valid", "invalid"}:
                continue
            contents = [_detached(part, folder) for part in row["detached_content"].split("|") if part]
            if row["note"].startswith("contested:") or None in contents:
                continue
            known = tuple(one for one in contents if one)
            yield Case(row["file"], folder / row["file"], known, intact=row["integrity"] == "valid", note=row["note"])


def judged(cases: list[Case], anchors: Path) -> dict[Case, str]:
    """Ask DSS about all cases in one process; return its words for each."""
    jobs = "".join("\t".join((str(case.path), *case.contents)) + "\n" for case in cases)
    command = ["java", "-cp", f"{JAVA}/target/interop.jar:{JAVA}/target/lib/*", "msign.Judge", str(anchors)]
    done = subprocess.run(command, input=jobs, capture_output=True, text=True, check=True)
    return dict(zip(cases, (line.partition("\t")[2] for line in done.stdout.splitlines()), strict=True))


def _compare(title: str, cases: list[Case], said: dict[Case, str], *, strict: bool) -> int:
    odd = [case for case in cases if not _agrees(case, said[case])]
    print(f"{title}: DSS agrees on {len(cases) - len(odd)} of {len(cases)}")
    for case in odd:
        expected = "TOTAL_PASSED" if case.must_pass else "intact" if case.intact else "broken"
        print(f"  {case.name}: we say {expected}, DSS says {said[case]}" + (f" ({case.note})" if case.note else ""))
    return len(odd) if strict else 0


def _agrees(case: Case, words: str) -> bool:
    verdicts = [word.split("/") for word in words.split(";")]
    if case.must_pass:
        return all(one[0] == "TOTAL_PASSED" for one in verdicts)
    broken = any(one[0] == "REFUSED" or one[1] in BROKEN or one[1] == "SIGNED_DATA_NOT_FOUND" for one in verdicts)
    if words.startswith("NO_SIGNATURE_FOUND"):
        return not case.intact
    return broken is not case.intact


def _detached(part: str, folder: Path) -> str | None:
    if part.startswith("text:"):
        return None
    if part.startswith("digest:"):
        name, algorithm, value = part.removeprefix("digest:").split(";")
        return f"digest:{name}:{algorithm.replace('-', '')}:{value}"
    path, _, name = part.partition("@")
    return f"file:{name or Path(path).name}:{folder / path}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", nargs="?", type=Path, help="folder of the corpus of signed files")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
