"""Keys on tokens and HSMs through PKCS#11. The key never leaves the device; the session is opened once and kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pkcs11
from pkcs11 import MGF, Attribute, Mechanism, ObjectClass
from pkcs11.exceptions import (
    DeviceError,
    DeviceRemoved,
    MechanismInvalid,
    NoSuchKey,
    NoSuchToken,
    PinIncorrect,
    PinLocked,
    PKCS11Error,
    SessionClosed,
    SessionHandleInvalid,
    TokenNotPresent,
    UserAlreadyLoggedIn,
    UserNotLoggedIn,
)
from pkcs11.util.ec import encode_ecdsa_signature

from msign.kernel.errors import Code, MSignError
from msign.pki import der
from msign.signing.algorithms import Digest, Scheme, SignatureAlgorithm, default_algorithm
from msign.signing.certificates import signing_certificate
from msign.signing.keys import Signer

T = TypeVar("T")
_LOST = (DeviceError, DeviceRemoved, SessionClosed, SessionHandleInvalid, TokenNotPresent, UserNotLoggedIn)
_PSS_MECHANISMS = {
    Digest.SHA256: (Mechanism.SHA256, MGF.SHA256),
    Digest.SHA384: (Mechanism.SHA384, MGF.SHA384),
    Digest.SHA512: (Mechanism.SHA512, MGF.SHA512),
}


@dataclass(frozen=True)
class Pkcs11Slot:
    """Where a key is: the library, the token's label, the key's label or id. ``pin`` is never shown."""

    module: Path
    token: str
    pin: str = field(repr=False)
    label: str | None = None
    identity: bytes | None = None


class Pkcs11Key:
    """A private key on a device. Safe to share between threads: a session takes one operation at a time.

    A session that was lost (token pulled out, device restarted) is opened again once per signature. A key that wants
    its PIN for every single use (``CKA_ALWAYS_AUTHENTICATE``, as keys for qualified signatures often do) gets it with
    a context-specific login between C_SignInit and C_Sign (PKCS#11 v2.40, 5.6).
    """

    def __init__(self, slot: Pkcs11Slot, algorithm: SignatureAlgorithm) -> None:
        self._slot, self._algorithm = slot, algorithm
        self._lock = threading.Lock()
        self._session: Any = None
        self._key: Any = None
        self._pin_each_time: str | None = None
        if algorithm.scheme is Scheme.ED25519:
            raise MSignError(Code.MISCONFIGURED, "Ed25519 keys on PKCS#11 devices are not supported")

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """What it signs with."""
        return self._algorithm

    def sign(self, data: bytes) -> bytes:
        """Return the signature value over ``data``; ECDSA in DER. The device gets the digest, not the data.

        Raises ``MSignError``: ``MISCONFIGURED`` for a wrong PIN, token or key, ``UNAVAILABLE`` (retry) for a device
        that is not there, ``SIGNING_FAILED`` for what the device refuses.
        """
        return self._with_key(lambda key: self._sign(key, self._algorithm.digest.of(data)))

    def close(self) -> None:
        """Log out and close the session; the next signature opens it again."""
        with self._lock:
            self._forget()

    def _sign(self, key: Any, digest: bytes) -> bytes:
        match self._algorithm.scheme:
            case Scheme.ECDSA:
                raw: bytes = key.sign(digest, mechanism=Mechanism.ECDSA, pin=self._pin_each_time)
                return bytes(encode_ecdsa_signature(raw))
            case Scheme.RSA_PSS:
                hashed, mask = _PSS_MECHANISMS[self._algorithm.digest]
                parameters = (hashed, mask, self._algorithm.digest.size)
                given: dict[str, Any] = {"mechanism": Mechanism.RSA_PKCS_PSS, "mechanism_param": parameters}
                return bytes(key.sign(digest, pin=self._pin_each_time, **given))
            case _:
                info = _digest_info(self._algorithm.digest, digest)
                return bytes(key.sign(info, mechanism=Mechanism.RSA_PKCS, pin=self._pin_each_time))

    def _with_key(self, use: Callable[[Any], T]) -> T:
        with self._lock, _explained():
            try:
                return use(self._open())
            except _LOST:
                self._forget()
                return use(self._open())

    def _open(self) -> Any:
        if self._key is None:
            self._session = _session(self._slot)
            self._key = _find(self._session, self._slot, ObjectClass.PRIVATE_KEY)
            self._pin_each_time = self._slot.pin if _always_authenticates(self._key) else None
        return self._key

    def _forget(self) -> None:
        session, self._session, self._key = self._session, None, None
        if session is not None:
            with suppress(PKCS11Error):  # it may be gone already
                session.close()


@dataclass(frozen=True)
class Pkcs11Signer:
    """Makes a ``Signer`` from a token that holds key and certificate under one label or id."""

    slot: Pkcs11Slot
    digest: Digest | None = None
    pss: bool = False

    @cached_property
    def certificate(self) -> bytes:
        """The certificate on the token, in DER. Raises ``MSignError`` as ``Pkcs11Key.sign``."""
        with _explained():
            session = _session(self.slot)
            try:
                return bytes(_find(session, self.slot, ObjectClass.CERTIFICATE)[Attribute.VALUE])
            finally:
                session.close()

    def signer(self, chain: tuple[bytes, ...] = ()) -> Signer:
        """Return the signer; ``chain`` are the issuers, which tokens rarely hold."""
        public = signing_certificate(self.certificate).public_key
        algorithm = default_algorithm(public, digest=self.digest, pss=self.pss)
        return Signer(Pkcs11Key(self.slot, algorithm), self.certificate, chain)


def _session(slot: Pkcs11Slot) -> Any:
    token = pkcs11.lib(str(slot.module)).get_token(token_label=slot.token)
    try:
        return token.open(user_pin=slot.pin)
    except UserAlreadyLoggedIn:  # by another session of this process; the login is shared
        return token.open()


def _find(session: Any, slot: Pkcs11Slot, kind: ObjectClass) -> Any:
    wanted: dict[Attribute, object] = {Attribute.CLASS: kind}
    if slot.label is not None:
        wanted[Attribute.LABEL] = slot.label
    if slot.identity is not None:
        wanted[Attribute.ID] = slot.identity
    found = list(session.get_objects(wanted))
    if len(found) != 1:
        raise MSignError(
            Code.MISCONFIGURED, f"the token holds {len(found)} objects that could be the {kind.name.lower()}"
        )
    return found[0]


def _always_authenticates(key: Any) -> bool:
    try:
        return bool(key[Attribute.ALWAYS_AUTHENTICATE])
    except PKCS11Error:  # older devices do not know the attribute
        return False


def _digest_info(digest: Digest, value: bytes) -> bytes:
    """Return DigestInfo (RFC 8017 clause 9.2), with NULL parameters as that standard demands."""
    return der.sequence(der.sequence(der.oid(digest.oid), der.DER_NULL), der.octet_string(value))


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what PKCS#11 raises into words that an operator can act on."""
    try:
        yield
    except (PinIncorrect, PinLocked) as error:
        raise MSignError(Code.MISCONFIGURED, "the token refuses the PIN") from error
    except (NoSuchToken, NoSuchKey) as error:
        raise MSignError(Code.MISCONFIGURED, "no such token or key") from error
    except MechanismInvalid as error:
        raise MSignError(Code.MISCONFIGURED, "the token cannot sign this way") from error
    except _LOST as error:
        raise MSignError(Code.UNAVAILABLE, "the token is not there", retry=True) from error
    except PKCS11Error as error:
        raise MSignError(Code.SIGNING_FAILED, f"the token refused: {type(error).__name__}") from error
