"""Long-term care: until when is a signature protected by the time-stamps it has, and when must the next one come?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from msign.kernel.errors import Code, MSignError
from msign.pki.algorithms import AlgorithmPolicy
from msign.pki.asn1 import Asn1Error
from msign.pki.certificate import ParsedCertificate
from msign.pki.keys import key_strength
from msign.pki.timestamps import TimestampToken, parse_token
from msign.signing import asiclong, cadeslong
from msign.signing.longterm import is_token, signature_containers
from msign.signing.raising import SignedKind, kind_of
from msign.signing.xadeslong import timestamp_tokens

DEFAULT_MARGIN = dt.timedelta(days=90)  # an authority may be out of order for weeks
_FOR_EVER = dt.datetime.max.replace(tzinfo=dt.UTC)


def protected_until(source: Path, algorithms: AlgorithmPolicy | None = None) -> dt.datetime | None:
    """Return when the newest archive time-stamp of a signed file stops to prove anything; ``None`` if it has none.

    That is when its authority's certificate ends, or earlier the day on which its digests or its key are not relied on
    any more (ETSI TS 119 312, ``algorithms``). Nothing protects the file after that, so the next one must be added
    before. For a PDF the document time-stamps count. Judges nothing. Raises ``MSignError(UNREADABLE_DOCUMENT)``.
    """
    match kind_of(source):
        case SignedKind.PDF:
            tokens = [one for one in signature_containers(source) if is_token(one)]
        case SignedKind.XADES:
            tokens = timestamp_tokens(source.read_bytes())
        case SignedKind.CADES:
            tokens = cadeslong.timestamp_tokens(source.read_bytes())
        case SignedKind.ASIC:
            tokens = asiclong.timestamp_tokens(source)
    return _end(tokens, algorithms or AlgorithmPolicy())


def renewal_due(ends: dt.datetime | None, *, now: dt.datetime, margin: dt.timedelta = DEFAULT_MARGIN) -> bool:
    """Tell whether the next archive time-stamp is due; without one it is due at once.

    >>> ends = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    >>> renewal_due(ends, now=dt.datetime(2029, 6, 1, tzinfo=dt.UTC))
    False
    >>> renewal_due(ends, now=dt.datetime(2029, 11, 1, tzinfo=dt.UTC))
    True
    """
    return ends is None or now >= ends - margin


def _end(tokens: Sequence[bytes], algorithms: AlgorithmPolicy) -> dt.datetime | None:
    try:
        parsed = [parse_token(one) for one in tokens]
        if not parsed:
            return None
        newest = max(parsed, key=lambda one: one.gen_time)
        certificates = newest.signed_data.signer_certificates(newest.signer, ())
        ends = [one.not_after for one in certificates]
        return min([*ends, *_algorithm_ends(newest, certificates, algorithms)])
    except (Asn1Error, ValueError) as error:
        raise MSignError(Code.UNREADABLE_DOCUMENT, "an unreadable time-stamp") from error


def _algorithm_ends(
    token: TimestampToken, certificates: Sequence[ParsedCertificate], algorithms: AlgorithmPolicy
) -> list[dt.datetime]:
    days = [algorithms.digest_until(token.digest), algorithms.digest_until(token.signer.digest)]
    days += [algorithms.key_until(*key_strength(key)) for one in certificates if (key := one.public_key) is not None]
    return [_start_of(day) for day in days]


def _start_of(day: dt.date | None) -> dt.datetime:
    return _FOR_EVER if day is None else dt.datetime.combine(day, dt.time(), dt.UTC)
