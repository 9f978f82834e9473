"""A small sRGB profile of our own making: PDF/A wants to know which colours are meant (ICC.1:2001-04, version 2.1)."""

from __future__ import annotations

import struct

_WHITE_D50 = (0.9642, 1.0, 0.8249)
_PRIMARIES = {  # IEC 61966-2-1 primaries, adapted to D50 (Bradford)
    b"rXYZ": (0.4360747, 0.2225045, 0.0139322),
    b"gXYZ": (0.3850649, 0.7168786, 0.0971045),
    b"bXYZ": (0.1430804, 0.0606169, 0.7141733),
}
_GAMMA = 2.2


def srgb_profile() -> bytes:
    """Return an ICC display profile with the primaries of sRGB and gamma 2.2."""
    tags: list[tuple[bytes, bytes]] = [
        (b"desc", _description("sRGB-like, MSign")),
        (b"cprt", b"text\0\0\0\0No copyright, use freely\0"),
        (b"wtpt", _xyz(_WHITE_D50)),
        *((name, _xyz(value)) for name, value in _PRIMARIES.items()),
        *((name, _curve()) for name in (b"rTRC", b"gTRC", b"bTRC")),
    ]
    table, data = [struct.pack(">I", len(tags))], b""
    start = 128 + 4 + 12 * len(tags)
    for name, body in tags:
        table.append(name + struct.pack(">II", start + len(data), len(body)))
        data += body + b"\0" * (-len(body) % 4)
    content = b"".join(table) + data
    return _header(128 + len(content)) + content


def _header(size: int) -> bytes:
    head = struct.pack(">I4sI4s4s4s", size, b"\0\0\0\0", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    return head + b"".join(_fixed(value) for value in _WHITE_D50) + b"\0" * 48


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(value: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(_fixed(part) for part in value)


def _curve() -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(_GAMMA * 256))


def _description(text: str) -> bytes:
    raw = text.encode("ascii") + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(raw)) + raw + b"\0" * (4 + 4 + 2 + 1 + 67)
