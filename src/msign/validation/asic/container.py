"""Opening a hostile ZIP file: every octet belongs to one member, every member has one name, bombs do not go off.

Programs disagree about broken ZIP files: one follows the directory at the end, another the headers on the way. A
container in which the two can differ may show people other files than those that were signed, so it is refused.
"""

from __future__ import annotations

import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import MIB

MAX_MEMBERS = 1100
MAX_DIRECTORY_BYTES = MIB
MAX_NAME_BYTES = 1024
FREE_UNPACKED, UNPACKED_PER_OCTET = 64 * MIB, 8  # all unpacking together: files that pack better are bombs
_CHUNK = 256 * 1024
_LOCAL = struct.Struct("<4s5HIIIHH")
_LOCAL_MARK, _DESCRIPTOR_MARK = b"PK\x03\x04", b"PK\x07\x08"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED, _HAS_DESCRIPTOR = 0x1 | 0x40 | 0x2000, 0x8
_FILE_TYPE, _REGULAR, _UNIX = 0o170000, 0o100000, 3
_ZIP64_EXTRA = 1


class ContainerRefusedError(MSignError):
    """A container that is not looked at any further; ``refusal`` is the stable code of the reason."""

    def __init__(self, refusal: str, message: str) -> None:
        super().__init__(Code.UNREADABLE_DOCUMENT, message)
        self.refusal = refusal


@dataclass(slots=True)
class UnpackBudget:
    """Octets that may still be unpacked, over all members and all times that they are read."""

    left: int

    def charge(self, octets: int) -> None:
        """Take octets off. Raises :class:`ContainerRefusedError` when nothing is left."""
        self.left -= octets
        if self.left < 0:
            raise ContainerRefusedError("container-too-large", "the files unpack to more than the limit")


