"""What the operator's page of instruments shows, as values; the wiring fills them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msign.kernel.languages import Language


@dataclass(frozen=True, slots=True)
class InstrumentRow:
    """One tile of the sign page, usable or not."""

    id: str
    names: Mapping[Language, str]
    provider: str
    environments: tuple[str, ...]
    enabled: bool
    running: bool  # whether its provider is configured


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """One provider: how it is doing, and what is misconfigured."""

    identifier: str
    reachable: bool
    last_success: dt.datetime | None
    problems: tuple[str, ...]
    checked_at: dt.datetime | None = None  # when the worker last looked
    trouble: str = ""  # what it found


Overview = Callable[[], tuple[tuple[InstrumentRow, ...], tuple[ProviderRow, ...]]]


def no_overview() -> tuple[tuple[InstrumentRow, ...], tuple[ProviderRow, ...]]:
    """Nothing to show: a desk without a gateway beside it."""
    return (), ()
