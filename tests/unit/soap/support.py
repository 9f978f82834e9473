"""Fakes for the rooms below the SOAP face, and a driver that speaks ASGI to it without a network."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lxml import etree

from msign.access.values import Allowed, Caller, Circumstances, Decision, DenialReason, Denied
from msign.faces.soap.app import SoapApp
from msign.faces.soap.contract import ENVELOPE, NAMESPACE, Operation
from msign.faces.soap.options import SoapOptions
from msign.faces.soap.peer import Peer
from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import Language
from msign.kernel.words import Environment, SignatureLevel, SignStatus
from msign.signrequests.values import NewSignRequest, SignResponse
from msign.validation.model import (
    DocumentReport,
    Indication,
    Integrity,
    Modification,
    Scope,
    SignatureReport,
    Verdict,
)

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "docs" / "protocol" / "examples"
SCHEMA = etree.XMLSchema(etree.parse(ROOT / "schemas" / "soap-envelope.xsd"))
REQUEST_ID = "3f0a9c5be1d24786a0b7c64d29e8f513"
SERIAL = "40000000A1B2C3D4E5F60718293A"
CALLER = Caller(
    system_id="s-1",
    system_name="Ghișeu",
    organisation_name="Organizația Model",
    organisation_id="1000000000007",
    environment=Environment.TEST,
    certificate_serial=SERIAL,
    address="127.0.0.1",
)
SIGNED_AT = dt.datetime(2026, 3, 2, 9, 15, 30, 250_000, tzinfo=dt.UTC)


@dataclass
class FakeGate:
    """Lets everybody in, or answers what the test says."""

    decision: Decision = field(default_factory=lambda: Allowed(CALLER))
    asked: list[tuple[Environment, bytes | None, str]] = field(default_factory=list)

    def decide(
        self, environment: Environment, certificate_der: bytes | None, address: str, circumstances: Circumstances
    ) -> Decision:
        self.asked.append((environment, certificate_der, address))
        return self.decision


@dataclass(frozen=True)
class Stored:
    key: str
    size: int
    sha256: str = ""


class FolderStore:
    """A content store on a folder; counts what is open, so that leaks show."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.open = 0
        self.created = 0

    def create(self) -> FolderSink:
        self.created += 1
        self.open += 1
        return FolderSink(self, self.root / f"content-{self.created}")

    def path(self, key: str) -> Path:
        return self.root / key

    def remove(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)

    @property
    def files(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.root.iterdir(), key=lambda path: int(path.name[8:]))]


class FolderSink:
    def __init__(self, store: FolderStore, path: Path) -> None:
        self._store, self._path = store, path
        self._file = path.open("wb")
        self._hash = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._hash.update(data)

    def finish(self) -> Stored:
        self._close()
        return Stored(self._path.name, self._path.stat().st_size, self._hash.hexdigest())

    def abort(self) -> None:
        self._close()
        self._path.unlink()

    def _close(self) -> None:
        self._file.close()
        self._store.open -= 1


@dataclass
class FakeService:
    """Remembers what was posted; answers what the test says, or raises it."""

    response: SignResponse = field(default_factory=lambda: SignResponse(SignStatus.PENDING))
    error: Exception | None = None
    posted: list[NewSignRequest] = field(default_factory=list)
    asked: list[tuple[str, Language]] = field(default_factory=list)

    def post(self, caller: Caller, request: NewSignRequest) -> str:
        if self.error is not None:
            raise self.error
        self.posted.append(request)
        return REQUEST_ID

    def get_response(self, caller: Caller, request_id: str, language: Language) -> SignResponse:
        self.asked.append((request_id, language))
        if self.error is not None:
            raise self.error
        return self.response


def signature(**changes: Any) -> SignatureReport:
    report = SignatureReport(
        indication=Indication.TOTAL_PASSED,
        sub_indication=None,
        integrity=Integrity.VALID,
        modification=Modification.NONE,
        level=SignatureLevel.T,
        scope=Scope.FULL,
        certificate=b"\x30\x03\x02\x01\x05",
        subject="CN=Ion Exemplu, SERIALNUMBER=PNOMD-2000000000004, C=MD",
        signed_at=SIGNED_AT,
    )
    return replace(report, **changes)


def report(*signatures: SignatureReport, verdict: Verdict = Verdict.VALID) -> DocumentReport:
    return DocumentReport(format="pades", verdict=verdict, signatures=signatures)


