"""CAdES beside a file, and files with one signature in an ASiC-E container."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest
from asn1crypto import cms as asn1_cms
from lxml import etree

from msign.kernel.clock import FixedClock
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import SignatureLevel
from msign.pki.timestamps import parse_token
from msign.signing import asic, asiclong, cades
from msign.signing.algorithms import Digest
from msign.signing.asic import AsicFile
from msign.signing.care import protected_until
from msign.signing.evidence import EvidenceCollector
from msign.signing.keys import Signer
from msign.signing.prepared import PreparedSignature
from msign.signing.raising import raise_file
from tests.support.pki import Pki

DATA = b"data of any kind\x00\xff"
LEVELS = [SignatureLevel.B, SignatureLevel.T, SignatureLevel.LT, SignatureLevel.LTA]


def signer_info(container: bytes) -> asn1_cms.SignerInfo:
    return asn1_cms.ContentInfo.load(container, strict=True)["content"]["signer_infos"][0]


def unsigned(container: bytes, kind: str) -> list[bytes]:
    attributes = signer_info(container)["unsigned_attrs"]
    return [value.dump() for one in attributes if one["type"].dotted == kind for value in one["values"]]


@pytest.mark.parametrize("level", LEVELS)
def test_cades_at_every_level(
    level: SignatureLevel, ion: Signer, pki: Pki, evidence: EvidenceCollector, clock: FixedClock
) -> None:
    parameters = cades.CadesParameters(level=level)
    container = cades.sign(DATA, signer=ion, tsa=pki.tsa, evidence=evidence, parameters=parameters, clock=clock)
    signed = {one["type"].native: one["values"][0].native for one in signer_info(container)["signed_attrs"]}
    assert signed["message_digest"] == hashlib.sha256(DATA).digest()
    assert signed["signing_time"] == clock.now()
    content = asn1_cms.ContentInfo.load(container)["content"]
    assert content["encap_content_info"]["content"].native is None
    later = level in (SignatureLevel.LT, SignatureLevel.LTA)
    assert (content["version"].native == "v5") is later
    if level is not SignatureLevel.B:
        (token,) = unsigned(container, "1.2.840.113549.1.9.16.2.14")
        assert parse_token(token).imprint == hashlib.sha256(signer_info(container)["signature"].native).digest()
    if later:
        assert {one.name for one in content["crls"]} >= {"other"}


def test_an_archive_time_stamp_covers_index_content_and_signer(
    ion: Signer, pki: Pki, evidence: EvidenceCollector
) -> None:
    container = cades.sign(DATA, signer=ion, tsa=pki.tsa)
    for _ in range(2):
        container = cades.augment(container, level=SignatureLevel.LTA, tsa=pki.tsa, evidence=evidence, data=DATA)
    tokens = unsigned(container, "0.4.0.1733.2.4")
    assert len(tokens) == 2
    info = signer_info(container)
    names = ("version", "sid", "digest_algorithm", "signed_attrs", "signature_algorithm", "signature")
    fields = b"".join(info[name].dump() for name in names)
    for token in tokens:
        inner = asn1_cms.ContentInfo.load(token)["content"]["signer_infos"][0]["unsigned_attrs"]
        (index,) = [one["values"][0].dump() for one in inner if one["type"].dotted == "0.4.0.19122.1.5"]
        kind = asn1_cms.ContentType("data").dump()
        expected = hashlib.sha256(kind + hashlib.sha256(DATA).digest() + fields + index).digest()
        assert parse_token(token).imprint == expected
        certificates = asn1_cms.ContentInfo.load(container)["content"]["certificates"]
        assert all(hashlib.sha256(one.dump()).digest() in index for one in certificates)


def test_raising_keeps_the_signed_bytes(maria: Signer, pki: Pki, evidence: EvidenceCollector) -> None:
    container = cades.sign(DATA, signer=maria, parameters=cades.CadesParameters(level=SignatureLevel.B))
    before = signer_info(container)["signed_attrs"].dump(), signer_info(container)["signature"].dump()
    for level in LEVELS[1:]:
        container = cades.augment(container, level=level, tsa=pki.tsa, evidence=evidence, data=DATA)
        assert (signer_info(container)["signed_attrs"].dump(), signer_info(container)["signature"].dump()) == before


def test_other_data_get_no_archive_time_stamp(ion: Signer, pki: Pki, evidence: EvidenceCollector) -> None:
    container = cades.sign(DATA, signer=ion, tsa=pki.tsa)
    for data, reason in ((b"other", "not what was signed"), (None, "data itself")):
        with pytest.raises(MSignError, match=reason):
            cades.augment(container, level=SignatureLevel.LTA, tsa=pki.tsa, evidence=evidence, data=data)


@pytest.mark.parametrize("container", [b"", b"\x30\x00", b"hello", bytes.fromhex("3080020100")])
def test_what_is_no_cms_is_refused(container: bytes, pki: Pki) -> None:
    with pytest.raises(MSignError) as caught:
        cades.augment(container, level=SignatureLevel.T, tsa=pki.tsa)
    assert caught.value.code is Code.UNREADABLE_DOCUMENT


def test_cades_with_a_late_certificate(maria: Signer, pki: Pki, tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(DATA)
    waiting = PreparedSignature.from_json(
        cades.prepare(path, parameters=cades.CadesParameters(digest=Digest.SHA384)).to_json()
    )
    bound = cades.bind(waiting, maria.certificate, maria.chain)
    assert cades.complete(bound, maria.key.sign(bound.data_to_sign), tsa=pki.tsa)


def files(tmp_path: Path) -> list[AsicFile]:
    path = tmp_path / "cerere.txt"
    path.write_bytes(b"O cerere.")
    return [AsicFile("cerere nr. 1.txt", path, "text/plain"), AsicFile("anexe/hartă.bin", DATA)]


@pytest.mark.parametrize("level", LEVELS)
def test_a_container_at_every_level(
    level: SignatureLevel, tmp_path: Path, ion: Signer, pki: Pki, evidence: EvidenceCollector
) -> None:
    parameters = asic.AsicParameters(level=level)
    target = asic.sign(
        files(tmp_path), tmp_path / "c.asice", signer=ion, tsa=pki.tsa, evidence=evidence, parameters=parameters
    )
    assert target.read_bytes()[30:38] == b"mimetype"
    assert target.read_bytes()[38:].startswith(asic.MIME_TYPE.encode())
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist()[1:3] == ["cerere nr. 1.txt", "anexe/hartă.bin"]
        root = etree.fromstring(archive.read("META-INF/signatures001.xml"))
        uris = {one.get("URI") for one in root.iter("{*}Reference") if one.get("Type") is None}
        assert uris == {"cerere%20nr.%201.txt", "anexe/hart%C4%83.bin"}
        digests = [one.text for one in root.iter("{*}DigestValue")]
        assert len(set(digests)) == len(digests)
        assert etree.fromstring(archive.read("META-INF/manifest.xml")).tag.endswith("manifest")
        assert archive.read("anexe/hartă.bin") == DATA


def test_files_that_changed_between_the_phases_are_refused(tmp_path: Path, ion: Signer, pki: Pki) -> None:
    content = files(tmp_path)
    prepared = asic.prepare(content, certificate=ion.certificate)
    (tmp_path / "cerere.txt").write_bytes(b"Alta.")
    with pytest.raises(MSignError) as caught:
        asic.complete(prepared, ion.key.sign(prepared.data_to_sign), content, tmp_path / "c.asice", tsa=pki.tsa)
    assert caught.value.code is Code.CONFLICT
    assert not (tmp_path / "c.asice").exists()


@pytest.mark.parametrize(
    "names",
    [[], ["a", "a"], ["../a"], ["/a"], ["META-INF/x"], ["mimetype"], ["a\\b"], ["a\x00"], [""], ["a//b"], ["x" * 300]],
)
def test_unusable_names_are_refused(names: list[str]) -> None:
    with pytest.raises(MSignError):
        asic.prepare([AsicFile(name, b"") for name in names])


def test_a_container_is_raised_and_renewed_and_its_files_stay(
    tmp_path: Path, ion: Signer, pki: Pki, evidence: EvidenceCollector
) -> None:
    parameters = asic.AsicParameters(level=SignatureLevel.B)
    source = asic.sign(files(tmp_path), tmp_path / "c.asice", signer=ion, parameters=parameters)
    with zipfile.ZipFile(source) as archive:
        before = {name: archive.read(name) for name in archive.namelist()}
    for tokens, level in enumerate((SignatureLevel.T, SignatureLevel.LTA, SignatureLevel.LTA)):
        raise_file(source, source, level=level, tsa=pki.tsa, evidence=evidence)
        assert len(asiclong.timestamp_tokens(source)) == tokens
    assert protected_until(source) is not None
    assert source.read_bytes()[38:].startswith(asic.MIME_TYPE.encode())
    with zipfile.ZipFile(source) as after:
        assert after.namelist() == list(before)
        assert all(after.read(name) == data for name, data in before.items() if "signatures" not in name)


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x03\x04" + bytes(100)])
def test_what_is_no_container_is_refused(content: bytes, tmp_path: Path, pki: Pki) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(MSignError) as caught:
        raise_file(tmp_path / "x", tmp_path / "y", level=SignatureLevel.T, tsa=pki.tsa)
    assert caught.value.code is Code.UNREADABLE_DOCUMENT


def test_a_container_without_xades_is_refused(tmp_path: Path, pki: Pki) -> None:
    with zipfile.ZipFile(tmp_path / "x", "w") as archive:
        archive.writestr("mimetype", asic.MIME_TYPE)
    with pytest.raises(MSignError, match="no XAdES signature"):
        raise_file(tmp_path / "x", tmp_path / "y", level=SignatureLevel.T, tsa=pki.tsa)
