"""`msign bench`: the engines beside their peers and the floor, then the gateway under load; one table, one file."""

from __future__ import annotations

import dataclasses
import importlib
import json
import platform
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from msign.config.options import load
from msign.ops.bench_rows import BenchRow

PARTS = {
    "signing": ("msign.ops.bench_engine", "Signing engine"),
    "validation": ("msign.ops.bench_validation", "Validation engine"),
    "soap": ("msign.ops.bench_soap", "SOAP interface"),
    "gateway": ("msign.ops.bench_gateway", "Gateway"),
}


@click.command()
@click.option("--part", "parts", type=click.Choice(list(PARTS)), multiple=True, help="Only this part; may be repeated.")
def bench(parts: tuple[str, ...]) -> None:
    """Measure the engines and the gateway; print a table and write bench.json into the data folder."""
    console = Console()
    measured: dict[str, list[BenchRow]] = {}
    for part in parts or PARTS:
        module, title = PARTS[part]
        with console.status(f"Measuring: {title} …"):
            measured[part] = importlib.import_module(module).rows()
        console.print(_table(title, measured[part]))
    target = load().data_path / "bench.json"
    write(target, measured)
    console.print(f"Written to {target}. Ratios compare within this run; absolute figures are this machine's.")


def write(target: Path, measured: dict[str, list[BenchRow]]) -> None:
    """Write the rows as JSON, with what is needed to read them later: machine and versions."""
    target.parent.mkdir(parents=True, exist_ok=True)
    facts = {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system()}
    rows = {part: [dataclasses.asdict(row) for row in rows] for part, rows in measured.items()}
    target.write_text(json.dumps({"facts": facts, "rows": rows}, indent=2) + "\n", "utf-8")


def _table(title: str, rows: list[BenchRow]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("Work")
    table.add_column("Median, ms", justify="right")
    table.add_column("Ratio", justify="right")
    table.add_column("Compared with, remarks")
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        table.add_row(row.name, f"{row.median_ms:,.2f}", ratio, row.what)
    return table
