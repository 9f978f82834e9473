"""Django's settings as they follow from the options, seen in fresh processes: they are made once, at import."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from msign.kernel.errors import MSignError

NAMES = (
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASES",
)
PROGRAM = f"""
import json
from msign.config import settings
print(json.dumps({{name: getattr(settings, name) for name in {NAMES!r}}}, default=str))
"""


def settings(data: Path, **more: str) -> dict[str, object]:
    """Return settings as a process of their own makes them."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("MSIGN_")}
    place = {**mine, "MSIGN_DATA": str(data), **more}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=place, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_processes_that_start_at_once_share_one_secret_that_only_they_can_read(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with ThreadPoolExecutor(4) as threads:
        found = {one["SECRET_KEY"] for one in threads.map(lambda _: settings(data), range(4))}
    assert found == {(data / "secret").read_text("utf-8")}
    assert stat.S_IMODE((data / "secret").stat().st_mode) == 0o600
    assert [path.name for path in data.iterdir()] == ["secret"]


@pytest.mark.parametrize(
    ("content", "why"), [(b"", "is empty"), (b"\xff\xfe\x00", "it is no text")], ids=["empty", "no text"]
)
def test_an_empty_or_damaged_secret_is_no_secret(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(AssertionError, match=f"secret_key.*{why}"):
        settings(tmp_path)


def test_behind_a_proxy_that_ends_tls_cookies_are_secure_and_the_public_name_is_served(tmp_path: Path) -> None:
    found = settings(tmp_path, MSIGN_WEB__PUBLIC_URL="https://msign.example:444/")
    assert found["SESSION_COOKIE_SECURE"] is True
    assert found["CSRF_COOKIE_SECURE"] is True
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://msign.example:444"]
    assert "msign.example" in found["ALLOWED_HOSTS"]  # type: ignore[operator]


def test_on_plain_http_cookies_still_arrive(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert found["SESSION_COOKIE_SECURE"] is False
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]


def test_a_database_address_is_read_whole(tmp_path: Path) -> None:
    address = "postgresql://ms%40ign:p%2Fw@db.example:5433/ms?sslmode=verify-full"
    found = settings(tmp_path, MSIGN_DATABASE_URL=address)["DATABASES"]["default"]  # type: ignore[index]
    assert (found["USER"], found["PASSWORD"]) == ("ms@ign", "p/w")
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db.example", 5433, "ms")
    assert found["OPTIONS"] == {"sslmode": "verify-full"}


def test_another_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=MSignError.__name__):
        settings(tmp_path, MSIGN_DATABASE_URL="mysql://db.example/ms")
