"""Pictures of the papers that people get as PDF: contract, annex, invoice, receipts; as a reader sees them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

PERSON = "nina@nucul.example"
WIDTH = 900  # pixels of a page


def take(camera: Any, _running: Any, folder: Path) -> None:
    """Take the first page of each paper of the company, of the receipt that the verify page gives for one, a letter."""
    if any(camera.wants(f"paper-{name}") for name in ("contract", "annex", "invoice", "receipt", "verification")):
        _papers(camera, folder)
    if camera.wants("letter"):
        _letter(camera)


def _papers(camera: Any, folder: Path) -> None:
    case, state = camera.visit(PERSON)
    context = camera.browser.new_context(locale="ro", storage_state=state)
    page = context.new_page()
    page.goto(f"{camera.base}{case}documents/")
    links = [str(one.get_attribute("href")) for one in page.locator("main .card a").all()]
    papers = [f"{link}paper/" for link in links if "/documents/" in link]
    invoices = [link for link in links if "/invoices/" in link]
    addresses = {
        "paper-contract": papers[0],
        "paper-annex": papers[1],
        "paper-invoice": invoices[0],
        "paper-receipt": f"{case}sent/receipt.pdf",
    }
    content = {name: context.request.get(camera.base + address).body() for name, address in addresses.items()}
    content["paper-verification"] = _verified(page, camera.base, content["paper-contract"], folder)
    for name, pdf in content.items():
        if camera.wants(name):
            camera.keep(name, _drawn(pdf))
    context.close()


def _letter(camera: Any) -> None:
    """Take the HTML part of a letter, as a mail program shows it."""
    from msign.kernel.languages import Language
    from msign.notices.rendering import as_html
    from msign.notices.values import Letter

    letter = Letter(
        recipient=PERSON,
        language=Language.RO,
        subject="MS-2026-00006: accesul la mediul de test este deschis",
        greeting="Bună ziua,",
        paragraphs=(
            "Accesul sistemului „Contracte verzi” este deschis în mediul de test.",
            "Îl puteți apela de la adresele înregistrate, cu certificatul înregistrat.",
        ),
        closing="Operatorul MSign\nsuport@msign.example, +373 22 820 000",
        link=f"{camera.base}/connect/cases/MS-2026-00006/",
        link_text="Deschideți cererea",
    )
    for size, width in (("wide", 800), ("narrow", 320)):
        page = camera.browser.new_page(viewport={"width": width, "height": 480})
        page.set_content(as_html(letter))
        camera.keep(f"letter.{size}.ro", page.screenshot(full_page=True))
        page.close()


def _verified(page: Any, base: str, pdf: bytes, folder: Path) -> bytes:
    """Verify a paper on the public page; return the sealed receipt."""
    (folder / "contract.pdf").write_bytes(pdf)
    page.goto(f"{base}/verify?lang=ro")
    page.set_input_files("#id_document", str(folder / "contract.pdf"))
    page.locator("main button.large").first.click()
    with page.expect_download() as receipt:
        page.locator("aside a.button").first.click()
    return Path(str(receipt.value.path())).read_bytes()


def _drawn(pdf: bytes) -> bytes:
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    document.init_forms()
    page = document[0]
    image = page.render(scale=WIDTH / page.get_width(), may_draw_forms=True).to_pil()
    output = io.BytesIO()
    image.save(output, "PNG")
    document.close()
    return output.getvalue()
