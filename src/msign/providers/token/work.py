"""What a token session has reached: prepared signatures, the chosen certificate, the values or files so far."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from msign.kernel.errors import Code, MSignError
from msign.providers.finishing import bound
from msign.signing.prepared import PreparedSignature


@dataclass(frozen=True, slots=True)
class Item:
    """One document: its id, its name for people, and the signature that waits for a certificate and a value."""

    id: str
    name: str
    waiting: PreparedSignature
    value: bytes = b""
    file: str = ""  # name in the workspace, where the agent made the whole container

    @property
    def done(self) -> bool:
        """Whether the token has signed it."""
        return bool(self.value or self.file)


@dataclass(frozen=True, slots=True)
class Work:
    """Stored with the signing session, so that another process can go on. Holds no secret."""

    items: tuple[Item, ...] = ()
    certificate: bytes = b""
    chain: tuple[bytes, ...] = field(default=())

    @property
    def done(self) -> bool:
        """Whether every item is signed."""
        return all(item.done for item in self.items)

    @property
    def untouched(self) -> bool:
        """Whether nothing is signed yet, so that another certificate may be chosen."""
        return not any(item.done for item in self.items)

    def item(self, identifier: str) -> Item:
        """Return an item. Raises ``MSignError`` for an id that was not asked for."""
        for item in self.items:
            if item.id == identifier:
                return item
        raise MSignError(Code.INVALID_PARAMETER, "no such item", member="item")

    def prepared(self, item: Item) -> PreparedSignature:
        """Return what the token signs for an item. Raises ``MSignError`` as long as no certificate is chosen."""
        if not self.certificate:
            raise MSignError(Code.INVALID_PARAMETER, "no certificate is chosen yet", member="certificate")
        return bound(item.waiting, self.certificate, self.chain)

    def with_values(self, values: Mapping[str, bytes]) -> Self:
        """Return the work with more signature values; an item that has one keeps it."""
        return self._with([item if item.done else replace(item, value=values.get(item.id, b"")) for item in self.items])

    def with_file(self, identifier: str, name: str) -> Self:
        """Return the work with the finished container of one item."""
        return self._with([replace(item, file=name) if item.id == identifier else item for item in self.items])

    def _with(self, items: Sequence[Item]) -> Self:
        return replace(self, items=tuple(items))

    def encode(self) -> bytes:
        """Return it as the opaque bytes of ``Pending.state``."""
        return json.dumps(
            {
                "items": [[one.id, one.name, one.waiting.to_json(), one.value.hex(), one.file] for one in self.items],
                "certificate": self.certificate.hex(),
                "chain": [one.hex() for one in self.chain],
            }
        ).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self | None:
        """Return what ``encode`` wrote; ``None``, which begins anew, for anything else."""
        try:
            found = json.loads(data)
            items = tuple(
                Item(str(identifier), str(name), PreparedSignature.from_json(text), bytes.fromhex(value), str(file))
                for identifier, name, text, value, file in found["items"]
            )
            return cls(items, bytes.fromhex(found["certificate"]), tuple(bytes.fromhex(one) for one in found["chain"]))
        except (ValueError, KeyError, TypeError, MSignError):
            return None
