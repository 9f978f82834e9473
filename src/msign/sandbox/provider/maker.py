"""Makes the signatures of an order: right, or wrong in the way that a test has asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from msign.kernel.clock import Clock
from msign.kernel.words import ContentType, SignatureLevel
from msign.pki.tsa import TimestampSource
from msign.sandbox.provider.orders import Hostile, Item, Order
from msign.sandbox.provider.people import PEOPLE, People
from msign.signing import pades, xades
from msign.signing.keys import Signer

_VARIANTS = {Hostile.REVOKED_CERTIFICATE: "revoked", Hostile.UNTRUSTED_CERTIFICATE: "untrusted"}


@dataclass(frozen=True, slots=True)
class Maker:
    """Signs every item of an order with the key of the person who confirmed it."""

    people: People
    tsa: TimestampSource
    clock: Clock
    blank: Callable[[Path], Path]  # writes another document, for the provider that signs the wrong one

    def make(self, order: Order, folder: Path) -> Order:
        """Return the order with its signatures in ``folder``. Raises ``MSignError`` if the TSA or CA fails."""
        signer = self._signer(order)
        items = tuple(self._item(order, item, index, folder, signer) for index, item in enumerate(order.items))
        named = self.people.signer(_another(order)) if order.hostile is Hostile.OTHER_CERTIFICATE else signer
        return replace(order, items=items, certificate=named.signing_certificate.encoded.hex())

    def _signer(self, order: Order) -> Signer:
        holder = _another(order) if order.hostile is Hostile.OTHER_PERSON else order.person
        return self.people.signer(holder, variant=_VARIANTS.get(order.hostile, ""))

    def _item(self, order: Order, item: Item, index: int, folder: Path, signer: Signer) -> Item:
        target = folder / f"signature-{index}"
        level = SignatureLevel.B if order.hostile is Hostile.NO_TIMESTAMP else SignatureLevel.T
        tsa = None if level is SignatureLevel.B else self.tsa
        if item.content_type == ContentType.HASH:
            digest = bytes.fromhex(item.digest)
            if order.hostile is Hostile.OTHER_DOCUMENT:
                digest = hashlib.new(_ALGORITHMS[len(digest)], b"another document").digest()
            chosen = xades.XadesParameters(level=level, reference_uri=xades.ReferenceUri.NAME, name=item.file_name)
            target.write_bytes(xades.sign(digest, signer=signer, tsa=tsa, parameters=chosen, clock=self.clock))
        else:
            source = self.blank(folder) if order.hostile is Hostile.OTHER_DOCUMENT else folder / item.document
            how = pades.PadesParameters(level=level, reason=order.reason)
            pades.sign(source, target, signer=signer, tsa=tsa, parameters=how, clock=self.clock)
        if order.hostile is Hostile.BROKEN_SIGNATURE:
            _damage(target)
        return replace(item, signature=target.name)


_ALGORITHMS = {20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}


def _another(order: Order) -> str:
    return next(one.idnp for one in PEOPLE if one.idnp != order.person)


def _damage(path: Path) -> None:
    """Change one character that a signature covers."""
    data = bytearray(path.read_bytes())
    mark = data.find(b"<ds:DigestValue>")
    position = mark + len(b"<ds:DigestValue>") + 4 if mark >= 0 else data.find(b"obj") + 1
    data[position] = ord("A") if data[position] != ord("A") else ord("B")
    path.write_bytes(bytes(data))
