"""The simulated phone, app and card reader as pages; the same forms serve scripts.

A script plays the person with ``POST /requests/{request_id}`` (form or JSON: ``action``, ``pin``, ``person``, ``all``,
``hostile``) and looks with ``GET /requests/{request_id}``; both answer in JSON to ``Accept: application/json``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, JsonResponse

from msign.kernel.clock import CHISINAU
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import ContentType
from msign.sandbox import pages
from msign.sandbox.provider.orders import Device, Hostile, Order, Status
from msign.sandbox.provider.people import DEFAULT_PERSON, PEOPLE, person
from msign.sandbox.provider.service import MAX_WRONG_PINS, PIN, REFUSALS, ProviderService
from msign.sandbox.web import App, Route, wants_json

_SHOWN = 30
_REASONS = {reason: f"why_{action}" for action, reason in REFUSALS.items()}
_MAX_FORM = 64 * 1024
# What each device can do wrong by itself; a script may use every refusal on every device.
_MISHAPS = {
    Device.PHONE: ("wrong-code", "time-out", "phone-off", "sim-error", "pin-locked", "expired"),
    Device.APP: ("wrong-code", "time-out", "phone-off", "pin-locked", "expired"),
    Device.CARD: ("time-out", "expired"),
}


@dataclass(frozen=True, slots=True)
class Screens:
    """The views."""

    service: ProviderService

    def overview(self, request: ASGIRequest) -> HttpResponse:
        """All devices and what they were asked."""
        orders = [self.service.current(order.key) for order in self.service.store.latest(_SHOWN)]
        words = pages.words(request)
        devices = [
            {
                "title": words[f"device_{device}"],
                "waiting": [_row(order, words) for order in orders if order.device is device and not order.finished],
            }
            for device in Device
        ]
        finished = [_row(order, words) for order in orders if order.finished][:10]
        return pages.render(request, "provider.html", devices=devices, finished=finished, people=PEOPLE, pin=PIN)

    def newest(self, request: ASGIRequest, device: str) -> HttpResponse:
        """On to the message that a device shows: the newest one that waits, else all devices."""
        del request
        for order in self.service.store.latest(_SHOWN):
            if order.device == device and self.service.current(order.key).status is Status.WAITING:
                return pages.see_other(f"/{device}/{order.request_id}")
        return pages.see_other("/")

    def device(self, request: ASGIRequest, device: str, request_id: str) -> HttpResponse:
        """One device with one message on its screen."""
        order = self.service.current(f"{device}.{request_id}")
        holder, words = order.signer_id or DEFAULT_PERSON, pages.words(request)
        return pages.render(
            request,
            "device.html",
            order=order,
            row=_row(order, words),
            device_title=words[f"device_{order.device}"],
            outcome=words[f"done_{order.status}"] if order.status is not Status.WAITING else "",
            digits=list(order.code),
            messages=_messages(order),
            now=min(order.confirmed + 1, _messages(order)),
            holder=person(holder),
            people=PEOPLE,
            pin=PIN,
            left=MAX_WRONG_PINS - self.service.store.wrong_pins(holder),
            mishaps=[(action, words[f"do_{action}"]) for action in _MISHAPS[order.device]],
            hostile=[(mode.value, words[mode.value]) for mode in Hostile if mode.value],
        )

    def press(self, request: ASGIRequest, device: str, request_id: str) -> HttpResponse:
        """A button of the device."""
        order = self._act(f"{device}.{request_id}", request.POST.dict())
        return pages.see_other(f"/{order.device.value}/{order.request_id}")

    def unlock(self, request: ASGIRequest, idnp: str) -> HttpResponse:
        """Unlock a card."""
        del request
        self.service.store.note_pins(idnp, 0)
        return pages.see_other("/")

    def renew(self, request: ASGIRequest, idnp: str) -> HttpResponse:
        """Throw a certificate away; the next signature asks for a new one."""
        del request
        self.service.forget(idnp)
        return pages.see_other("/")

    def look(self, request: ASGIRequest, request_id: str) -> HttpResponse:
        """The devices that hold a request of the gateway: JSON, or on to the device's screen."""
        found = self.service.find(request_id)
        if wants_json(request):
            return JsonResponse({"orders": [_json(order) for order in found]})
        if not found:
            raise MSignError(Code.REQUEST_NOT_FOUND, "no device was asked to sign this")
        return pages.see_other(f"/{found[0].device.value}/{found[0].request_id}")

    def play(self, request: ASGIRequest, request_id: str) -> HttpResponse:
        """Act on the device that waits for a request of the gateway."""
        found = self.service.find(request_id)
        if not found:
            raise MSignError(Code.REQUEST_NOT_FOUND, "no device was asked to sign this")
        waiting = [order for order in found if order.status is Status.WAITING]
        values = _values(request)
        order = self._act((waiting or found)[0].key, values)
        return JsonResponse(_json(order)) if wants_json(request) else pages.see_other(f"/requests/{request_id}")

    def _act(self, key: str, values: dict[str, str]) -> Order:
        return self.service.act(
            key,
            values.get("action", "accept" if values.get("all") else ""),
            pin=values.get("pin", "").strip(),
            person=values.get("person", "").strip(),
            every=bool(values.get("all", "")),
            hostile=values.get("hostile", ""),
        )


def create_screens(service: ProviderService) -> App:
    """Return the pages as an ASGI application."""
    screens = Screens(service)
    return App(
        [
            Route("GET", "/", screens.overview),
            *pages.STATIC_ROUTES,
            Route("POST", "/people/{idnp}/unlock", screens.unlock),
            Route("POST", "/people/{idnp}/renew", screens.renew),
            Route("GET", "/requests/{request_id}", screens.look),
            Route("POST", "/requests/{request_id}", screens.play),
            *(Route("GET", f"/{device}", partial(screens.newest, device=device.value)) for device in Device),
            Route("GET", "/{device}/{request_id}", screens.device),
            Route("POST", "/{device}/{request_id}", screens.press),
        ],
        error_page=pages.error_page,
    )


def _values(request: ASGIRequest) -> dict[str, str]:
    if request.content_type != "application/json":
        return request.POST.dict()
    try:
        found = json.loads(request.read(_MAX_FORM))
        return {str(key): str(value) if value else "" for key, value in found.items()}
    except (ValueError, AttributeError) as error:
        raise MSignError(Code.BAD_MESSAGE, "a JSON object was expected") from error


def _messages(order: Order) -> int:
    return len(order.items) if order.device is Device.PHONE else 1


def _row(order: Order, words: pages.Words) -> dict[str, object]:
    return {
        "device": order.device.value,
        "request_id": order.request_id,
        "description": order.description,
        "status": order.status.value,
        "status_text": words[f"status_{order.status}"],
        "tag": {Status.SUCCESS: "success", Status.FAILURE: "danger"}.get(order.status, "brand"),
        "device_name": words[f"device_{order.device}"],
        "failure": words[_REASONS[order.failure]] if order.failure in _REASONS else order.failure,
        "files": len(order.items),
        "hashes": sum(item.content_type == ContentType.HASH for item in order.items),
        "when": f"{order.created_at.astimezone(CHISINAU):%H:%M:%S}",
    }


def _json(order: Order) -> dict[str, object]:
    return {
        "request_id": order.request_id,
        "device": order.device.value,
        "status": order.status.value,
        "failure": order.failure,
        "signer_id": order.signer_id,
        "messages": _messages(order),
        "confirmed": order.confirmed,
        "verification_code": order.code,
        "actions": ["accept", *REFUSALS],
    }
