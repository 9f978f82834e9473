"""Runs the validator over the shared corpus of signed files: `make corpus CORPUS=folder`.

Prints agreement per group and every disagreement with its reason. Exit status 0 if everything that is counted agrees,
but for the deviations argued in docs/protocol/validation-divergences.md.
"""

from __future__ import annotations

import argparse
import base64
import csv
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import pkits

from msign.kernel.clock import monotonic
from msign.pki.trust import TrustStore
from msign.validation.detached import DetachedContent, DetachedContents
from msign.validation.engine import Validator
from msign.validation.model import DocumentReport, Indication, Integrity, Modification, SubIndication, Verdict

ROOT = Path(__file__).resolve().parent.parent
ARGUED = ROOT / "docs" / "protocol" / "validation-divergences.md"
SLOW_SECONDS = 2.0
FORMATS = ["pades", "xades", "xades-hashcode", "parser", "path"]
_ORDER = list(Modification)


@dataclass(frozen=True)
class Outcome:
    """One row: what was asked, which questions were answered otherwise, and why we say so."""

    row: dict[str, str]
    seconds: float
    wrong: dict[str, str] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    why: str = ""

    @property
    def contested(self) -> bool:
        return self.row["note"].startswith("contested:")

    @property
    def group(self) -> str:
        return f"{self.row['file'].partition('/')[0]} ({self.row['format']})"


def contents(text: str, folder: Path) -> DetachedContents:
    """Read the column ``detached_content``."""
    return DetachedContents(tuple(_content(part, folder) for part in text.split("|") if part))


def _content(part: str, folder: Path) -> DetachedContent:
    if part.startswith("text:"):
        name, _, body = part.removeprefix("text:").partition(";")
        return DetachedContent(name, data=body.encode())
    if part.startswith("digest:"):
        name, algorithm, value = part.removeprefix("digest:").split(";")
        return DetachedContent(name, digests={algorithm.lower().replace("-", ""): base64.b64decode(value)})
    path, _, name = part.partition("@")
    return DetachedContent(name or Path(path).name, path=folder / path)


def judge(row: dict[str, str], folder: Path) -> Outcome:
    """Validate one row and compare."""
    started = monotonic()
    if row["format"] == "path":
        return _judge_path(row, folder, started)
    validator = Validator(trust=TrustStore())
    try:
        if row["format"].startswith("xades"):
            report = validator.xades((folder / row["file"]).read_bytes(), contents(row["detached_content"], folder))
        else:
            report = validator.pdf(folder / row["file"])
    except Exception as error:  # noqa: BLE001 # a crash is a finding, and the run goes on
        return Outcome(row, monotonic() - started, {"crash": f"{type(error).__name__}: {error}"}, frozenset({"crash"}))
    return _compared(row, report, monotonic() - started)


def _judge_path(row: dict[str, str], folder: Path, started: float) -> Outcome:
    suite = folder / "nist-pkits"
    case = pkits.cases(suite)[int(row["detached_content"].rpartition("#")[2])]
    found = "PASSED" if pkits.passes(case, suite) else "FAILED"
    wrong = {} if found == row["indication"] else {"indication": f"expected {row['indication']}, found {found}"}
    return Outcome(row, monotonic() - started, wrong, frozenset({"indication"}))


def _compared(row: dict[str, str], report: DocumentReport, seconds: float) -> Outcome:
    wrong: dict[str, str] = {}
    checks = {
        "signatures": _signatures, "integrity": _integrity, "modification": _modification, "indication": _indication,
    }  # fmt: skip
    asked = {name for name in checks if row[name]}
    for name in sorted(asked):
        found = checks[name](row, report)
        if found is not None:
            wrong[name] = f"expected {row[name]} {row['sub_indication'] if name == 'indication' else ''}, found {found}"
    if seconds > SLOW_SECONDS:
        wrong["time"] = f"{seconds:.1f} s"
    return Outcome(row, seconds, wrong, frozenset(asked), _why(report))


def _signatures(row: dict[str, str], report: DocumentReport) -> str | None:
    count = len(report.signatures)
    return None if count == int(row["signatures"]) else str(count)


def _integrity(row: dict[str, str], report: DocumentReport) -> str | None:
    values = {signature.integrity for signature in report.signatures}
    found = "invalid" if not values or values == {Integrity.INVALID} else "mixed" if len(values) > 1 else "valid"
    return None if found == row["integrity"] else found


def _modification(row: dict[str, str], report: DocumentReport) -> str | None:
    found = max((s.modification for s in report.signatures), key=_ORDER.index, default=None)
    broken = report.refused or any(s.integrity is Integrity.INVALID for s in report.signatures)
    match row["modification"]:
        case "none":
            agrees = found is Modification.NONE and not report.refused
        case "permitted":
            agrees = found in (Modification.NONE, Modification.PERMITTED, None) and not broken
        case _:
            agrees = bool(broken) or found in (Modification.UNDEFINED, Modification.FORBIDDEN) or found is None
    return None if agrees else f"{found}{' refused' if report.refused else ''}"


