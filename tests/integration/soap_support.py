"""A real API listener in a thread: real TLS, real uvicorn, fakes below."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from msign.access.values import Allowed, Caller, Circumstances, Decision, DenialReason, Denied
from msign.faces.soap.app import SoapApp
from msign.faces.soap.listener import Listener
from msign.faces.soap.options import SoapOptions
from msign.faces.soap.peer import PeerCertificateSource
from msign.kernel.words import Environment
from tests.support.loops import let_go
from tests.support.pki import Identity, session_pki
from tests.unit.soap.support import FakeService, FakeValidator, FolderStore


@dataclass
class SerialGate:
    """Lets in the certificates that it was told, from the addresses that it was told."""

    known: dict[bytes, str]
    addresses: tuple[str, ...] = ("127.0.0.1", "::1")
    asked: list[tuple[bytes | None, str]] = field(default_factory=list)

    def decide(
        self, environment: Environment, certificate_der: bytes | None, address: str, circumstances: Circumstances
    ) -> Decision:
        self.asked.append((certificate_der, address))
        if certificate_der is None:
            return Denied(DenialReason.NO_CERTIFICATE, address=address)
        serial = f"{x509.load_der_x509_certificate(certificate_der).serial_number:X}"
        if certificate_der not in self.known:
            return Denied(DenialReason.NOT_REGISTERED, serial, address)
        if address not in self.addresses:
            return Denied(DenialReason.FOREIGN_ADDRESS, serial, address)
        name = self.known[certificate_der]
        return Allowed(Caller(name, name, "Organizația", "1000000000007", environment, serial, address))


@dataclass
class Api:
    """What a test needs of a running listener."""

    folder: Path
    gate: SerialGate
    service: FakeService
    validator: FakeValidator
    store: FolderStore
    listener: Listener
    loop: asyncio.AbstractEventLoop
    anchors: set[bytes]
    scheme: str = "https"
    _written: dict[str, tuple[Path, Path]] = field(default_factory=dict)

    @property
    def port(self) -> int:
        return self.listener.port

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/MSign.svc"

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def client(self, name: str = "alfa-test") -> tuple[Path, Path]:
        """Paths of a system's certificate and key."""
        if name not in self._written:
            self._written[name] = session_pki().system(name).write(self.folder, name)
        return self._written[name]

    def run(self, work: Coroutine[Any, Any, object]) -> None:
        """Run a coroutine on the listener's loop and wait for it."""
        asyncio.run_coroutine_threadsafe(work, self.loop).result(30)


def server_identity(folder: Path) -> Identity:
    """Write server.pem (with chain), server.key and ca.pem."""
    identity = session_pki().tls_server()
    identity.write(folder, "server")
    chain = b"".join(one.public_bytes(Encoding.PEM) for one in identity.chain)
    (folder / "ca.pem").write_bytes(chain)
    return identity


def system_anchor() -> bytes:
    """The systems' authority, as the listener's anchor."""
    return session_pki().authority("systems").certificate.public_bytes(Encoding.DER)


@contextmanager
def running_api(
    folder: Path,
    *,
    options: SoapOptions | None = None,
    peers: PeerCertificateSource | None = None,
    tls: bool = True,
    client_certificate: str = "optional",
    head_seconds: float = 20.0,
) -> Iterator[Api]:
    """Run a listener until the block ends."""
    server_identity(folder)
    root = folder / "store"
    root.mkdir()
    pki = session_pki()
    gate = SerialGate({pki.system(name).der: name for name in ("alfa-test", "beta-test")})
    service, validator, store = FakeService(), FakeValidator(), FolderStore(root)
    app = SoapApp(
        environment=Environment.TEST,
        gate=gate,
        service=service,
        store=store,
        validator=validator,
        options=options,
        peers=peers,
    )
    anchors = {system_anchor()}
    ready = threading.Event()
    listener = Listener(
        app,
        host="127.0.0.1",
        port=0,
        certificate=folder / "server.pem" if tls else None,
        key=folder / "server.key" if tls else None,
        anchors=lambda: tuple(anchors),
        client_certificate=client_certificate,
        stop_seconds=2,
        head_seconds=head_seconds,
        on_ready=ready.set,
    )
    listener.bind()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_serve, args=(loop, listener))
    thread.start()
    assert ready.wait(20)
    try:
        scheme = "https" if tls else "http"
        yield Api(folder, gate, service, validator, store, listener, loop, anchors, scheme)
    finally:
        listener.stop()
        thread.join(20)
        assert not thread.is_alive()
        assert store.open == 0


def _serve(loop: asyncio.AbstractEventLoop, listener: Listener) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(listener.serve())
        loop.run_until_complete(let_go())
    finally:
        loop.close()
