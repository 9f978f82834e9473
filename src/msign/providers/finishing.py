"""For providers that sign digests only: MSign prepares PAdES and XAdES, and finishes them with the values that came."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import ContentType
from msign.pki.tsa import TimestampSource
from msign.providers.base import ItemToSign, Signed, SignedItem, SigningOrder
from msign.signing import pades, xades
from msign.signing.prepared import PreparedSignature


def prepare_items(
    order: SigningOrder, workspace: Path, *, style: xades.HashStyle, clock: Clock
) -> tuple[PreparedSignature, ...]:
    """Return every item prepared in ``workspace``; the certificate is bound later. Raises as ``pades.prepare``."""
    return tuple(
        _prepared(order, item, workspace / f"prepared-{index}", style=style, clock=clock)
        for index, item in enumerate(order.items)
    )


def bound(prepared: PreparedSignature, certificate: bytes, chain: Sequence[bytes]) -> PreparedSignature:
    """Return a prepared signature for the certificate that has become known. Raises ``MSignError`` as ``bind``."""
    bind = xades.bind if prepared.format == "xades" else pades.bind
    return bind(prepared, certificate, chain)


def finished(
    order: SigningOrder,
    workspace: Path,
    prepared: Sequence[PreparedSignature],
    values: Sequence[bytes],
    *,
    tsa: TimestampSource,
) -> Signed:
    """Return every signature completed and time-stamped. May be repeated: prepared files stay as they are.

    Raises ``MSignError``: ``SIGNING_FAILED`` for a value that does not fit, ``UNAVAILABLE`` without a time-stamp.
    """
    items = []
    for index, (item, waiting, value) in enumerate(zip(order.items, prepared, values, strict=True)):
        target = workspace / f"signature-{index}"
        if waiting.format == "xades":
            target.write_bytes(xades.complete(waiting, value, tsa=tsa))
        else:
            # On a copy: a process that is killed in the middle leaves the prepared file as it was.
            shutil.copyfile(waiting.state["file"], target)
            pades.complete(replace(waiting, state={**waiting.state, "file": str(target)}), value, tsa=tsa)
        items.append(SignedItem(item.id, target))
    return Signed(tuple(items), prepared[0].certificate)


def _prepared(
    order: SigningOrder, item: ItemToSign, target: Path, *, style: xades.HashStyle, clock: Clock
) -> PreparedSignature:
    if item.content_type is ContentType.HASH:
        chosen = xades.XadesParameters(style=style, reference_uri=xades.ReferenceUri.NAME, name=item.file_name)
        return xades.prepare(item.digest or b"", parameters=chosen, clock=clock)
    if item.document is None:
        raise MSignError(Code.INTERNAL, "a Pdf item without a document")
    return pades.prepare(item.document, target, parameters=pades.PadesParameters(reason=order.reason), clock=clock)
