"""A demo e-service: upload a PDF, have it signed through MSign, download and verify it.

It is written as an integrator would write one: it knows the published contract, its own client certificate and
nothing else of MSign. The steps are those of the integration guide: PostSignRequest, redirect to the sign page,
callback, GetSignResponse, VerifySignatures.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import httpx
from django.core.files.uploadedfile import UploadedFile
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpResponse

from msign.kernel.clock import CHISINAU
from msign.kernel.errors import Code, MSignError
from msign.kernel.identifiers import normalise_msisdn
from msign.sandbox import pages
from msign.sandbox.sample import sample_pdf
from msign.sandbox.soap_client import MSignClient, SoapFaultError
from msign.sandbox.web import App, Route

_MAX_PDF = 25 * 1024 * 1024  # the example client builds its envelope in memory; the gateway itself takes 100 MB
_MAX_NAME = 120
_MAX_DESCRIPTION = 90
_TAGS = {"": "", "Pending": "brand", "Success": "success", "Failure": "danger", "Expired": "muted", "Refused": "danger"}
_FIELDS = {"eservice_no_file": "document", "eservice_bad_phone": "phone"}  # problem -> where it is mended
_ID = re.compile(r"[0-9a-f]{24}")
_REQUEST_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Document:
    """One document and what became of it. ``status`` is MSign's word, or empty before it was posted."""

    id: str
    name: str
    description: str
    request_id: str = ""
    status: str = ""
    message: str = ""
    verdict: str = ""
    signers: tuple[tuple[str, str], ...] = ()


