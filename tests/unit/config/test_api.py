from __future__ import annotations

import pytest

from msign.config.api import _soap_options
from msign.config.options import Options, Soap
from msign.kernel.words import Environment


@pytest.mark.parametrize(
    ("setting", "sandbox", "hidden"),
    [("auto", True, False), ("auto", False, True), ("yes", True, True), ("no", False, False)],
)
def test_the_wsdl_is_hidden_from_strangers_outside_a_sandbox(setting: str, sandbox: bool, hidden: bool) -> None:
    options = Options(sandbox=sandbox, soap=Soap(wsdl_require_certificate=setting))  # type: ignore[arg-type]
    assert _soap_options(options, Environment.PRODUCTION).wsdl_require_certificate is hidden
