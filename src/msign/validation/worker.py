"""A worker process of :mod:`msign.validation.pool`: reads tasks, judges one file after the other, writes reports."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import resource
import signal
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from msign.kernel.clock import SystemClock
from msign.kernel.errors import MSignError
from msign.kernel.limits import MIB
from msign.pki.fetch import AddressGuard, Fetcher
from msign.pki.sources import online_issuers, online_revocation
from msign.pki.trust import TrustStore
from msign.validation.detached import DetachedContent, DetachedContents
from msign.validation.engine import Validator
from msign.validation.looking import ANSWERS, failed
from msign.validation.model import DocumentReport, Reason, Verdict
from msign.validation.policy import DEFAULT_POLICY, Policy, Sha1Rule
from msign.validation.policyfile import read_policy
from msign.validation.pool import MISCONFIGURED_STATUS, Content, Task, WorkerSetup
from msign.validation.reports.codec import encode_report

_LENGTH = struct.Struct(">I")
_MAX_TASK = 4 * MIB


def build_validator(setup: WorkerSetup) -> Validator:
    """Return the validator that a setup describes. An empty trust folder trusts nobody."""
    clock = SystemClock()
    fetcher = Fetcher.guarded(AddressGuard(frozenset(setup.allowed))) if setup.online else None
    return Validator(
        trust=TrustStore.from_folder(Path(setup.trust)) if setup.trust else TrustStore(),
        revocation=online_revocation(fetcher, clock) if fetcher else None,
        issuers=online_issuers(fetcher, clock) if fetcher else None,
        clock=clock,
        policy=_policy(setup),
        at=dt.datetime.fromisoformat(setup.at) if setup.at else None,
    )


def _policy(setup: WorkerSetup) -> Policy:
    policy = read_policy(Path(setup.policy)) if setup.policy else DEFAULT_POLICY
    return dataclasses.replace(policy, sha1=Sha1Rule(setup.sha1)) if setup.sha1 else policy


def judge_task(validator: Validator, task: Task) -> DocumentReport:
    """Return the report on one task; whatever goes wrong is an answer, too."""
    try:
        _bound(task)
        return validator.file(Path(task.path), DetachedContents(tuple(_contents(task.contents))))
    except MemoryError:
        return _refused("memory-limit")
    except RecursionError:
        return _refused("nested-too-deep")
    except OSError:
        return _refused("file-unreadable")
    except Exception as error:  # noqa: BLE001  (the last line of defence: a defect of ours, told as such)
        return _refused("validator-defect", type(error).__name__)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _bound(task: Task) -> None:
    """Processor time ends the process (SIGVTALRM); memory gives a MemoryError or ends it."""
    if task.seconds:
        signal.setitimer(signal.ITIMER_VIRTUAL, task.seconds)
    if task.memory:
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        wanted = _address_space() + task.memory + Path(task.path).stat().st_size
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space() -> int:
    """Return the size of this process's address space, 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError):
        return 1024 * MIB
    return pages * resource.getpagesize()


def _contents(items: tuple[Content, ...]) -> Iterator[DetachedContent]:
    """Several digests under one name are those of one content."""
    digests: dict[str, dict[str, bytes]] = {}
    for item in items:
        if item.path:
            yield DetachedContent(item.name, path=Path(item.path))
        else:
            digests.setdefault(item.name, {})[item.algorithm] = bytes.fromhex(item.digest)
    for name, known in digests.items():
        yield DetachedContent(name, digests=known)


def _refused(code: str, detail: str = "") -> DocumentReport:
    reason = Reason(code, facts=(("detail", detail),) if detail else ())
    return DocumentReport(format="unknown", verdict=Verdict.UNKNOWN, refused=code, reasons=(reason,))


def answer(validator: Validator, task: Task) -> bytes:
    """Return the answer to one task, as its asker reads it."""
    if task.verb == "judge":
        return encode_report(judge_task(validator, task))
    try:
        _bound(task)
        return ANSWERS[task.verb](Path(task.path), task.number)
    except Exception as error:  # noqa: BLE001  (the last line of defence, as in ``judge_task``)
        return failed(error)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def serve(validator: Validator, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer tasks until the other end closes."""
    while len(head := source.read(_LENGTH.size)) == _LENGTH.size:
        [length] = _LENGTH.unpack(head)
        if length > _MAX_TASK:
            return
        body = answer(validator, _task(json.loads(source.read(length))))
        sink.write(_LENGTH.pack(len(body)) + body)
        sink.flush()


def _task(plain: dict[str, object]) -> Task:
    contents = tuple(Content(**item) for item in plain.pop("contents"))  # type: ignore[attr-defined]
    return Task(contents=contents, **plain)  # type: ignore[arg-type]


def main() -> None:
    """Run as ``python -m msign.validation.worker SETUP``."""
    plain = json.loads(sys.argv[1])
    plain["allowed"] = tuple(plain["allowed"])
    try:
        validator = build_validator(WorkerSetup(**plain))
    except MSignError as error:
        sys.stderr.write(f"msign: the validation engine cannot start: {error}\n")
        sys.exit(MISCONFIGURED_STATUS)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing that a library prints may get between the answers
    serve(validator, source, sink)


if __name__ == "__main__":
    main()
