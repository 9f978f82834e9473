"""Decisions about access in processes that run: anchors come and go, a certificate expires, access is taken away."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from msign.kernel.clock import SystemClock
from msign.kernel.words import Environment
from tests.support.calling import LET_IN, NO_HANDSHAKE, REFUSED, Caller, ask, wait_for
from tests.support.installation import Installation
from tests.unit.access.cast import Authority, new_authority

pytestmark = pytest.mark.xdist_group("desk")
SHORT = dt.timedelta(seconds=14)  # long enough to be registered by the command


def _issued(authority: Authority, name: str, end: dt.datetime, folder: Path) -> tuple[Path, Path]:
    """A certificate and its key as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"TEST {name}")]))
        .issuer_name(authority.certificate.subject)
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - dt.timedelta(days=2))
        .not_valid_after(end)
        .public_key(key.public_key())
        .sign(authority.key, hashes.SHA256())
    )
    files = folder / f"{name}.pem", folder / f"{name}.key"
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    plain = serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return files


@pytest.fixture
def anchor(installation: Installation) -> Iterator[Path]:
    file = installation.options.trust_folder(Environment.TEST) / "systems" / "another.pem"
    yield file
    file.unlink(missing_ok=True)


def test_anchors_and_dates_take_effect_in_a_running_process(
    installation: Installation, anchor: Path, tmp_path: Path
) -> None:
    """An authority that is accepted later, a certificate of it that expires a moment after, and the authority gone."""
    authority = new_authority("Altă autoritate")
    other = Caller(installation, *_issued(authority, "lung", SystemClock().now() + dt.timedelta(days=1), tmp_path))
    assert other.call()[0] == NO_HANDSHAKE
    anchor.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    # the handshake succeeds at once; the gate takes up the authority within its five seconds and then knows nobody of it
    wait_for(lambda: "Unknown or unregistered system" in other.call()[1], threading.Event())
    end = (SystemClock().now() + SHORT).replace(microsecond=0)  # as certificates say it
    caller = Caller(installation, *_issued(authority, "scurt", end, tmp_path))
    pinned = ("access", "certificate", "add", "-s", "demo-client", "-e", "test", str(caller.certificate))
    done = installation.msign(*pinned)
    assert done.returncode == 0, done.stderr
    with contextlib.closing(caller.connection()) as kept:
        wait_for(lambda: ask(kept)[0] == LET_IN, threading.Event())
        wait_for(lambda: ask(kept)[0] == REFUSED, threading.Event())
        assert SystemClock().now() > end
        assert ask(kept) == (REFUSED, "Invalid authentication certificate provided"), "an open connection helps nobody"
    assert caller.call()[0] == NO_HANDSHAKE, "a new one does not even begin"
    anchor.unlink()
    other.until(NO_HANDSHAKE)


def test_taking_access_away_reaches_every_running_process_and_giving_it_back_too(installation: Installation) -> None:
    demo = installation.options.data_path / "demo"
    caller = Caller(installation, demo / "client2.pem", demo / "client2.key")
    for environment in Environment:
        assert caller.call(environment)[0] == LET_IN
        for verb, wanted in (("disable", REFUSED), ("enable", LET_IN)):
            reason = ("--reason", "test") if verb == "disable" else ()
            done = installation.msign("access", verb, "-s", "demo-client2", "-e", environment, *reason)
            assert done.returncode == 0, done.stderr
            assert caller.until(wanted, environment) < 5, "no decision is older than five seconds"
