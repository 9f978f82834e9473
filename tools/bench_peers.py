"""`make bench-peers`: our signing engine beside those that a user could pick instead, on the same work in one run.

Installs those it can: rustpdf from the package index into var/peers, PDFBox with Bouncy Castle and DSS through Maven,
stock pyHanko from our own environment. Prints ratios; the floor (the raw key operation, read-hash-write) has rows of
its own. Work: RSA-2048, chain of two, PAdES-B-T with an authority in the same process, warm.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from rich.console import Console
from rich.table import Table

from msign.ops.bench_rows import BenchRow, median_ms
from msign.ops.bench_stage import Bench
from msign.signing import xades

ROOT = Path(__file__).resolve().parent.parent
JAVA = ROOT / "tools" / "interop"
PASSWORD = b"peers"
SMALL, LARGE = 50 * 1024, 20 * 1024 * 1024
RUNS = 40


def main() -> int:
    rows: list[BenchRow] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = Bench(folder, SMALL), Bench(folder, LARGE)
        rows += _ours(small, large)
        own = {row.name: row.median_ms for row in rows}
        rows += _stock(small, large, own)
        rows += _rust(small, large, own)
        rows += _java(small, large, folder, own)
    Console().print(_table(rows))
    target = ROOT / "var" / "bench-peers.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps([{"name": row.name, "median_ms": row.median_ms, "ratio": row.ratio} for row in rows]))
    return 0


def _ours(small: Bench, large: Bench) -> list[BenchRow]:
    raw = median_ms(lambda: small.signer.key.sign(bytes(300)), runs=301)
    whole = median_ms(small.sign, runs=201, before=small.clear)
    given = median_ms(lambda: xades.sign(bytes(32), signer=small.signer, tsa=small.tsa), runs=201)
    floor, big = median_ms(large.floor, runs=9), median_ms(large.sign, runs=9)
    return [
        BenchRow("floor: raw RSA-2048 operation", raw),
        BenchRow("small", whole, whole / raw, "ours; ratio to the raw key operation, goal 3.0"),
        BenchRow("xades", given, given / raw, "ours; ratio to the raw key operation, goal 2.0"),
        BenchRow("floor: read, hash, write 20 MB", floor),
        BenchRow("large", big, big / floor, "ours; ratio to read, hash, write, goal 1.3"),
    ]


def _stock(small: Bench, large: Bench, own: dict[str, float]) -> list[BenchRow]:
    timed = {"small": median_ms(small.stock, runs=15), "large": median_ms(large.stock, runs=5, warm=1)}
    return [_peer("stock pyHanko 0.38", work, took, own) for work, took in timed.items()]


def _rust(small: Bench, large: Bench, own: dict[str, float]) -> list[BenchRow]:
    place = ROOT / "var" / "peers"
    install = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes"]
    wanted = ["-r", str(ROOT / "requirements" / "peers.txt"), "--target", str(place)]
    if not place.exists() and subprocess.run([*install, *wanted], check=False).returncode:
        print("rustpdf left out: it has no build for this machine.")
        return []
    sys.path.insert(0, str(place))
    import rustpdf  # type: ignore[import-not-found]

    def sign(bench: Bench) -> Callable[[], object]:
        key = bench.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        certificate = bench.signer.signing_certificate.encoded

        def work() -> None:
            bench.target.write_bytes(rustpdf.sign(bench.source.read_bytes(), key, certificate, pades=True))

        return work

    timed = {"small": median_ms(sign(small), runs=RUNS), "large": median_ms(sign(large), runs=5, warm=1)}
    return [_peer("rustpdf 0.5 (B-B: no time-stamp)", work, took, own) for work, took in timed.items()]


def _java(small: Bench, large: Bench, folder: Path, own: dict[str, float]) -> list[BenchRow]:
    if missing := [name for name in ("java", "mvn") if shutil.which(name) is None]:
        print(f"PDFBox and DSS left out: {' and '.join(missing)} not found.")
        return []
    subprocess.run(["mvn", "-q", "-B", "package"], cwd=JAVA, check=True)
    for name, (key, certificates) in {"signer": small.signer_material, "tsa": small.tsa_material}.items():
        bundle = pkcs12.serialize_key_and_certificates(
            b"key", key, certificates[0], list(certificates[1:]), BestAvailableEncryption(PASSWORD)
        )
        (folder / f"{name}.p12").write_bytes(bundle)
    documents = {small.source: "small", large.source: "large"}
    command = ["java", "-cp", f"{JAVA}/target/interop.jar{os.pathsep}{JAVA}/target/lib/*", "msign.Peers"]
    arguments = [folder / "signer.p12", folder / "tsa.p12", PASSWORD.decode(), folder, RUNS, *documents]
    done = subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, check=True)
    names = {path.name: work for path, work in documents.items()}
    rows = []
    for line in done.stdout.splitlines():
        peer, work, took, _memory = line.split("\t")
        rows.append(_peer(f"{peer} (Java)", names.get(work, work), float(took), own))
    return rows


def _peer(name: str, work: str, took: float, own: dict[str, float]) -> BenchRow:
    return BenchRow(f"{work}: {name}", took, took / own[work], "times ours")


def _table(rows: list[BenchRow]) -> Table:
    table = Table(title="PAdES-B-T and XAdES-B-T, RSA-2048, local authority, warm", title_justify="left")
    for heading, justify in (("Work", "left"), ("Median, ms", "right"), ("Ratio", "right"), ("", "left")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(row.name, f"{row.median_ms:,.2f}", "" if row.ratio is None else f"{row.ratio:.2f}", row.what)
    return table


if __name__ == "__main__":
    raise SystemExit(main())
