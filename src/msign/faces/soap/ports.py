"""What the SOAP face asks of others. The wiring passes the real ones, tests pass fakes."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from msign.access.values import Caller, Circumstances, Decision
from msign.kernel.languages import Language
from msign.kernel.words import Environment
from msign.signrequests.values import NewSignRequest, SignResponse


class Gate(Protocol):
    """Says who is calling, and whether they may."""

    def decide(
        self, environment: Environment, certificate_der: bytes | None, address: str, circumstances: Circumstances
    ) -> Decision: ...


class StoredContent(Protocol):
    """What lies in the store after ``finish``."""

    @property
    def key(self) -> str: ...
    @property
    def size(self) -> int: ...


class ContentSink(Protocol):
    """Takes one content as it arrives."""

    def write(self, data: bytes) -> object: ...
    def finish(self) -> StoredContent: ...
    def abort(self) -> None: ...


class ContentStore(Protocol):
    """Keeps contents and results."""

    def create(self) -> ContentSink: ...
    def path(self, key: str) -> Path: ...
    def remove(self, key: str) -> None: ...


class Service(Protocol):
    """The life of sign requests, as far as consumers see it."""

    def post(self, caller: Caller, request: NewSignRequest) -> str: ...
    def get_response(self, caller: Caller, request_id: str, language: Language) -> SignResponse: ...


class CallObserver(Protocol):
    """Hears of every answered call: traffic figures, conformance seen in real test traffic."""

    def answered(self, caller: Caller, operation: str, outcome: str) -> None:
        """``outcome`` is ``ok`` or the fault's code."""
        ...
