"""A provider behind the official interface, in both its modes.

Asynchronous: ``start`` hands the order over, ``poll`` asks for the status. Synchronous: the call stays open until the
person has acted, and ``poll`` looks whether it has been answered. Either way any process can go on from the stored
state, and everything may be repeated: the provider knows the request id.
"""

from __future__ import annotations

import datetime as dt
import logging
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import MAX_MESSAGE
from msign.kernel.words import FailureReason
from msign.providers.base import Answer, Pending, Refused, SigningOrder
from msign.providers.calls import OpenCalls
from msign.providers.remote.http import ProviderHttp
from msign.providers.remote.messages import confirmed_items, refusal, sign_message, signed
from msign.providers.remote.settings import Mode, RemoteSettings, problems
from msign.providers.remote.state import State

_LOG = logging.getLogger(__name__)
_SLOWER_AFTER = dt.timedelta(minutes=1)
_SLOWER = 3.0
_CANCEL_SECONDS = 5.0
_PROBE_SECONDS = 5.0
_NO_ORDER = "0" * 32
_MAX_CODE = 16
_MAX_URL = 500
_TRY_LATER = (408, 425, 429)
_PATIENCE = {Mode.ASYNCHRONOUS: 2.0, Mode.SYNCHRONOUS: 0.1}  # seconds that a new call is waited for
_LOOK_AGAIN = 1.0  # seconds until a call under way is looked at again


