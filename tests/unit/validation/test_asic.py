"""ASiC containers: valid in every level, and no trick of ZIP files, names or manifests passes."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from msign.kernel.clock import FixedClock
from msign.kernel.words import SignatureLevel
from msign.pki.trust import TrustStore
from msign.validation.detached import DetachedContent, DetachedContents
from msign.validation.engine import Validator
from msign.validation.model import DocumentReport, Scope, SubIndication, Verdict
from tests.support import containers
from tests.support.containers import FILES, OTHER, asice
from tests.support.pki import Pki
from tests.unit.validation import forge

LEVELS = [SignatureLevel.B, SignatureLevel.T, SignatureLevel.LT, SignatureLevel.LTA]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return asice(tmp_path_factory.mktemp("asic"))


def judged(validator: Validator, folder: Path, made: bytes, contents: DetachedContents | None = None) -> DocumentReport:
    path = folder / "a.asice"
    path.write_bytes(made)
    return validator.file(path, contents)


def codes(report: DocumentReport) -> set[str]:
    found = {str(reason.code) for signature in report.signatures for reason in signature.reasons}
    return found | {str(reason.code) for reason in report.reasons}


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_is_valid_and_told(
    validator: Validator, trust: TrustStore, tmp_path: Path, level: SignatureLevel
) -> None:
    carries = level in (SignatureLevel.LT, SignatureLevel.LTA)
    judge = Validator(trust=trust, clock=FixedClock()) if carries else validator
    report = judged(judge, tmp_path, asice(tmp_path, level))
    [signature] = report.signatures
    assert (report.format, report.verdict, signature.level) == ("asic", Verdict.VALID, level), report
    assert (signature.scope, report.reasons, signature.signer_name) == (Scope.FULL, (), "Maria Model")


@pytest.mark.parametrize("name", containers.ZIP_ATTACKS)
def test_attacks_do_not_pass(validator: Validator, tmp_path: Path, honest: bytes, name: str) -> None:
    attack, refusal = containers.ZIP_ATTACKS[name]
    report = judged(validator, tmp_path, attack(honest))
    assert report.verdict is not Verdict.VALID, name
    if refusal == "unknown":
        assert report.refused in ("container-hidden-data", "format-unknown")
    else:
        assert report.refused == refusal, report


def repacked(made: bytes, **how: object) -> bytes:
    return containers.packed(containers.members(made), **how)  # type: ignore[arg-type]


def described(made: bytes) -> bytes:
    """Written to a pipe: sizes follow the data in descriptors."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, part: object) -> int:
            self.data += bytes(part)  # type: ignore[call-overload]
            return len(part)  # type: ignore[arg-type]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for info, data in containers.members(made):
            archive.writestr(info.filename, data)
    return bytes(pipe.data)


TWINS = {
    "stored": lambda made: repacked(made, method=zipfile.ZIP_STORED),
    "packed": lambda made: repacked(made, method=zipfile.ZIP_DEFLATED),
    "other order": lambda made: containers.packed(containers.members(made)[::-1]),
    "sizes behind the data": described,
    "a folder": lambda made: containers.with_member(made, "annex/", b"", external_attr=0x10, compress_type=0),
    "without manifest": lambda made: containers.packed(
        [m for m in containers.members(made) if "manifest" not in m[0].filename]
    ),
    "something else in META-INF": lambda made: containers.with_member(made, "META-INF/notes.txt", b"hello"),
}


@pytest.mark.parametrize("name", TWINS)
def test_benign_twins_stay_valid(validator: Validator, tmp_path: Path, honest: bytes, name: str) -> None:
    report = judged(validator, tmp_path, TWINS[name](honest))
    assert report.verdict is Verdict.VALID, report


def test_a_file_that_a_signature_does_not_cover_is_named(validator: Validator, tmp_path: Path, honest: bytes) -> None:
    report = judged(validator, tmp_path, containers.with_member(honest, "extra.txt", OTHER))
    assert (report.verdict, report.signatures[0].scope) == (Verdict.CHANGED, Scope.PARTIAL)
    assert "container-file-not-signed" in codes(report)


def test_a_lying_manifest_is_told_and_not_believed(validator: Validator, tmp_path: Path, honest: bytes) -> None:
    old = dict((i.filename, d) for i, d in containers.members(honest))["META-INF/manifest.xml"]  # noqa: C402
    lie = old.replace(b"contract.txt", b"contrast.txt")
    report = judged(validator, tmp_path, containers.replaced(honest, "META-INF/manifest.xml", lie))
    assert (report.verdict, codes(report)) == (Verdict.VALID, {"container-manifest-differs"})
    broken = containers.replaced(honest, "META-INF/manifest.xml", b"<!DOCTYPE x><x/>")
    assert codes(judged(validator, tmp_path, broken)) == {"container-manifest-differs"}


