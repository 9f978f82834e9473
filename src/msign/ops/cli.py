"""The `msign` command. Each verb lives in a module of its own; this one only gathers them."""

from __future__ import annotations

import click


@click.group()
def main() -> None:
    """MSign: signature gateway, connection desk and sandbox."""
