"""What the provider was asked to sign and how far it is: values, and one SQLite file that keeps them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msign.kernel.errors import Code, MSignError


class Device(enum.StrEnum):
    """What the person holds. The first two and the last answer later, the card while the call is open."""

    PHONE = "phone"
    APP = "app"
    CARD = "card"


class Status(enum.StrEnum):
    """Life of an order."""

    WAITING = "waiting"
    SIGNING = "signing"
    SUCCESS = "success"
    FAILURE = "failure"


class Hostile(enum.StrEnum):
    """Ways in which a provider can be wrong; a test chooses one when it plays the person."""

    NONE = ""
    OTHER_DOCUMENT = "other-document"
    OTHER_PERSON = "other-person"
    NO_TIMESTAMP = "no-timestamp"
    REVOKED_CERTIFICATE = "revoked-certificate"
    UNTRUSTED_CERTIFICATE = "untrusted-certificate"
    OTHER_CERTIFICATE = "other-certificate"
    BROKEN_SIGNATURE = "broken-signature"
    CUT_ANSWER = "cut-answer"
    NEVER_ANSWERS = "never-answers"
    ANSWERS_TWICE = "answers-twice"
    MISSING_ITEM = "missing-item"
    EXTRA_ITEM = "extra-item"
    DUPLICATE_ITEM = "duplicate-item"


@dataclass(frozen=True, slots=True)
class Item:
    """One document or hash; ``document`` and ``signature`` are file names in the order's folder."""

    id: str
    content_type: str
    digest: str = ""
    document: str = ""
    file_name: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One call of Sign."""

    request_id: str
    device: Device
    description: str
    items: tuple[Item, ...]
    fingerprint: str
    created_at: dt.datetime
    signer_id: str = ""
    msisdn: str = ""
    reason: str = ""
    callback_url: str = ""
    code: str = ""
    status: Status = Status.WAITING
    failure: str = ""
    person: str = ""
    confirmed: int = 0
    hostile: Hostile = Hostile.NONE
    certificate: str = ""

    @property
    def key(self) -> str:
        """What tells it from all others: each device is a provider of its own, with its own request ids."""
        return f"{self.device.value}.{self.request_id}"

    @property
    def confirmed_items(self) -> int:
        """How many documents, from the first one on, the person has confirmed; only a phone asks for each."""
        return len(self.items) if self.status is Status.SIGNING else self.confirmed

    @property
    def finished(self) -> bool:
        """Whether its result stands."""
        return self.status in (Status.SUCCESS, Status.FAILURE)


class OrderStore:
    """Orders in a file; each change is committed before anybody hears of it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._root = folder
        self._lock = threading.RLock()
        self._file = sqlite3.connect(
            folder / "orders.sqlite3", isolation_level=None, check_same_thread=False, timeout=10
        )
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("CREATE TABLE IF NOT EXISTS orders (number INTEGER PRIMARY KEY, key TEXT UNIQUE, data TEXT)")
        self._file.execute("CREATE TABLE IF NOT EXISTS cards (person TEXT PRIMARY KEY, attempts INTEGER)")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def folder(self, key: str) -> Path:
        """Return the folder of an order's files, made if need be."""
        place = self._root / "orders" / key
        place.mkdir(parents=True, exist_ok=True)
        return place

    def add(self, order: Order) -> Order:
        """Store a new order; return what is there already if the id is known."""
        with self._lock:
            statement = "INSERT OR IGNORE INTO orders (key, data) VALUES (?, ?)"
            self._file.execute(statement, (order.key, _encode(order)))
            return self.get(order.key)

    def find(self, key: str) -> Order | None:
        """Return an order, or ``None``."""
        with self._lock:
            row = self._file.execute("SELECT data FROM orders WHERE key = ?", (key,)).fetchone()
        return _decode(row[0]) if row else None

    def get(self, key: str) -> Order:
        """Return an order. Raises ``MSignError`` (``REQUEST_NOT_FOUND``)."""
        found = self.find(key)
        if found is None:
            raise MSignError(Code.REQUEST_NOT_FOUND, "no such request")
        return found

    def latest(self, count: int) -> list[Order]:
        """Return the newest orders, newest first."""
        with self._lock:
            rows = self._file.execute("SELECT data FROM orders ORDER BY number DESC LIMIT ?", (count,)).fetchall()
        return [_decode(row[0]) for row in rows]

    def change(self, key: str, decide: Callable[[Order], Order]) -> Order:
        """Replace an order by ``decide(order)`` in one step and return the new one."""
        with self._lock:
            changed = decide(self.get(key))
            statement = "UPDATE orders SET data = ? WHERE key = ?"
            self._file.execute(statement, (_encode(changed), key))
            return changed

    def wrong_pins(self, person: str) -> int:
        """Return how many wrong PINs in a row a card has seen."""
        with self._lock:
            row = self._file.execute("SELECT attempts FROM cards WHERE person = ?", (person,)).fetchone()
        return int(row[0]) if row else 0

    def note_pins(self, person: str, attempts: int) -> None:
        """Remember how many wrong PINs in a row a card has seen."""
        with self._lock:
            self._file.execute("INSERT OR REPLACE INTO cards (person, attempts) VALUES (?, ?)", (person, attempts))


def _encode(order: Order) -> str:
    values = dataclasses.asdict(order)
    values["created_at"] = order.created_at.isoformat()
    return json.dumps(values, ensure_ascii=False)


def _decode(text: str) -> Order:
    values: dict[str, Any] = json.loads(text)
    values["items"] = tuple(Item(**item) for item in values["items"])
    values["created_at"] = dt.datetime.fromisoformat(values["created_at"])
    values["device"], values["status"] = Device(values["device"]), Status(values["status"])
    values["hostile"] = Hostile(values["hostile"])
    return Order(**values)
