"""Many PDFs with one act of signing: prepared together, one answer of the provider, a result for each.

    batch = prepare_batch(items, certificate=certificate, chain=chain)
    values = provider.sign({one.id: one.digest_to_sign for one in batch.prepared})    # one call, one confirmation
    outcomes = complete_batch(batch, values, tsa=tsa)

One document that fails does not stop the others. A batch is text for storage (``to_json``) and can be completed again
after a crash: what is finished stays finished. Time-stamps are fetched in parallel.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from cryptography import x509

from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.words import SignatureLevel
from msign.pki.tsa import TimestampSource
from msign.signing import pades
from msign.signing.algorithms import SignatureAlgorithm
from msign.signing.evidence import EvidenceSource
from msign.signing.hole import holds_value
from msign.signing.keys import Signer
from msign.signing.pades import PadesParameters
from msign.signing.prepared import PreparedSignature

BATCH_VERSION = 1
_PARALLEL_TIMESTAMPS = 8  # waits for the network, hardly work for the processor
_SMALLEST_CHUNK, _LARGEST_CHUNK = 8, 64  # documents that a worker process is handed at once
_TURNS = 8  # how often a process comes back for more, so that none is left with the last work alone


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One document: its id inside the batch, where it is and where the signed one goes."""

    id: str
    source: Path
    target: Path
    parameters: PadesParameters | None = None


@dataclass(frozen=True, slots=True)
class PreparedItem:
    """A document that waits for its signature value."""

    id: str
    prepared: PreparedSignature

    @property
    def digest_to_sign(self) -> bytes:
        """What the provider signs."""
        return self.prepared.digest_to_sign


@dataclass(frozen=True, slots=True)
class Done:
    """A finished document."""

    id: str
    path: Path


@dataclass(frozen=True, slots=True)
class Failed:
    """A document that could not be signed, with the error's own words; ``retry`` as in ``MSignError``."""

    id: str
    code: Code
    message: str
    retry: bool = False


Outcome = Done | Failed