def _indication(row: dict[str, str], report: DocumentReport) -> str | None:
    expected = row["indication"]
    if expected in ("OPENS", "REFUSED", "EITHER"):
        opened = report.refused is None and report.verdict is Verdict.NONE
        agrees = {"OPENS": opened, "REFUSED": report.refused is not None, "EITHER": True}[expected]
        return None if agrees else f"{report.verdict} {report.refused or ''}"
    if expected == "NO_SIGNATURE_FOUND":
        return None if not report.signatures else f"{len(report.signatures)} signatures"
    if row["file"].startswith("siva-") and set(expected.split(";")) == {"TOTAL-PASSED"}:
        return _without_that_trust_list(report)
    wanted = [word.replace("-", "_") for word in expected.split(";")]
    subs = row["sub_indication"].split(";") if row["sub_indication"] else [""] * len(wanted)
    found = [(s.indication, s.sub_indication or "") for s in report.signatures]
    words = ";".join(f"{a} {b}" for a, b in found) or f"nothing {report.refused or ''}"
    fits = len(found) == len(wanted) and all(
        (not w or a == w) and (not s or b == s) for (a, b), w, s in zip(found, wanted, subs, strict=False)
    )
    return None if fits else words


def _without_that_trust_list(report: DocumentReport) -> str | None:
    """These indications hang on another service's trusted list; without it the README names the right answer."""
    found = {(s.indication, s.sub_indication) for s in report.signatures}
    right = {(Indication.INDETERMINATE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)}
    return None if found == right else "; ".join(f"{a} {b}" for a, b in found)


def _why(report: DocumentReport) -> str:
    reasons = [*report.reasons, *(reason for signature in report.signatures for reason in signature.reasons)]
    return ", ".join(dict.fromkeys(f"{r.code}({'; '.join(v for _, v in r.facts)})" for r in reasons))[:300]


def rows(folder: Path, formats: set[str], only: str) -> Iterator[dict[str, str]]:
    with (folder / "expected.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["format"] in formats and only in row["file"]:
                yield row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--format", action="append", choices=FORMATS)
    parser.add_argument("--only", default="", help="part of a file name")
    parser.add_argument("--all", action="store_true", help="show agreeing rows, too")
    given = parser.parse_args()
    if not (given.corpus / "expected.csv").is_file():
        print(f"There is no expected.csv in {given.corpus}: name the corpus folder, make corpus CORPUS=folder.")
        return 2
    wanted = set(given.format or FORMATS)
    outcomes = [judge(row, given.corpus) for row in rows(given.corpus, wanted, given.only)]
    argued = ARGUED.read_text("utf-8") if ARGUED.is_file() else ""
    return _print(outcomes, argued, everything=given.all)


def _print(outcomes: list[Outcome], argued: str, *, everything: bool) -> int:
    open_questions = 0
    for outcome in outcomes:
        known = Path(outcome.row["file"]).name in argued
        if outcome.wrong:
            mark = "contested" if outcome.contested else "argued   " if known else "DIFFERS  "
            open_questions += mark == "DIFFERS  "
            print(f"{mark} {outcome.row['file']} {outcome.row['detached_content'][:60]}")
            for name, text in outcome.wrong.items():
                print(f"            {name}: {text}")
            print(f"            note: {outcome.row['note'][:150]}\n            we say: {outcome.why}")
        elif everything:
            print(f"agrees    {outcome.row['file']}   {outcome.why}")
    _table(outcomes)
    print(f"{open_questions} disagreements are not argued in docs/protocol/validation-divergences.md")
    return bool(open_questions)


def _table(outcomes: list[Outcome]) -> None:
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if not outcome.contested:
            groups[outcome.group].append(outcome)
    names = ("signatures", "integrity", "modification", "indication")
    print(f"\n{'group':<32}{'rows':>6}" + "".join(f"{name:>14}" for name in names) + f"{'slowest':>10}")
    for group, members in sorted(groups.items()):
        cells = []
        for name in names:
            asked = [o for o in members if name in o.asked or "crash" in o.wrong]
            right = sum(name not in o.wrong and "crash" not in o.wrong for o in asked)
            cells.append(f"{right}/{len(asked)}" if asked else "-")
        slowest = max(o.seconds for o in members)
        print(f"{group:<32}{len(members):>6}" + "".join(f"{c:>14}" for c in cells) + f"{slowest:>9.2f}s")


if __name__ == "__main__":
    sys.exit(main())
