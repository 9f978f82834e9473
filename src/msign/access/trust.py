"""Which authorities may issue system certificates: asked of the trust store of the environment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from msign.kernel.errors import Code, MSignError


class SystemTrust(Protocol):
    """Judges whether a certificate leads to an accepted authority."""

    def problem(self, certificate_der: bytes, at: dt.datetime) -> str | None:
        """Return why the certificate does not chain to an accepted authority; ``None`` when it does."""
        ...


class DirectIssuers:
    """Accepts certificates that one of these authorities signed itself. Without authorities it accepts none."""

    def __init__(self, authorities: Iterable[x509.Certificate]) -> None:
        self._authorities = tuple(authorities)

    def problem(self, certificate_der: bytes, at: dt.datetime) -> str | None:
        """See :class:`SystemTrust`."""
        certificate = x509.load_der_x509_certificate(certificate_der)
        named = [one for one in self._authorities if one.subject == certificate.issuer]
        if not named:
            return "no accepted authority has this name"
        signers = [one for one in named if _signed_by(certificate, one)]
        if not signers:
            return "an accepted authority has this name, but it did not sign this certificate"
        if not any(one.not_valid_before_utc <= at <= one.not_valid_after_utc for one in signers):
            return "the authority's own certificate is not valid now"
        return None


def _signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def trust_of_folder(folder: Path) -> DirectIssuers:
    """Return the authorities in ``{folder}/systems/*.pem``; a folder that is missing accepts nobody.

    Raises ``MSignError`` (``MISCONFIGURED``) naming a file that is no certificate.
    """
    return DirectIssuers(_authority(path) for path in sorted((folder / "systems").glob("*.pem")))


def _authority(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError as error:
        raise MSignError(Code.MISCONFIGURED, "not a certificate in PEM", member=path.name) from error
