"""SIGKILL at the worst moments: nothing that was posted or finished is lost, whatever process dies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from msign.client.outgoing import Outgoing
from msign.kernel.words import ContentType, SignStatus
from msign.ops import person
from msign.ops.forms import Visitor
from msign.ops.person import Part, Stage
from msign.ops.sandbox import stage
from tests.support.documents import write_pdf
from tests.support.installation import Installation, free_ports, running

pytestmark = pytest.mark.xdist_group("kill")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with running(tmp_path_factory.mktemp("kill") / "var") as started:
        yield started


def _post(installation: Installation, text: str) -> str:
    with installation.client() as client:
        digest = hashlib.sha256(text.encode()).digest()
        return client.post([Outgoing(digest)], content_type=ContentType.HASH, short_description=text)


def _status(installation: Installation, request_id: str, folder: Path) -> SignStatus:
    with installation.client() as client:
        return client.get_response(request_id, lambda n: folder / f"{request_id}-{n}").status


def _place(installation: Installation) -> Stage:
    return stage(installation.options)


@pytest.mark.parametrize("name", ["api test", "web", "worker", "provider", "tsp"])
def test_a_pending_request_survives_the_death_of(installation: Installation, name: str, tmp_path: Path) -> None:
    request_id = _post(installation, f"before the death of {name}")
    installation.kill_and_wait(name)
    assert _status(installation, request_id, tmp_path) is SignStatus.PENDING
    person.play(_place(installation), request_id, Part())
    assert _status(installation, request_id, tmp_path) is SignStatus.SUCCESS


@pytest.mark.parametrize("name", ["worker", "provider", "web"])
def test_a_session_under_way_goes_on_after_the_death_of(installation: Installation, name: str, tmp_path: Path) -> None:
    request_id = _post(installation, f"in the middle, {name} dies")
    with Visitor() as visitor:
        person.choose(visitor, visitor.open(f"{_place(installation).web_url}/{request_id}"), Part())
    installation.kill_and_wait(name)
    person.play(_place(installation), request_id, Part())
    assert _status(installation, request_id, tmp_path) is SignStatus.SUCCESS


def test_a_finished_signature_survives_the_death_of_everything(tmp_path: Path) -> None:
    data, ports = tmp_path / "var", free_ports()
    document = write_pdf(tmp_path / "one.pdf")
    with running(data, ports) as first:
        with first.client() as client:
            posted = client.post([Outgoing(document)], content_type=ContentType.PDF, short_description="Cerere nr. 17")
        person.play(_place(first), posted, Part())
        pending = _post(first, "posted before everything died")
        for name in ("worker", "web", "api test", "api production", "provider", "tsp", "eservice"):
            first.kill(name)
        first.supervisor.kill()
        first.supervisor.wait()
    with running(data, ports) as second:
        assert _status(second, posted, tmp_path) is SignStatus.SUCCESS
        assert (tmp_path / f"{posted}-0").read_bytes().startswith(document.read_bytes())
        assert _status(second, pending, tmp_path) is SignStatus.PENDING
        audit = second.msign("audit", "verify")
        assert audit.returncode == 0, audit.stdout + audit.stderr
