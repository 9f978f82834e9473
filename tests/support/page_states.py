"""Every page in every state, for accessibility checks and for pictures: how to bring it about, and where to look."""

from __future__ import annotations

import functools
import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msign.access.values import ConsumerSettings
from msign.kernel.clock import FixedClock
from msign.kernel.words import ContentType, DelegatorType, FailureReason, SignStatus
from msign.signing import xades
from msign.signrequests.health import ProviderHealth
from msign.signrequests.values import DelegationProof
from msign.validation.model import DocumentReport, Indication, Integrity, Modification, SubIndication, Verdict
from msign.validation.pool import Content, Task
from msign.validation.worker import judge_task
from tests.support import containers, prompt_states, reports, verifying
from tests.support.documents import write_pdf
from tests.support.pages import (
    IDNP,
    MOMENT,
    OTHER_ID,
    REQUEST_ID,
    ExpectedSigner,
    Pages,
    hash_content,
    pdf_content,
    request_view,
    session_view,
)
from tests.support.pki import session_pki

PAGE = f"/{REQUEST_ID}"
ARRIVE = f"{PAGE}?ReturnUrl=https://app.example/after"
SUBMIT = "main button.large:visible"
ORGANISATION = ExpectedSigner(IDNP, DelegatorType.ORGANIZATION, "1000000000007")
APP = session_view(instrument="mobisign", device_url="https://app.example/open/4711")

Act = Callable[[Any], None]  # of a browser's page


@dataclass(frozen=True, slots=True)
class State:
    """One thing to look at. ``act`` is what the visitor does after opening ``path``."""

    name: str
    path: str
    prepare: Callable[[Pages], object] = lambda _pages: None
    act: Act | None = None


def _request(**changes: Any) -> Callable[[Pages], object]:
    return lambda pages: pages.requests.put(request_view(**changes))


def _verdict(report: Any) -> Callable[[Pages], object]:
    return lambda pages: setattr(pages.judge, "report", report)


def press(page: Any, selector: str = SUBMIT) -> None:
    """Press what leads to another page, and be there: some forms go later than the click, once a file is hashed."""
    with page.expect_navigation():
        page.click(selector)


def _send(page: Any) -> None:
    file = {"name": "Contract 4-2026.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\nsigned part\nmore"}
    page.set_input_files("#id_document", file)
    press(page)


@functools.cache
def verified() -> dict[str, tuple[bytes, DocumentReport]]:
    """Real documents with what the real engine says of them: valid, two signers, expired certificate, tampered."""
    pki = session_pki()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = verifying.engine(pki, folder / "trust")
        two = verifying.signed(pki, folder, "ion-p256", "maria")
        (folder / "tampered.pdf").write_bytes(verifying.tampered((folder / "contract-1.pdf").read_bytes()))
        files = {
            "valid": folder / "contract-1.pdf",
            "two": two,
            "expired": verifying.expired(pki, folder),
            "tampered": folder / "tampered.pdf",
        }
        return {kind: (path.read_bytes(), engine.pdf(path)) for kind, path in files.items()}


ORIGINAL = "Conținutul scrisorii rămâne la cel care l-a trimis.\n".encode()


@functools.cache
def others() -> dict[str, tuple[bytes, DocumentReport]]:
    """A signature that is a file of its own, judged with its original; and a container of two files."""
    pki = session_pki()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = verifying.engine(pki, folder / "trust")
        (folder / "letter.txt").write_bytes(ORIGINAL)
        signer = verifying.signer(pki, "ion-p256")
        digest = hashlib.sha256(ORIGINAL).digest()
        parameters = xades.XadesParameters(correlation_id="cerere-17")
        xml = xades.sign(digest, signer=signer, tsa=pki.tsa, parameters=parameters, clock=FixedClock())
        (folder / "letter.xml").write_bytes(xml)
        original = Content("cerere-17", path=str(folder / "letter.txt"))
        container = containers.asice(folder)
        return {
            "letter.xml": (xml, judge_task(engine, Task(str(folder / "letter.xml"), (original,)))),
            "contract.asice": (container, engine.file(folder / "made.asice")),
        }


def _verify_other(name: str, *, original: bool = False) -> Act:
    def act(page: Any) -> None:
        content, page.pages.judge.report = others()[name]
        page.set_input_files("#id_document", {"name": name, "mimeType": "application/octet-stream", "buffer": content})
        if original:
            page.click("details > summary")
            page.set_input_files(
                "#id_original", {"name": "scrisoare.txt", "mimeType": "text/plain", "buffer": ORIGINAL}
            )
        press(page)

    return act


def _verify(kind: str, then: str = "") -> Act:
    """Send a real document; ``then`` is what the visitor presses on the page of the result."""

    def act(page: Any) -> None:
        content, page.pages.judge.report = verified()[kind]
        file = {"name": "Contract 4-2026.pdf", "mimeType": "application/pdf", "buffer": content}
        page.set_input_files("#id_document", file)
        press(page)
        for picture in page.locator(".marked img").all():  # those below the fold are fetched when they come into view
            picture.evaluate("image => { image.loading = 'eager'; return image.decode(); }")
        if then:
            press(page, then)

    return act


def _compare(page: Any) -> None:
    """A real document that was written on after it was signed; then both versions side by side."""
    with tempfile.TemporaryDirectory() as folder:
        signed = write_pdf(Path(folder) / "a.pdf", pages=2).read_bytes()
    signature = reports.signature(modification=Modification.FORBIDDEN, signed_bytes=len(signed))
    page.pages.judge.report = reports.document(Verdict.CHANGED, signature)
    file = {"name": "Contract.pdf", "mimeType": "application/pdf", "buffer": signed + b"\n% later\n"}
    page.set_input_files("#id_document", file)
    press(page)
    press(page, "article a[href*=compare]")


