"""What an installation decided about sign requests; built by the wiring from the options, frozen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from msign.kernel import limits
from msign.kernel.identifiers import IdCheck
from msign.kernel.words import Environment

_ID_CHECKS = {Environment.TEST: IdCheck.FORMAT, Environment.PRODUCTION: IdCheck.STRICT}
REMOVAL_PERIOD = dt.timedelta(minutes=5)  # how often what is past its time is looked for


@dataclass(frozen=True, slots=True)
class Quota:
    """Bounds for one information system in one environment."""

    requests_per_minute: int = 600
    open_requests: int = 10_000
    stored_bytes: int = 20 * 1024 * limits.MIB
    largest_document: int = limits.MAX_PDF_BYTES
    simultaneous_uploads: int = 20  # large messages that arrive at the same time, in one process


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Limits and choices; the names follow the settings of section ``sign``."""

    max_contents: int = limits.MAX_CONTENTS
    max_pdf_bytes: int = limits.MAX_PDF_BYTES
    pending: dt.timedelta = dt.timedelta(hours=24)
    retention: dt.timedelta = dt.timedelta(days=30)
    refuse_signed_input_without_flag: bool = False
    id_check: Mapping[Environment, IdCheck] = field(default_factory=lambda: dict(_ID_CHECKS))
    id_required_for_hash: bool = False
    retry_after_failure: bool = False
    accept_unproven_delegation: bool = False
    sha1_sunset: dt.date = dt.date(2027, 12, 31)  # the last day on which a SHA-1 hash may be posted
    poll_seconds: float = 3.0
    deadline: dt.timedelta = dt.timedelta(seconds=300)
    callback_base: str = ""  # "https://msign.example": the provider's wake-up goes to {base}/providers/{id}/callback
    quota: Quota = field(default_factory=Quota)
    own_keep: dt.timedelta = dt.timedelta(hours=24)  # from upload to removal, of documents of the systems below
    own_systems: frozenset[str] = frozenset()  # internal: no consumer waits for how an attempt of theirs ended
    reference_uri: str = "correlation-id"  # correlation-id | name | none: what the reference of a XAdES names

    def open_after_failure(self, system_id: str) -> bool:
        """Tell whether a failed attempt leaves the request open for another one (wire contract 6)."""
        return self.retry_after_failure or system_id in self.own_systems

    def pending_life(self, system_id: str) -> dt.timedelta:
        """Return how long a request waits to be signed; an own one ends so early that its last attempt can end too."""
        if system_id not in self.own_systems:
            return self.pending
        return max(self.own_keep - self.deadline - 2 * REMOVAL_PERIOD, self.own_keep / 2)

    def kept_until(self, system_id: str, created_at: dt.datetime, finished_at: dt.datetime) -> dt.datetime:
        """Return when a finished request goes. Own documents go by the time of their upload, as the pages promise."""
        if system_id in self.own_systems:
            return created_at + self.own_keep - REMOVAL_PERIOD  # the worker comes once in this period
        return finished_at + self.retention

    def reference_name(self, correlation_id: str, name: str) -> str:
        """Return what the signature over a hash calls its content; empty: nothing (identifiers-and-pki 5)."""
        return {"correlation-id": correlation_id, "name": name}.get(self.reference_uri, "")
