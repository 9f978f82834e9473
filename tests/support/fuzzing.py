"""Fuzzing every parser that strangers' octets reach: targets, mutations, and what must always hold.

`make fuzz SECONDS=600` runs it for a while and keeps each finding in ``tests/assets/fuzz/TARGET/``; the suite replays
those and runs a short round. A target raises errors of ours only, and never calls something valid that was not signed.
"""

from __future__ import annotations

import io
import random
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from msign.kernel.clock import FixedClock, monotonic
from msign.kernel.errors import MSignError
from msign.kernel.words import SignatureLevel
from msign.pki import tsquery
from msign.pki.cms import parse_signed_data
from msign.pki.storedlists import read_anchors
from msign.pki.timestamps import check_token, parse_token
from msign.pki.trust import TrustStore
from msign.sandbox import vault
from msign.validation.asic.judge import validate_asic
from msign.validation.cadesfile.judge import validate_cades
from msign.validation.context import ValidationContext
from msign.validation.detached import DetachedContent, DetachedContents
from msign.validation.model import DocumentReport
from msign.validation.pades.judge import validate_pdf
from msign.validation.policyfile import read_policy
from msign.validation.reports.codec import decode_report, encode_report
from msign.validation.reports.etsi import etsi_report
from msign.validation.trustlists.content import read_list
from msign.validation.trustlists.folder import sources_of
from msign.validation.trustlists.refresh import ListSource, TrustedLists
from msign.validation.xades.document import validate_xades
from msign.validation.xades.xml import parse_xml
from tests.support import attacks, containers, pdfsign
from tests.support.pki import session_pki
from tests.unit.validation import forge, test_fuzz

