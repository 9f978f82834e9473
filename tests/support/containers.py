"""CMS signatures and ASiC containers, honest ones and attacks on them. Each attack takes an honest file."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import httpx

from msign.kernel.words import SignatureLevel
from msign.pki import asn1, der
from msign.pki.fetch import Fetcher
from msign.pki.sources import online_revocation
from msign.signing import asic, cades
from msign.signing.asic import AsicFile
from msign.signing.evidence import EvidenceCollector
from msign.signing.keys import InMemoryKey, Signer
from tests.support.pki import Pki, session_pki

CONTENT = b"the data that stays with the information system"
OTHER = b"another document that nobody signed"
FILES = {"contract.txt": CONTENT, "annex/table.csv": b"a;b;c\n1;2;3\n"}
Attack = Callable[[bytes], bytes]


def signer(pki: Pki, person: str = "maria") -> Signer:
    who = pki.person(person)
    return Signer(InMemoryKey(who.key), who.certificate, who.chain)


def evidence(pki: Pki) -> EvidenceCollector:
    client = httpx.Client(transport=pki.transport())
    return EvidenceCollector(revocation=online_revocation(Fetcher(client=client), pki.clock), clock=pki.clock, known=[])


def p7s(level: SignatureLevel = SignatureLevel.T, person: str = "maria", content: bytes = CONTENT) -> bytes:
    """A detached CAdES signature over CONTENT."""
    pki = session_pki()
    return cades.sign(
        content,
        signer=signer(pki, person),
        tsa=pki.tsa,
        evidence=evidence(pki),
        clock=pki.clock,
        parameters=cades.CadesParameters(level=level),
    )


def asice(folder: Path, level: SignatureLevel = SignatureLevel.T, files: dict[str, bytes] | None = None) -> bytes:
    """An ASiC-E container of FILES with one XAdES signature over all of them."""
    pki = session_pki()
    given = [AsicFile(name, data, "text/plain") for name, data in (files or FILES).items()]
    parameters = asic.AsicParameters(level=level)
    target = folder / "made.asice"
    asic.sign(
        given, target, signer=signer(pki), tsa=pki.tsa, evidence=evidence(pki), clock=pki.clock, parameters=parameters
    )
    return target.read_bytes()


# CMS, taken apart and put together again


def parts(container: bytes) -> tuple[list[bytes], list[bytes]]:
    """The fields of SignedData but the signers, and the signers."""
    fields = asn1.read(container).children()[1].inner().children()
    return [one.raw for one in fields[:-1]], [one.raw for one in fields[-1].iterate()]


def whole(fields: list[bytes], signers: list[bytes]) -> bytes:
    signed = der.sequence(*fields, der.set_of(signers))
    return der.sequence(der.oid("1.2.840.113549.1.7.2"), der.explicit(0, signed))


def encapsulated(container: bytes, content: bytes = CONTENT) -> bytes:
    """The same signature with the content inside: no longer detached, still a CAdES."""
    fields, signers = parts(container)
    fields[2] = der.sequence(der.oid("1.2.840.113549.1.7.1"), der.explicit(0, der.octet_string(content)))
    return whole(fields, signers)


def without_signed_attributes(container: bytes) -> bytes:
    """The value over the attributes passes for one over a content that is their encoding (see ATTRIBUTES)."""
    fields, [signer_info] = parts(container)
    own = asn1.read(signer_info).children()
    return whole(fields, [der.sequence(*(one.raw for one in own if one.tag != 0xA0))])


def attributes_of(container: bytes) -> bytes:
    """The signed attributes as they were signed: the content that the attack above shows."""
    [signer_info] = parts(container)[1]
    node = next(one for one in asn1.read(signer_info).children() if one.tag == 0xA0)
    return asn1.encode(asn1.SET, node.value)


def in_signer(container: bytes, number: int, change: Callable[[bytes], bytes]) -> bytes:
    fields, [signer_info] = parts(container)
    own = [one.raw for one in asn1.read(signer_info).children()]
    own[number] = change(own[number])
    return whole(fields, [der.sequence(*own)])


def value_flipped(container: bytes) -> bytes:
    return in_signer(container, 5, lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]))


def attribute_changed(container: bytes) -> bytes:
    """The signed digest replaced by that of another document."""
    old, new = hashlib.sha256(CONTENT).digest(), hashlib.sha256(OTHER).digest()
    return container.replace(old, new, 1)


def attribute_twice(container: bytes) -> bytes:
    """A second message digest beside the signed one."""
    extra = der.sequence(
        der.oid("1.2.840.113549.1.9.4"), der.set_of([der.octet_string(hashlib.sha256(OTHER).digest())])
    )
    return in_signer(container, 3, lambda raw: der.tlv(0xA0, asn1.read(raw).value, extra))


def other_signer_certificate(container: bytes) -> bytes:
    """The certificate of somebody else under the signer's identifier."""
    pki = session_pki()
    fields, signers = parts(container)
    fields[3] = der.tlv(0xA0, pki.person("elena").der)
    return whole(fields, signers)


