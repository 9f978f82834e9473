"""What a CSC session has reached: which certificate, which prepared signatures, which confirmation is waited for."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Self

from msign.kernel.errors import MSignError
from msign.providers.base import SecretInput, SecretKind
from msign.signing.prepared import PreparedSignature


@dataclass(frozen=True, slots=True)
class Work:
    """Stored with the signing session, so that another process can go on. Holds no secret and no SAD: used at once."""

    credential: str = ""
    algorithm: str = ""  # OID of signAlgo
    multisign: int = 1
    prepared: tuple[PreparedSignature, ...] = ()
    values: tuple[bytes, ...] = ()  # signature values so far, in the order of ``prepared``
    handle: str = ""  # of a confirmation that is waited for
    response: str = ""  # of an asynchronous signHash
    inputs: tuple[SecretInput, ...] = ()  # what the person has to type before each batch
    redirect: str = ""  # where the person has to go before the next batch
    nonce: str = ""  # of that redirect; counts once
    tries: int = 0  # wrong entries for this batch

    @property
    def next_batch(self) -> tuple[PreparedSignature, ...]:
        """The prepared signatures that the next authorisation covers."""
        done = len(self.values)
        return self.prepared[done : done + self.multisign]

    @property
    def asks(self) -> bool:
        """Whether the page has to get something from the person first."""
        waits = self.handle or self.response
        return bool(self.next_batch and (self.inputs or self.redirect) and not waits)

    def with_values(self, values: tuple[bytes, ...]) -> Self:
        """Return the work with more signature values, and without the confirmation that gave them."""
        return replace(self, values=self.values + values, handle="", response="", redirect="", nonce="", tries=0)

    def encode(self) -> bytes:
        """Return it as the opaque bytes of ``Pending.state``."""
        members = {
            "prepared": [one.to_json() for one in self.prepared],
            "values": [value.hex() for value in self.values],
            "inputs": [[one.name, one.kind.value, one.digits] for one in self.inputs],
        }
        plain = {name: getattr(self, name) for name in _PLAIN}
        return json.dumps(plain | members).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return what ``encode`` wrote; an empty work, which begins anew, for anything else."""
        try:
            found = json.loads(data)
            plain = {name: kind(found[name]) for name, kind in _PLAIN.items()}
            return cls(
                prepared=tuple(PreparedSignature.from_json(text) for text in found["prepared"]),
                values=tuple(bytes.fromhex(text) for text in found["values"]),
                inputs=tuple(SecretInput(str(name), SecretKind(kind), bool(n)) for name, kind, n in found["inputs"]),
                **plain,
            )
        except (ValueError, KeyError, TypeError, MSignError):
            return cls()


_PLAIN: dict[str, type] = {
    "credential": str, "algorithm": str, "multisign": int, "handle": str, "response": str, "redirect": str,
    "nonce": str, "tries": int,
}  # fmt: skip
