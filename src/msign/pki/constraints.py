"""Name constraints (RFC 5280 clauses 4.2.1.10 and 6.1.4 g): which names a CA may vouch for."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from msign.pki import extensions as ext
from msign.pki.certificate import ParsedCertificate
from msign.pki.extensions import GeneralName, NameConstraints
from msign.pki.names import Name

_EMAIL_ATTRIBUTE = "1.2.840.113549.1.9.1"
_UNDERSTOOD = frozenset({ext.EMAIL, ext.DNS, ext.DIRECTORY, ext.URI, ext.IP})


@dataclass(slots=True)
class NameState:
    """Subtrees collected on the way down a path. Every permitted list must accept a name, no excluded one may."""

    permitted: list[tuple[GeneralName, ...]] = field(default_factory=list)
    excluded: list[GeneralName] = field(default_factory=list)

    def add(self, constraints: NameConstraints) -> None:
        """Take in the constraints of one CA."""
        if constraints.permitted:
            self.permitted.append(constraints.permitted)
        self.excluded.extend(constraints.excluded)

    def violation(self, certificate: ParsedCertificate) -> str | None:
        """Return which name of the certificate breaks a constraint, ``None`` if none does."""
        if not self.permitted and not self.excluded:
            return None
        return next((_describe(name) for name in names_of(certificate) if not self._accepts(name)), None)

    def _accepts(self, name: GeneralName) -> bool:
        if name.kind == ext.URI and not _host(name.text) and self._constrains(ext.URI):
            return False  # clause 4.2.1.10: where URIs are constrained, one that names no host is not accepted
        if any(tree.kind == name.kind and matches(name, tree) for tree in self.excluded):
            return False
        for trees in self.permitted:
            same = [tree for tree in trees if tree.kind == name.kind]
            if same and not any(matches(name, tree) for tree in same):
                return False
        return True

    def _constrains(self, kind: int) -> bool:
        return any(tree.kind == kind for trees in (*self.permitted, self.excluded) for tree in trees)


def names_of(certificate: ParsedCertificate) -> Iterable[GeneralName]:
    """Yield every name that constraints apply to: the subject, e-mail attributes in it, alternative names."""
    subject, alternatives = certificate.subject, certificate.alternative_names
    if subject.rdns:
        yield GeneralName(ext.DIRECTORY, subject.der, subject)
    if not any(name.kind == ext.EMAIL for name in alternatives):
        for address in subject.values(_EMAIL_ATTRIBUTE):
            yield GeneralName(ext.EMAIL, address.encode("latin-1", "replace"))
    yield from alternatives


def _describe(name: GeneralName) -> str:
    return "subject" if name.kind == ext.DIRECTORY else f"type {name.kind}"


def matches(name: GeneralName, tree: GeneralName) -> bool:
    """Tell whether ``name`` lies in ``tree``; both are of the same kind. Kinds not understood are compared whole."""
    match tree.kind:
        case ext.DIRECTORY:
            return _directory(name.name, tree.name)
        case ext.EMAIL:
            return _email(name.text.lower(), tree.text.lower())
        case ext.DNS:
            return _dns(name.text.lower(), tree.text.lower())
        case ext.URI:
            return _uri(name.text, tree.text.lower())
        case ext.IP:
            return _ip(name.value, tree.value)
        case _:
            return name.value == tree.value


def understood(constraints: NameConstraints) -> bool:
    """Tell whether all kinds of names in the constraints can be processed; a critical extension must be."""
    return all(tree.kind in _UNDERSTOOD for tree in constraints.permitted + constraints.excluded)


def _directory(name: Name | None, tree: Name | None) -> bool:
    return name is not None and tree is not None and name.within(tree.key)


def _email(address: str, tree: str) -> bool:
    host = address.rpartition("@")[2]
    if "@" in tree:
        return address == tree
    return host.endswith(tree) if tree.startswith(".") else host == tree


def _dns(host: str, tree: str) -> bool:
    return not tree or host == tree or host.endswith("." + tree.lstrip("."))


def _uri(uri: str, tree: str) -> bool:
    host = _host(uri)
    return host.endswith(tree) if tree.startswith(".") else host == tree


def _host(uri: str) -> str:
    """Return the host of a URI in small letters, empty where it names none."""
    try:
        return (urlsplit(uri).hostname or "").lower()
    except ValueError:
        return ""


def _ip(address: bytes, tree: bytes) -> bool:
    if len(tree) != 2 * len(address) or len(address) not in (4, 16):
        return False
    half = len(address)
    mask = int.from_bytes(tree[half:], "big")
    return int(ipaddress.ip_address(address)) & mask == int.from_bytes(tree[:half], "big") & mask
