"""The official provider interface as a provider serves it (REST binding of signature-providers section 3).

``/phone``, ``/app`` and ``/card`` are three providers that differ in their device; the card answers synchronously.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse

from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.words import ContentType
from msign.providers.remote import bigjson
from msign.sandbox.provider.orders import Device, Hostile, Item, Order, Status
from msign.sandbox.provider.service import ProviderService
from msign.sandbox.web import MAX_FORM_BYTES, App, Route

_REQUEST_ID = re.compile(r"[0-9A-Za-z_-]{8,64}")
_CHUNK = 64 * 1024
_HASHES = (32, 48, 64)
_SHA1 = 20
_MAX_ITEMS = 100


@dataclass(frozen=True, slots=True)
class ProviderApi:
    """The views of the interface."""

    service: ProviderService
    token: str
    clock: Clock
    pages_url: str
    card_seconds: float = 240.0

    async def sign(self, request: ASGIRequest, device: str) -> HttpResponseBase:
        """``POST {base}/signatures``."""
        self._authenticate(request)
        order = await asyncio.to_thread(self._accept, request, _device(device))
        if order.device is Device.CARD:
            order = await self.service.wait(order.key, self.card_seconds)
        return self._result(order)

    def status(self, request: ASGIRequest, device: str, request_id: str) -> HttpResponseBase:
        """``GET {base}/signatures/{requestId}``."""
        self._authenticate(request)
        return self._result(self.service.current(f"{_device(device)}.{request_id}"))

    def withdraw(self, request: ASGIRequest, device: str, request_id: str) -> HttpResponseBase:
        """``DELETE {base}/signatures/{requestId}``: beyond the interface, nobody waits any more."""
        self._authenticate(request)
        self.service.withdraw(f"{_device(device)}.{request_id}")
        return HttpResponse(status=204)

    def _authenticate(self, request: ASGIRequest) -> None:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            raise MSignError(Code.AUTHENTICATION_FAILED, "a bearer token was expected")

    def _accept(self, request: ASGIRequest, device: Device) -> Order:
        draft = Path(tempfile.mkdtemp(prefix="inbox-", dir=self.service.store.folder("inbox")))
        try:
            return self.service.take(self._read(request, device, draft), draft)
        finally:
            shutil.rmtree(draft)

    def _read(self, request: ASGIRequest, device: Device, draft: Path) -> Order:
        value = _json(request, draft)
        request_id = _text(value, "requestId")
        if not _REQUEST_ID.fullmatch(request_id):
            raise invalid("requestId", "8 to 64 letters, digits, - or _ were expected")
        items = tuple(_item(item, index, device, draft) for index, item in enumerate(_items(value)))
        return Order(
            request_id=request_id,
            device=device,
            description=_text(value, "description"),
            items=items,
            fingerprint=_fingerprint(value, items, draft),
            created_at=self.clock.now(),
            signer_id=_text(value, "signerId", ""),
            msisdn=_text(value, "msisdn", ""),
            reason=_text(value, "reason", ""),
            callback_url=_text(value, "callbackUrl", ""),
        )

    def _result(self, order: Order) -> HttpResponseBase:
        if order.status in (Status.WAITING, Status.SIGNING):
            pending = {"requestId": order.request_id, "status": "Pending", "verificationCode": order.code}
            address = f"{self.pages_url}/{order.device.value}/{order.request_id}"
            done = [{"id": item.id} for item in order.items[: order.confirmed_items]]
            return JsonResponse(pending | {"deviceUrl": address, "items": done}, status=202)
        if order.status is Status.FAILURE:
            failed = {"requestId": order.request_id, "status": "Failure", "failureReason": order.failure}
            return JsonResponse(failed)
        value = _success(order, self.service.store.folder(order.key))
        size = bigjson.written_size(value)
        body = bigjson.write(value)
        if order.hostile is Hostile.CUT_ANSWER:
            body = _cut(body, size // 2)
        headers = {"Content-Length": str(size)} if order.hostile is not Hostile.CUT_ANSWER else {}
        return StreamingHttpResponse(body, content_type="application/json", headers=headers)


def create_api(service: ProviderService, *, token: str, clock: Clock, pages_url: str) -> App:
    """Return the interface as an ASGI application."""
    api = ProviderApi(service, token, clock, pages_url)
    return App(
        [
            Route("POST", "/{device}/signatures", api.sign),
            Route("GET", "/{device}/signatures/{request_id}", api.status),
            Route("DELETE", "/{device}/signatures/{request_id}", api.withdraw),
        ],
        error_page=_json_error,
    )


def _json_error(request: ASGIRequest, status: int, message: str) -> HttpResponse:
    del request
    return JsonResponse({"error": message}, status=status)


def _json(request: ASGIRequest, folder: Path) -> Mapping[str, object]:
    reader = bigjson.BigJsonReader(folder, MAX_FORM_BYTES)
    try:
        while chunk := request.read(_CHUNK):
            reader.feed(chunk)
        value = reader.finish()
    except MSignError:
        reader.close()
        raise
    if not isinstance(value, dict):
        raise MSignError(Code.BAD_MESSAGE, "a JSON object was expected")
    return value


def _item(item: Mapping[str, object], index: int, device: Device, folder: Path) -> Item:
    kind, identifier = _text(item, "contentType"), _text(item, "id")
    file_name = _text(item, "fileName", "")
    if kind == ContentType.HASH:
        digest = _bytes(item, "hash")
        allowed = (*_HASHES, _SHA1) if device is Device.CARD else _HASHES
        if len(digest) not in allowed:
            raise invalid(f"items[{index}].hash", f"{len(digest)} bytes are no accepted hash")
        return Item(identifier, kind, digest=digest.hex(), file_name=file_name)
    if kind != ContentType.PDF:
        raise invalid(f"items[{index}].contentType", "Hash or Pdf was expected")
    document = item.get("document")
    target = folder / f"document-{index}.pdf"
    if isinstance(document, bigjson.Lifted):
        document.path.replace(target)
    else:
        target.write_bytes(_bytes(item, "document"))
    return Item(identifier, kind, document=target.name, file_name=file_name)


def _success(order: Order, folder: Path) -> dict[str, object]:
    items: list[dict[str, object]] = [{"id": item.id, "signature": folder / item.signature} for item in order.items]
    match order.hostile:
        case Hostile.MISSING_ITEM:
            items = items[1:]
        case Hostile.EXTRA_ITEM:
            items.append({**items[0], "id": "nobody-asked"})
        case Hostile.DUPLICATE_ITEM:
            items.append(items[0])
        case _:
            pass
    certificate = base64.b64encode(bytes.fromhex(order.certificate)).decode()
    return {"requestId": order.request_id, "status": "Success", "signerCertificate": certificate, "items": items}


def _cut(body: Iterator[bytes], size: int) -> Iterator[bytes]:
    for chunk in body:
        yield chunk[:size]
        size -= len(chunk)
        if size <= 0:
            return


def _fingerprint(value: Mapping[str, object], items: tuple[Item, ...], folder: Path) -> str:
    """Tell a repeated order from another one under the same id."""
    digest = hashlib.sha256(json.dumps([value.get("description"), value.get("signerId")]).encode())
    for item in items:
        digest.update(json.dumps([item.id, item.digest]).encode())
        if item.document:
            with (folder / item.document).open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _device(text: str) -> Device:
    try:
        return Device(text)
    except ValueError as error:
        raise MSignError(Code.REQUEST_NOT_FOUND, "no such provider") from error


def _items(value: Mapping[str, object]) -> list[Mapping[str, object]]:
    found = value.get("items")
    if not isinstance(found, list) or not 1 <= len(found) <= _MAX_ITEMS or not all(isinstance(i, dict) for i in found):
        raise invalid("items", f"1 to {_MAX_ITEMS} items were expected")
    if len({str(item.get("id")) for item in found}) != len(found):
        raise invalid("items", "an id occurs twice")
    return found


def _text(values: Mapping[str, object], key: str, default: str | None = None) -> str:
    found = values.get(key, default)
    if not isinstance(found, str) or (default is None and not found):
        raise invalid(key, "a text was expected")
    return found


def _bytes(values: Mapping[str, object], key: str) -> bytes:
    try:
        return base64.b64decode(_text(values, key), validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid(key, "base64 was expected") from error
