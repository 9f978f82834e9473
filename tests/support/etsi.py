"""The schemas of ETSI, out of the modules of the European reference implementation in Maven's local repository.

They may be used and carry no licence to hand them on, so they are not kept here. `make interop` fetches the modules;
where they are missing the tests skip and say so.
"""

from __future__ import annotations

import functools
import zipfile
from pathlib import Path

import pytest
from lxml import etree

_MODULES = Path.home() / ".m2" / "repository" / "eu" / "europa" / "ec" / "joinup" / "sd-dss"
_NAMES = ("specs-validation-report", "specs-xades", "specs-xmldsig", "specs-trusted-list-v211")
# Addresses in the schemas whose last part is not the name of the file in the module.
_OTHER_NAMES = {"ts_119612v020201_201601xsd.xsd": "ts_119612v020101_xsd.xsd"}

needs_schemas = pytest.mark.skipif(
    not all(list((_MODULES / name).glob("*/*.jar")) for name in _NAMES),
    reason="the schemas of ETSI are not here; `make interop` fetches them where a JDK and Maven are",
)


class _Modules(etree.Resolver):
    """Answers the schemas' imports out of the modules; nothing is fetched."""

    def resolve(self, system_url: str, public_id: str | None, context: object) -> object:  # type: ignore[override]
        name = system_url.rpartition("/")[2]
        return self.resolve_string(_files()[_OTHER_NAMES.get(name, name)], context, base_url=system_url)


@functools.cache
def _files() -> dict[str, bytes]:
    found = {}
    for name in _NAMES:
        jar = max((_MODULES / name).glob("*/*.jar"))
        with zipfile.ZipFile(jar) as archive:
            inside = [one for one in archive.namelist() if one.startswith("xsd/") and one.endswith(".xsd")]
            found |= {one.rpartition("/")[2]: archive.read(one) for one in inside}
    return found


@functools.cache
def schema(name: str) -> etree.XMLSchema:
    """Return a schema by the name of its file, for example ``TS119102-2-v141.xsd``."""
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Modules())
    return etree.XMLSchema(etree.fromstring(_files()[name], parser))
