"""Whom we trust, for what, and since when. An empty store trusts nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from msign.kernel.errors import Code, MSignError
from msign.pki import storedlists
from msign.pki.anchors import SIGNER_ROLES, ServiceRole, TrustAnchor, TrustPeriod
from msign.pki.certificate import Certificate, ParsedCertificate, parse, to_der
from msign.pki.names import Name

__all__ = ["SIGNER_ROLES", "ServiceRole", "TrustAnchor", "TrustHolder", "TrustPeriod", "TrustStore"]


@dataclass(frozen=True)
class TrustStore:
    """Anchors by role and helpful intermediates. Immutable; a refresh makes a new one."""

    anchors: tuple[TrustAnchor, ...] = ()
    intermediates: tuple[ParsedCertificate, ...] = ()

    @cached_property
    def _by_name(self) -> Mapping[object, tuple[TrustAnchor, ...]]:
        table: dict[object, tuple[TrustAnchor, ...]] = {}
        for anchor in self.anchors:
            key = anchor.certificate.subject.key
            table[key] = (*table.get(key, ()), anchor)
        return table

    @cached_property
    def _intermediates_by_name(self) -> Mapping[object, tuple[ParsedCertificate, ...]]:
        table: dict[object, tuple[ParsedCertificate, ...]] = {}
        for certificate in self.intermediates:
            key = certificate.subject.key
            table[key] = (*table.get(key, ()), certificate)
        return table

    def named(self, name: Name, roles: Iterable[ServiceRole]) -> tuple[TrustAnchor, ...]:
        """Return the anchors of the given roles whose subject is ``name``."""
        wanted = frozenset(roles)
        return tuple(anchor for anchor in self._by_name.get(name.key, ()) if anchor.role in wanted)

    def anchor_of(self, certificate: Certificate, roles: Iterable[ServiceRole]) -> TrustAnchor | None:
        """Return the anchor that is this very certificate, for one of the roles."""
        parsed = parse(certificate)
        return next((a for a in self.named(parsed.subject, roles) if a.certificate == parsed), None)

    def intermediates_named(self, name: Name) -> tuple[ParsedCertificate, ...]:
        """Return the intermediates whose subject is ``name``."""
        return self._intermediates_by_name.get(name.key, ())

    def roots(self, *roles: ServiceRole) -> tuple[ParsedCertificate, ...]:
        """Return the certificates trusted for any of the roles."""
        return tuple(anchor.certificate for anchor in self.anchors if anchor.role in roles)

    def __or__(self, other: TrustStore) -> TrustStore:
        """Return a store that trusts whom either of the two trusts."""
        anchors = dict.fromkeys(self.anchors + other.anchors)
        return TrustStore(tuple(anchors), tuple(dict.fromkeys(self.intermediates + other.intermediates)))

    @classmethod
    def of(
        cls,
        anchors: Mapping[ServiceRole, Iterable[Certificate]],
        intermediates: Iterable[Certificate] = (),
    ) -> TrustStore:
        """Return a store of the given certificates."""
        found = tuple(TrustAnchor(parse(c), role) for role, certificates in anchors.items() for c in certificates)
        return cls(found, tuple(parse(c) for c in intermediates))

    @classmethod
    def from_folder(cls, folder: Path) -> TrustStore:
        """Read ``{folder}/{role}/*.pem`` and ``{folder}/intermediates/*.pem`` (also ``.crt``, ``.cer``, ``.der``).

        What the worker took from trusted lists (``{folder}/lists``) counts, too; where it speaks of a certificate that
        also lies in the folder, in the same role, the list is followed: it knows since when, and whether still.
        Missing folders are empty; a file that is no certificate is an error that names it (code ``misconfigured``).
        """
        anchors = {role: certificates_in(folder / role) for role in ServiceRole}
        own = cls.of(anchors, certificates_in(folder / "intermediates"))
        return own.led_by(storedlists.read_anchors(folder))

    def led_by(self, listed: tuple[TrustAnchor, ...]) -> TrustStore:
        """Return a store in which ``listed`` anchors replace own ones of the same certificate and role."""
        known = {(anchor.certificate, anchor.role) for anchor in listed}
        rest = tuple(anchor for anchor in self.anchors if (anchor.certificate, anchor.role) not in known)
        return TrustStore((*listed, *rest), self.intermediates)


_SUFFIXES = frozenset({".pem", ".crt", ".cer", ".der"})


def certificates_in(folder: Path) -> list[ParsedCertificate]:
    """Return the certificates in a folder, PEM or DER, by name. Raises ``MSignError`` naming a file that is none."""
    files = sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES) if folder.is_dir() else []
    return [_certificate(path) for path in files]


def _certificate(path: Path) -> ParsedCertificate:
    try:
        return parse(to_der(path.read_bytes()))
    except MSignError as error:
        raise MSignError(Code.MISCONFIGURED, f"{path.name} is not a usable certificate: {error.message}") from None


@dataclass(slots=True)
class TrustHolder:
    """The store in force; the worker replaces it after a refresh, readers take it once per judgement."""

    store: TrustStore = field(default_factory=TrustStore)

    def replace(self, store: TrustStore) -> None:
        """Put a new store in force."""
        self.store = store
