"""Rules as data: what a policy changes, and what it may not say."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from msign.kernel.errors import Code, MSignError
from msign.pki.algorithms import AlgorithmPolicy, KeyKind
from msign.validation.context import ValidationContext
from msign.validation.detached import DetachedContents
from msign.validation.model import Severity, Verdict
from msign.validation.policy import DEFAULT_POLICY, Sha1Rule
from msign.validation.policyfile import read_policy
from msign.validation.xades.document import validate_xades
from tests.support.pki import Pki
from tests.unit.validation import forge


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(text)
    return path


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    policy = read_policy(
        written(tmp_path, 'name = "strict"\nversion = "7"\nsha1 = "reject"\n[checks]\ntimestamp-invalid = "fail"\n')
    )
    assert (policy.name, policy.version, policy.sha1) == ("strict", "7", Sha1Rule.REJECT)
    assert policy.severity("timestamp-invalid") is Severity.FAIL
    assert policy.severity("manifest-entry-missing") is DEFAULT_POLICY.severity("manifest-entry-missing")
    assert policy.severity("a-check-nobody-knows") is Severity.FAIL


@pytest.mark.parametrize(
    "text",
    ["", 'name = "x"', 'name = "x"\nversion = "1"\nshal = 1', 'name = "x"\nversion = "1"\n[checks]\na = "maybe"', "=", 'name = ""\nversion = "1"'],
)  # fmt: skip
def test_a_wrong_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(MSignError) as caught:
        read_policy(written(tmp_path, text))
    assert caught.value.code is Code.MISCONFIGURED


def test_the_policy_decides_what_a_failed_check_does(pki: Pki, context: ValidationContext) -> None:
    copied = forge.enveloped(pki, stamp_over=b"another signature")
    lenient = validate_xades(copied, DetachedContents(), context)
    assert lenient.verdict is Verdict.VALID
    assert (lenient.policy, lenient.policy_version) == ("msign-default", DEFAULT_POLICY.version)
    strict = replace(context, policy=DEFAULT_POLICY.with_severity(timestamp_invalid=Severity.FAIL))
    assert validate_xades(copied, DetachedContents(), strict).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("name", "at", "accepted"),
    [
        ("sha1", "2012-07-31", True),
        ("sha1", "2012-08-02", False),
        ("sha256", "2026-03-02", True),
        ("md5", "2026-03-02", False),
        ("whirlpool", "2000-01-01", False),
    ],
)
def test_digests_have_their_dates(name: str, at: str, accepted: bool) -> None:
    assert AlgorithmPolicy().digest_accepted(name, moment(at)) is accepted


@pytest.mark.parametrize(
    ("kind", "bits", "at", "accepted"),
    [
        (KeyKind.RSA, 2048, "2026-03-02", True),
        (KeyKind.RSA, 1024, "2026-03-02", False),
        (KeyKind.RSA, 1024, "2009-03-02", True),
        (KeyKind.RSA, 512, "2000-03-02", False),
        (KeyKind.RSA, 2048, "2030-03-02", False),
        (KeyKind.RSA_PSS, 3072, "2030-03-02", True),
        (KeyKind.ECDSA, 256, "2030-03-02", True),
        (KeyKind.ECDSA, 192, "2026-03-02", False),
    ],
)
def test_keys_have_their_sizes_and_dates(kind: KeyKind, bits: int, at: str, accepted: bool) -> None:
    assert AlgorithmPolicy().key_accepted(kind, bits, moment(at)) is accepted
