"""Name constraints on URIs (RFC 5280 clause 4.2.1.10); PKITS has the other kinds."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from msign.pki import extensions as ext
from msign.pki.constraints import NameState
from msign.pki.extensions import GeneralName, NameConstraints
from msign.pki.names import Name


@dataclass(frozen=True)
class Named:
    """A certificate as far as name constraints look at it."""

    alternative_names: tuple[GeneralName, ...]
    subject: Name = field(default_factory=lambda: Name((), b"", ()))


def uri(text: str) -> GeneralName:
    return GeneralName(ext.URI, text.encode())


def breaks(text: str, constraints: NameConstraints) -> bool:
    state = NameState()
    state.add(constraints)
    return state.violation(Named((uri(text),))) is not None  # type: ignore[arg-type]


WITHOUT = NameConstraints((), (uri("bad.example"),))
ONLY = NameConstraints((uri(".good.example"),), ())
OTHERS = NameConstraints((), (GeneralName(ext.DNS, b"bad.example"),))


@pytest.mark.parametrize("text", ["https://[", "urn:isbn:1", "", "https:///path"])
def test_where_uris_are_constrained_one_without_a_host_is_not_accepted(text: str) -> None:
    assert breaks(text, WITHOUT)
    assert breaks(text, ONLY)
    assert not breaks(text, OTHERS)


def test_a_host_is_held_against_the_subtrees() -> None:
    assert breaks("https://BAD.example/x", WITHOUT)
    assert not breaks("https://fine.example/x", WITHOUT)
    assert not breaks("https://www.good.example", ONLY)
    assert breaks("https://good.example.bad", ONLY)
