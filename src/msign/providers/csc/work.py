"""What a CSC session has reached: which certificate, which prepared signatures, which confirmation is waited for."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Self

from msign.kernel.errors import MSignError
from msign.signing.prepared import PreparedSignature


@dataclass(frozen=True, slots=True)
class Work:
    """Stored with the signing session, so that another process can go on. Holds no SAD: those are used at once."""

    credential: str = ""
    algorithm: str = ""  # OID of signAlgo
    multisign: int = 1
    prepared: tuple[PreparedSignature, ...] = ()
    values: tuple[bytes, ...] = ()  # signature values so far, in the order of ``prepared``
    handle: str = ""

    @property
    def next_batch(self) -> tuple[PreparedSignature, ...]:
        """The prepared signatures that the next authorisation covers."""
        done = len(self.values)
        return self.prepared[done : done + self.multisign]

    def with_values(self, values: tuple[bytes, ...]) -> Self:
        """Return the work with more signature values, and without the confirmation that gave them."""
        return replace(self, values=self.values + values, handle="")

    def encode(self) -> bytes:
        """Return it as the opaque bytes of ``Pending.state``."""
        return json.dumps(
            {
                "credential": self.credential,
                "algorithm": self.algorithm,
                "multisign": self.multisign,
                "prepared": [one.to_json() for one in self.prepared],
                "values": [value.hex() for value in self.values],
                "handle": self.handle,
            }
        ).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return what ``encode`` wrote; an empty work, which begins anew, for anything else."""
        try:
            values = json.loads(data)
            return cls(
                credential=str(values["credential"]),
                algorithm=str(values["algorithm"]),
                multisign=int(values["multisign"]),
                prepared=tuple(PreparedSignature.from_json(text) for text in values["prepared"]),
                values=tuple(bytes.fromhex(text) for text in values["values"]),
                handle=str(values["handle"]),
            )
        except (ValueError, KeyError, TypeError, MSignError):
            return cls()
