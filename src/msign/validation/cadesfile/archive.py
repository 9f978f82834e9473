"""Archive time-stamps of CAdES (EN 319 122-1 clause 5.5): what each of them covers, and what it does not.

An archive-time-stamp-v3 covers the content, the signer's own fields and, through its hash index, certificates,
revocation data and unsigned attributes. Whatever its index does not list was added later and is not proven by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from msign.pki import algorithms, asn1, cms
from msign.pki.asn1 import Asn1Error, Node
from msign.pki.timestamps import parse_token

ARCHIVE_TIMESTAMP_V3 = "0.4.0.1733.2.4"
# Older forms are not judged: what they cover depends on the order of encodings that nobody keeps.
OLDER_ARCHIVE_TIMESTAMPS = frozenset({"1.2.840.113549.1.9.16.2.27", "1.2.840.113549.1.9.16.2.48"})
_INDEX_V3, _INDEX = "0.4.0.19122.1.5", "0.4.0.1733.2.5"
MAX_ARCHIVE_STAMPS = 32

DigestOf = Callable[[str], bytes]


@dataclass(frozen=True)
class ContainerParts:
    """The encodings inside a SignedData that a hash index speaks of. Raises ``Asn1Error`` when they are not there."""

    data: bytes

    @cached_property
    def _parts(self) -> list[Node]:
        return asn1.read(self.data).children()[1].inner().children()

    @property
    def content_type(self) -> bytes:
        """Return eContentType as encoded."""
        return self._parts[2].children()[0].raw

    def _inside(self, tag: int) -> tuple[bytes, ...]:
        return tuple(one.raw for part in self._parts[3:-1] if part.tag == tag for one in part.iterate())

    @cached_property
    def certificates(self) -> tuple[bytes, ...]:
        """Return every CertificateChoices as encoded."""
        return self._inside(0xA0)

    @cached_property
    def revocation(self) -> tuple[bytes, ...]:
        """Return every RevocationInfoChoice as encoded."""
        return self._inside(0xA1)


@dataclass(frozen=True)
class HashIndex:
    """The hash index of one archive time-stamp (clauses 5.5.2 and annex A.3)."""

    raw: bytes
    digest: str
    certificates: frozenset[bytes]
    revocation: frozenset[bytes]
    attributes: frozenset[bytes]
    whole_attributes: bool  # the older index digests an attribute with all its values

    def lists(self, encodings: Iterable[bytes], listed: frozenset[bytes]) -> frozenset[bytes]:
        """Return those encodings that ``listed`` names."""
        return frozenset(one for one in encodings if algorithms.digest(self.digest, one) in listed)


def hash_index(token: bytes) -> HashIndex | None:
    """Return the index that an archive time-stamp carries; ``None`` without one. Raises ``Asn1Error``."""
    [signer, *others] = parse_token(token).signed_data.signers
    values = signer.unsigned.get(_INDEX_V3, ()) or signer.unsigned.get(_INDEX, ())
    if others or len(values) != 1:
        return None
    parts, name = values[0].children(), "sha256"
    if len(parts) == 4:
        algorithm = parts.pop(0)
        name = algorithms.DIGEST_OIDS.get(algorithm.children()[0].oid(), "")
    if len(parts) != 3 or algorithms.digest_class(name) is None:
        raise Asn1Error("not a hash index")
    listed = [frozenset(one.octets() for one in part.iterate()) for part in parts]
    return HashIndex(values[0].raw, name, listed[0], listed[1], listed[2], _INDEX_V3 not in signer.unsigned)


@dataclass(frozen=True)
class ArchiveCoverage:
    """What one archive time-stamp covers of its container: the data it was made over, and what its index proves."""

    parts: ContainerParts
    signer: cms.SignerInfo
    index: HashIndex
    content: DigestOf

    def complete(self) -> bool:
        """Tell whether everything that the index lists is still there (clause 5.5.2: else the index is wrong)."""
        index = self.index
        groups = (
            (self.parts.certificates, index.certificates),
            (self.parts.revocation, index.revocation),
            (tuple(self._attributes()), index.attributes),
        )
        return all(
            listed <= {algorithms.digest(index.digest, one) for one in encodings} for encodings, listed in groups
        )

    def covered(self) -> frozenset[bytes]:
        """Return the certificates and revocation data that existed when the time-stamp was made."""
        index = self.index
        revocation = index.lists(self.parts.revocation, index.revocation)
        return index.lists(self.parts.certificates, index.certificates) | revocation

    def digest(self, name: str) -> bytes:
        """Return the message imprint under an algorithm (clause 5.5.3)."""
        fields = self.signer.node.children()
        fixed = [one.raw for one in fields if one is not fields[-1] or one.tag != 0xA1]
        return algorithms.digest(name, b"".join((self.parts.content_type, self.content(name), *fixed, self.index.raw)))

    def _attributes(self) -> Iterator[bytes]:
        fields = self.signer.node.children()
        for attribute in fields[-1].iterate() if fields[-1].tag == 0xA1 else ():
            kind, values = attribute.first(2)
            if self.index.whole_attributes:
                yield attribute.raw
            else:
                yield from (kind.raw + value.raw for value in values.iterate())
