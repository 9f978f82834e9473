from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from msign.config.api import _anchors, _soap_options
from msign.config.options import Options, Soap, load
from msign.config.wiring import build
from msign.kernel.words import Environment
from tests.support.pki import Pki


@pytest.mark.parametrize(
    ("setting", "sandbox", "hidden"),
    [("auto", True, False), ("auto", False, True), ("yes", True, True), ("no", False, False)],
)
def test_the_wsdl_is_hidden_from_strangers_outside_a_sandbox(setting: str, sandbox: bool, hidden: bool) -> None:
    options = Options(sandbox=sandbox, soap=Soap(wsdl_require_certificate=setting))  # type: ignore[arg-type]
    assert _soap_options(options, Environment.PRODUCTION).wsdl_require_certificate is hidden


def test_the_tls_layer_trusts_the_same_files_as_the_trust_store(pki: Pki, tmp_path: Path) -> None:
    services = build(load({"MSIGN_DATA": str(tmp_path)}))
    folder = services.trust_folder(Environment.TEST) / "systems"
    folder.mkdir(parents=True)
    (folder / "one.pem").write_bytes(pki.authority("systems").certificate.public_bytes(Encoding.PEM))
    (folder / "two.cer").write_bytes(pki.authority("root").certificate.public_bytes(Encoding.DER))
    (folder / "three.crt").write_bytes(pki.authority("tls").certificate.public_bytes(Encoding.PEM))
    (folder / "README").write_text("no certificate")
    assert len(_anchors(services, Environment.TEST)) == 3
