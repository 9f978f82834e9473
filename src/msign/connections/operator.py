"""Who runs MSign, as papers and letters name it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs MSign; names change over the years, so they are settings."""

    name: str = "Operatorul platformei (eșantion)"
    number: str = "1010600000062"
    address: str = "Piața Model 1, mun. Chișinău"
    represented_by: str = "directorul"
    email: str = "servicii@exemplu.md"
    phone: str = "+373 22 000 000"
    bank: str = "MD00XX000000000000000000, Banca Exemplu"
