"""What the author of a form demands of whoever signs a field: its seed values (ISO 32000-1 clause 12.7.4.5, table 234).

Only demands count: an entry that its flag does not make mandatory is a wish.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Any

from msign.kernel.errors import Code, MSignError
from msign.pdf.lean import LeanPdf
from msign.pdf.rawsyntax import integer, name, text_of
from msign.signing.formfields import FormField
from msign.signing.pyhankoread import followed, members
from msign.signing.reservation import SignatureEntries

_NUMBER = re.compile(rb"\d{1,3}(?:\.\d{1,3})?")
_FILTER, _SUB_FILTER = "Adobe.PPKLite", "ETSI.CAdES.detached"
_DIGEST_NAMES = {"sha256": "SHA256", "sha384": "SHA384", "sha512": "SHA512"}
_UNDERSTOOD_VERSION = 2.0
_ANY_REASON_BUT_NONE = "."  # table 234: reasons consisting of one full stop forbid a reason


class Demand(enum.IntFlag):
    """Entry /Ff: which entries are mandatory."""

    FILTER = 1
    SUB_FILTER = 2
    VERSION = 4
    REASONS = 8
    LEGAL_ATTESTATION = 16
    REVOCATION_INFO = 32
    DIGEST = 64
    LOCK_DOCUMENT = 128
    APPEARANCE = 256


@dataclass(frozen=True, slots=True)
class SeedValues:
    """The entries of a seed value dictionary that we look at. ``certificate`` = it constrains the certificate."""

    flags: int = 0
    filter: str = ""
    sub_filters: tuple[str, ...] = ()
    version: float = 0
    reasons: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    certificate: bool = False
    permissions: int | None = None  # /MDP /P: 0 an approval signature, 1 to 3 a certification


def of_lean(pdf: LeanPdf, field: FormField) -> SeedValues:
    """Return the seed values of a field of a plain document."""
    seed = pdf.entries(field.entries.get(b"SV"))
    permissions = pdf.entries(seed.get(b"MDP")).get(b"P")
    version = pdf.resolve(seed.get(b"V", b"0"))
    return SeedValues(
        flags=integer(pdf.resolve(seed.get(b"Ff", b"0"))),
        filter=name(pdf.resolve(seed.get(b"Filter", b"/"))).decode("latin-1"),
        sub_filters=tuple(name(pdf.resolve(one)).decode("latin-1") for one in pdf.members(seed.get(b"SubFilter"))),
        version=float(version) if _NUMBER.fullmatch(version) else _UNDERSTOOD_VERSION + 1,
        reasons=tuple(text_of(pdf.resolve(one)) for one in pdf.members(seed.get(b"Reasons"))),
        digests=tuple(text_of(pdf.resolve(one)) for one in pdf.members(seed.get(b"DigestMethod"))),
        certificate=integer(pdf.resolve(pdf.entries(seed.get(b"Cert")).get(b"Ff", b"0"))) != 0,
        permissions=None if permissions is None else integer(pdf.resolve(permissions)),
    )


def of_pyhanko(field: Any) -> SeedValues:
    """Return the seed values of a field that pyHanko has read."""
    seed = followed(field, "/SV", {})
    certificate, permissions = followed(seed, "/Cert", {}), followed(seed, "/MDP", {})
    return SeedValues(
        flags=int(followed(seed, "/Ff", 0)),
        filter=str(followed(seed, "/Filter", "/")).removeprefix("/"),
        sub_filters=tuple(str(one).removeprefix("/") for one in members(seed, "/SubFilter")),
        version=float(followed(seed, "/V", 0)),
        reasons=tuple(str(one) for one in members(seed, "/Reasons")),
        digests=tuple(str(one) for one in members(seed, "/DigestMethod")),
        certificate=int(followed(certificate, "/Ff", 0)) != 0,
        permissions=int(permissions["/P"]) if "/P" in permissions else None,
    )


def refuse_unmet(seed: SeedValues, entries: SignatureEntries) -> None:
    """Raise ``MSignError(CONFLICT)`` naming the first demand of the field that this signature would not meet."""
    unmet = next((text for text, met in _demands(seed, entries) if not met), None)
    if unmet is not None:
        raise MSignError(Code.CONFLICT, f"the field demands {unmet}", member="field")


def _demands(seed: SeedValues, entries: SignatureEntries) -> list[tuple[str, bool]]:
    """Return each demand in words with whether it is met."""
    flags, reason = seed.flags, entries.reason
    demands = [
        (f"the signature handler {seed.filter}", Demand.FILTER, seed.filter in ("", _FILTER)),
        (f"the format {', '.join(seed.sub_filters)}", Demand.SUB_FILTER, _SUB_FILTER in seed.sub_filters),
        (f"a handler for seed values of version {seed.version:g}", Demand.VERSION, seed.version <= _UNDERSTOOD_VERSION),
        (f"one of the reasons: {'; '.join(seed.reasons)}", Demand.REASONS, _reason_fits(seed.reasons, reason)),
        (f"the digest {', '.join(seed.digests)}", Demand.DIGEST, _DIGEST_NAMES.get(entries.digest) in seed.digests),
        ("a legal attestation, which is not supported", Demand.LEGAL_ATTESTATION, False),
        (
            "revocation data inside the signature, where ETSI has none",
            Demand.REVOCATION_INFO,
            False,
        ),
        ("that the document be locked, which is not supported", Demand.LOCK_DOCUMENT, False),
        ("an appearance of its own, which is not supported", Demand.APPEARANCE, False),
    ]
    certify = int(entries.certify) if entries.certify is not None else 0
    return [
        *((text, met) for text, flag, met in demands if flags & flag),
        ("certain certificates, which cannot be checked here", not seed.certificate),
        (f"certification at level {seed.permissions}", seed.permissions in (None, certify)),
    ]


def _reason_fits(allowed: tuple[str, ...], reason: str) -> bool:
    return not reason if allowed in ((), (_ANY_REASON_BUT_NONE,)) else reason in allowed