class Cabinet:
    """Documents as files in a folder; each change is written whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, name: str, description: str, pdf: bytes) -> Document:
        """Store a new document."""
        document = Document(secrets.token_hex(12), name, description)
        self.original(document.id).write_bytes(pdf)
        self.save(document)
        return document

    def save(self, document: Document) -> None:
        """Write what is known of a document."""
        path = self._folder / f"{document.id}.json"
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(asdict(document), ensure_ascii=False), "utf-8")
        draft.replace(path)

    def find(self, identifier: str) -> Document:
        """Return a document. Raises ``MSignError`` (``REQUEST_NOT_FOUND``)."""
        path = self._folder / f"{identifier}.json"
        if not _ID.fullmatch(identifier) or not path.exists():
            raise MSignError(Code.REQUEST_NOT_FOUND, "no such document")
        values = json.loads(path.read_text("utf-8"))
        return Document(**{**values, "signers": tuple(tuple(one) for one in values["signers"])})

    def find_request(self, request_id: str) -> Document:
        """Return the document of a request. Raises ``MSignError`` (``REQUEST_NOT_FOUND``)."""
        for document in self.latest(500):
            if request_id and document.request_id == request_id:
                return document
        raise MSignError(Code.REQUEST_NOT_FOUND, "no document of ours belongs to this request")

    def latest(self, count: int) -> list[Document]:
        """Return the newest documents."""
        paths = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        return [self.find(path.stem) for path in paths[:count]]

    def original(self, identifier: str) -> Path:
        """Where the uploaded file lies."""
        return self._folder / f"{identifier}.pdf"

    def signed(self, identifier: str) -> Path:
        """Where the signed file lies once there is one."""
        return self._folder / f"{identifier}.signed.pdf"


@dataclass(frozen=True, slots=True)
class EService:
    """The views. ``connect`` opens a client to MSign."""

    cabinet: Cabinet
    connect: Callable[[], MSignClient]
    sign_url: str
    own_url: str

    def home(self, request: ASGIRequest, problem: str = "", status: int = 200) -> HttpResponse:
        """The form, and the latest documents."""
        words = pages.words(request)
        documents = [(one, words[f"doc_{one.status}"], _TAGS[one.status]) for one in self.cabinet.latest(10)]
        return pages.render(
            request, "eservice.html", status=status, documents=documents, problem=problem,
            problem_text=words[problem] if problem else "", field=_FIELDS.get(problem, ""),
            **{name: request.POST.get(name, "") for name in ("description", "signer", "phone")},
        )  # fmt: skip

    def submit(self, request: ASGIRequest) -> HttpResponse:
        """Steps 1 and 2: post the document, then send the person to the sign page."""
        upload = request.FILES.get("document")
        if "sample" in request.POST:
            name, pdf = "sample.pdf", sample_pdf("Sample document")
        elif isinstance(upload, UploadedFile) and upload.size and upload.size <= _MAX_PDF:
            name, pdf = (upload.name or "document.pdf")[-_MAX_NAME:], upload.read()
        else:
            return self.home(request, problem="eservice_no_file", status=400)
        phone = request.POST.get("phone", "").strip()
        if phone and normalise_msisdn(phone) is None:  # no member of the contract: the e-service checks it itself
            return self.home(request, problem="eservice_bad_phone", status=400)
        description = request.POST.get("description", "").strip()[:_MAX_DESCRIPTION] or name[:_MAX_DESCRIPTION]
        document = self.cabinet.add(name, description, pdf)
        try:
            with self.connect() as client:
                request_id = client.post_pdf(
                    pdf, name=name, short_description=description,
                    expected_signer=request.POST.get("signer", "").strip(),
                )  # fmt: skip
        except (SoapFaultError, httpx.HTTPError) as error:
            self.cabinet.save(replace(document, status="Refused", message=str(error)))
            return pages.see_other(f"/documents/{document.id}")
        self.cabinet.save(replace(document, request_id=request_id, status="Pending"))
        return pages.see_other(self._sign_page(request, document.id, request_id, normalise_msisdn(phone) or ""))

    def back(self, request: ASGIRequest) -> HttpResponse:
        """Step 3: the callback, by either verb, names in any case. It proves nothing; step 4 asks MSign."""
        values = {key.lower(): str(value) for key, value in (*request.GET.items(), *request.POST.items())}
        request_id = values.get("requestid", "")
        if not _REQUEST_ID.fullmatch(request_id):
            raise MSignError(Code.INVALID_PARAMETER, "the callback names no request")
        document = self.cabinet.find_request(request_id)
        if values.get("relaystate", document.id) != document.id:
            raise MSignError(Code.INVALID_PARAMETER, "the callback belongs to another document")
        self._refresh(document, pages.language_of(request).value)
        return pages.see_other(f"/documents/{document.id}")

    def document(self, request: ASGIRequest, identifier: str) -> HttpResponse:
        """What became of a document."""
        document = self.cabinet.find(identifier)
        address = self._sign_page(request, document.id, document.request_id)
        words = pages.words(request)
        return pages.render(
            request,
            "document.html",
            document=document,
            sign_page=address,
            state=words[f"doc_{document.status}"],
            tag=_TAGS[document.status],
            verdict=words[f"doc_{document.verdict}"],
            signers=[(subject, moment, _local(moment)) for subject, moment in document.signers],
        )

    def refresh(self, request: ASGIRequest, identifier: str) -> HttpResponse:
        """Ask MSign again, for who came back without the callback."""
        document = self.cabinet.find(identifier)
        if document.request_id:
            self._refresh(document, pages.language_of(request).value)
        return pages.see_other(f"/documents/{identifier}")

    def download(self, request: ASGIRequest, identifier: str) -> FileResponse:
        """The signed PDF."""
        del request
        document = self.cabinet.find(identifier)
        path = self.cabinet.signed(document.id)
        if not path.exists():
            raise MSignError(Code.REQUEST_NOT_FOUND, "this document is not signed")
        name = f"{Path(document.name).stem}.signed.pdf"
        return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="application/pdf")

    def _refresh(self, document: Document, language: str) -> None:
        """Steps 4 and 5: fetch the result, and let MSign judge what it delivered."""
        try:
            with self.connect() as client:
                found = client.response(document.request_id, language)
                changed = replace(document, status=found.status, message=found.message)
                if found.status == "Success":
                    self.cabinet.signed(document.id).write_bytes(found.signature)
                    verdict = client.verify_pdf(found.signature, language)
                    word = "valid" if verdict.valid else "invalid"
                    changed = replace(changed, verdict=word, message=verdict.message, signers=verdict.signers)
        except (SoapFaultError, httpx.HTTPError) as error:
            changed = replace(document, message=str(error))
        self.cabinet.save(changed)

    def _sign_page(self, request: ASGIRequest, identifier: str, request_id: str, msisdn: str = "") -> str:
        values = {
            "ReturnUrl": f"{self.own_url}/return",
            "RelayState": identifier,
            "lang": pages.language_of(request).value,
            **({"MSISDN": msisdn} if msisdn else {}),
        }
        return f"{self.sign_url}/{request_id}?{urlencode(values)}"


def create_app(cabinet: Cabinet, connect: Callable[[], MSignClient], *, sign_url: str, own_url: str) -> App:
    """Return the e-service as an ASGI application."""
    service = EService(cabinet, connect, sign_url, own_url)
    return App(
        [
            Route("GET", "/", service.home),
            Route("POST", "/", service.submit),
            Route("GET POST", "/return", service.back, cross_site=True),
            Route("GET", "/documents/{identifier}", service.document),
            Route("POST", "/documents/{identifier}", service.refresh),
            Route("GET", "/documents/{identifier}/signed", service.download),
            *pages.STATIC_ROUTES,
        ],
        error_page=pages.error_page,
    )


def _local(moment: str) -> str:
    """Return the time as people in Chișinău read it; what is no time stays as it is."""
    try:
        return f"{dt.datetime.fromisoformat(moment).astimezone(CHISINAU):%d.%m.%Y, %H:%M:%S}"
    except ValueError:
        return moment
