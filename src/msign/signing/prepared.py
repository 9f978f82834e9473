"""What lies between the two phases: a frozen, serialisable, versioned value bound to document and certificate."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from cryptography import x509

from msign.kernel.errors import Code, MSignError
from msign.kernel.words import SignatureLevel
from msign.signing.algorithms import Digest, SignatureAlgorithm, default_algorithm
from msign.signing.certificates import SigningCertificate, encode, encode_chain, signing_certificate

PREPARED_VERSION = 1
_FORMATS = ("pades", "xades", "cades", "asic")


@dataclass(frozen=True)
class PreparedSignature:
    """A signature that waits for its value.

    ``content_digest`` is the digest of what is signed; ``state`` holds what the format needs to finish (text values
    only). ``certificate`` may be empty as long as it is unknown: see ``bind``. Holds no secret. It does name the file
    of a PAdES signature, so move the file and the value together with ``state["file"]``.
    """

    format: str
    level: SignatureLevel
    digest: Digest
    content_digest: bytes
    state: dict[str, str]
    data_to_sign: bytes = b""
    algorithm: SignatureAlgorithm | None = None
    certificate: bytes = b""
    chain: tuple[bytes, ...] = ()

    @property
    def bound(self) -> bool:
        """Whether the signer's certificate is known, so that there is something to sign."""
        return self.algorithm is not None

    @property
    def digest_to_sign(self) -> bytes:
        """The digest that an instrument signs (DTBSR): of the signed attributes, or of the canonical SignedInfo."""
        return self.require_algorithm().digest.of(self.data_to_sign)

    @property
    def signing_certificate(self) -> SigningCertificate:
        """The certificate with its ready-made parts."""
        return signing_certificate(self.certificate)

    def require_algorithm(self) -> SignatureAlgorithm:
        """Return the algorithm. Raises ``MSignError(CONFLICT)`` as long as no certificate is bound."""
        if self.algorithm is None:
            raise MSignError(Code.CONFLICT, "the signer's certificate is not known yet: bind it first")
        return self.algorithm

    def require_data_to_sign(self, expected: bytes) -> None:
        """Raise ``MSignError(CONFLICT)`` if the data to sign do not say what the other members say."""
        if self.data_to_sign != expected:
            raise MSignError(Code.CONFLICT, "the prepared signature was changed: its members contradict each other")

    def with_certificate(
        self,
        certificate: x509.Certificate | bytes,
        chain: Sequence[x509.Certificate | bytes],
        algorithm: SignatureAlgorithm | None,
    ) -> PreparedSignature:
        """Return a copy that names the certificate; the format's ``bind`` then works out what is to be signed."""
        if self.certificate and self.certificate != encode(certificate):
            raise MSignError(Code.CONFLICT, "prepared for another certificate")
        leaf = signing_certificate(encode(certificate))
        chosen = algorithm or default_algorithm(leaf.public_key)
        return replace(self, certificate=leaf.encoded, chain=encode_chain(leaf.encoded, chain), algorithm=chosen)

    def to_json(self) -> str:
        """Return the value as text for storage."""
        return json.dumps(
            {
                "version": PREPARED_VERSION,
                "format": self.format,
                "level": self.level.value,
                "digest": self.digest.value,
                "content_digest": _text(self.content_digest),
                "state": self.state,
                "data_to_sign": _text(self.data_to_sign),
                "algorithm": str(self.algorithm) if self.algorithm else None,
                "certificate": _text(self.certificate),
                "chain": [_text(issuer) for issuer in self.chain],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> PreparedSignature:
        """Return the value that ``to_json`` wrote. Raises ``MSignError`` for another version or damaged text."""
        try:
            return cls._from_members(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise MSignError(Code.INVALID_PARAMETER, "damaged prepared signature") from error

    @classmethod
    def _from_members(cls, members: dict[str, Any]) -> PreparedSignature:
        version = members.get("version")
        if type(version) is not int or version != PREPARED_VERSION or members["format"] not in _FORMATS:
            raise MSignError(Code.INVALID_PARAMETER, "prepared signature of an unknown version or format")
        digest, content_digest = Digest(members["digest"]), _bytes(members["content_digest"])
        if len(content_digest) != digest.size:
            raise MSignError(Code.INVALID_PARAMETER, "damaged prepared signature: a digest of another length")
        return cls(
            format=members["format"],
            level=SignatureLevel(members["level"]),
            digest=digest,
            content_digest=content_digest,
            state={str(name): str(value) for name, value in members["state"].items()},
            data_to_sign=_bytes(members["data_to_sign"]),
            algorithm=SignatureAlgorithm.parse(members["algorithm"]) if members["algorithm"] else None,
            certificate=_bytes(members["certificate"]),
            chain=tuple(map(_bytes, members["chain"])),
        )


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