def test_without_its_type_a_container_is_judged_and_that_is_told(
    validator: Validator, tmp_path: Path, honest: bytes
) -> None:
    bare = containers.packed([m for m in containers.members(honest) if m[0].filename != "mimetype"])
    report = judged(validator, tmp_path, bare)
    assert (report.verdict, codes(report)) == (Verdict.VALID, {"container-type-missing"})


def test_what_the_caller_expects_must_be_in_it(validator: Validator, tmp_path: Path, honest: bytes) -> None:
    there = DetachedContents((DetachedContent("whatever", data=FILES["contract.txt"]),))
    assert judged(validator, tmp_path, honest, there).valid
    other = judged(validator, tmp_path, honest, DetachedContents((DetachedContent("contract.txt", data=OTHER),)))
    assert other.signatures[0].sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND


@pytest.mark.parametrize("make", [forge.enveloped, forge.enveloping, forge.part_signed, forge.no_content_reference])
def test_a_signature_over_something_else_covers_no_file(
    pki: Pki, validator: Validator, tmp_path: Path, honest: bytes, make: object
) -> None:
    """Wrapping: a good signature over XML of its own stands where the one over the files should."""
    forged = make(pki)  # type: ignore[operator]
    report = judged(validator, tmp_path, containers.replaced(honest, "META-INF/signatures001.xml", forged))
    assert report.verdict in (Verdict.CHANGED, Verdict.INVALID)
    assert "container-file-not-signed" in codes(report)


def test_two_signature_files_are_both_judged(validator: Validator, tmp_path: Path, honest: bytes) -> None:
    signatures = dict((i.filename, d) for i, d in containers.members(honest))["META-INF/signatures001.xml"]  # noqa: C402
    twice = containers.with_member(honest, "META-INF/signatures002.xml", signatures)
    assert len(judged(validator, tmp_path, twice).signatures) == 2
    broken = signatures.replace(b"</ds:SignatureValue>", b"A</ds:SignatureValue>")
    half = containers.with_member(honest, "META-INF/signatures002.xml", broken)
    assert judged(validator, tmp_path, half).verdict is Verdict.INVALID


def test_bombs_are_refused_before_they_go_off(validator: Validator, tmp_path: Path) -> None:
    assert judged(validator, tmp_path, containers.bomb(100)).refused == "container-too-large"
    assert judged(validator, tmp_path, containers.many_members()).refused == "container-too-many-files"


def test_an_ordinary_zip_is_no_container_of_signatures(validator: Validator, tmp_path: Path) -> None:
    plain = containers.packed([(zipfile.ZipInfo("word/document.xml"), b"<x/>")])
    assert judged(validator, tmp_path, plain).refused == "format-unknown"


@pytest.mark.parametrize("name", containers.CMS_CONTAINER_ATTACKS)
def test_attacks_on_cms_in_containers_do_not_pass(validator: Validator, tmp_path: Path, name: str) -> None:
    attack, refusal = containers.CMS_CONTAINER_ATTACKS[name]
    report = judged(validator, tmp_path, attack())
    assert report.verdict is not Verdict.VALID, report
    assert report.refused == refusal
    assert refusal or not any(signature.passed for signature in report.signatures)


@pytest.mark.parametrize("name", containers.CMS_CONTAINER_TWINS)
def test_benign_cms_in_containers_is_valid(validator: Validator, tmp_path: Path, name: str) -> None:
    report = judged(validator, tmp_path, containers.CMS_CONTAINER_TWINS[name]())
    assert (report.format, report.verdict) == ("asic", Verdict.VALID), report
    assert {signature.scope for signature in report.signatures} == {Scope.FULL}
    assert {signature.level for signature in report.signatures} == {SignatureLevel.T}


def test_cms_in_a_container_tells_which_file_is_another(validator: Validator, tmp_path: Path) -> None:
    changed = judged(validator, tmp_path, containers.CMS_CONTAINER_ATTACKS["file changed"][0]())
    assert (changed.verdict, changed.signatures[0].sub_indication) == (Verdict.INVALID, SubIndication.HASH_FAILURE)
    assert {"reference-digest-differs", "container-file-not-signed"} <= codes(changed)
    more = judged(validator, tmp_path, containers.CMS_CONTAINER_ATTACKS["file added"][0]())
    assert (more.verdict, more.signatures[0].scope) == (Verdict.CHANGED, Scope.PARTIAL)
