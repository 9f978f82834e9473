"""Worker processes: the same verdicts, and every broken bound is an answer."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import MIB
from msign.ops.verify import verify
from msign.validation.model import Integrity, SubIndication, Verdict
from msign.validation.pool import Bounds, Content, JudgePool, WorkerSetup
from tests.support.pki import MOMENT, Pki
from tests.unit.validation import forge


@pytest.fixture(scope="module")
def folder(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("files")
    (place / "good.xml").write_bytes(forge.enveloped(pki))
    (place / "tampered.xml").write_bytes(forge.enveloped(pki).replace(b">100<", b">900<"))
    (place / "detached.xml").write_bytes(forge.detached(pki, b"content"))
    (place / "content.bin").write_bytes(b"content")
    (place / "none.xml").write_bytes(b"<letter/>")
    (place / "other.txt").write_bytes(b"neither nor")
    (place / "large.xml").write_bytes(b"<letter>" + b"<a b='c'/>" * 1_500_000 + b"</letter>")
    return place


def setup(trust_folder: Path) -> WorkerSetup:
    return WorkerSetup(trust=str(trust_folder), at=MOMENT.isoformat())


@pytest.fixture(scope="module")
def pool(trust_folder: Path) -> Iterator[JudgePool]:
    made = JudgePool(setup=setup(trust_folder), size=1)
    yield made
    made.close()


def test_a_worker_judges_as_the_engine_does(pool: JudgePool, folder: Path) -> None:
    assert pool.judge(folder / "good.xml").signatures[0].integrity is Integrity.VALID
    assert pool.judge(folder / "tampered.xml").verdict is Verdict.INVALID
    assert pool.judge(folder / "none.xml").verdict is Verdict.NONE
    assert pool.judge(folder / "other.txt").refused == "format-unknown"


def test_contents_travel_as_files_and_as_digests(pool: JudgePool, folder: Path) -> None:
    file = Content("content.bin", path=str(folder / "content.bin"))
    digest = Content("content.bin", algorithm="sha256", digest=hashlib.sha256(b"content").hexdigest())
    wrong = Content("content.bin", algorithm="sha256", digest=hashlib.sha256(b"other").hexdigest())
    longer = Content("content.bin", algorithm="sha512", digest=hashlib.sha512(b"content").hexdigest())
    both = pool.judge(folder / "detached.xml", (longer, digest))  # digests of one name belong to one content
    assert both.signatures[0].integrity is Integrity.VALID
    found = [pool.judge(folder / "detached.xml", (c,)).signatures[0].integrity for c in (file, digest, wrong)]
    assert found == [Integrity.VALID, Integrity.VALID, Integrity.INVALID]


@pytest.mark.parametrize(
    ("bounds", "code"),
    [
        (Bounds(seconds_per_unit=0.01, unit=1000 * MIB), "time-limit"),
        (Bounds(bytes_per_unit=8 * MIB, unit=1000 * MIB), "memory-limit"),
    ],
)
def test_a_broken_bound_is_named_and_the_next_file_is_judged(
    trust_folder: Path, folder: Path, bounds: Bounds, code: str
) -> None:
    pool = JudgePool(setup=setup(trust_folder), size=1, bounds=bounds)
    try:
        assert pool.judge(folder / "large.xml").refused == code
        assert pool.judge(folder / "none.xml").refused in (None, "time-limit")
    finally:
        pool.close()


def test_an_anchor_that_is_taken_away_counts_no_longer(trust_folder: Path, folder: Path, tmp_path: Path) -> None:
    anchors = shutil.copytree(trust_folder, tmp_path / "trust")
    pool = JudgePool(setup=setup(anchors), size=1)
    try:
        trusted = pool.judge(folder / "good.xml").signatures[0].sub_indication
        for file in anchors.glob("*/*"):
            file.unlink()
        assert trusted is not SubIndication.NO_CERTIFICATE_CHAIN_FOUND
        assert pool.judge(folder / "good.xml").signatures[0].sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    finally:
        pool.close()


def test_anchors_that_cannot_be_read_are_our_fault_and_not_the_files(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "tsa").mkdir()
    junk = tmp_path / "tsa" / "junk.pem"
    junk.write_text("no certificate")
    pool = JudgePool(setup=setup(tmp_path), size=1)
    try:
        with pytest.raises(MSignError) as caught:
            pool.judge(folder / "good.xml")
        assert (caught.value.code, caught.value.retry) == (Code.UNAVAILABLE, True)
        junk.unlink()
        assert pool.judge(folder / "good.xml").refused is None
    finally:
        pool.close()


def test_a_worker_that_cannot_be_started_takes_no_place_from_the_next(folder: Path) -> None:
    unstartable = WorkerSetup(trust="x" * 4 * MIB)  # longer than the system takes as one argument
    pool = JudgePool(setup=unstartable, size=1)
    failures: list[OSError] = []

    def judge_twice() -> None:
        for _ in range(2):
            try:
                pool.judge(folder / "none.xml")
            except OSError as error:
                failures.append(error)

    thread = threading.Thread(target=judge_twice, daemon=True)
    thread.start()
    thread.join(30)
    assert len(failures) == 2


def test_a_process_with_a_thousand_open_connections_can_still_judge(trust_folder: Path, folder: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(limits[0], min(2048, limits[1])), limits[1]))
    pool = JudgePool(setup=setup(trust_folder), size=1)
    held = [os.open(os.devnull, os.O_RDONLY)]
    try:
        while held[-1] < 1024:
            held.append(os.open(os.devnull, os.O_RDONLY))
        assert pool.judge(folder / "none.xml").verdict is Verdict.NONE
    finally:
        for descriptor in held:
            os.close(descriptor)
        pool.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def run(*arguments: object) -> tuple[int, list[dict[str, object]]]:
    result = CliRunner().invoke(verify, [*map(str, arguments), "--json"])
    return result.exit_code, [json.loads(line) for line in result.output.splitlines()]


def test_the_command_answers_a_line_a_file_and_the_worst_decides(trust_folder: Path, folder: Path) -> None:
    common = ("--trust", trust_folder, "--offline", "--at", MOMENT.isoformat())
    status, lines = run(folder / "good.xml", folder / "tampered.xml", *common)
    assert status == 1
    assert [line["verdict"] for line in lines] == ["unknown", "invalid"]
    assert run(folder / "good.xml", *common)[0] == 2
    assert run(folder / "none.xml", *common)[0] == 2


def test_the_command_takes_contents(trust_folder: Path, folder: Path) -> None:
    common = (folder / "detached.xml", "--trust", trust_folder, "--offline", "--at", MOMENT.isoformat())
    [line] = run(*common, "--detached", f"content.bin={folder / 'content.bin'}")[1]
    assert line["signatures"][0]["integrity"] == "valid"  # type: ignore[index]
    status, [line] = run(*common, "--digest", "content.bin=SHA256:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=")
    assert (status, line["verdict"]) == (1, "invalid")


@pytest.mark.parametrize("wrong", ["nothing", "x=md9:AAAA", "x=sha256:AAAA"])
def test_the_command_refuses_digests_that_are_none(folder: Path, wrong: str) -> None:
    result = CliRunner().invoke(verify, [str(folder / "none.xml"), "--digest", wrong])
    assert result.exit_code == 2
    assert "NAME=ALG:BASE64" in result.output
