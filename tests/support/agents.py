"""The local agent in the test process: a real door on loopback, a scripted person, tokens of memory or of SoftHSM."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pkcs11.util.ec import decode_ec_private_key
from pkcs11.util.rsa import decode_rsa_private_key
from pkcs11.util.x509 import decode_x509_certificate

from msign.agent.consent import Decision, Question
from msign.agent.server import AgentServer
from msign.agent.settings import AgentSettings
from msign.agent.tokens import PinState, Pkcs11Tokens, TokenCertificate, Tokens
from msign.agent.words import AgentError, Word
from msign.agent.work import Desk
from msign.kernel.clock import Clock, FixedClock
from msign.pki.tsa import TimestampSource
from msign.signing.keys import InMemoryKey, Signer

PIN = "1234"
SITE = "https://msign.example"
SOFTHSM = next(
    (
        one
        for one in ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
        if Path(one).exists()
    ),
    None,
)


@dataclass
class Person:
    """Answers questions as a script says; the last answer repeats. Remembers what was shown."""

    script: list[Decision] = field(default_factory=lambda: [Decision(approved=True, pin=PIN)])
    seen: list[Question] = field(default_factory=list)
    hold: threading.Event | None = None  # the question stays open until it is set
    asked: threading.Event = field(default_factory=threading.Event)

    def ask(self, question: Question) -> Decision:
        self.seen.append(question)
        self.asked.set()
        if self.hold is not None:
            self.hold.wait(20)
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@dataclass
class OpenMemoryKey:
    """A key after the log-in."""

    key: InMemoryKey
    closed: bool = False

    @property
    def algorithm(self) -> object:
        return self.key.algorithm

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data)

    def close(self) -> None:
        self.closed = True


@dataclass
class MemoryTokens:
    """One token with one certificate, a PIN and a counter that locks, as real cards do and SoftHSM does not."""

    signers: Sequence[Signer]
    tries: int = 3
    gone: bool = False

    def certificates(self) -> Sequence[TokenCertificate]:
        if self.gone:
            return []
        return [
            TokenCertificate(one.signing_certificate.encoded, Path("memory.so"), index, "memory", bytes([index]))
            for index, one in enumerate(self.signers)
        ]

    def pin_state(self, chosen: TokenCertificate) -> PinState:
        return PinState(self.tries == 0, self.tries == 1)

    def key(self, chosen: TokenCertificate, pin: str) -> OpenMemoryKey:
        if self.tries == 0:
            raise AgentError(Word.PIN_LOCKED)
        if pin != PIN:
            self.tries -= 1
            raise AgentError(Word.WRONG_PIN)
        self.tries = 3
        key = self.signers[chosen.slot].key
        assert isinstance(key, InMemoryKey)
        return OpenMemoryKey(key)


@dataclass(frozen=True)
class RunningAgent:
    """Where it listens, and the person in front of it."""

    url: str
    person: Person
    desk: Desk


@contextlib.contextmanager
def running_agent(
    tokens: Tokens,
    *,
    person: Person | None = None,
    tsa: TimestampSource | None = None,
    clock: Clock | None = None,
    settings: AgentSettings | None = None,
    fixed_port: bool = False,
) -> Iterator[RunningAgent]:
    """Run an agent until the block ends, on a free port unless the settings' own is wanted."""
    chosen = settings or AgentSettings(origins=(SITE,), port=0)
    chosen = chosen if fixed_port else replace(chosen, port=0)
    asked = person or Person()
    desk = Desk(settings=chosen, tokens=tokens, consent=asked, clock=clock or FixedClock(), tsa=tsa)
    server = AgentServer(desk)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield RunningAgent(f"http://127.0.0.1:{server.server_address[1]}", asked, desk)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@contextlib.contextmanager
def softhsm(folder: Path, signers: Sequence[Signer]) -> Iterator[Pkcs11Tokens]:
    """A fresh SoftHSM token with keys and certificates of ``signers``; skipped where SoftHSM is not installed."""
    if SOFTHSM is None or shutil.which("softhsm2-util") is None:
        pytest.skip("softhsm2 is not installed")
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}\nlog.level = ERROR\n")
    label = f"test-{uuid.uuid4().hex[:8]}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "5678"]
        subprocess.run(command, check=True, capture_output=True, env=dict(os.environ))
        library = pkcs11.lib(SOFTHSM)
        library.reinitialize()
        with library.get_token(token_label=label).open(user_pin=PIN, rw=True) as session:
            for index, signer in enumerate(signers, 1):
                _import(session, signer, bytes([index]))
        yield Pkcs11Tokens([Path(SOFTHSM)])


def _import(session: pkcs11.Session, signer: Signer, identity: bytes) -> None:
    assert isinstance(signer.key, InMemoryKey)
    private = signer.key._private
    decode = decode_rsa_private_key if isinstance(private, RSAPrivateKey) else decode_ec_private_key
    encoded = private.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    common = {pkcs11.Attribute.ID: identity, pkcs11.Attribute.LABEL: "key", pkcs11.Attribute.TOKEN: True}
    # A key of an elliptic curve here wants its PIN for every signature, as many cards' do; the other one does not.
    each = {
        pkcs11.Attribute.ALWAYS_AUTHENTICATE: not isinstance(private, RSAPrivateKey),
        pkcs11.Attribute.PRIVATE: True,
    }
    session.create_object({**decode(encoded), **each, **common})
    session.create_object({**decode_x509_certificate(signer.signing_certificate.encoded), **common})
    for number, issuer in enumerate(signer.issuers):
        told = {pkcs11.Attribute.ID: b"ca" + bytes([number]), pkcs11.Attribute.TOKEN: True}
        x509.load_der_x509_certificate(issuer)
        session.create_object({**decode_x509_certificate(issuer), **told})
