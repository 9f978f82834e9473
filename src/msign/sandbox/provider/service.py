"""The provider's work: takes orders, lets the person decide, signs in the background, wakes whoever waits."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import secrets
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx

from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.identifiers import IdCheck, is_idnp
from msign.sandbox.provider.maker import Maker
from msign.sandbox.provider.orders import Device, Hostile, Order, OrderStore, Status
from msign.sandbox.provider.people import DEFAULT_PERSON

PIN = "1234"
MAX_WRONG_PINS = 3
PATIENCE = dt.timedelta(seconds=240)
_CALLBACK_ATTEMPTS = 3
_CALLBACK_SECONDS = 5.0
_LOG = logging.getLogger(__name__)

# What the person or the network can do instead of signing, in the words of the provider specification.
REFUSALS = {
    "refuse": "user cancelled",
    "wrong-pin": "wrong PIN",
    "pin-locked": "PIN locked",
    "wrong-code": "wrong code",  # the person saw another verification code than the page shows
    "time-out": "timed out",
    "phone-off": "no active device",
    "sim-error": "SIM error",
    "expired": "certificate expired",
    "mismatch": "signer does not match",
}


class ProviderService:
    """Everything behind the interface and the screens."""

    def __init__(
        self, *, store: OrderStore, maker: Maker, clock: Clock, callbacks: httpx.Client, callback_token: str
    ) -> None:
        self.store = store
        self.clock = clock
        self._maker = maker
        self._callbacks = callbacks
        self._token = callback_token
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sandbox-signer")
        self._waiting: dict[str, list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}
        self._lock = threading.Lock()

    def forget(self, idnp: str) -> None:
        """Drop a person's certificate; the next signature gets a new one."""
        self._maker.people.forget(idnp)

    def find(self, request_id: str) -> list[Order]:
        """Return the newest orders for a request of the gateway, whichever device has them."""
        return [self.current(order.key) for order in self.store.latest(200) if order.request_id.startswith(request_id)]

    def resume(self) -> None:
        """Go on with what a killed process had begun to sign."""
        for order in self.store.latest(1000):
            if order.status is Status.SIGNING:
                self._pool.submit(self._sign, order.key)

    def close(self) -> None:
        """Finish what is being signed and stop."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def take(self, order: Order, draft: Path) -> Order:
        """Accept an order whose files lie in ``draft``, or recognise a repeated one.

        Raises ``MSignError`` (``CONFLICT``) if the same id asks for other things.
        """
        known = self.store.find(order.key) or self._new(order, draft)
        if known.fingerprint != order.fingerprint:
            raise MSignError(Code.CONFLICT, "this requestId was used for something else")
        return known

    def _new(self, order: Order, draft: Path) -> Order:
        folder = self.store.folder(order.key)
        for item in order.items:
            if item.document:
                (draft / item.document).replace(folder / item.document)
        return self.store.add(replace(order, code=f"{secrets.randbelow(10_000):04d}"))

    def current(self, key: str) -> Order:
        """Return an order as it stands; one that nobody answered in time has timed out."""
        order = self.store.get(key)
        overdue = self.clock.now() - order.created_at > PATIENCE
        if order.status is Status.WAITING and overdue and order.hostile is not Hostile.NEVER_ANSWERS:
            return self._fail(key, REFUSALS["time-out"])
        return order

    async def wait(self, key: str, seconds: float) -> Order:
        """Return the order once it is finished, or as it stands after ``seconds``."""
        event = asyncio.Event()
        with self._lock:
            self._waiting.setdefault(key, []).append((asyncio.get_running_loop(), event))
        order = self.current(key)
        if not order.finished:
            try:
                await asyncio.wait_for(event.wait(), seconds)
            except TimeoutError:
                _LOG.info("nobody acted on %s", key)
            order = self.current(key)
        return order

    def act(
        self, key: str, action: str, *, pin: str = "", person: str = "", every: bool = False, hostile: str = ""
    ) -> Order:
        """Do what the person (or the network) does. Acting on what is finished changes nothing."""
        order = self.current(key)
        if order.status is not Status.WAITING:
            return order
        if action in REFUSALS:
            return self._fail(key, REFUSALS[action])
        if action != "accept":
            raise invalid("action", f"one of accept, {', '.join(REFUSALS)} was expected")
        return self._accept(order, pin=pin, person=person, every=every, hostile=Hostile(hostile))

    def withdraw(self, key: str) -> Order:
        """The gateway says that nobody waits any more."""
        order = self.store.get(key)
        return order if order.finished else self._fail(key, REFUSALS["refuse"])

    def _accept(self, order: Order, *, pin: str, person: str, every: bool, hostile: Hostile) -> Order:
        holder = order.signer_id or person or DEFAULT_PERSON
        if not is_idnp(holder, IdCheck.FORMAT):
            raise invalid("person", "an IDNP of 13 digits was expected")
        refused = self._wrong_pin(order, holder, pin)
        if refused:
            return self._fail(order.key, refused)
        if hostile is Hostile.NEVER_ANSWERS:
            return self.store.change(order.key, lambda old: replace(old, hostile=hostile))
        messages = len(order.items) if order.device is Device.PHONE and not every else 1

        def confirm(old: Order) -> Order:
            if old.status is not Status.WAITING:
                return old
            done = old.confirmed + 1
            status = Status.SIGNING if done >= messages else Status.WAITING
            return replace(old, confirmed=done, person=holder, hostile=hostile, status=status)

        changed = self.store.change(order.key, confirm)
        if changed.status is Status.SIGNING:
            self._pool.submit(self._sign, order.key).add_done_callback(_log_failure)
        elif changed.callback_url:  # one message of several: whoever waits may look how far it is
            self._pool.submit(self._call_back, changed).add_done_callback(_log_failure)
        return changed

    def _wrong_pin(self, order: Order, holder: str, pin: str) -> str:
        """Return why the PIN does not open the key, or an empty text. A card counts and locks itself."""
        if order.device is not Device.CARD:
            return "" if pin == PIN else REFUSALS["wrong-pin"]
        attempts = self.store.wrong_pins(holder)
        if attempts >= MAX_WRONG_PINS:
            return REFUSALS["pin-locked"]
        self.store.note_pins(holder, 0 if pin == PIN else attempts + 1)
        return "" if pin == PIN else REFUSALS["wrong-pin"]

    def _fail(self, key: str, reason: str) -> Order:
        def decide(old: Order) -> Order:
            return old if old.finished else replace(old, status=Status.FAILURE, failure=reason)

        changed = self.store.change(key, decide)
        self._pool.submit(self._tell, changed).add_done_callback(_log_failure)
        return changed

    def _sign(self, key: str) -> None:
        order = self.store.get(key)
        if order.status is not Status.SIGNING:
            return
        try:
            made = self._maker.make(order, self.store.folder(key))
        except MSignError as error:
            _LOG.warning("order %s could not be signed: %s", key, error)
            self._fail(key, "the sandbox could not sign; its log says why")
            return

        def finish(old: Order) -> Order:
            signing = old.status is Status.SIGNING
            return replace(made, status=Status.SUCCESS) if signing else old

        self._tell(self.store.change(key, finish))

    def _tell(self, order: Order) -> None:
        """Wake an open call and, for the asynchronous mode, the gateway."""
        with self._lock:
            events = self._waiting.pop(order.key, [])
        for loop, event in events:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)
        if order.callback_url and order.device is not Device.CARD:
            for _ in range(2 if order.hostile is Hostile.ANSWERS_TWICE else 1):
                self._call_back(order)

    def _call_back(self, order: Order) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        for _ in range(_CALLBACK_ATTEMPTS):
            try:
                answer = self._callbacks.post(
                    order.callback_url, json={"requestId": order.request_id}, headers=headers,
                    timeout=_CALLBACK_SECONDS,
                )  # fmt: skip
            except httpx.HTTPError as error:
                _LOG.info("callback for %s failed: %s", order.key, type(error).__name__)
                continue
            if answer.is_success:
                return
            _LOG.info("callback for %s was answered %s", order.key, answer.status_code)


def _log_failure(future: Future[None]) -> None:
    if not future.cancelled() and future.exception():
        _LOG.error("sandbox provider", exc_info=future.exception())
