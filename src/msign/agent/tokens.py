"""Cards and tokens through PKCS#11: which certificates there are, and signing with one of them.

One lock over everything: PKCS#11 libraries of tokens are rarely safe to enter twice. Lists are read without a PIN.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pkcs11
from cryptography import x509
from pkcs11 import Attribute, ObjectClass, TokenFlag
from pkcs11.exceptions import PinIncorrect, PinLocked, PKCS11Error

from msign.agent.words import AgentError, Word
from msign.kernel.errors import Code, MSignError
from msign.pki.certificate import common_name, subject_text
from msign.signing.algorithms import default_algorithm
from msign.signing.certificates import signing_certificate
from msign.signing.pkcs11 import Pkcs11Key, Pkcs11Slot

_LOG = logging.getLogger(__name__)
_MAX_CHAIN = 3


@dataclass(frozen=True, slots=True)
class TokenCertificate:
    """A certificate with its key on a token: where it is, and the issuers that the token holds."""

    certificate: bytes
    module: Path
    slot: int
    token: str
    identity: bytes
    label: str = ""
    chain: tuple[bytes, ...] = field(default=())

    @property
    def id(self) -> str:
        """Its id in the protocol: hexadecimal, the same on every day."""
        return hashlib.sha256(self.certificate).hexdigest()

    def model(self) -> dict[str, object]:
        """Return it as the protocol shows certificates (signature-providers 4), with two members of our own."""
        parsed = signing_certificate(self.certificate).x509
        issuer = parsed.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return {
            "certificateId": self.id,
            "label": self.label,
            "providerId": f"{self.module.name}-{self.slot}",
            "policy": "",
            "certificateName": common_name(self.certificate),
            "subjectDN": subject_text(self.certificate),
            "issuerDN": parsed.issuer.rfc4514_string(),
            "authority": str(issuer[0].value) if issuer else "",
            "trusted": False,  # judged by the gateway, not here
            "verified": False,
            "privateKeyPresent": True,
            "certificateBase64": base64.b64encode(self.certificate).decode(),
            "chainBase64": [base64.b64encode(one).decode() for one in self.chain],
            "validUntil": parsed.not_valid_after_utc.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class PinState:
    """What the token says of its PIN before one is asked for."""

    locked: bool = False
    final_try: bool = False


class Tokens(Protocol):
    """The devices of this computer."""

    def certificates(self) -> Sequence[TokenCertificate]:
        """Return what can sign. Without a device: nothing."""
        ...

    def pin_state(self, chosen: TokenCertificate) -> PinState:
        """Return whether the PIN is locked or has one try left."""
        ...

    def key(self, chosen: TokenCertificate, pin: str) -> OpenKey:
        """Log in and return the key. Raises ``AgentError``: ``WRONG_PIN``, ``PIN_LOCKED``, ``NO_TOKEN``, ``FAILED``."""
        ...


class OpenKey(Protocol):
    """A key that may be used until it is closed; usable as a signing key of ``msign.signing``."""

    @property
    def algorithm(self) -> Any: ...
    def sign(self, data: bytes) -> bytes: ...
    def close(self) -> None: ...


class Pkcs11Tokens:
    """The tokens behind the PKCS#11 libraries of the settings."""

    def __init__(self, modules: Sequence[Path]) -> None:
        self._modules = tuple(modules)
        self._lock = threading.Lock()

    def certificates(self) -> Sequence[TokenCertificate]:
        """Return every certificate with a key; authorities on the token only as chains."""
        with self._lock:
            return [found for module in self._modules for found in _of_module(module)]

    def pin_state(self, chosen: TokenCertificate) -> PinState:
        """Read the token's flags."""
        with self._lock, _explained():
            flags = pkcs11.lib(str(chosen.module)).get_token(token_label=chosen.token).flags
        return PinState(bool(flags & TokenFlag.USER_PIN_LOCKED), bool(flags & TokenFlag.USER_PIN_FINAL_TRY))

    def key(self, chosen: TokenCertificate, pin: str) -> OpenKey:
        """Open a session; the login is tried here and not with the first signature."""
        slot = Pkcs11Slot(chosen.module, chosen.token, pin, identity=chosen.identity)
        algorithm = default_algorithm(signing_certificate(chosen.certificate).public_key)
        with self._lock, _explained():
            _try_pin(slot)
        return _LockedKey(Pkcs11Key(slot, algorithm), self._lock)


class _LockedKey:
    def __init__(self, key: Pkcs11Key, lock: threading.Lock) -> None:
        self._key, self._lock = key, lock
        self.algorithm = key.algorithm

    def sign(self, data: bytes) -> bytes:
        with self._lock, _explained():
            return self._key.sign(data)

    def close(self) -> None:
        with self._lock:
            self._key.close()


def _try_pin(slot: Pkcs11Slot) -> None:
    token = pkcs11.lib(str(slot.module)).get_token(token_label=slot.token)
    token.open(user_pin=slot.pin).close()


def _of_module(module: Path) -> Iterator[TokenCertificate]:
    try:
        slots = pkcs11.lib(str(module)).get_slots(token_present=True)
    except (PKCS11Error, RuntimeError) as error:
        _LOG.warning("%s: %s", module.name, type(error).__name__)
        return
    for slot in slots:
        with contextlib.suppress(PKCS11Error):  # one sick reader must not hide the others
            yield from _of_slot(module, slot)


def _of_slot(module: Path, slot: Any) -> Iterator[TokenCertificate]:
    token = slot.get_token()
    if not token.flags & TokenFlag.TOKEN_INITIALIZED:
        return
    with token.open() as session:
        found = [
            (bytes(one[Attribute.VALUE]), bytes(one[Attribute.ID]), str(one[Attribute.LABEL]))
            for one in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
        ]
    issuers = [value for value, _identity, _label in found if _is_authority(value)]
    for value, identity, label in found:
        if identity and _readable(value) and not _is_authority(value):
            chain = _chain(value, issuers)
            yield TokenCertificate(value, module, int(slot.slot_id), str(token.label), identity, label, chain)


def _readable(value: bytes) -> bool:
    try:
        return bool(signing_certificate(value).public_key)
    except MSignError:
        return False


def _is_authority(value: bytes) -> bool:
    try:
        extensions = signing_certificate(value).x509.extensions
        return extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (MSignError, ValueError, x509.ExtensionNotFound):
        return False


def _chain(value: bytes, issuers: Sequence[bytes]) -> tuple[bytes, ...]:
    chain: list[bytes] = []
    current = signing_certificate(value).x509
    for _step in range(_MAX_CHAIN):
        named = current.issuer
        found = next((one for one in issuers if signing_certificate(one).x509.subject == named), None)
        if found is None or found in chain:
            break
        chain.append(found)
        current = signing_certificate(found).x509
    return tuple(chain)


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Turn what tokens raise into the words of the protocol; never with a PIN in it."""
    try:
        yield
    except PinIncorrect as error:
        raise AgentError(Word.WRONG_PIN) from error
    except PinLocked as error:
        raise AgentError(Word.PIN_LOCKED) from error
    except PKCS11Error as error:
        gone = "Token" in type(error).__name__ or "Device" in type(error).__name__
        raise AgentError(Word.NO_TOKEN if gone else Word.FAILED, type(error).__name__) from error
    except MSignError as error:
        raise AgentError(Word.NO_TOKEN if error.code is Code.UNAVAILABLE else Word.FAILED, error.message) from error
