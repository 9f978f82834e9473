"""A provider behind the official interface, in both its modes.

Asynchronous: ``start`` hands the order over, ``poll`` asks for the status. Synchronous: the call stays open until the
person has acted, so ``start`` only says where the person acts and the first ``poll`` makes the call. Either way any
process can go on from the stored state, and everything may be repeated: the provider knows the request id.
"""

from __future__ import annotations

import datetime as dt
import json
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
from msign.providers.remote.http import ProviderHttp
from msign.providers.remote.messages import refusal, sign_message, signed
from msign.providers.remote.settings import Mode, RemoteSettings, problems

_LOG = logging.getLogger(__name__)
_SLOWER_AFTER = dt.timedelta(minutes=1)
_SLOWER = 3.0
_CANCEL_SECONDS = 5.0
_MAX_CODE = 20
_MAX_URL = 500
_TRY_LATER = (408, 425, 429)


class RemoteProvider:
    """Speaks the official provider interface (REST binding of signature-providers 3) as its client."""

    def __init__(self, *, settings: RemoteSettings, clock: Clock, transport: httpx.BaseTransport | None = None) -> None:
        self.identifier = settings.identifier
        self.settings = settings
        self._clock = clock
        self._http = ProviderHttp(settings, transport=transport)

    def close(self) -> None:
        """Close connections."""
        self._http.close()

    def start(self, order: SigningOrder, workspace: Path) -> Answer:
        """Hand the order over; see ``Provider.start``."""
        if self.settings.mode is Mode.SYNCHRONOUS:
            return Pending(self._state(order), retry_after=0.0, device_url=self.settings.device_url)
        return self._usable(lambda: self._submit(order, workspace, self._clock.now()))

    def poll(self, order: SigningOrder, state: bytes, workspace: Path) -> Answer:
        """Ask how far it is; see ``Provider.poll``."""
        since = _since(state) or self._clock.now()
        if self.settings.mode is Mode.SYNCHRONOUS:
            patience = self.settings.person_seconds
            return self._usable(lambda: self._submit(order, workspace, since, seconds=patience))
        return self._usable(lambda: self._ask(order, workspace, since))

    def cancel(self, order: SigningOrder, state: bytes) -> None:
        """Tell it that nobody waits any more. The interface names no such call, so a refusal is no problem."""
        del state
        folder = Path(tempfile.mkdtemp(prefix="msign-cancel-"))
        try:
            self._http.send("DELETE", f"/signatures/{order.request_id}", folder, seconds=_CANCEL_SECONDS)
        except MSignError as error:
            _LOG.info("provider %s was not told of a cancellation: %s", self.identifier, error)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def check_config(self) -> Sequence[str]:
        """Return what is misconfigured."""
        return problems(self.settings)

    def _usable(self, call: Callable[[], Answer]) -> Answer:
        """Make the call; an answer that is cut, too large or no JSON ends the attempt like an incomplete one."""
        try:
            return call()
        except MSignError as error:
            if error.code is Code.UNAVAILABLE:
                raise
            _LOG.warning("provider %s gave no usable answer: %s", self.identifier, error)
            return Refused(FailureReason.INCOMPLETE_ANSWER, error.message[:MAX_MESSAGE])

    def _ask(self, order: SigningOrder, workspace: Path, since: dt.datetime) -> Answer:
        status, value = self._send("GET", f"/signatures/{order.request_id}", workspace)
        if status == httpx.codes.NOT_FOUND:
            # It never got the order or lost it; handing it over again cannot make it sign twice.
            return self._submit(order, workspace, since)
        return self._answer(order, status, value, workspace, since)

    def _submit(self, order: SigningOrder, workspace: Path, since: dt.datetime, seconds: float | None = None) -> Answer:
        message = sign_message(order, person_data=self.settings.sends_person_data)
        status, value = self._send("POST", "/signatures", workspace, message=message, seconds=seconds)
        return self._answer(order, status, value, workspace, since)

    def _send(
        self, method: str, path: str, workspace: Path, *, message: object = None, seconds: float | None = None
    ) -> tuple[int, object]:
        status, value = self._http.send(method, path, workspace, message=message, seconds=seconds)
        if status >= httpx.codes.INTERNAL_SERVER_ERROR or status in _TRY_LATER:
            raise MSignError(Code.UNAVAILABLE, f"provider {self.identifier} answered {status}", retry=True)
        return status, value

    def _answer(self, order: SigningOrder, status: int, value: object, workspace: Path, since: dt.datetime) -> Answer:
        if status not in (httpx.codes.OK, httpx.codes.ACCEPTED):
            _LOG.warning("provider %s refused a call with status %s", self.identifier, status)
            return Refused(FailureReason.INSTRUMENT_UNAVAILABLE)
        if not isinstance(value, dict) or value.get("requestId", order.request_id) != order.request_id:
            return Refused(FailureReason.INCOMPLETE_ANSWER)
        match value.get("status"):
            case "Pending":
                return self._pending(order, value, since)
            case "Success":
                return signed(order, value, workspace)
            case "Failure":
                return refusal(value.get("failureReason"))
            case _:
                return Refused(FailureReason.INCOMPLETE_ANSWER)

    def _pending(self, order: SigningOrder, value: Mapping[str, object], since: dt.datetime) -> Pending:
        slow = self._clock.now() - since >= _SLOWER_AFTER
        return Pending(
            self._state(order, since),
            retry_after=self.settings.poll_seconds * (_SLOWER if slow else 1.0),
            verification_code=_short(value.get("verificationCode"), _MAX_CODE),
            device_url=self._device(value.get("deviceUrl")),
        )

    def _device(self, value: object) -> str:
        """Where the person acts: what the provider says, if it stays on the hosts that were agreed with it."""
        text = _short(value, _MAX_URL)
        hosts = {urlsplit(known).hostname for known in (self.settings.url, self.settings.device_url)}
        parts = urlsplit(text)
        return text if parts.scheme in ("http", "https") and parts.hostname in hosts else self.settings.device_url

    def _state(self, order: SigningOrder, since: dt.datetime | None = None) -> bytes:
        moment = since or self._clock.now()
        return json.dumps({"request": order.request_id, "since": moment.isoformat()}).encode()


def _since(state: bytes) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(json.loads(state)["since"])
    except (ValueError, KeyError, TypeError):
        return None


def _short(value: object, limit: int) -> str:
    return value if isinstance(value, str) and len(value) <= limit and value.isprintable() else ""
