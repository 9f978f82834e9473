"""The simulated devices: pages in three languages, forms, patience, what scripts get."""

from __future__ import annotations

import asyncio
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest

import msign.sandbox
from msign.sandbox.provider.orders import Device, Hostile, Item, Order, Status
from msign.sandbox.texts import TEXTS
from tests.unit.sandbox.conftest import Bench, browse

HASH = Item("1", "Hash", digest="00" * 32)


def _order(bench: Bench, device: Device = Device.PHONE, count: int = 1, **values: object) -> Order:
    order = Order(
        request_id="718ba2c75490aaaeb20ee74e97a3fd82", device=device, description="Cerere <b>nr. 17</b>",
        items=tuple(replace(HASH, id=str(n)) for n in range(count)), fingerprint="f", created_at=bench.clock.now(),
        **values,  # type: ignore[arg-type]
    )  # fmt: skip
    return bench.service.take(order, Path())


def _settled(bench: Bench, order: Order) -> Order:
    for _ in range(200):
        found = bench.service.current(order.key)
        if found.status is not Status.SIGNING:
            return found
        threading.Event().wait(0.02)  # the signature is made by another thread
    raise AssertionError("still signing")


@pytest.mark.parametrize("language", ["ro", "ru", "en"])
@pytest.mark.parametrize("device", list(Device))
async def test_every_device_has_its_page(bench: Bench, device: Device, language: str) -> None:
    order = _order(bench, device, count=2)
    async with browse(bench.screens) as client:
        page = await client.get(f"/{device}/{order.request_id}", params={"lang": language})
        home = await client.get("/", params={"lang": language})
    for text in (page.text, home.text):
        assert f'<html lang="{language}">' in text
        assert len(re.findall("<h1", text)) == 1
        assert "Cerere &lt;b&gt;nr. 17&lt;/b&gt;" in text
        assert "<script" not in text
    assert (order.code in page.text) is (device is not Device.CARD)


async def test_a_person_signs_by_pressing_buttons(bench: Bench) -> None:
    order = _order(bench)
    async with browse(bench.screens) as client:
        pressed = await client.post(f"/phone/{order.request_id}", data={"action": "accept", "pin": "1234"})
        assert pressed.status_code == 303
        assert _settled(bench, order).status is Status.SUCCESS
        page = await client.get(pressed.headers["Location"], params={"lang": "en"})
    assert "Signed" in page.text
    assert "<form" not in page.text


async def test_a_second_press_changes_nothing(bench: Bench) -> None:
    order = _order(bench)
    async with browse(bench.screens) as client:
        await client.post(f"/phone/{order.request_id}", data={"action": "refuse"})
        await client.post(f"/phone/{order.request_id}", data={"action": "accept", "pin": "1234"})
    assert _settled(bench, order).failure == "user cancelled"


async def test_a_script_sees_and_acts_in_json(bench: Bench) -> None:
    order = _order(bench, count=3, signer_id="2000000000004")
    async with browse(bench.screens, Accept="application/json") as client:
        seen = (await client.get(f"/requests/{order.request_id}")).json()["orders"][0]
        acted = (
            await client.post(f"/requests/{order.request_id}", json={"action": "accept", "pin": "1234", "all": True})
        ).json()
    assert (seen["status"], seen["messages"], seen["signer_id"]) == ("waiting", 3, "2000000000004")
    assert acted["status"] == "signing"
    assert _settled(bench, order).status is Status.SUCCESS


async def test_a_device_shows_the_newest_message_that_waits(bench: Bench) -> None:
    async with browse(bench.screens) as client:
        empty = await client.get("/card")
        order = _order(bench, Device.CARD)
        full = await client.get("/card")
    assert (empty.headers["Location"], full.headers["Location"]) == ("/", f"/card/{order.request_id}")


async def test_the_address_of_a_request_leads_to_its_device(bench: Bench) -> None:
    order = _order(bench, Device.APP)
    async with browse(bench.screens) as client:
        answer = await client.get(f"/requests/{order.request_id}")
        missing = await client.get(f"/requests/{'0' * 32}")
    assert answer.headers["Location"] == f"/app/{order.request_id}"
    assert missing.status_code == 404


@pytest.mark.parametrize(
    ("values", "reason"),
    [({"action": "dance"}, "action: one of"), ({"action": "accept", "pin": "1234", "person": "7"}, "IDNP")],
)
async def test_what_a_device_cannot_do_is_said(bench: Bench, values: dict[str, str], reason: str) -> None:
    order = _order(bench)
    async with browse(bench.screens, Accept="application/json") as client:
        answer = await client.post(f"/requests/{order.request_id}", json=values)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]


async def test_somebody_else_than_the_person_asked_cannot_sign(bench: Bench) -> None:
    order = _order(bench, signer_id="2000000000004")
    bench.service.act(order.key, "accept", pin="1234", person="2000000000015")
    assert _settled(bench, order).person == "2000000000004"


def test_an_order_that_nobody_answers_times_out(bench: Bench) -> None:
    order = _order(bench)
    bench.clock.move(minutes=3)
    assert bench.service.current(order.key).status is Status.WAITING
    bench.clock.move(minutes=2)
    assert bench.service.current(order.key).failure == "timed out"


def test_a_provider_that_never_answers_does_not_even_time_out(bench: Bench) -> None:
    order = _order(bench)
    bench.service.act(order.key, "accept", pin="1234", hostile="never-answers")
    bench.clock.move(hours=1)
    assert bench.service.current(order.key).status is Status.WAITING


def test_a_locked_card_opens_again(bench: Bench) -> None:
    order = _order(bench, Device.CARD, signer_id="2000000000015")
    bench.service.store.note_pins("2000000000015", 3)
    assert "locked" in bench.service.act(order.key, "accept", pin="1234").failure
    bench.service.store.note_pins("2000000000015", 0)
    again = _order(bench, Device.CARD, signer_id="2000000000015")
    assert again.finished  # the same order stays refused; a new attempt has a new id


async def test_a_new_certificate_is_made_after_the_old_one_is_thrown_away(bench: Bench) -> None:
    idnp = "2000000000015"
    people = bench.service._maker.people
    first = await asyncio.to_thread(people.signer, idnp)
    async with browse(bench.screens) as client:
        await client.post(f"/people/{idnp}/renew")
    second = await asyncio.to_thread(people.signer, idnp)
    assert second.signing_certificate.encoded != first.signing_certificate.encoded


def test_every_text_is_there_in_three_languages() -> None:
    for key, texts in TEXTS.items():
        assert len(texts) == 3, key
        assert all(text.strip() for text in texts), key
        assert not set("şţŞŢ") & set(texts[0]), key
    assert {f"do_{word}" for word in ("wrong-code", "time-out", "phone-off", "sim-error", "expired")} <= TEXTS.keys()
    assert {mode.value for mode in Hostile if mode.value} <= TEXTS.keys()


def test_templates_use_known_texts_only() -> None:
    used = set()
    for path in (Path(msign.sandbox.__file__).parent / "templates").glob("*.html"):
        used |= set(re.findall(r"\bt\.([\w-]+)", path.read_text("utf-8")))
    assert used <= TEXTS.keys()
