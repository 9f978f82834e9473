"""Documents encrypted with an empty user password (ISO 32000-1 clause 7.6, ISO 32000-2 clause 7.6).

Encryption of that kind keeps nobody out; the reader undoes it to see structure. A document that wants a password is
refused: nobody can judge what nobody can see.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from msign.pdf.errors import PdfError, Refusal
from msign.pdf.values import as_dict, as_int

_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


@dataclass(frozen=True, slots=True)
class Decryptor:
    """Turns stored bytes into plain ones; ``strings`` and ``streams`` name the cipher: rc4, aes, aes256 or none."""

    key: bytes
    strings: str
    streams: str
    metadata: bool

    def string(self, data: bytes, number: int, generation: int) -> bytes:
        """Return a string of object ``number`` in the clear."""
        return self._plain(self.strings, data, number, generation)

    def stream(self, data: bytes, number: int, generation: int) -> bytes:
        """Return the raw bytes of a stream in the clear, still filtered."""
        return self._plain(self.streams, data, number, generation)

    def _plain(self, cipher: str, data: bytes, number: int, generation: int) -> bytes:
        if cipher == "none":
            return data
        if cipher == "aes256":
            return _aes(self.key, data)
        salted = self.key + struct.pack("<I", number)[:3] + struct.pack("<I", generation)[:2]
        salted += b"sAlT" if cipher == "aes" else b""
        key = hashlib.md5(salted, usedforsecurity=False).digest()[: min(16, len(self.key) + 5)]
        return _aes(key, data) if cipher == "aes" else _rc4(key, data)


def open_with_empty_password(encrypt: object, first_id: bytes) -> Decryptor:
    """Return the decryptor for an /Encrypt dictionary (resolved) and the first half of /ID.

    Raises PdfError BAD_ENCRYPTION for settings that make no sense or are not known, PASSWORD_NEEDED when the empty
    user password does not open the document.
    """
    if not isinstance(encrypt, dict):
        raise PdfError(Refusal.BAD_ENCRYPTION, "/Encrypt is no dictionary")
    if encrypt.get("Filter") != "Standard":
        raise PdfError(Refusal.BAD_ENCRYPTION, "encrypted for named receivers, not by password")
    version, revision = as_int(encrypt.get("V"), 0), as_int(encrypt.get("R"), 0)
    if version not in (1, 2, 4, 5) or revision not in (2, 3, 4, 5, 6):
        raise PdfError(Refusal.BAD_ENCRYPTION, f"encryption version {version}, revision {revision} is not known")
    secrets = [encrypt.get(name) for name in ("O", "U")]
    if not all(isinstance(value, bytes) and len(value) >= 32 for value in secrets):
        raise PdfError(Refusal.BAD_ENCRYPTION, "/O or /U is missing or too short")
    key = _key_256(encrypt, revision) if version == 5 else _key_legacy(encrypt, version, revision, first_id)
    strings, streams = _ciphers(encrypt, version)
    return Decryptor(key, strings, streams, encrypt.get("EncryptMetadata") is not False)


def _ciphers(encrypt: dict[str, object], version: int) -> tuple[str, str]:
    if version < 4:
        return "rc4", "rc4"
    filters = as_dict(encrypt.get("CF"))
    names = [str(encrypt.get(key, "Identity")) for key in ("StrF", "StmF")]
    found = []
    for name in names:
        method = str(as_dict(filters.get(name)).get("CFM", "None")) if name != "Identity" else "None"
        cipher = {"None": "none", "V2": "rc4", "AESV2": "aes", "AESV3": "aes256"}.get(method)
        if cipher is None:
            raise PdfError(Refusal.BAD_ENCRYPTION, f"crypt method {method[:20]} is not known")
        found.append(cipher)
    return found[0], found[1]


def _bytes(encrypt: dict[str, object], name: str) -> bytes:
    value = encrypt.get(name)
    return value if isinstance(value, bytes) else b""


def _key_legacy(encrypt: dict[str, object], version: int, revision: int, first_id: bytes) -> bytes:
    """Algorithms 2, 4 and 5 of ISO 32000-1 clause 7.6.3.3 with the empty password."""
    length = 5 if version == 1 else max(5, min(16, as_int(encrypt.get("Length"), 128 if version == 4 else 40) // 8))
    seed = _PADDING + _bytes(encrypt, "O")[:32] + struct.pack("<I", as_int(encrypt.get("P"), 0) & 0xFFFFFFFF) + first_id
    if revision >= 4 and encrypt.get("EncryptMetadata") is False:
        seed += b"\xff\xff\xff\xff"
    key = hashlib.md5(seed, usedforsecurity=False).digest()
    for _ in range(50 if revision >= 3 else 0):
        key = hashlib.md5(key[:length], usedforsecurity=False).digest()
    key = key[:length]
    expected, compared = _user_value(key, revision, first_id)
    if not hmac.compare_digest(expected[:compared], _bytes(encrypt, "U")[:compared]):
        raise PdfError(Refusal.PASSWORD_NEEDED, "the document opens with a password only")
    return key


def _user_value(key: bytes, revision: int, first_id: bytes) -> tuple[bytes, int]:
    if revision == 2:
        return _rc4(key, _PADDING), 32
    value = hashlib.md5(_PADDING + first_id, usedforsecurity=False).digest()
    for step in range(20):
        value = _rc4(bytes(byte ^ step for byte in key), value)
    return value, 16


def _key_256(encrypt: dict[str, object], revision: int) -> bytes:
    """Algorithms 2.A and 2.B of ISO 32000-2 clause 7.6.4.3 with the empty password."""
    user, wrapped = _bytes(encrypt, "U")[:48], _bytes(encrypt, "UE")[:32]
    if len(user) < 48 or len(wrapped) < 32:
        raise PdfError(Refusal.BAD_ENCRYPTION, "/U or /UE is too short")
    digest = _hash_r6 if revision == 6 else _hash_r5
    if not hmac.compare_digest(digest(user[32:40]), user[:32]):
        raise PdfError(Refusal.PASSWORD_NEEDED, "the document opens with a password only")
    decryptor = Cipher(algorithms.AES(digest(user[40:48])), modes.CBC(bytes(16))).decryptor()
    return decryptor.update(wrapped) + decryptor.finalize()


def _hash_r5(salt: bytes) -> bytes:
    return hashlib.sha256(salt).digest()


def _hash_r6(salt: bytes) -> bytes:
    key, step = hashlib.sha256(salt).digest(), 0
    while True:
        encryptor = Cipher(algorithms.AES(key[:16]), modes.CBC(key[16:32])).encryptor()
        block = encryptor.update(key * 64) + encryptor.finalize()
        key = (hashlib.sha256, hashlib.sha384, hashlib.sha512)[sum(block[:16]) % 3](block).digest()
        step += 1
        if step >= 64 and block[-1] <= step - 32:
            return key[:32]


def _rc4(key: bytes, data: bytes) -> bytes:
    worker = Cipher(ARC4(key), mode=None).decryptor()  # what the format prescribes; it protects nothing here
    return worker.update(data) + worker.finalize()


def _aes(key: bytes, data: bytes) -> bytes:
    if len(data) < 32 or len(data) % 16:
        return b""
    worker = Cipher(algorithms.AES(key), modes.CBC(data[:16])).decryptor()
    plain = worker.update(data[16:]) + worker.finalize()
    return plain[: -plain[-1]] if 1 <= plain[-1] <= 16 else plain
