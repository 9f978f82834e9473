"""A validation policy from a TOML file: the rules as an operator writes them."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from msign.kernel.errors import Code, MSignError
from msign.pki.algorithms import AlgorithmPolicy
from msign.validation.model import Severity
from msign.validation.policy import DEFAULT_POLICY, Policy, Sha1Rule

_KEYS = {
    "name",
    "version",
    "checks",
    "sha1",
    "sha1_until",
    "revocation_needed",
    "freshness_hours",
    "clock_skew_seconds",
}


def read_policy(path: Path) -> Policy:
    """Return the policy in a file; what it leaves out is as in the default policy. Raises ``misconfigured``.

    ``name`` and ``version`` are required, since every report carries them; ``[checks]`` maps codes to
    ``fail``, ``warn``, ``inform`` or ``ignore``.
    """
    try:
        plain = tomllib.loads(path.read_text("utf-8"))
        return _policy(plain)
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise MSignError(Code.MISCONFIGURED, f"{path.name} is not a validation policy: {error}") from None


def _policy(plain: Mapping[str, object]) -> Policy:
    unknown = plain.keys() - _KEYS
    if unknown:
        raise ValueError(f"unknown setting {min(unknown)}")
    base = DEFAULT_POLICY
    until = plain.get("sha1_until")
    if until is not None and not isinstance(until, dt.date):
        raise TypeError("sha1_until is a date")
    return Policy(
        name=_text(plain, "name"),
        version=_text(plain, "version"),
        severities=MappingProxyType({**base.severities, **_severities(plain.get("checks", {}))}),
        algorithms=AlgorithmPolicy(sha1_until=until),
        sha1=Sha1Rule(str(plain.get("sha1", base.sha1))),
        revocation_needed=bool(plain.get("revocation_needed", base.revocation_needed)),
        default_freshness=dt.timedelta(hours=float(str(plain.get("freshness_hours", 24)))),
        clock_skew=dt.timedelta(seconds=float(str(plain.get("clock_skew_seconds", 300)))),
    )


def _text(plain: Mapping[str, object], key: str) -> str:
    value = plain[key]
    if not isinstance(value, str) or not value:
        raise TypeError(f"{key} is a text")
    return value


def _severities(checks: object) -> dict[str, Severity]:
    if not isinstance(checks, dict):
        raise TypeError("[checks] is a table")
    return {str(code): Severity(str(word)) for code, word in checks.items()}
