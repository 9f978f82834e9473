"""Long-term care: until when is a signature protected by the time-stamps it has, and when must the next one come?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from msign.kernel.errors import Code, MSignError
from msign.pki.asn1 import Asn1Error
from msign.pki.timestamps import parse_token
from msign.signing.longterm import is_token, signature_containers
from msign.signing.xadeslong import timestamp_tokens

DEFAULT_MARGIN = dt.timedelta(days=90)  # an authority may be out of order for weeks


def pdf_protected_until(document: Path) -> dt.datetime | None:
    """Return when the newest document time-stamp of a PDF stops to prove anything; ``None`` if it has none.

    That is when its authority's certificate ends; nothing protects the document after that, so a new one must be added
    before. Algorithms that fall earlier are the policy's business (``renewal_due``). Judges nothing. Raises
    ``MSignError(UNREADABLE_DOCUMENT)``.
    """
    return _end([one for one in signature_containers(document) if is_token(one)])


def xml_protected_until(xml: bytes) -> dt.datetime | None:
    """Return the same for the newest archive time-stamp of a XAdES document. Raises as ``pdf_protected_until``."""
    return _end(timestamp_tokens(xml))


def renewal_due(
    protected_until: dt.datetime | None,
    *,
    now: dt.datetime,
    algorithms_until: dt.datetime | None = None,
    margin: dt.timedelta = DEFAULT_MARGIN,
) -> bool:
    """Tell whether the next archive time-stamp is due.

    ``algorithms_until`` is when the policy stops to accept the algorithms of the last one (ETSI TS 119 312). A
    signature without an archive time-stamp is due at once.

    >>> ends = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    >>> renewal_due(ends, now=dt.datetime(2029, 6, 1, tzinfo=dt.UTC))
    False
    >>> renewal_due(ends, now=dt.datetime(2029, 11, 1, tzinfo=dt.UTC))
    True
    """
    if protected_until is None:
        return True
    ends = min(protected_until, algorithms_until) if algorithms_until else protected_until
    return now >= ends - margin


def _end(tokens: Sequence[bytes]) -> dt.datetime | None:
    """Return the end of the authority's certificate of the newest token."""
    try:
        parsed = [parse_token(one) for one in tokens]
        if not parsed:
            return None
        newest = max(parsed, key=lambda one: one.gen_time)
        certificates = newest.signed_data.signer_certificates(newest.signer, ())
    except Asn1Error as error:
        raise MSignError(Code.UNREADABLE_DOCUMENT, "an unreadable time-stamp") from error
    return min((one.not_after for one in certificates), default=None)