@dataclass(frozen=True)
class Container:
    """The members of a checked container, in the order in which they stand."""

    file: IO[bytes]
    archive: zipfile.ZipFile
    budget: UnpackBudget
    members: dict[str, zipfile.ZipInfo] = field(default_factory=dict)

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a member unpacked. Raises :class:`ContainerRefusedError` if it is not what the directory says."""
        try:
            with self.archive.open(self.members[name]) as member:
                while piece := member.read(_CHUNK):
                    self.budget.charge(len(piece))
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise ContainerRefusedError("container-damaged", f"{name}: {error}") from None

    def read(self, name: str, limit: int, refusal: str) -> bytes:
        """Return a member of bearable size. Raises :class:`ContainerRefusedError` with ``refusal`` for a larger one."""
        if self.members[name].file_size > limit:
            raise ContainerRefusedError(refusal, f"{name} is larger than the limit")
        return b"".join(self.pieces(name))


def open_container(file: IO[bytes], path: Path) -> Container:
    """Return the checked container in an open file. Raises :class:`ContainerRefusedError` for anything odd."""
    size = path.stat().st_size
    _check_directory(file, size)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OverflowError) as error:
        raise ContainerRefusedError("container-damaged", str(error)) from None
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    if len(infos) > MAX_MEMBERS:
        raise ContainerRefusedError("container-too-many-files", f"{len(infos)} files")
    for info in infos:
        _check_member(info)
    _check_names(infos)
    _check_layout(file, infos, archive.start_dir)
    members = {info.filename: info for info in infos if not info.is_dir()}
    budget = UnpackBudget(FREE_UNPACKED + UNPACKED_PER_OCTET * size)
    if sum(info.file_size for info in infos) > budget.left:
        raise ContainerRefusedError("container-too-large", "the files unpack to more than the limit")
    return Container(file, archive, budget, members)


def _check_directory(file: IO[bytes], size: int) -> None:
    """Look at the end before the whole directory is read: its size is bounded, and nothing stands behind it."""
    tail = min(size, 22)
    file.seek(size - tail)
    end = file.read(tail)
    if len(end) < 22 or not end.startswith(b"PK\x05\x06"):
        raise ContainerRefusedError("container-damaged", "the directory does not stand at the very end")
    disk, first, here, count, length, offset, _comment = struct.unpack("<4H2IH", end[4:])
    plain = 0xFFFF not in (here, count) and 0xFFFFFFFF not in (length, offset)
    if not plain or disk or first or here != count or offset + length != size - 22:
        # ZIP64 is for files that are far above what is judged here.
        raise ContainerRefusedError("container-damaged", "the directory contradicts itself")
    if length > MAX_DIRECTORY_BYTES or count > MAX_MEMBERS:
        raise ContainerRefusedError("container-too-many-files", f"{count} files")


def _check_member(info: zipfile.ZipInfo) -> None:
    name = info.filename
    if not name:
        raise ContainerRefusedError("container-name-unsafe", "a file without name")
    if info.flag_bits & _ENCRYPTED:
        raise ContainerRefusedError("container-encrypted", name[:100])
    kind = info.external_attr >> 16 & _FILE_TYPE if info.create_system == _UNIX else 0
    if info.compress_type not in _METHODS or (kind not in (0, _REGULAR) and not info.is_dir()):
        raise ContainerRefusedError("container-damaged", f"{name[:100]} is packed in a way that is not accepted")
    if info.is_dir() and (info.file_size or info.compress_size):
        raise ContainerRefusedError("container-damaged", f"the folder {name[:100]} has content")


def _check_names(infos: list[zipfile.ZipInfo]) -> None:
    """No name may lead out of the container, and no two may meet when they are unpacked on any system."""
    seen: set[str] = set()
    for info in infos:
        name = info.filename.removesuffix("/") if info.is_dir() else info.filename
        parts = name.split("/")
        odd = "\\" in name or ":" in parts[0] or not name.isprintable() or len(name.encode()) > MAX_NAME_BYTES
        if odd or info.orig_filename != info.filename or any(part in ("", ".", "..") for part in parts):
            raise ContainerRefusedError("container-name-unsafe", ascii(name)[:100])
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in seen:
            raise ContainerRefusedError("container-name-twice", ascii(name)[:100])
        seen.add(folded)


def _check_layout(file: IO[bytes], infos: list[zipfile.ZipInfo], directory: int) -> None:
    """Members follow one another without a gap, and each header on the way says what the directory says."""
    position = 0
    for info in infos:
        if info.header_offset != position:
            raise ContainerRefusedError(
                "container-hidden-data", f"octets before {info.filename[:100]} belong to no file"
            )
        position = _after(file, info)
    if position != directory:
        raise ContainerRefusedError("container-hidden-data", "octets before the directory belong to no file")


def _after(file: IO[bytes], info: zipfile.ZipInfo) -> int:
    """Return where the next member must begin, after comparing the local header with the directory."""
    file.seek(info.header_offset)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size:
        raise ContainerRefusedError("container-damaged", "a header is cut off")
    mark, _needs, flags, method, _time, _date, crc, packed, unpacked, name_length, extra_length = _LOCAL.unpack(head)
    name = file.read(name_length)
    codec = "utf-8" if flags & 0x800 else "cp437"
    described = bool(flags & _HAS_DESCRIPTOR)
    stated = (crc, packed, unpacked)
    listed = (info.CRC, info.compress_size, info.file_size)
    if described and stated == (0, 0, 0):
        stated = listed
    same = (
        mark == _LOCAL_MARK
        and flags == info.flag_bits
        and method == info.compress_type
        and name.decode(codec, "replace") == info.orig_filename
        and stated == listed
    )
    if not same:
        raise ContainerRefusedError("container-contradiction", f"two headers of {info.filename[:100]} differ")
    end: int = info.header_offset + _LOCAL.size + name_length + extra_length + info.compress_size
    return end + _descriptor(file, end, listed) if described else end


def _descriptor(file: IO[bytes], position: int, listed: tuple[int, int, int]) -> int:
    """Return the length of the data descriptor, with or without its mark (APPNOTE 4.3.9)."""
    file.seek(position)
    found = file.read(16)
    plain = struct.pack("<III", *listed)
    if found == _DESCRIPTOR_MARK + plain:
        return 16
    if found[:12] == plain:
        return 12
    raise ContainerRefusedError("container-contradiction", "a data descriptor does not fit its file")
