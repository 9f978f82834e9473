"""CMS signatures that OpenSSL made, judged by us: detached and with the content inside, with and without CAdES attribute."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from msign.pki.trust import TrustStore
from msign.validation.detached import DetachedContent, DetachedContents
from msign.validation.engine import Validator
from msign.validation.model import DocumentReport, Integrity, SubIndication
from msign.validation.policy import DEFAULT_POLICY, Policy
from tests.support.pki import session_pki

CONTENT = b"the data that stays with the information system\n"
# OpenSSL stamps the present into its signatures and knows no other time: revocation is left aside here.
OFFLINE = Policy(name="test", version="1", severities=DEFAULT_POLICY.severities, revocation_needed=False)

pytestmark = [
    pytest.mark.tool,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed; `.ci/run` installs it"),
]


def made(folder: Path, *options: str) -> Path:
    person = session_pki().person("maria")
    certificate, key = person.write(folder, "maria")
    (folder / "data.bin").write_bytes(CONTENT)
    command = ["openssl", "cms", "-sign", "-binary", "-in", "data.bin", "-signer", str(certificate), "-inkey", str(key)]
    target = folder / "made.p7s"
    subprocess.run([*command, "-out", str(target), *options], cwd=folder, check=True, capture_output=True)
    return target


def judged(folder: Path, path: Path, content: bytes | None = CONTENT) -> DocumentReport:
    pki = session_pki()
    trust = TrustStore.from_folder(pki.write_trust(folder / "trust"))
    contents = DetachedContents((DetachedContent("data.bin", data=content),) if content is not None else ())
    return Validator(trust=trust, clock=pki.clock, policy=OFFLINE).file(path, contents)


@pytest.mark.parametrize("form", ["DER", "PEM"])
@pytest.mark.parametrize("inside", [True, False])
def test_what_openssl_signs_is_valid(tmp_path: Path, form: str, *, inside: bool) -> None:
    options = ["-cades", "-outform", form, *(["-nodetach"] if inside else [])]
    report = judged(tmp_path, made(tmp_path, *options), None if inside else CONTENT)
    assert report.valid, report
    assert report.signatures[0].level == "B"
    changed = judged(tmp_path, tmp_path / "made.p7s", CONTENT + b"x")
    assert not changed.valid


def test_without_the_cades_attribute_it_is_intact_and_not_bound(tmp_path: Path) -> None:
    [signature] = judged(tmp_path, made(tmp_path, "-outform", "DER")).signatures
    assert signature.integrity is Integrity.VALID
    assert signature.sub_indication is SubIndication.SIG_CONSTRAINTS_FAILURE


def test_without_attributes_it_is_no_cades(tmp_path: Path) -> None:
    [signature] = judged(tmp_path, made(tmp_path, "-outform", "DER", "-noattr")).signatures
    assert signature.sub_indication is SubIndication.FORMAT_FAILURE