@dataclass
class FakeValidator:
    """Gives the report prepared for these bytes, else the next of the list; remembers what it was shown."""

    reports: list[DocumentReport | Exception] = field(default_factory=list)
    by_content: dict[bytes, DocumentReport | Exception] = field(default_factory=dict)
    seen: list[bytes] = field(default_factory=list)

    def pdf(self, path: Path) -> DocumentReport:
        return self._next(path.read_bytes())

    def xades(self, xml: bytes, digest: bytes) -> DocumentReport:
        return self._next(xml)

    def _next(self, data: bytes) -> DocumentReport:
        self.seen.append(data)
        nothing = report(verdict=Verdict.NONE)
        answer = self.by_content.get(data) or (self.reports.pop(0) if self.reports else nothing)
        if isinstance(answer, Exception):
            raise answer
        return answer


class FixedPeer:
    """A peer with a certificate."""

    def read(self, scope: object) -> Peer:
        return Peer(b"certificate", "192.0.2.10")


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def tree(self) -> etree._Element:
        return etree.fromstring(self.body)

    @property
    def fault(self) -> tuple[str, str]:
        """Local fault code and text; the fault must fit the schema."""
        SCHEMA.assertValid(self.tree)
        code, text = (self.tree.findtext(f".//{name}") or "" for name in ("faultcode", "faultstring"))
        return code.rpartition(":")[2], text


@dataclass
class Desk:
    """The SOAP face with fakes around it."""

    root: Path
    options: SoapOptions = field(default_factory=SoapOptions)
    gate: FakeGate = field(default_factory=FakeGate)
    service: FakeService = field(default_factory=FakeService)
    validator: FakeValidator = field(default_factory=FakeValidator)

    def __post_init__(self) -> None:
        self.store = FolderStore(self.root)
        self.app = SoapApp(
            environment=Environment.TEST,
            gate=self.gate,
            service=self.service,
            store=self.store,
            validator=self.validator,
            options=self.options,
            peers=FixedPeer(),
        )

    async def post(
        self, body: bytes | Iterable[bytes], action: Operation | str | None = None, **headers: str
    ) -> Answer:
        own = {"content_type": "text/xml; charset=utf-8"}
        if action is not None:
            own["soapaction"] = f'"{action.action if isinstance(action, Operation) else action}"'
        return await self.request("POST", body=[body] if isinstance(body, bytes) else body, **{**own, **headers})

    async def request(
        self, method: str, path: str = "/MSign.svc", query: bytes = b"", body: Iterable[bytes] = (b"",), **headers: str
    ) -> Answer:
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query,
            "scheme": "https",
            "server": ("127.0.0.1", 8443),
            "client": ("192.0.2.10", 5000),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }
        sent: list[dict[str, Any]] = []
        events = _events(body)

        async def receive() -> dict[str, Any]:
            try:
                event: dict[str, Any] | None = next(events, None)
            except ConnectionResetError:
                return {"type": "http.disconnect"}
            if event is None:
                await asyncio.Event().wait()
            assert event is not None
            return event

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        await settle(self.app)
        start, *rest = sent or [{"status": 0, "headers": []}]
        return Answer(
            start["status"],
            {name.decode(): value.decode() for name, value in start["headers"]},
            b"".join(message["body"] for message in rest),
        )


async def settle(app: SoapApp) -> None:
    """Wait until what was put off (aborting, clearing) has been done."""
    for thread in threading.enumerate():
        if thread.name.startswith("soap-parse"):
            await asyncio.to_thread(thread.join)
    await app._threads.call(lambda: None)


def _events(body: Iterable[bytes]) -> Any:
    waiting = None
    for piece in body:
        if waiting is not None:
            yield {"type": "http.request", "body": waiting, "more_body": True}
        waiting = piece
    if waiting is None:
        yield {"type": "http.disconnect"}
    else:
        yield {"type": "http.request", "body": waiting, "more_body": False}


def sample(name: str) -> bytes:
    return (EXAMPLES / name).read_bytes()


def envelope(inner: str) -> bytes:
    return f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body>{inner}</s:Body></s:Envelope>'.encode()


def post_envelope(contents: str, kind: str = "Hash", rest: str = "") -> bytes:
    return envelope(
        f'<PostSignRequest xmlns="{NAMESPACE}"><request xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
        f"<ContentType>{kind}</ContentType><Contents>{contents}</Contents>{rest}"
        f"<ShortContentDescription>Cerere</ShortContentDescription></request></PostSignRequest>"
    )


def not_found() -> MSignError:
    return MSignError(Code.REQUEST_NOT_FOUND, "Cannot find such request")


def denied(reason: DenialReason) -> Denied:
    return Denied(reason, serial=SERIAL, address="192.0.2.10")
