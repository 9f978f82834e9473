"""Algorithms by their identifiers, and until when each may be relied on (ETSI TS 119 312)."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Protocol

from cryptography.hazmat.primitives import hashes


class Hasher(Protocol):
    """What :mod:`hashlib` returns."""

    def digest(self) -> bytes:
        """Return the value."""
        ...


class KeyKind(enum.StrEnum):
    """A family of signature schemes."""

    RSA = "rsa"
    RSA_PSS = "rsa-pss"
    ECDSA = "ecdsa"
    DSA = "dsa"
    EDDSA = "eddsa"


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """A signature scheme with its digest; ``digest`` is empty where the scheme brings its own (Ed25519) or none yet."""

    kind: KeyKind
    digest: str
    mask_digest: str = ""  # RSA-PSS: digest of MGF1
    salt_length: int = -1  # RSA-PSS; -1: any

    @property
    def name(self) -> str:
        """Return a readable name such as ``rsa-sha256``."""
        return f"{self.kind}-{self.digest}" if self.digest else str(self.kind)


_DIGEST_CLASSES: Mapping[str, hashes.HashAlgorithm] = MappingProxyType({
    "md5": hashes.MD5(), "sha1": hashes.SHA1(),  # noqa: S303  # to judge old signatures, never to make new ones
    "sha224": hashes.SHA224(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512(),
    "sha3-224": hashes.SHA3_224(), "sha3-256": hashes.SHA3_256(), "sha3-384": hashes.SHA3_384(),
    "sha3-512": hashes.SHA3_512(),
})  # fmt: skip
DIGEST_OIDS: Mapping[str, str] = MappingProxyType({
    "1.2.840.113549.2.5": "md5", "1.3.14.3.2.26": "sha1", "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.7": "sha3-224", "2.16.840.1.101.3.4.2.8": "sha3-256", "2.16.840.1.101.3.4.2.9": "sha3-384",
    "2.16.840.1.101.3.4.2.10": "sha3-512",
})  # fmt: skip
OID_BY_DIGEST: Mapping[str, str] = MappingProxyType({name: oid for oid, name in DIGEST_OIDS.items()})

RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
RSASSA_PSS = "1.2.840.113549.1.1.10"
_R, _E, _D = KeyKind.RSA, KeyKind.ECDSA, KeyKind.DSA
SIGNATURE_OIDS: Mapping[str, SignatureAlgorithm] = MappingProxyType({
    "1.2.840.113549.1.1.4": SignatureAlgorithm(_R, "md5"),
    "1.2.840.113549.1.1.5": SignatureAlgorithm(_R, "sha1"), "1.3.14.3.2.29": SignatureAlgorithm(_R, "sha1"),
    "1.2.840.113549.1.1.14": SignatureAlgorithm(_R, "sha224"),
    "1.2.840.113549.1.1.11": SignatureAlgorithm(_R, "sha256"),
    "1.2.840.113549.1.1.12": SignatureAlgorithm(_R, "sha384"),
    "1.2.840.113549.1.1.13": SignatureAlgorithm(_R, "sha512"),
    "2.16.840.1.101.3.4.3.13": SignatureAlgorithm(_R, "sha3-224"),
    "2.16.840.1.101.3.4.3.14": SignatureAlgorithm(_R, "sha3-256"),
    "2.16.840.1.101.3.4.3.15": SignatureAlgorithm(_R, "sha3-384"),
    "2.16.840.1.101.3.4.3.16": SignatureAlgorithm(_R, "sha3-512"),
    "1.2.840.10045.4.1": SignatureAlgorithm(_E, "sha1"), "1.2.840.10045.4.3.1": SignatureAlgorithm(_E, "sha224"),
    "1.2.840.10045.4.3.2": SignatureAlgorithm(_E, "sha256"), "1.2.840.10045.4.3.3": SignatureAlgorithm(_E, "sha384"),
    "1.2.840.10045.4.3.4": SignatureAlgorithm(_E, "sha512"),
    "2.16.840.1.101.3.4.3.9": SignatureAlgorithm(_E, "sha3-224"),
    "2.16.840.1.101.3.4.3.10": SignatureAlgorithm(_E, "sha3-256"),
    "2.16.840.1.101.3.4.3.11": SignatureAlgorithm(_E, "sha3-384"),
    "2.16.840.1.101.3.4.3.12": SignatureAlgorithm(_E, "sha3-512"),
    "1.2.840.10040.4.3": SignatureAlgorithm(_D, "sha1"), "2.16.840.1.101.3.4.3.1": SignatureAlgorithm(_D, "sha224"),
    "2.16.840.1.101.3.4.3.2": SignatureAlgorithm(_D, "sha256"),
    "1.3.101.112": SignatureAlgorithm(KeyKind.EDDSA, ""), "1.3.101.113": SignatureAlgorithm(KeyKind.EDDSA, ""),
})  # fmt: skip


_DIGESTS: Mapping[str, Callable[[bytes], Hasher]] = MappingProxyType(
    {name: partial(hashlib.new, name.replace("sha3-", "sha3_"), usedforsecurity=False) for name in _DIGEST_CLASSES}
    | {name: getattr(hashlib, name) for name in ("sha256", "sha384", "sha512")}
)


def digest_class(name: str) -> hashes.HashAlgorithm | None:
    """Return the hash algorithm of ``cryptography`` for a digest name, ``None`` if it is not supported."""
    return _DIGEST_CLASSES.get(name)


def digest(name: str, data: bytes) -> bytes:
    """Return the digest of ``data``; ``KeyError`` for a name that :func:`digest_class` does not know."""
    return _DIGESTS[name](data).digest()


@dataclass(frozen=True, slots=True)
class KeyRule:
    """From how many bits on, and until when, keys of a family may be relied on."""

    kind: KeyKind
    bits: int
    until: dt.date | None


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


_DIGEST_DATES: Mapping[str, dt.date | None] = MappingProxyType({
    "md5": _day("2004-08-01"), "sha1": _day("2012-08-01"), "sha224": _day("2029-01-01"),
    "sha256": None, "sha384": None, "sha512": None,
    "sha3-224": _day("2029-01-01"), "sha3-256": None, "sha3-384": None, "sha3-512": None,
})  # fmt: skip
_KEY_RULES = (
    KeyRule(KeyKind.RSA, 1024, _day("2011-01-01")),
    KeyRule(KeyKind.RSA, 1900, _day("2029-01-01")),
    KeyRule(KeyKind.RSA, 3000, None),
    KeyRule(KeyKind.DSA, 1024, _day("2011-01-01")),
    KeyRule(KeyKind.DSA, 2048, _day("2029-01-01")),
    KeyRule(KeyKind.ECDSA, 224, _day("2021-01-01")),
    KeyRule(KeyKind.ECDSA, 256, None),
    KeyRule(KeyKind.EDDSA, 255, None),
)


@dataclass(frozen=True, slots=True)
class AlgorithmPolicy:
    """Which algorithms may be relied on at which moment (TS 119 312, tables 6 to 10); data, so policies can differ.

    ``sha1_until``: a stricter or laxer last day for SHA-1, ``None`` = the standard's date.
    """

    digests: Mapping[str, dt.date | None] = field(default_factory=lambda: _DIGEST_DATES)
    keys: tuple[KeyRule, ...] = _KEY_RULES
    sha1_until: dt.date | None = None

    def digest_until(self, name: str) -> dt.date | None:
        """Return the first day on which a digest is not relied on any more; ``None`` = none is known.

        Unknown digests never could be: their day is the first of all days.
        """
        if name == "sha1" and self.sha1_until:
            return self.sha1_until
        return self.digests.get(name, dt.date.min)

    def key_until(self, kind: KeyKind, bits: int) -> dt.date | None:
        """Return the same for a key of this family and size."""
        family = KeyKind.RSA if kind is KeyKind.RSA_PSS else kind
        fitting = [rule for rule in self.keys if rule.kind is family and bits >= rule.bits]
        return max(fitting, key=lambda rule: rule.bits).until if fitting else dt.date.min

    def digest_accepted(self, name: str, at: dt.datetime) -> bool:
        """Tell whether a digest could be relied on at ``at``. Unknown digests never can."""
        until = self.digest_until(name)
        return until is None or at.date() < until

    def key_accepted(self, kind: KeyKind, bits: int, at: dt.datetime) -> bool:
        """Tell whether a key of this family and size could be relied on at ``at``."""
        until = self.key_until(kind, bits)
        return until is None or at.date() < until


EVERYTHING = AlgorithmPolicy(
    digests=MappingProxyType(dict.fromkeys(_DIGEST_CLASSES)),
    keys=tuple(KeyRule(kind, 1, None) for kind in KeyKind),
)
"""Accepts every algorithm we can compute; for conformance suites of the SHA-1 age, never for people."""
