"""The SOAP face as an ASGI application: who calls, what they ask, what they are told. No rules of signing here.

The order of a call: route; authenticate from certificate and address, before the body is read; media type and
length; the envelope, streamed; the service; the reply. Whatever goes wrong, the body is drained within a bound
before the fault is sent, because a client that is still writing sees a broken connection instead of the fault.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, assert_never

from msign.access.faulttext import ADDRESS_REASONS, FORBIDDEN
from msign.access.testimony import Testimony, Witness
from msign.access.values import Allowed, Caller, Circumstances, Decision, Denied
from msign.faces.soap import faults
from msign.faces.soap.address import public_address
from msign.faces.soap.body import Body, Gone, Receive, too_large
from msign.faces.soap.contract import CONTENT_TYPE, PATH, Operation, operation_of_action
from msign.faces.soap.conversation import Conversation
from msign.faces.soap.exchange import (
    Send,
    Sender,
    check_media_type,
    content_length,
    header,
    send_reply,
    send_text,
    send_whole,
)
from msign.faces.soap.operations import Operations
from msign.faces.soap.options import SoapOptions
from msign.faces.soap.peer import PeerCertificateSource, TlsSource
from msign.faces.soap.ports import CallObserver, ContentStore, Gate, Service
from msign.faces.soap.threads import Threads
from msign.faces.soap.tls import DROP
from msign.faces.soap.turns import UploadTurns
from msign.faces.soap.verdicts import Validator
from msign.faces.soap.wsdl import wsdl
from msign.kernel.errors import MSignError
from msign.kernel.ids import new_reference
from msign.kernel.words import Environment

log = logging.getLogger("msign.soap")
Scope = MutableMapping[str, Any]
_WSDL_QUERIES = (b"", b"wsdl", b"singlewsdl")
_CLOSE = ((b"connection", b"close"),)


@dataclass(frozen=True, slots=True)
class _Call:
    """What a call carries through its steps."""

    caller: Caller
    action: Operation | None
    scope: Scope
    body: Body
    send: Sender


class SoapApp:
    """One environment's three operations and its WSDL. All collaborators are called in threads, never on the loop."""

    def __init__(
        self,
        *,
        environment: Environment,
        gate: Gate,
        service: Service,
        store: ContentStore,
        validator: Validator,
        options: SoapOptions | None = None,
        peers: PeerCertificateSource | None = None,
        observer: CallObserver | None = None,
        witness: Witness | None = None,
        turns: UploadTurns | None = None,
    ) -> None:
        self._environment = environment
        self._gate = gate
        self._options = options or SoapOptions()
        self._peers = peers or TlsSource()
        self._observer = observer
        self._witness = witness
        self._threads = Threads(calls=self._options.call_threads, judges=self._options.verification_threads)
        self._conversation = Conversation(
            Operations(service=service, store=store, validator=validator, options=self._options),
            self._threads,
            self._options.scratch,
            turns,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI request, or follow the server's life."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"].rstrip("/").lower() != PATH.lower():
            await send_text(send, 404, f"There is nothing here but {PATH}")
        elif scope["method"] in ("GET", "HEAD"):
            await self._wsdl(scope, send)
        elif scope["method"] == "POST":
            await self._post(scope, self._body(receive), Sender(send))
        else:
            await send_text(send, 405, "GET and POST only", [(b"allow", b"GET, HEAD, POST")])

    def close(self) -> None:
        """End the worker threads, after what they are doing."""
        self._threads.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        while (event := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{event['type']}.complete"})
        self.close()
        await send({"type": "lifespan.shutdown.complete"})

    def _body(self, receive: Receive) -> Body:
        options = self._options
        return Body(
            receive,
            limit=options.max_message_bytes,
            idle_seconds=options.idle_seconds,
            total_seconds=options.message_seconds,
        )

    # -- WSDL -------------------------------------------------------------------------------------------------------

    async def _wsdl(self, scope: Scope, send: Send) -> None:
        if scope["query_string"].lower().partition(b"=")[0] not in _WSDL_QUERIES:
            await send_text(send, 404, "?wsdl and ?singleWsdl only")
            return
        if self._options.wsdl_require_certificate:
            try:
                known = await self._decide(scope, None)
            except Exception as error:  # noqa: BLE001  (the gate's database may be away)
                await send_text(send, 503, self._fault(error).text, _CLOSE)
                return
            if not known:
                await send_text(send, 403, "The WSDL is shown to registered systems only")
                return
        await send_whole(send, 200, CONTENT_TYPE, wsdl(public_address(scope, self._options.public_url)))

    # -- calls ------------------------------------------------------------------------------------------------------

    async def _decide(self, scope: Scope, action: Operation | None) -> Decision:
        peer = self._peers.read(scope)
        seen = Circumstances(tls=peer.tls, operation=action or "")
        return await self._threads.call(
            lambda: self._gate.decide(self._environment, peer.certificate, peer.address, seen)
        )

    async def _post(self, scope: Scope, body: Body, send: Sender) -> None:
        action = operation_of_action(header(scope, b"soapaction"))
        try:
            decision = await self._decide(scope, action)
            match decision:
                case Allowed(caller):
                    await self._admitted(_Call(caller, action, scope, body, send))
                case Denied():
                    await self._denied(decision, action, scope, body, send)
                case _:
                    assert_never(decision)
        except Gone:
            log.info("The client hung up before its message was complete")
        except Exception as error:  # noqa: BLE001  (the last resort of the face: a bare fault, details to the log)
            await self._unforeseen(error, scope, body, send)

    async def _denied(self, decision: Denied, action: Operation | None, scope: Scope, body: Body, send: Sender) -> None:
        log.warning(
            "Refused: %s (serial %s, address %s)", decision.reason, decision.serial or "-", decision.address or "-"
        )
        reject = self._options.ip_reject if decision.reason in ADDRESS_REASONS else "fault"
        drop: Callable[[], None] | None = scope.get("extensions", {}).get(DROP)
        if reject == "drop" and drop is not None:
            drop()
            return
        closing = await self._drain(scope, body)
        if reject == "fault":
            fault = faults.denied(decision, action, self._options.fault_serial_format)
            await self._send_fault(send, fault, closing)
        else:
            await send_text(send, 403, FORBIDDEN, closing)

    async def _admitted(self, call: _Call) -> None:
        """Serve a proven caller; the outcome goes to the log and the observer."""
        operation, fault, reply = call.action, None, None
        about = Testimony(call.action or "")
        try:
            check_media_type(call.scope)
            if content_length(call.scope) > self._options.max_message_bytes:
                raise too_large(self._options.max_message_bytes)
            operation, reply = await self._conversation.answer(call.caller, call.action, call.body)
            about = reply.testimony
        except Gone:
            raise
        except Exception as error:  # noqa: BLE001  (every error has its fault; unknown ones the bare one)
            fault = self._fault(error)
            member = (error.member or "") if isinstance(error, MSignError) else ""
            about = Testimony(operation or "", fault.code.value, member)
        await self._observe(call.caller, operation or "", about)
        if fault is not None:
            await self._send_fault(call.send, fault, await self._drain(call.scope, call.body))
        elif reply is not None:
            await send_reply(call.send, reply, self._threads)

    async def _observe(self, caller: Caller, operation: str, about: Testimony) -> None:
        log.info("%s by %s: %s", operation or "?", caller.system_id, about.outcome)
        observer, witness = self._observer, self._witness
        try:
            if observer is not None:
                await self._threads.call(lambda: observer.answered(caller, operation, about.outcome))
            if witness is not None:
                await self._threads.call(lambda: witness.saw(caller, about))
        except Exception:
            log.exception("The observer of calls failed; the call itself goes on")

    # -- faults -----------------------------------------------------------------------------------------------------

    def _fault(self, error: Exception) -> faults.Fault:
        reference = new_reference()
        fault = faults.fault_of(error, reference) if isinstance(error, MSignError) else faults.internal(reference)
        if fault.internal:
            log.error("Server fault, reference %s", reference, exc_info=error)
        return fault

    async def _unforeseen(self, error: Exception, scope: Scope, body: Body, send: Sender) -> None:
        if send.started:
            raise error  # half an answer is out: the server ends the connection, so that nobody takes it for whole
        reference = new_reference()
        log.error("Internal error outside a call, reference %s", reference, exc_info=error)
        try:
            await self._send_fault(send, faults.internal(reference), await self._drain(scope, body))
        except Gone:
            return

    async def _drain(self, scope: Scope, body: Body) -> tuple[tuple[bytes, bytes], ...]:
        """Read the rest of the body; return the headers that close the connection when some of it stays unread.

        A client that waits for 100 Continue is told at once instead: asking for its body would be a waste.
        """
        if not body.started and (header(scope, b"expect") or b"").lower() == b"100-continue":
            return _CLOSE
        drained = await body.drain(self._options.drain_bytes, self._options.drain_seconds)
        return () if drained else _CLOSE

    async def _send_fault(self, send: Send, fault: faults.Fault, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        body = faults.envelope(fault, self._options.faultcode_form)
        await send_whole(send, fault.status, CONTENT_TYPE, body, headers)
