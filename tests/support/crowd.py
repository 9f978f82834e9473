"""Many people at one installation: each posts a request, chooses an instrument in the browser and acts on a device.

The slow part, providers and judgement, runs while the browser is busy with the next person; what a test then looks at
is a page that is finished. Time is made to pass by moving the deadlines of rows, never by waiting.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from msign.client.outgoing import Outgoing
from msign.kernel.clock import monotonic
from msign.kernel.words import ContentType, FailureReason, SignStatus
from msign.ops.person import SANDBOX_PIN
from msign.signrequests.values import ExpectedSigner
from tests.support.documents import write_pdf
from tests.support.installation import Installation

MSISDN = "060 000 000"
PATIENCE = 60.0
# Every instrument of the facts works in the shared installation; the two that nobody runs yet borrow a device.
INSTRUMENTS = """
[moldsign]
provider = "sandbox-card"
device = "token"
[nationalid]
provider = "sandbox-card"
device = "card"
[securesign]
enabled = true
provider = "sandbox-app"
[tax]
enabled = true
provider = "sandbox-phone"
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One person: what is chosen, what is done on the device, what the page must say. ``None`` ends well."""

    instrument: str
    name: str
    act: Mapping[str, str]
    ends: FailureReason | None
    language: str = "ro"

    @property
    def id(self) -> str:
        return f"{self.instrument}-{self.name}"


@dataclass(slots=True)
class Crowd:
    """The people, and where they are."""

    installation: Installation
    document: Path
    pool: ThreadPoolExecutor
    requests: dict[str, str] = field(default_factory=dict)
    played: dict[str, Future[None]] = field(default_factory=dict)

    @property
    def web(self) -> str:
        return self.installation.options.web_url

    @property
    def devices(self) -> str:
        ports = self.installation.options.ports
        return f"http://{ports.host}:{ports.sandbox_provider}"

    @property
    def eservice(self) -> str:
        ports = self.installation.options.ports
        return f"http://{ports.host}:{ports.sandbox_eservice}"

    def post(self, *, count: int = 1, signer: str | None = None, **more: Any) -> str:
        """Post a request of ``count`` copies of a small document, or of hashes."""
        hashes = more.pop("hashes", ())
        contents = [Outgoing(one, correlation_id=str(at)) for at, one in enumerate(hashes)] or [
            Outgoing(self.document, correlation_id=str(at), name=f"Anexa {at + 1}.pdf") for at in range(count)
        ]
        kind = ContentType.HASH if hashes else ContentType.PDF
        expected = more.pop("expected", None) or (ExpectedSigner(id=signer) if signer else None)
        with self.installation.client() as client:
            return client.post(
                contents, content_type=kind, short_description="Cerere nr. 17", expected_signer=expected, **more
            )

    def status(self, request_id: str) -> SignStatus:
        """Ask as the e-service does."""
        with self.installation.client() as client:
            return client.get_response(request_id, lambda _n: self.document.with_suffix(".thrown-away")).status

    def play(self, request_id: str, act: Mapping[str, str]) -> None:
        """Act on the device once the message is there."""
        deadline, pause = monotonic() + PATIENCE, threading.Event()
        with httpx.Client(timeout=30, trust_env=False, headers={"Accept": "application/json"}) as client:
            while monotonic() < deadline:
                answer = client.post(f"{self.devices}/requests/{request_id}", json={"pin": SANDBOX_PIN, **act})
                if answer.is_success:
                    return
                pause.wait(0.05)
        raise AssertionError(f"the message never reached the device: {answer.text[:200]}")

    def play_later(self, case_id: str, request_id: str, act: Mapping[str, str]) -> None:
        """Act while the browser goes on."""
        self.requests[case_id] = request_id
        self.played[case_id] = self.pool.submit(self.play, request_id, act)

    def overdue(self, request_id: str) -> None:
        """Nobody has answered until the deadline of the attempt."""
        self._row("UPDATE signrequests_signingsession SET deadline = '2020-01-01' WHERE request_id = ?", request_id)
        self._row("UPDATE jobs_job SET due = '2020-01-01', wakes = wakes + 1 WHERE key LIKE ? || '%'", request_id)

    def expire(self, request_id: str) -> None:
        """The life of the request is over."""
        self._row("UPDATE signrequests_signrequest SET expires_at = '2020-01-01' WHERE id = ?", request_id)

    def count(self, question: str, request_id: str) -> int:
        """Look into the installation's books."""
        with contextlib.closing(self._books()) as books:
            return int(books.execute(question, (request_id,)).fetchone()[0])

    def _row(self, change: str, request_id: str) -> None:
        with contextlib.closing(self._books()) as books, books:
            changed = books.execute(change, (request_id,)).rowcount
        assert changed, "no such row"

    def _books(self) -> sqlite3.Connection:
        return sqlite3.connect(self.installation.options.data_path / "msign.sqlite3", timeout=20)


@contextlib.contextmanager
def gathered(installation: Installation, folder: Path) -> Iterator[Crowd]:
    """Return people for an installation."""
    document = write_pdf(folder / "cerere.pdf")
    with ThreadPoolExecutor(4) as pool:
        yield Crowd(installation, document, pool)


def choose(page: Any, instrument: str, *, signer: str | None = None, msisdn: str = MSISDN) -> None:
    """Pick a tile, type what it needs, press its button."""
    tile = page.locator(f"details.tile:has(#tile-{instrument})")
    if tile.get_attribute("open") is None:
        tile.locator("summary").click()
    if signer:
        tile.locator("input[name=signer_id]").fill(signer)
    if instrument == "mobile":
        tile.locator("input[name=msisdn]").fill(msisdn)
    tile.locator("button[type=submit]").click()


def finished(page: Any, address: str, wanted: str = ".confirmation, .refusal") -> None:
    """Open a page until it shows how it ended; the provider and the judge may still be at work."""
    deadline = monotonic() + PATIENCE
    _look(page, address)
    while page.locator(wanted).count() == 0:
        assert monotonic() < deadline, page.inner_text("main")
        page.wait_for_timeout(200)
        _look(page, address)


def _look(page: Any, address: str) -> None:
    """Open a page whose script may draw it anew, or return to the service, at the same moment: then look once more."""
    from playwright.sync_api import Error

    try:
        page.goto(address, wait_until="domcontentloaded")
    except Error as error:
        if "ERR_ABORTED" not in error.message:
            raise
        page.goto(address, wait_until="domcontentloaded")
