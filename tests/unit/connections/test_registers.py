from __future__ import annotations

from pathlib import Path

import pytest

from msign.connections.fees import Kind
from msign.connections.registers import RegisterUnavailableError
from msign.connections.registers.local import (
    ORGANISATIONS,
    SYSTEMS,
    LocalOrganisations,
    LocalSystems,
    import_csv,
    install_samples,
)
from msign.kernel.errors import MSignError
from msign.kernel.identifiers import is_idno


def test_samples_are_invented_and_well_formed(tmp_path: Path) -> None:
    install_samples(tmp_path)
    found = LocalOrganisations(tmp_path).find("1018600000035")
    assert found is not None
    assert found.kind is Kind.PRIVATE
    assert is_idno(found.number)
    system = LocalSystems(tmp_path).find(" rsi-0007-2025 ")
    assert system is not None
    assert system.owner == "1000000000007"
    assert LocalSystems(tmp_path).find("RSI-9999-2025") is None


def test_samples_never_replace_what_was_imported(tmp_path: Path) -> None:
    (tmp_path / ORGANISATIONS).write_text("[]", "utf-8")
    install_samples(tmp_path)
    assert LocalOrganisations(tmp_path).find("1018600000035") is None


def test_a_missing_or_broken_register_is_unavailable_not_empty(tmp_path: Path) -> None:
    register = LocalOrganisations(tmp_path)
    with pytest.raises(RegisterUnavailableError):
        register.find("1018600000035")
    (tmp_path / ORGANISATIONS).write_text("{", "utf-8")
    with pytest.raises(RegisterUnavailableError):
        register.find("1018600000035")


def test_an_import_takes_effect_without_a_restart(tmp_path: Path) -> None:
    install_samples(tmp_path)
    register = LocalSystems(tmp_path)
    assert register.find("RSI-0100-2026") is None
    source = tmp_path / "extras.csv"
    source.write_text("\ufeffnumber,name,owner\nRSI-0100-2026,Nou,1000000000007\n", "utf-8")
    assert import_csv(source, tmp_path, SYSTEMS) == 1
    assert register.find("RSI-0100-2026") is not None


@pytest.mark.parametrize(
    "text", ["number,name,kind\n1,,public\n", "number,name,kind\n1,X,other\n", "numar,name,kind\n1,X,public\n"]
)
def test_a_bad_extract_is_refused_with_its_line_and_changes_nothing(tmp_path: Path, text: str) -> None:
    install_samples(tmp_path)
    source = tmp_path / "bad.csv"
    source.write_text(text, "utf-8")
    with pytest.raises(MSignError, match="line 2"):
        import_csv(source, tmp_path, ORGANISATIONS)
    assert LocalOrganisations(tmp_path).find("1018600000035") is not None