@dataclass(frozen=True, slots=True)
class Batch:
    """What was prepared and what failed already; in the order of the items each."""

    prepared: tuple[PreparedItem, ...]
    failed: tuple[Failed, ...] = ()

    def to_json(self) -> str:
        """Return the batch as text for storage."""
        return json.dumps(
            {
                "version": BATCH_VERSION,
                "prepared": [[one.id, one.prepared.to_json()] for one in self.prepared],
                "failed": [[one.id, one.code.value, one.message, one.retry] for one in self.failed],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Batch:
        """Return the batch that ``to_json`` wrote. Raises ``MSignError`` for another version or damaged text."""
        try:
            members: dict[str, Any] = json.loads(text)
            if members["version"] != BATCH_VERSION:
                raise invalid("batch", "of an unknown version")
            prepared = (
                PreparedItem(str(one), PreparedSignature.from_json(value)) for one, value in members["prepared"]
            )
            failed = (
                Failed(str(one), Code(code), str(text), bool(retry)) for one, code, text, retry in members["failed"]
            )
            return cls(tuple(prepared), tuple(failed))
        except (ValueError, KeyError, TypeError) as error:
            raise invalid("batch", "damaged") from error


def prepare_batch(
    items: Sequence[BatchItem],
    *,
    certificate: x509.Certificate | bytes,
    chain: Sequence[x509.Certificate | bytes] = (),
    algorithm: SignatureAlgorithm | None = None,
    clock: Clock | None = None,
) -> Batch:
    """Prepare every document. Raises ``MSignError(INVALID_PARAMETER)`` only for ids or targets that repeat."""
    if len({one.id for one in items}) < len(items) or len({one.target for one in items}) < len(items):
        raise invalid("items", "ids and targets must differ")
    prepared, failed = [], []
    for item in items:
        try:
            ready = pades.prepare(
                item.source,
                item.target,
                certificate=certificate,
                chain=chain,
                algorithm=algorithm,
                parameters=item.parameters,
                clock=clock,
            )
            prepared.append(PreparedItem(item.id, ready))
        except MSignError as error:
            failed.append(_failed(item.id, error))
    return Batch(tuple(prepared), tuple(failed))


def complete_batch(
    batch: Batch,
    values: Mapping[str, bytes],
    *,
    tsa: TimestampSource | None = None,
    evidence: EvidenceSource | None = None,
    parallel: int = _PARALLEL_TIMESTAMPS,
) -> tuple[Outcome, ...]:
    """Complete every document that has a value; one without is a failure that may be retried.

    Repeatable: a document that already holds its value counts as done. ``parallel`` threads share ``tsa`` and
    ``evidence``; they hide waits for the network, so 1 is best for an authority in the same process.
    """
    finish = partial(_complete, values=values, tsa=tsa, evidence=evidence)
    if parallel <= 1:
        return (*batch.failed, *map(finish, batch.prepared))
    with ThreadPoolExecutor(parallel, thread_name_prefix="batch") as pool:
        return (*batch.failed, *pool.map(finish, batch.prepared))


def _complete(
    item: PreparedItem,
    *,
    values: Mapping[str, bytes],
    tsa: TimestampSource | None,
    evidence: EvidenceSource | None,
) -> Outcome:
    prepared, value = item.prepared, values.get(item.id)
    if value is None:
        return Failed(item.id, Code.SIGNING_FAILED, "the provider gave no signature value", retry=True)
    path = Path(prepared.state["file"])
    try:
        if not holds_value(path, pades.hole_of(prepared), prepared.signing_certificate.cms_value(value)):
            pades.complete(prepared, value, tsa=tsa, evidence=evidence)
        elif prepared.level in (SignatureLevel.LT, SignatureLevel.LTA):
            os.truncate(path, pades.hole_of(prepared).size)  # what was appended may be half of it
            pades.augment(path, path, level=prepared.level, tsa=tsa, evidence=evidence)
        return Done(item.id, path)
    except MSignError as error:
        return _failed(item.id, error)


@dataclass(frozen=True, slots=True)
class Tools:
    """What a worker process signs with."""

    signer: Signer
    tsa: TimestampSource | None = None
    evidence: EvidenceSource | None = None
    clock: Clock | None = None


def sign_batch(items: Sequence[BatchItem], *, make_tools: Callable[[], Tools], processes: int = 1) -> Iterator[Outcome]:
    """Sign every document with a key at hand; yield outcomes in the order of the items as they are ready.

    ``make_tools`` runs once in each process (it must be importable there), so that keys never travel between them.
    """
    if processes <= 1:
        tools = make_tools()
        yield from (_sign(one, tools) for one in items)
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_start, initargs=(make_tools,)) as pool:
        chunk = min(max(len(items) // (processes * _TURNS), _SMALLEST_CHUNK), _LARGEST_CHUNK)
        yield from _in_processes(pool, items, chunk)


def _in_processes(pool: Executor, items: Sequence[BatchItem], chunk: int) -> Iterator[Outcome]:
    """Plain text goes there and only failures come back: the parent must not become the slowest of them all."""
    orders = ((one.id, str(one.source), str(one.target), one.parameters) for one in items)
    failures = pool.map(_sign_here, orders, chunksize=chunk)
    for item, failure in zip(items, failures, strict=True):
        yield failure or Done(item.id, item.target)


_here: dict[str, Tools] = {}  # of a worker process, set once by its initialiser


def _start(make_tools: Callable[[], Tools]) -> None:
    _here["tools"] = make_tools()


def _sign_here(order: tuple[str, str, str, PadesParameters | None]) -> Failed | None:
    identity, source, target, parameters = order
    outcome = _sign(BatchItem(identity, Path(source), Path(target), parameters), _here["tools"])
    return outcome if isinstance(outcome, Failed) else None


def _sign(item: BatchItem, tools: Tools) -> Outcome:
    try:
        path = pades.sign(
            item.source,
            item.target,
            signer=tools.signer,
            tsa=tools.tsa,
            evidence=tools.evidence,
            parameters=item.parameters,
            clock=tools.clock,
        )
    except MSignError as error:
        return _failed(item.id, error)
    return Done(item.id, path)


def _failed(identity: str, error: MSignError) -> Failed:
    return Failed(identity, error.code, error.message, error.retry)
