"""Registers of the state that the desk asks: organisations by IDNO, information systems by RRSI number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from msign.connections.fees import Kind


@dataclass(frozen=True, slots=True)
class RegisteredOrganisation:
    """What the register of legal entities says."""

    number: str
    name: str
    kind: Kind
    address: str = ""


@dataclass(frozen=True, slots=True)
class RegisteredSystem:
    """What the register of information resources and systems says."""

    number: str
    name: str
    owner: str  # IDNO


class RegisterUnavailableError(Exception):
    """The register did not answer; the desk goes on and the operator checks by hand."""


class OrganisationRegister(Protocol):
    """Looks up legal entities."""

    def find(self, number: str) -> RegisteredOrganisation | None:
        """Return the entity with this IDNO, ``None`` if unknown. Raises ``RegisterUnavailableError``."""
        ...


class SystemRegister(Protocol):
    """Looks up information systems."""

    def find(self, number: str) -> RegisteredSystem | None:
        """Return the system with this RRSI number, ``None`` if unknown. Raises ``RegisterUnavailableError``."""
        ...