class RemoteProvider:
    """Speaks the official provider interface (REST binding of signature-providers 3) as its client."""

    def __init__(
        self,
        *,
        settings: RemoteSettings,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
        patience: Mapping[Mode, float] | None = None,
    ) -> None:
        self.identifier = settings.identifier
        self.settings = settings
        self._clock = clock
        self._http = ProviderHttp(settings, transport=transport)
        self._calls: OpenCalls[Answer] = OpenCalls(limit=settings.max_open_calls)
        self._farewells: OpenCalls[bool] = OpenCalls(limit=settings.max_open_calls)
        self._patience = patience or _PATIENCE

    def close(self) -> None:
        """Close connections."""
        self._http.close()

    def start(self, order: SigningOrder, workspace: Path) -> Answer:
        """Hand the order over; see ``Provider.start``."""
        return self._go_on(order, State.begin(self._clock, self._own_page(order)), workspace, first=True)

    def poll(self, order: SigningOrder, state: bytes, workspace: Path) -> Answer:
        """Ask how far it is; see ``Provider.poll``."""
        known = State.decode(state) or State.begin(self._clock, self._own_page(order))
        return self._go_on(order, known, workspace, first=False)

    def cancel(self, order: SigningOrder, state: bytes) -> None:
        """Tell it that nobody waits any more. The interface names no such call, so a refusal is no problem."""
        del state
        self._calls.forget(order.request_id)
        self._farewells.run(order.request_id, lambda: self._farewell(order), patience=_PATIENCE[Mode.ASYNCHRONOUS])

    def _farewell(self, order: SigningOrder) -> bool:
        folder = Path(tempfile.mkdtemp(prefix="msign-cancel-"))
        try:
            self._http.send("DELETE", f"/signatures/{order.request_id}", folder, seconds=_CANCEL_SECONDS)
        except MSignError as error:
            _LOG.info("provider %s was not told of a cancellation: %s", self.identifier, error)
            return False
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return True

    def check_config(self) -> Sequence[str]:
        """Return what is misconfigured."""
        return problems(self.settings)

    def probe(self) -> str:
        """Ask for the status of an order that does not exist; see ``Probing.probe``. "Unknown" is the good answer."""
        folder = Path(tempfile.mkdtemp(prefix="msign-probe-"))
        try:
            status, _ = self._http.send("GET", f"/signatures/{_NO_ORDER}", folder, seconds=_PROBE_SECONDS)
        except MSignError as error:
            return f"does not answer: {error.message}" if error.code is Code.UNAVAILABLE else ""
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            return f"refuses our token: it answered {status}"
        return f"answered {status}" if status >= httpx.codes.INTERNAL_SERVER_ERROR else ""

    def _go_on(self, order: SigningOrder, state: State, workspace: Path, *, first: bool) -> Answer:
        synchronous = self.settings.mode is Mode.SYNCHRONOUS

        def call() -> Answer:
            if synchronous:
                return self._submit(order, workspace, state, seconds=self.settings.person_seconds)
            return self._submit(order, workspace, state) if first else self._ask(order, workspace, state)

        answer = self._usable(
            lambda: self._calls.run(order.request_id, call, patience=self._patience[self.settings.mode])
        )
        return answer or Pending(state.encode(), _LOOK_AGAIN, state.code, state.device)

    def _usable(self, call: Callable[[], Answer | None]) -> Answer | None:
        """Make the call; an answer that is cut, too large or no JSON ends the attempt like an incomplete one."""
        try:
            return call()
        except MSignError as error:
            if error.code is Code.UNAVAILABLE:
                raise
            _LOG.warning("provider %s gave no usable answer: %s", self.identifier, error)
            return Refused(FailureReason.INCOMPLETE_ANSWER, error.message[:MAX_MESSAGE])

    def _ask(self, order: SigningOrder, workspace: Path, state: State) -> Answer:
        status, value = self._send("GET", f"/signatures/{order.request_id}", workspace)
        if status == httpx.codes.NOT_FOUND:
            # It never got the order or lost it; handing it over again cannot make it sign twice.
            return self._submit(order, workspace, state)
        return self._answer(order, status, value, workspace, state)

    def _submit(self, order: SigningOrder, workspace: Path, state: State, seconds: float | None = None) -> Answer:
        message = sign_message(order, person_data=self.settings.sends_person_data)
        status, value = self._send("POST", "/signatures", workspace, message=message, seconds=seconds)
        return self._answer(order, status, value, workspace, state)

    def _send(
        self, method: str, path: str, workspace: Path, *, message: object = None, seconds: float | None = None
    ) -> tuple[int, object]:
        status, value = self._http.send(method, path, workspace, message=message, seconds=seconds)
        if status >= httpx.codes.INTERNAL_SERVER_ERROR or status in _TRY_LATER:
            raise MSignError(Code.UNAVAILABLE, f"provider {self.identifier} answered {status}", retry=True)
        return status, value

    def _answer(self, order: SigningOrder, status: int, value: object, workspace: Path, state: State) -> Answer:
        if status not in (httpx.codes.OK, httpx.codes.ACCEPTED):
            _LOG.warning("provider %s refused a call with status %s", self.identifier, status)
            return Refused(FailureReason.INSTRUMENT_UNAVAILABLE)
        if not isinstance(value, dict) or value.get("requestId", order.request_id) != order.request_id:
            return Refused(FailureReason.INCOMPLETE_ANSWER)
        match value.get("status"):
            case "Pending":
                return self._pending(order, value, state)
            case "Success":
                return signed(order, value, workspace)
            case "Failure":
                return refusal(value.get("failureReason"))
            case _:
                return Refused(FailureReason.INCOMPLETE_ANSWER)

    def _pending(self, order: SigningOrder, value: Mapping[str, object], state: State) -> Pending:
        code = _short(value.get("verificationCode"), _MAX_CODE)
        device = self._device(value.get("deviceUrl")) or self._own_page(order)
        slow = self._clock.now() - state.since >= _SLOWER_AFTER
        retry_after = self.settings.poll_seconds * (_SLOWER if slow else 1.0)
        confirmed = confirmed_items(order, value.get("items"))
        return Pending(State(state.since, code, device).encode(), retry_after, code, device, confirmed)

    def _device(self, value: object) -> str:
        """Where the person acts, as the provider says, if it stays on the hosts that were agreed with it."""
        text = _short(value, _MAX_URL)
        hosts = {urlsplit(known).hostname for known in (self.settings.url, self.settings.device_url)}
        try:
            parts = urlsplit(text)
        except ValueError:  # a bracket that opens no address, letters that change their meaning
            return ""
        return text if parts.scheme in ("http", "https") and parts.hostname in hosts else ""

    def _own_page(self, order: SigningOrder) -> str:
        return self.settings.device_url.replace("{requestId}", order.request_id)


def _short(value: object, limit: int) -> str:
    return value if isinstance(value, str) and len(value) <= limit and value.isprintable() else ""