def stamp_of_another(container: bytes) -> bytes:
    """The time-stamp of another signature, carried over."""
    foreign = asn1.read(parts(p7s(person="elena"))[1][0]).children()[6].raw
    return in_signer(container, 6, lambda _raw: foreign)


def trailing(container: bytes) -> bytes:
    return container + b"\x00"


def no_signers(container: bytes) -> bytes:
    return whole(parts(container)[0], [])


CMS_ATTACKS: dict[str, Attack] = {
    "value flipped": value_flipped,
    "digest attribute changed": attribute_changed,
    "digest attribute twice": attribute_twice,
    "certificate of another": other_signer_certificate,
    "attributes taken away": without_signed_attributes,
    "other content inside": lambda made: encapsulated(made, OTHER),
    "bytes behind": trailing,
    "no signer": no_signers,
}


# ZIP, member by member


def members(container: bytes) -> list[tuple[zipfile.ZipInfo, bytes]]:
    with zipfile.ZipFile(io.BytesIO(container)) as archive:
        return [(info, archive.read(info)) for info in archive.infolist()]


def packed(content: list[tuple[zipfile.ZipInfo, bytes]], *, method: int | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for info, data in content:
            copy = zipfile.ZipInfo(info.filename, info.date_time)
            copy.compress_type = info.compress_type if method is None else method
            copy.external_attr = info.external_attr
            copy.create_system = info.create_system
            archive.writestr(copy, data)
    return out.getvalue()


def with_member(container: bytes, name: str, data: bytes, **more: int) -> bytes:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    for key, value in more.items():
        setattr(info, key, value)
    return packed([*members(container), (info, data)])


def replaced(container: bytes, name: str, data: bytes) -> bytes:
    return packed([(info, data if info.filename == name else old) for info, old in members(container)])


def renamed(container: bytes, old: str, new: str) -> bytes:
    content = members(container)
    for info, _ in content:
        info.filename = new if info.filename == old else info.filename
    return packed(content)


def in_front(container: bytes) -> bytes:
    """Octets before the first file: readers that follow the directory skip them."""
    out = io.BytesIO(b"GIF89a; something else for other programs")
    out.seek(0, io.SEEK_END)
    with zipfile.ZipFile(out, "a") as archive:
        for info, data in members(container):
            archive.writestr(zipfile.ZipInfo(info.filename), data)
    return out.getvalue()


def directory_offset(container: bytes) -> int:
    return int(struct.unpack("<I", container[-6:-2])[0])


def hidden_member(container: bytes) -> bytes:
    """A file that stands in the archive and not in its directory: programs that read on the way see it."""
    start = directory_offset(container)
    extra = packed([(zipfile.ZipInfo("contract.txt"), OTHER)])
    local = extra[: directory_offset(extra)]
    end = container[start:]
    moved = end[:-6] + struct.pack("<I", start + len(local)) + end[-2:]
    return container[:start] + local + moved


def other_name_on_the_way(container: bytes) -> bytes:
    """The header on the way says another name than the directory."""
    return container.replace(b"contract.txt", b"contrast.txt", 1)


def other_size_on_the_way(container: bytes) -> bytes:
    start = container.index(b"contract.txt") - 30
    size = struct.unpack("<I", container[start + 22 : start + 26])[0]
    return container[: start + 22] + struct.pack("<I", size + 1) + container[start + 26 :]


def lying_size(container: bytes) -> bytes:
    """Both headers say less than the file unpacks to."""
    out = bytearray(container)
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = out.index(b"contract.txt", out.index(mark) if mark == b"PK\x03\x04" else directory_offset(container))
        start = out.rindex(mark, 0, place)
        out[start + at : start + at + 4] = struct.pack("<I", 10)
    return bytes(out)


def same_name_twice(container: bytes) -> bytes:
    info = zipfile.ZipInfo("contract.txt")
    start = packed([*members(container), (zipfile.ZipInfo("contrast.txt"), OTHER)])
    assert info.filename.encode() in start
    return start.replace(b"contrast.txt", b"contract.txt")


def encrypted(container: bytes) -> bytes:
    start = container.index(b"contract.txt") - 30
    again = container.rindex(b"contract.txt") - 46
    out = bytearray(container)
    out[start + 6] |= 1
    out[again + 8] |= 1
    return bytes(out)


def bomb(megabytes: int = 400) -> bytes:
    """A container whose one file unpacks to a thousand times its size."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", asic.MIME_TYPE)
        with archive.open("zeros.bin", "w") as member:
            for _ in range(megabytes):
                member.write(bytes(1024 * 1024))
        archive.writestr("META-INF/signatures.xml", "<x/>")
    return out.getvalue()


def many_members(count: int = 5000) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(count):
            archive.writestr(f"f{number}", b"")
    return out.getvalue()


_LINK = 0o120777 << 16

# What each attack must end with: a refusal by this code, or None: judged and never plainly valid.
ZIP_ATTACKS: dict[str, tuple[Attack, str | None]] = {
    "file changed": (lambda c: replaced(c, "contract.txt", OTHER), None),
    "file added": (lambda c: with_member(c, "extra.txt", OTHER), None),
    "file renamed": (lambda c: renamed(c, "contract.txt", "contrast.txt"), None),
    "file taken away": (lambda c: packed([m for m in members(c) if m[0].filename != "contract.txt"]), None),
    "unsigned file in a folder": (lambda c: with_member(c, "annex/more.csv", OTHER), None),
    "signature taken away": (lambda c: packed([m for m in members(c) if "signatures" not in m[0].filename]), None),
    "signature hidden in data": (lambda c: renamed(c, "META-INF/signatures001.xml", "signatures001.xml"), None),
    "path leads out": (lambda c: with_member(c, "../evil.sh", OTHER), "container-name-unsafe"),
    "absolute path": (lambda c: with_member(c, "/etc/evil", OTHER), "container-name-unsafe"),
    "drive letter": (lambda c: with_member(c, "C:evil.txt", OTHER), "container-name-unsafe"),
    "backslash": (lambda c: with_member(c, "annex\\evil.txt", OTHER), "container-name-unsafe"),
    "dot in path": (lambda c: with_member(c, "./contract.txt", OTHER), "container-name-unsafe"),
    "control character": (lambda c: with_member(c, "contract.txt\u202e", OTHER), "container-name-unsafe"),
    "same name in capitals": (lambda c: with_member(c, "CONTRACT.TXT", OTHER), "container-name-twice"),
    "same name twice": (same_name_twice, "container-name-twice"),
    "symbolic link": (lambda c: with_member(c, "link", b"/etc/passwd", external_attr=_LINK), "container-damaged"),
    "other packing": (lambda c: packed(members(c), method=zipfile.ZIP_BZIP2), "container-damaged"),
    "octets behind": (lambda c: c + b"\x00" * 100, "container-damaged"),
    "second container behind": (lambda c: c + bomb(1), "container-damaged"),
    "octets in front": (in_front, "unknown"),
    "hidden member": (hidden_member, "container-hidden-data"),
    "other name on the way": (other_name_on_the_way, "container-contradiction"),
    "other size on the way": (other_size_on_the_way, "container-contradiction"),
    "lying size": (lying_size, "container-damaged"),
    "encrypted": (encrypted, "container-encrypted"),
    "cms over something else inside": (lambda c: with_member(c, "META-INF/signature002.p7s", p7s(content=OTHER)), None),
}


# Containers with CMS signatures

_MANIFEST, _SIGNATURE = "META-INF/ASiCManifest.xml", "META-INF/signature.p7s"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


def manifest(files: dict[str, bytes], signature: str = _SIGNATURE, *, algorithm: str = _SHA256) -> bytes:
    """A list of files with their digests, which names the signature over it."""
    digest = "md5" if algorithm.endswith("md5") else "sha256"
    rows = "".join(
        f'<asic:DataObjectReference URI="{quote(name)}"><ds:DigestMethod Algorithm="{algorithm}"/><ds:DigestValue>'
        f"{b64encode(hashlib.new(digest, data, usedforsecurity=False).digest()).decode()}</ds:DigestValue></asic:DataObjectReference>"
        for name, data in files.items()
    )
    return (
        '<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">'
        f'<asic:SigReference URI="{quote(signature)}" MimeType="application/pkcs7-signature"/>{rows}</asic:ASiCManifest>'
    ).encode()


def _zipped(files: dict[str, bytes], kind: str) -> bytes:
    head = {"mimetype": f"application/vnd.etsi.asic-{kind}+zip".encode()}
    return packed([(zipfile.ZipInfo(name), data) for name, data in (head | files).items()])


def asics_cms(content: bytes = CONTENT) -> bytes:
    """ASiC-S: one file and a CMS signature over it."""
    return _zipped({"contract.txt": content, _SIGNATURE: p7s(content=content)}, "s")


def asice_cms(listed: bytes | None = None, files: dict[str, bytes] | None = None) -> bytes:
    """ASiC-E: files, a manifest (that of FILES if nothing else is ``listed``) and a CMS signature over it."""
    made = manifest(FILES) if listed is None else listed
    return _zipped({**(files or FILES), _MANIFEST: made, _SIGNATURE: p7s(content=made)}, "e")


def _entry_moved(made: bytes) -> bytes:
    """The entries stand in an element of their own: other readers may not see them."""
    return made.replace(b"<asic:DataObjectReference", b"<asic:Extension><asic:DataObjectReference", 1).replace(
        b"</asic:DataObjectReference>", b"</asic:DataObjectReference></asic:Extension>", 1
    )


# What each must end with: a refusal, or None: judged and never plainly valid.
CMS_CONTAINER_ATTACKS: dict[str, tuple[Callable[[], bytes], str | None]] = {
    "file changed": (lambda: replaced(asice_cms(), "contract.txt", OTHER), None),
    "the only file changed": (lambda: replaced(asics_cms(), "contract.txt", OTHER), None),
    "file added": (lambda: with_member(asice_cms(), "extra.txt", OTHER), None),
    "file added beside the only one": (lambda: with_member(asics_cms(), "extra.txt", OTHER), None),
    "file renamed": (lambda: renamed(asice_cms(), "contract.txt", "contrast.txt"), None),
    "files exchanged": (
        lambda: asice_cms(files=dict(zip(FILES, reversed(FILES.values()), strict=True))), None,
    ),
    "file taken away": (
        lambda: packed([one for one in members(asice_cms()) if one[0].filename != "contract.txt"]), None,
    ),
    "file not listed": (lambda: asice_cms(manifest({"contract.txt": CONTENT})), None),
    "entry out of sight": (lambda: asice_cms(_entry_moved(manifest(FILES))), None),
    "listed twice, once wrong": (
        lambda: asice_cms(manifest(FILES).replace(
            b"</asic:ASiCManifest>", manifest({"contract.txt": OTHER}).partition(b'signature"/>')[2],
        )), None,
    ),
    "unknown digest": (lambda: asice_cms(manifest(FILES).replace(b"xmlenc#sha256", b"xmlenc#sha255")), None),
    "weak digest": (
        lambda: asice_cms(manifest(FILES, algorithm="http://www.w3.org/2001/04/xmldsig-more#md5")), None,
    ),
    "manifest changed": (lambda: replaced(asice_cms(), _MANIFEST, manifest(FILES) + b"\n"), None),
    "manifest for the other files": (
        lambda: replaced(replaced(asice_cms(), "contract.txt", OTHER), _MANIFEST, manifest(FILES | {"contract.txt": OTHER})), None,
    ),
    "manifest taken away": (
        lambda: packed([one for one in members(asice_cms()) if one[0].filename != _MANIFEST]), None,
    ),
    "second manifest": (
        lambda: with_member(asice_cms(), "META-INF/ASiCManifest2.xml", manifest(FILES | {"contract.txt": OTHER})),
        "container-contradiction",
    ),
    "manifest that names nothing": (
        lambda: asice_cms(manifest(FILES).replace(b"SigReference", b"Signature")), "container-contradiction",
    ),
    "manifest with two signatures": (
        lambda: asice_cms(manifest(FILES).replace(b"<asic:SigReference", b'<asic:SigReference URI="x"/><asic:SigReference')),
        "container-contradiction",
    ),
    "manifest with a document type": (lambda: asice_cms(b"<!DOCTYPE x>" + manifest(FILES)), "xml-doctype"),
    "signature of another manifest": (
        lambda: replaced(asice_cms(), _SIGNATURE, p7s(content=manifest({"contract.txt": OTHER}))), None,
    ),
    "manifest inside the signature": (
        lambda: replaced(
            asice_cms(manifest({"contract.txt": OTHER})), _SIGNATURE, encapsulated(p7s(content=manifest(FILES)), manifest(FILES)),
        ), None,
    ),
    "signature over a file, not the manifest": (lambda: replaced(asice_cms(), _SIGNATURE, p7s()), None),
    "signature value flipped": (lambda: replaced(asics_cms(), _SIGNATURE, value_flipped(p7s())), None),
    "no CMS": (lambda: replaced(asics_cms(), _SIGNATURE, b"hello"), "cms-unreadable"),
}  # fmt: skip

CMS_CONTAINER_TWINS: dict[str, Callable[[], bytes]] = {
    "one file": asics_cms,
    "several files": asice_cms,
    "two signatures with a manifest each": lambda: packed([
        *members(asice_cms()),
        (zipfile.ZipInfo("META-INF/ASiCManifest2.xml"), made := manifest(FILES, "META-INF/signature2.p7s")),
        (zipfile.ZipInfo("META-INF/signature2.p7s"), p7s(content=made, person="elena")),
    ]),
    "two signatures over one file": lambda: with_member(asics_cms(), "META-INF/signature2.p7s", p7s(person="elena")),
    "name with a blank": lambda: asice_cms(manifest({"the contract.txt": CONTENT}), {"the contract.txt": CONTENT}),
    "type is listed too": lambda: asice_cms(manifest(FILES | {"mimetype": b"application/vnd.etsi.asic-e+zip"})),
    "something else in META-INF": lambda: with_member(asice_cms(), "META-INF/notes.txt", b"no signature"),
}  # fmt: skip
