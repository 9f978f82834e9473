"""Instruments as data, and which of them suit a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import Language
from msign.kernel.words import ContentType, Environment
from msign.providers.base import Answer, SigningOrder
from msign.providers.instruments import Instrument, load_instruments
from msign.providers.registry import Registry


class Silent:
    """A provider that is only asked who it is."""

    def __init__(self, identifier: str, problems: Sequence[str] = ()) -> None:
        self.identifier = identifier
        self._problems = problems

    def start(self, order: SigningOrder, workspace: Path) -> Answer:
        raise NotImplementedError

    def poll(self, order: SigningOrder, state: bytes, workspace: Path) -> Answer:
        raise NotImplementedError

    def cancel(self, order: SigningOrder, state: bytes) -> None:
        raise NotImplementedError

    def check_config(self) -> Sequence[str]:
        return self._problems


PHONE = Instrument("phone", "p", {Language.RO: "Telefon"}, order=2, max_items=3)
TOKEN = Instrument("token", "t", {Language.RO: "Token", Language.EN: "USB"}, order=1, accepts_sha1=True)
OFF = Instrument("off", "p", {Language.RO: "Oprit"}, enabled=False)


def _registry(*instruments: Instrument, providers: Sequence[str] = ("p", "t")) -> Registry:
    return Registry(instruments=instruments or (PHONE, TOKEN, OFF), providers=[Silent(name) for name in providers])


def _ids(registry: Registry, **question: object) -> list[str]:
    asked = {"environment": Environment.TEST, "content_type": ContentType.HASH, **question}
    return [found.id for found in registry.suitable(**asked)]


def test_suitable_ones_come_in_page_order() -> None:
    assert _ids(_registry()) == ["token", "phone"]


def test_disabled_ones_are_never_offered() -> None:
    assert _registry().instrument("off") is None
    assert _registry().instrument("phone") is PHONE


def test_an_instrument_without_a_running_provider_is_not_offered() -> None:
    registry = _registry(providers=["t"])
    assert _ids(registry) == ["token"]
    assert registry.check_config() == ["instrument phone: its provider p does not run"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ({"hash_lengths": {20, 32}}, ["token"]),
        ({"hash_lengths": {32, 64}}, ["token", "phone"]),
        ({"count": 4}, ["token"]),
        ({"count": 3}, ["token", "phone"]),
        ({"allowed": ("phone", "unknown")}, ["phone"]),
        ({"content_type": ContentType.PDF}, ["token", "phone"]),
    ],
)
def test_requests_narrow_the_choice(question: dict[str, object], expected: list[str]) -> None:
    assert _ids(_registry(), **question) == expected


def test_environment_and_content_type_of_the_instrument_count() -> None:
    narrow = replace(PHONE, environments=frozenset({Environment.TEST}), content_types=frozenset({ContentType.PDF}))
    registry = _registry(narrow)
    assert _ids(registry, content_type=ContentType.PDF) == ["phone"]
    assert _ids(registry) == []
    assert _ids(registry, content_type=ContentType.PDF, environment=Environment.PRODUCTION) == []


def test_duplicates_are_refused() -> None:
    with pytest.raises(MSignError, match="instrument phone is configured 2 times"):
        _registry(PHONE, PHONE)
    with pytest.raises(MSignError, match="provider p is configured 2 times"):
        _registry(providers=["p", "p"])


def test_the_provider_is_found_by_instrument_and_by_its_own_id() -> None:
    registry = _registry()
    assert registry.provider("phone") is registry.provider("p")
    with pytest.raises(MSignError) as caught:
        registry.provider("gone")
    assert caught.value.code is Code.MISCONFIGURED


def test_problems_of_providers_are_named() -> None:
    registry = Registry(instruments=[TOKEN], providers=[Silent("t", ["there is no token"])])
    assert registry.check_config() == ["provider t: there is no token"]


def test_the_shipped_instruments_are_those_of_the_facts() -> None:
    shipped = {instrument.id: instrument for instrument in load_instruments()}
    assert list(shipped) == ["mobile", "moldsign", "mobisign", "nationalid", "securesign", "tax"]
    assert {name for name, one in shipped.items() if not one.enabled} == {"securesign", "tax"}
    assert shipped["mobile"].needs == {"idnp", "msisdn"}
    for instrument in shipped.values():
        assert all(instrument.name(language) for language in Language)


def test_names_fall_back_to_romanian() -> None:
    assert PHONE.name(Language.RU) == "Telefon"
    assert TOKEN.name(Language.EN) == "USB"
    assert PHONE.help_text(Language.EN) == ""


def test_an_installation_overrides_single_values(tmp_path: Path) -> None:
    override = tmp_path / "instruments.toml"
    override.write_text(
        '[mobile]\nmax_items = 2\nenvironments = ["test"]\n'
        '[own]\nprovider = "own"\nname.ro = "Propriu"\norder = 1\ncontent_types = ["Pdf"]\n'
    )
    loaded = {instrument.id: instrument for instrument in load_instruments(override)}
    assert next(iter(loaded)) == "own"
    assert loaded["own"].content_types == {ContentType.PDF}
    assert loaded["mobile"].max_items == 2
    assert loaded["mobile"].environments == {Environment.TEST}
    assert loaded["mobile"].needs == {"idnp", "msisdn"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[x]\nprovider = "p"', "a Romanian name"),
        ('[x]\nprovider = 7\nname.ro = "X"', "provider: str"),
        ('[x]\nprovider = "p"\nname.ro = "X"\ncolour = "red"', "no such member: colour"),
        ('[x]\nprovider = "p"\nname.ro = "X"\nneeds = ["shoe size"]', "needs: a list of"),
        ('[x]\nprovider = "p"\nname.fr = "X"', "name: "),
        ('[x]\nprovider = "p"\nname = "X"', "name: a table"),
        ('[x]\nprovider = "p"\nname.ro = "X"\nenvironments = ["moon"]', "environments: a list of"),
        ('[x]\nprovider = "p"\nname.ro = "X"\nmax_items = true', "max_items: int"),
        ('[x]\nprovider = "p"\nname.ro = "X"\ndevice = "pen"', "known device"),
        ("x = 1", "a table was expected"),
        ("[x", "instruments.toml"),
    ],
)
def test_mistakes_in_the_file_are_named(text: str, reason: str, tmp_path: Path) -> None:
    override = tmp_path / "instruments.toml"
    override.write_text(text)
    with pytest.raises(MSignError, match=reason) as caught:
        load_instruments(override)
    assert caught.value.code is Code.MISCONFIGURED