def _wrong_data(page: Any) -> None:
    page.fill("#mobile-signer_id", "12")
    page.fill("#mobile-msisdn", "022 000 000")
    press(page)


def _unavailable(pages: Pages) -> None:
    pages.health["sandbox-phone"] = ProviderHealth(reachable=False, last_success=MOMENT)
    pages.settings = ConsumerSettings(return_url_hosts=("other.example",))
    pages.requests.put(request_view(expected_signer=ORGANISATION))


def _own(page: Any) -> None:
    """A document of one's own, uploaded in this browser and signed."""
    file = {"name": "Declarație.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    page.set_input_files("#id_documents", file)
    press(page)
    signed = pdf_content(name="Declarație.pdf", signature_key="doc")
    page.pages.requests.put(request_view(system_id="own", status=SignStatus.SUCCESS, contents=(signed,)))
    page.goto(page.base + PAGE)


def _arrived(**changes: Any) -> Act:
    """The visitor came with a return address; then the request changed."""

    def act(page: Any) -> None:
        page.pages.requests.put(request_view(**changes))
        page.goto(page.base + PAGE)

    return act


_FOREIGN = reports.signature(
    indication=Indication.INDETERMINATE,
    sub_indication=SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
    qualification="",
)
_BROKEN = reports.signature(
    indication=Indication.TOTAL_FAILED, sub_indication=SubIndication.HASH_FAILURE, integrity=Integrity.INVALID
)
_MANDATE = DelegationProof("mandate", "local", "M-17", "Procura nr. 5 din 27.02.2026")
_BATCH = tuple(pdf_content(at, name=f"Anexa nr. {at + 1}.pdf") for at in range(50))
_FEW = _BATCH[:4]

ERRORS = ("bad_request", "forbidden", "csrf_failure", "too_large", "server_error", "unavailable")

STATES = [
    State("home", "/"),
    State("about", "/about"),
    State("own", "/sign"),
    State("own-error", "/sign", act=press),
    State("choose", PAGE, _request(expected_signer=ExpectedSigner())),
    State("choose-fixed", PAGE, _request(expected_signer=ORGANISATION)),
    State("choose-hashes", PAGE, _request(content_type=ContentType.HASH, contents=(hash_content(), hash_content(1)))),
    State("choose-batch", PAGE, _request(contents=_BATCH)),
    State("choose-error", PAGE, _request(expected_signer=ExpectedSigner()), _wrong_data),
    State("choose-unavailable", ARRIVE, _unavailable),
    State("preview", f"{PAGE}/files/1", _request()),
    State("preview-text", f"{PAGE}/files/1/text", _request()),
    State("waiting-contact", PAGE, _request(session=session_view(verification_code=""))),
    State("waiting", PAGE, _request(session=session_view())),
    State("waiting-app", PAGE, _request(session=APP)),
    State("waiting-batch", PAGE, _request(contents=_FEW, session=session_view(confirmed=frozenset({0, 1})))),
    State("waiting-checks", PAGE, _request(contents=_BATCH, session=session_view(instrument="moldsign", checked=20))),
    State("waiting-other", PAGE, _request(session=session_view(instrument="no-longer-offered"))),
    State("choose-again", PAGE, _request(failure=FailureReason.PIN_LOCKED)),
    State("waiting-cancel", PAGE, _request(session=session_view(cancelling=True))),
    State("success", PAGE, _request(status=SignStatus.SUCCESS)),
    State("success-return", ARRIVE, _request(), _arrived(status=SignStatus.SUCCESS, contents=_FEW)),
    State(
        "success-mandate", PAGE, _request(status=SignStatus.SUCCESS, delegation=_MANDATE, expected_signer=ORGANISATION)
    ),
    State("success-own", "/sign", act=_own),
    State("own-removed", "/sign?removed"),
    State("failure", ARRIVE, _request(), _arrived(status=SignStatus.FAILURE, failure=FailureReason.NO_ACTIVE_DEVICE)),
    State("gone", f"/{OTHER_ID}"),
    State("expired", ARRIVE, _request(), _arrived(status=SignStatus.EXPIRED)),
    State("verify", "/verify"),
    State("verify-error", "/verify", act=press),
    State("verify-valid", "/verify", act=_verify("valid")),
    State("verify-two", "/verify", act=_verify("two")),
    State("verify-tampered", "/verify", act=_verify("tampered")),
    State("verify-expired", "/verify", act=_verify("expired")),
    State("verify-pages", "/verify", act=_verify("two", "#places ~ p a.button")),
    State("verify-compare", "/verify", act=_compare),
    State("verify-original", "/verify", act=lambda page: page.click("details > summary")),
    State("verify-xades", "/verify", act=_verify_other("letter.xml", original=True)),
    State("verify-asice", "/verify", act=_verify_other("contract.asice")),
    State("verify-invalid", "/verify", _verdict(reports.document(Verdict.INVALID, _BROKEN)), _send),
    State("verify-unknown", "/verify", _verdict(reports.document(Verdict.UNKNOWN, _FOREIGN)), _send),
    State("verify-none", "/verify", _verdict(reports.document(Verdict.NONE)), _send),
    State("not-found", "/no-such-page"),
    *(State(name, PAGE, prompt_states.asking(prompt), act) for name, prompt, act in prompt_states.STATES),
    *(State(f"error-{name}", f"/errors/{name}") for name in ERRORS),
]
BY_NAME = {state.name: state for state in STATES}