ASSETS = Path(__file__).resolve().parents[1] / "assets" / "fuzz"
SLOW_SECONDS = 2.0  # of processor time, for inputs far below 5 MB
_WORDS = (
    b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x00\x00", b"\xff" * 4, b"\x02\x01\x00", b"\x05\x00", b"\x30\x00", b"\xa0\x00",
    b"<!DOCTYPE x>", b"<![CDATA[", b"]]>", b"&#0;", b"&x;", b"xmlns:a='b'", b"<a>", b"</a>", b"URI=''", b"Id='s1'", b"#s1-props",
    b"obj", b"endobj", b"stream", b"xref", b"trailer", b"startxref", b"<<", b">>", b"/Prev", b"/Kids", b"0 R", b"%%EOF",
    b"/Length", b"/ByteRange", b"/Type", b"null", b"-1", b"99999999999", b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"../",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """A parser: honest inputs, and a run that raises what must not be."""

    seeds: Callable[[], list[bytes]]
    run: Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """An input that broke a promise."""

    target: str
    data: bytes
    why: str


@cache
def _context() -> ValidationContext:
    with tempfile.TemporaryDirectory() as folder:
        trust = TrustStore.from_folder(session_pki().write_trust(Path(folder)))
    return ValidationContext(trust=trust, clock=FixedClock(), revocation=pdfsign.context(Path(folder)).revocation)


def _asn1(reader: Callable[[bytes], object]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        reader(data)

    return run


def _checked(report: DocumentReport) -> DocumentReport:
    """Every report can be written in every form and read back."""
    assert decode_report(encode_report(report)) == report
    etsi_report(report)
    return report


def _touch_cms(data: bytes) -> None:
    for signer in parse_signed_data(data).signers:
        _ = (signer.digest, signer.scheme, signer.signature, signer.signed, signer.unsigned, signer.ess_certificates)


def _touch_answer(data: bytes) -> None:
    tsquery.granted_token(data)
    check_token(parse_token(tsquery.granted_token(data)), lambda _name: b"")


def _cades(data: bytes) -> None:
    contents = DetachedContents((DetachedContent(data=containers.CONTENT),))
    _checked(validate_cades(data, contents, _context()))
    changed = DetachedContents((DetachedContent(data=containers.OTHER),))
    assert not _checked(validate_cades(data, changed, _context())).valid


def _xades(data: bytes) -> None:
    report = _checked(validate_xades(data, DetachedContents(), _context()))
    assert not report.valid or b"100" in data


def _pdf(data: bytes) -> None:
    report = _checked(validate_pdf(data, _context()))
    assert not report.valid or _covered(data) in {_covered(seed) for seed in TARGETS["pdf"].seeds()}


def _covered(pdf: bytes) -> bytes | None:
    match = re.search(rb"/ByteRange *\[0 (\d+) (\d+) (\d+) *\]", pdf)
    return pdf[: int(match[1])] + pdf[int(match[2]) : int(match[2]) + int(match[3])] if match else None


def _asic(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".asice") as file:
        file.write(data)
        file.flush()
        report = _checked(validate_asic(Path(file.name), DetachedContents(), _context()))
        if report.valid:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = [info.filename for info in archive.infolist() if not info.is_dir()]
                data_names = [name for name in names if name != "mimetype" and not name.startswith("META-INF/")]
                assert {name: archive.read(name) for name in data_names} == containers.FILES


def _list(data: bytes) -> None:
    read_list(parse_xml(data).root)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "list.xml"
        path.write_bytes(data)
        source = ListSource(str(path), _publisher()[1])
        found = TrustedLists(sources=[source], folder=Path(name) / "kept", clock=FixedClock()).refresh()
        assert set(found.store.anchors) <= set(_publisher()[2])


@cache
def _publisher() -> tuple[bytes, tuple[object, ...], tuple[object, ...]]:  # type: ignore[misc]
    from msign.pki.certificate import parse

    with tempfile.TemporaryDirectory() as name:
        made = vault.list_publisher(Path(name), session_pki().hierarchy, FixedClock())
        data = made.current()
    return data, (parse(made.certificate),), read_list(parse_xml(data).root).anchors


def _in_folder(name: str, reader: Callable[[Path], object]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            reader(Path(folder))

    return run


def _report_seed() -> bytes:
    return encode_report(validate_xades(forge.counter_signed(session_pki()), DetachedContents(), _context()))


def _stored_seed() -> bytes:
    from msign.pki.storedlists import write_anchors

    with tempfile.TemporaryDirectory() as folder:
        write_anchors(Path(folder), _publisher()[2])  # type: ignore[arg-type]
        return (Path(folder) / "lists" / "anchors.json").read_bytes()


def _asic_seeds() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        made = [containers.asice(Path(folder), level) for level in (SignatureLevel.T, SignatureLevel.LTA)]
    return [*made, containers.packed(containers.members(made[0]), method=zipfile.ZIP_STORED)]


def _pdf_seeds() -> list[bytes]:
    signed = attacks.victim()
    return [
        signed,
        attacks.TWINS["object streams"](b""),
        attacks.TWINS["hybrid document"](b""),
        attacks.filled(attacks.certified(2)),
        attacks.timestamp(attacks.add_dss(signed)),
    ]


TARGETS: dict[str, Target] = {
    **{
        name: Target(cache(lambda name=name: [test_fuzz.SEEDS[name]]), _asn1(reader))  # type: ignore[misc]
        for name, reader in test_fuzz.READERS.items()
    },
    "cms": Target(cache(lambda: [containers.p7s(), containers.p7s(SignatureLevel.LTA)]), _touch_cms),
    "tsp": Target(cache(lambda: [b"\x30\x82\x00\x00" + test_fuzz.SEEDS["token"], _answer()]), _touch_answer),
    "cades": Target(cache(lambda: [containers.p7s(level) for level in ("T", "LTA")]), _cades),  # type: ignore[arg-type]
    "xades": Target(
        cache(lambda: [make(session_pki()) for make in (forge.enveloped, forge.counter_signed, forge.enveloping)]),
        _xades,
    ),
    "pdf": Target(cache(_pdf_seeds), _pdf),
    "asic": Target(cache(_asic_seeds), _asic),
    "list": Target(cache(lambda: [_publisher()[0]]), _list),
    "stored": Target(cache(lambda: [_stored_seed()]), _in_folder("lists/anchors.json", read_anchors)),
    "choice": Target(
        cache(
            lambda: [b'[md]\nlocation = "list.xml"\nsigners = ["a.pem"]\nlist_of_lists = true\nterritories = ["MD"]\n']
        ),
        _in_folder("lists.toml", sources_of),
    ),
    "policy": Target(
        cache(lambda: [b'name = "a"\nversion = "1"\nsha1 = "reject"\nfreshness_hours = 24\n[checks]\na = "warn"\n']),
        _in_folder("policy.toml", lambda folder: read_policy(folder / "policy.toml")),
    ),
    "report": Target(cache(lambda: [_report_seed()]), _asn1(decode_report)),
}


def _answer() -> bytes:
    request = tsquery.request(b"x" * 32, "sha256")
    return session_pki().tsa.respond(request)


def mutated(rng: random.Random, target: Target) -> bytes:
    """An honest input, hurt in a few places; containers are sometimes hurt inside and packed anew."""
    seeds = target.seeds()
    data = bytearray(rng.choice(seeds))
    if data[:4] == b"PK\x03\x04" and rng.random() < 0.5:
        return _hurt_inside(rng, bytes(data), seeds)
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        _hurt(rng, data, seeds)
    return bytes(data)


def _hurt_inside(rng: random.Random, data: bytes, seeds: list[bytes]) -> bytes:
    members = containers.members(data)
    chosen = rng.randrange(len(members))
    body = bytearray(members[chosen][1])
    _hurt(rng, body, seeds)
    members[chosen] = (members[chosen][0], bytes(body))
    if rng.random() < 0.1:
        members[chosen][0].filename = rng.choice(
            ("../a", "META-INF/signatures.xml", "a/b", "contract.txt", "é", "x" * 300)
        )
    out = io.BytesIO()
    out.write(containers.packed(members))
    return out.getvalue()


def _hurt(rng: random.Random, data: bytearray, seeds: list[bytes]) -> None:
    if not data:
        data += b"0"
    place = rng.randrange(len(data))
    match rng.randrange(8):
        case 0:
            data[place] ^= 1 << rng.randrange(8)
        case 1:
            data[place] = rng.choice((0, 1, 0x7F, 0x80, 0x81, 0x84, 0xFF, rng.randrange(256)))
        case 2:
            del data[place : place + rng.choice((1, 2, 8, 64, 1000))]
        case 3:
            data[place:place] = rng.choice(_WORDS)
        case 4:
            word = rng.choice(_WORDS)
            data[place : place + len(word)] = word
        case 5:  # a piece a second time
            length = rng.choice((4, 32, 400))
            data[place:place] = data[place : place + length] * rng.choice((1, 1, 2, 50))
        case 6:  # a piece of another honest input
            other = rng.choice(seeds)
            at = rng.randrange(len(other))
            data[place : place + rng.choice((0, 16))] = other[at : at + rng.choice((8, 64, 500))]
        case _:
            digits = list(re.finditer(rb"\d+", data[place : place + 200]))
            if digits:
                start, end = place + digits[0].start(), place + digits[0].end()
                data[start:end] = rng.choice((b"0", b"-1", b"1", b"4294967296", b"99999999999999999999", b"7"))


def trouble(name: str, data: bytes) -> str:
    """Return what an input breaks, empty if nothing."""
    started = monotonic()
    try:
        TARGETS[name].run(data)
    except MSignError:
        pass
    except RecursionError:
        return "RecursionError"
    except Exception as error:  # noqa: BLE001  (that is what is looked for)
        return f"{type(error).__name__}: {error}"
    return "slow" if monotonic() - started > 5 * SLOW_SECONDS else ""


def findings(names: list[str], seed: int, rounds: Iterator[int]) -> Iterator[Finding]:
    """Run one mutation of each target a round and yield what breaks."""
    rng = random.Random(seed)
    for _ in rounds:
        for name in names:
            data = mutated(rng, TARGETS[name])
            if why := trouble(name, data):
                yield Finding(name, data, why)
