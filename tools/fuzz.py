"""`make fuzz SECONDS=600`: hurts honest files and feeds them to every parser; keeps what breaks one.

A finding is written to ``tests/assets/fuzz/TARGET/``, where the suite replays it for ever; exit status 1 then.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support import fuzzing  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32, help="where the dice start")
    parser.add_argument("targets", nargs="*", choices=[*fuzzing.TARGETS, []], help="only these parsers")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message="Duplicate name")  # the packer of damaged containers
    names = options.targets or list(fuzzing.TARGETS)
    count: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    for finding in fuzzing.findings(names, options.seed, _rounds(options.seconds, count)):
        if (finding.target, finding.why[:60]) not in seen:
            seen.add((finding.target, finding.why[:60]))
            print(f"{finding.target}: {finding.why} -> {_keep(finding).relative_to(ROOT)}", flush=True)
    print(f"{count['rounds']} rounds over {', '.join(names)}; seed {options.seed}; {len(seen)} findings")
    return bool(seen)


def _rounds(seconds: float, count: Counter[str]) -> Iterator[int]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        count["rounds"] += 1
        yield count["rounds"]


def _keep(finding: fuzzing.Finding) -> Path:
    folder = fuzzing.ASSETS / finding.target
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{hashlib.sha256(finding.data).hexdigest()[:16]}.bin"
    place.write_bytes(finding.data)
    return place


if __name__ == "__main__":
    raise SystemExit(main())
