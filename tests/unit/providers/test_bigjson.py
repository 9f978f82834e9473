"""JSON with documents inside: whatever way the bytes are cut, the same value and the same files come out."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import MIB
from msign.providers.remote.bigjson import LONG, BigJsonReader, Lifted, write, written_size

_DOCUMENT = random.Random(7).randbytes(200_001)


def _read(data: bytes, folder: Path, sizes: list[int] | None = None, max_bytes: int = 10 * MIB) -> object:
    reader = BigJsonReader(folder, max_bytes)
    position = 0
    try:
        for size in sizes or []:
            reader.feed(data[position : position + size])
            position += size
        reader.feed(data[position:])
        return reader.finish()
    except MSignError:
        reader.close()
        raise


def _message(text: str) -> bytes:
    return json.dumps({"requestId": 'x\\"y', "items": [{"id": "1", "document": text}, {"id": "2"}]}).encode()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(1, 70_000), max_size=12), escaped=st.booleans())
def test_cuts_do_not_matter(tmp_path: Path, sizes: list[int], escaped: bool) -> None:
    data = _message(base64.b64encode(_DOCUMENT).decode())
    if escaped:
        data = data.replace(b"/", b"\\/").replace(b"+", b"\\u002B")
    value = _read(data, tmp_path, sizes)
    lifted = value["items"][0]["document"]
    assert isinstance(lifted, Lifted)
    assert lifted.path.read_bytes() == _DOCUMENT
    assert lifted.size == len(_DOCUMENT)
    assert value["requestId"] == 'x\\"y'
    lifted.path.unlink()


def test_byte_by_byte(tmp_path: Path) -> None:
    data = _message(base64.b64encode(_DOCUMENT[:60_000]).decode())
    value = _read(data, tmp_path, [1] * len(data))
    assert value["items"][0]["document"].path.read_bytes() == _DOCUMENT[:60_000]


def test_short_strings_stay_in_the_value(tmp_path: Path) -> None:
    assert _read(b'{"a": "b", "c": ["\\u0219"]}', tmp_path) == {"a": "b", "c": ["ș"]}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a": ', "not JSON"),
        (b'{"a": "b', "in the middle"),
        (b"<html>", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[" * 50 + b"]" * 50, "nested"),
        (b'"' + b"A" * LONG + b"!AAAA" + b'"', "not base64"),
        (b'"' + b"A" * (LONG + 1) + b'\\n"', "not base64"),
        (b'"' + b"A" * (LONG + 1), "in the middle"),
    ],
)
def test_what_is_not_json_is_refused(data: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(MSignError, match=reason) as caught:
        _read(data, tmp_path, [30_000, 30_000])
    assert caught.value.code is Code.BAD_MESSAGE


def test_a_message_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MSignError) as caught:
        _read(b"[" + b"1," * 1000, tmp_path, max_bytes=100)
    assert caught.value.code is Code.TOO_LARGE


def test_much_beside_the_documents_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MSignError, match="beside the documents"):
        _read(b'["' + b'","'.join([b"x" * 60_000] * 160) + b'"]', tmp_path)


def test_a_full_batch_of_short_documents_fits(tmp_path: Path) -> None:
    value = _read(b'["' + b'","'.join([b"x" * 60_000] * 100) + b'"]', tmp_path)
    assert isinstance(value, list)
    assert len(value) == 100


def test_giving_up_leaves_no_files(tmp_path: Path) -> None:
    reader = BigJsonReader(tmp_path, MIB)
    reader.feed(b'"' + b"A" * (LONG + 4))
    assert len(list(tmp_path.iterdir())) == 1
    reader.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [0, 1, 2, 3, 49_151, 49_152, 49_153, 200_000])
def test_what_is_written_is_read_again(size: int, tmp_path: Path) -> None:
    path = tmp_path / "document"
    path.write_bytes(_DOCUMENT[:size])
    value = {"id": 'ș"', "items": [{"document": path}, {"document": path}]}
    data = b"".join(write(value))
    assert len(data) == written_size(value)
    found = json.loads(data)
    assert base64.b64decode(found["items"][1]["document"]) == _DOCUMENT[:size]
    assert found["id"] == value["id"]


def test_only_json_and_paths_can_be_written() -> None:
    with pytest.raises(TypeError):
        list(write({"a": object()}))
