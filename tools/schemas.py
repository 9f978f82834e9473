"""WSDL and schema: write them from the contract's table, or check that the committed files and samples still fit.

`update` writes schemas/; `check` compares, compiles the schema, and validates every sample envelope of the docs.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from msign.faces.soap import wsdl
from msign.faces.soap.contract import NAMESPACE

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "schemas"
SAMPLES = ROOT / "docs" / "protocol" / "examples"
ENVELOPE_SCHEMA = SCHEMAS / "soap-envelope.xsd"
# What integrators built against. A change of this line is a change of the published contract: say so in the CHANGELOG.
WSDL_SHA256 = "78e551b5c4e0359aa66ddd5aff041ce7df6402cca3a6ce1c6c50094f7e570c51"


def main(verb: str) -> int:
    made = {"msign.wsdl": wsdl.wsdl(), "msign.xsd": wsdl.schema()}
    if verb == "update":
        for name, content in made.items():
            (SCHEMAS / name).write_bytes(content)
        print(f"WSDL_SHA256 = {hashlib.sha256(made['msign.wsdl']).hexdigest()}")
        return 0
    problems = [*_differences(made), *_samples()]
    print("\n".join(problems))
    return bool(problems)


def _differences(made: dict[str, bytes]) -> Iterator[str]:
    for name, content in made.items():
        path = SCHEMAS / name
        if not path.exists() or path.read_bytes() != content:
            yield f"schemas/{name} differs from the contract's table; `python tools/schemas.py update` writes it"
    if hashlib.sha256(made["msign.wsdl"]).hexdigest() != WSDL_SHA256:
        yield "the WSDL is not the published one: its digest differs from WSDL_SHA256 in tools/schemas.py"


def _samples() -> Iterator[str]:
    schema = etree.XMLSchema(etree.parse(ENVELOPE_SCHEMA))
    samples = sorted(SAMPLES.glob("*.xml"))
    if not samples:
        yield "docs/protocol/examples holds no sample envelope"
    for path in samples:
        tree = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True))
        if not schema.validate(tree):
            yield f"{path.name}: {schema.error_log.last_error}"
        elif NAMESPACE.encode() not in path.read_bytes() and b"Fault>" not in path.read_bytes():
            yield f"{path.name}: neither a message nor a fault"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
