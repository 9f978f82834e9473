"""What an answered call of a test system was about: more than its outcome, less than its contents. No personal data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from msign.access.values import Caller


@dataclass(frozen=True, slots=True)
class VerifiedItem:
    """One item of VerifySignatures. ``sha256`` is of the signature (or signed PDF) that was sent, in hexadecimal."""

    sha256: str
    valid: bool
    signatures: int  # how many were found in it


@dataclass(frozen=True, slots=True)
class Testimony:
    """One answered call. ``outcome`` is ``ok`` or the fault's name, ``member`` what the fault was about."""

    __test__ = False  # no test, whatever its name suggests

    operation: str
    outcome: str = "ok"
    member: str = ""
    request_id: str = ""
    status: str = ""  # of the request, for GetSignResponse
    verified: tuple[VerifiedItem, ...] = ()


class Witness(Protocol):
    """Hears of every answered call of an environment; the call waits for it."""

    def saw(self, caller: Caller, testimony: Testimony) -> None:
        """Take one call down. Never raises for reasons of its own."""
        ...
