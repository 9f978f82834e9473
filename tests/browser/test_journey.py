"""The whole story by clicking, in a real browser on a whole installation: e-service, sign page, phone, and back."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import browsers
from tests.support.documents import write_big_pdf, write_pdf
from tests.support.installation import Installation

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("installation")]

PIN = "1234"
MOBILE = "060 000 000"
IDNP = "2000000000004"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if browsers.executable() is None:
        pytest.skip("no Chromium on this machine: install `chromium` to run the browser tests")
    with browsers.launched() as launched:
        yield launched


@pytest.fixture
def visitor(browser: Any) -> Iterator[Any]:
    context = browser.new_context(locale="ro", accept_downloads=True)
    context.set_default_timeout(browsers.PATIENCE)
    yield context
    context.close()


def _eservice(installation: Installation) -> str:
    return f"http://{installation.options.ports.host}:{installation.options.ports.sandbox_eservice}"


def _ask_for_signature(visitor: Any, installation: Installation, document: Path) -> Any:
    page = visitor.new_page()
    page.goto(_eservice(installation))
    page.set_input_files("#document", str(document))
    page.fill("#description", "Cerere nr. 17")
    page.click("form button:not([name])")
    page.wait_for_selector(".tiles")
    return page


def _choose_mobile(page: Any) -> None:
    page.fill("input[name=signer_id]:visible", IDNP)
    page.fill("input[name=msisdn]:visible", MOBILE)
    page.locator("details[open] form button[type=submit]").click()
    page.wait_for_selector(".confirm")


def _on_the_phone(visitor: Any, page: Any, button: str, pin: str = PIN) -> None:
    link = page.wait_for_selector(".confirm a[target=_blank]")
    with visitor.expect_page() as opened:
        link.click()
    phone = opened.value
    phone.fill("#pin", pin)
    phone.click(f"button[value={button}]")
    phone.wait_for_selector(".outcome")
    phone.close()


def _download(page: Any, target: Path) -> Path:
    with page.expect_download() as started:
        page.click("a.button.large")
    started.value.save_as(target)
    return target


@pytest.mark.parametrize("size", ["one page", "20 MB", "already signed"])
def test_a_person_signs_and_is_back_at_the_service(
    visitor: Any, installation: Installation, tmp_path: Path, size: str
) -> None:
    document = write_pdf(tmp_path / "cerere.pdf") if size != "20 MB" else write_big_pdf(tmp_path / "cerere.pdf", 20)
    if size == "already signed":
        done = installation.msign("sign", str(document), "--signer", "2000000000015")
        assert done.returncode == 0, done.stdout
        document = tmp_path / "cerere.pdf.signed.pdf"
    page = _ask_for_signature(visitor, installation, document)
    _choose_mobile(page)
    _on_the_phone(visitor, page, "accept")
    page.wait_for_url(f"{_eservice(installation)}/**")  # the result page returns by itself
    page.wait_for_selector(".confirmation")
    signed = _download(page, tmp_path / "signed.pdf")
    assert signed.read_bytes().startswith(document.read_bytes())
    if pdfsig := shutil.which("pdfsig"):
        said = subprocess.run([pdfsig, str(signed)], capture_output=True, text=True, check=False).stdout
        assert said.count("Signature is Valid.") == (2 if size == "already signed" else 1)
    assert installation.msign("verify", str(signed)).returncode == 0


def test_a_person_refuses_and_reads_the_reason_before_the_return(
    visitor: Any, installation: Installation, tmp_path: Path
) -> None:
    page = _ask_for_signature(visitor, installation, write_pdf(tmp_path / "cerere.pdf"))
    _choose_mobile(page)
    _on_the_phone(visitor, page, "refuse")
    page.wait_for_selector(".refusal")
    assert "anulat" in page.inner_text(".refusal")
    page.locator(".result form button[type=submit], .result a.button").first.click()
    page.wait_for_url(f"{_eservice(installation)}/**")
    assert "anulat" in page.inner_text("main")


def test_a_wrong_pin_on_the_phone_is_told(visitor: Any, installation: Installation, tmp_path: Path) -> None:
    page = _ask_for_signature(visitor, installation, write_pdf(tmp_path / "cerere.pdf"))
    _choose_mobile(page)
    _on_the_phone(visitor, page, "accept", pin="9999")
    page.wait_for_selector(".refusal")
    assert "PIN" in page.inner_text(".refusal")


def test_cancel_on_the_page_ends_the_request(visitor: Any, installation: Installation, tmp_path: Path) -> None:
    page = _ask_for_signature(visitor, installation, write_pdf(tmp_path / "cerere.pdf"))
    page.click("form.cancel button")
    page.wait_for_selector(".refusal")
    page.go_back()
    page.wait_for_selector(".refusal")  # a finished request shows its result, whatever way one comes
