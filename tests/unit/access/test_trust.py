from __future__ import annotations

import logging
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from msign.access.trust import FolderTrust, StoreTrust
from msign.kernel.errors import Code, MSignError
from msign.pki.trust import TrustStore
from tests.unit.access.cast import DAY, NOW, Authority, authority


class Seconds:
    value = 0.0

    def __call__(self) -> float:
        return self.value


def _put(folder: Path, made: Authority, name: str = "ca.pem") -> Path:
    path = folder / "systems" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(made.certificate.public_bytes(Encoding.PEM))
    return path


def test_a_folder_that_is_empty_or_missing_accepts_nobody(tmp_path: Path) -> None:
    certificate = authority("CA").issue("alice", 5)
    assert FolderTrust(tmp_path / "missing").problem(certificate, NOW)
    assert StoreTrust(TrustStore()).problem(certificate, NOW)


def test_authorities_added_and_removed_take_effect_while_running(tmp_path: Path) -> None:
    certificate, seconds = authority("CA").issue("alice", 5), Seconds()
    trust = FolderTrust(tmp_path, seconds=seconds)
    assert trust.problem(certificate, NOW)
    path = _put(tmp_path, authority("CA"))
    seconds.value += 1
    assert trust.problem(certificate, NOW) is None
    assert trust.version == 1
    path.unlink()
    seconds.value += 1
    assert trust.problem(certificate, NOW)
    assert trust.version == 2


def test_a_broken_file_stops_the_start_and_later_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seconds = Seconds()
    certificate = authority("CA").issue("alice", 5)
    _put(tmp_path, authority("CA"))
    trust = FolderTrust(tmp_path, seconds=seconds)
    (tmp_path / "systems" / "half.pem").write_bytes(b"-----BEGIN CERT")
    with pytest.raises(MSignError) as caught:
        FolderTrust(tmp_path)
    assert caught.value.code is Code.MISCONFIGURED
    seconds.value += 1
    with caplog.at_level(logging.WARNING):
        assert trust.problem(certificate, NOW) is None
    assert "stay in force" in caplog.text


def test_an_authority_that_may_not_sign_certificates_is_none(tmp_path: Path) -> None:
    issued = authority("CA").issue("not a ca", 6)
    (tmp_path / "systems").mkdir()
    pem = x509.load_der_x509_certificate(issued).public_bytes(Encoding.PEM)
    (tmp_path / "systems" / "leaf.pem").write_bytes(pem)
    assert FolderTrust(tmp_path).problem(authority("CA").issue("alice", 5), NOW)


def test_the_certificates_own_dates_are_not_judged_here() -> None:
    expired = authority("CA").issue("carol", 5, since=NOW - 2 * DAY, until=NOW - DAY)
    assert authority("CA").trust.problem(expired, NOW) is None
