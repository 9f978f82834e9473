from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from msign.kernel.disk import ensure_room
from msign.kernel.errors import Code, MSignError


def test_there_is_room_as_long_as_the_reserve_is_free(tmp_path: Path) -> None:
    ensure_room(tmp_path, reserve=0)


def test_a_nearly_full_disk_takes_nothing_new_and_says_that_it_may_pass(tmp_path: Path) -> None:
    with pytest.raises(MSignError) as caught:
        ensure_room(tmp_path, reserve=shutil.disk_usage(tmp_path).total + 1)
    assert caught.value.code is Code.UNAVAILABLE
    assert caught.value.retry
