"""Sign pages on fakes: requests in memory, the shipped instruments, a server for browsers. No database."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

from msign.access.values import Caller, ConsumerSettings
from msign.faces.signpages import urls as sign_urls
from msign.faces.signpages.offers import RegistryOffers
from msign.faces.signpages.services import OwnSigning, SignPageServices
from msign.faces.verifypages import urls as verify_urls
from msign.faces.verifypages.services import Judge, Original, Seal, VerifyServices
from msign.frame import errors
from msign.frame.previews import LimitedPageImages, PageImages
from msign.kernel.clock import FixedClock
from msign.kernel.errors import Code, MSignError
from msign.kernel.ids import new_request_id
from msign.kernel.words import ContentType, Environment, FailureReason, SignStatus
from msign.providers.base import Answer, Prompt, Reply, SigningOrder
from msign.providers.instruments import load_instruments
from msign.providers.registry import Registry
from msign.signrequests.health import ProviderHealth
from msign.signrequests.values import (
    ContentView,
    ExpectedSigner,
    NewSignRequest,
    RequestView,
    SessionView,
    SigningChoice,
)
from msign.validation.model import DocumentReport, Verdict
from tests.support.loops import let_go

REQUEST_ID = "718ba2c75490aaaeb20ee74e97a3fd82"
OTHER_ID = "0123456789abcdef0123456789abcdef"
IDNP = "2000000000004"
MOMENT = FixedClock().now()
NO_DATABASE: dict[str, Any] = {
    "SESSION_ENGINE": "django.contrib.sessions.backends.cache",
    "ALLOWED_HOSTS": ["testserver", "127.0.0.1", "localhost"],
}


def pdf_content(position: int = 0, *, name: str = "Cerere nr. 17.pdf", key: str = "doc", **more: Any) -> ContentView:
    return ContentView(position, name, 48_213, ContentType.PDF, None, key, **more)


def hash_content(position: int = 0, *, name: str = "Contract 4/2026") -> ContentView:
    return ContentView(position, name, 32, ContentType.HASH, bytes(range(32)), f"hash{position}")


def request_view(**changes: Any) -> RequestView:
    view = RequestView(
        id=REQUEST_ID,
        environment=Environment.TEST,
        status=SignStatus.PENDING,
        content_type=ContentType.PDF,
        system_id="demo",
        system_name="eCerere",
        organisation_name="Primăria Model",
        short_description="Cerere nr. 17",
        description="Cerere nr. 17 privind eliberarea certificatului de urbanism",
        reason="Confirm datele din cerere",
        expected_signer=ExpectedSigner(id=IDNP),
        contents=(pdf_content(),),
        created_at=MOMENT,
        expires_at=MOMENT + dt.timedelta(hours=24),
    )
    return dataclasses.replace(view, **changes)


def session_view(**changes: Any) -> SessionView:
    session = SessionView("mobile", MOMENT, MOMENT + dt.timedelta(seconds=272), verification_code="4821")
    return dataclasses.replace(session, **changes)


@dataclass(slots=True)
class MemoryRequests:
    """Sign requests that behave as the service promises, without rules of their own."""

    views: dict[str, RequestView] = field(default_factory=dict)
    started: list[tuple[str, SigningChoice]] = field(default_factory=list)
    refuse_start: Code | None = None
    posted: list[NewSignRequest] = field(default_factory=list)
    refuse_post: Code | None = None
    broken: Exception | None = None
    asked: Prompt | None = None  # what the running session asks of the page
    replies: list[Reply] = field(default_factory=list)
    answer: Callable[[Reply], Prompt | None] = lambda _reply: None
    left: list[FailureReason] = field(default_factory=list)
    came_back: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def prompt(self, request_id: str) -> Prompt | None:
        return self.asked if self.views[request_id].session else None

    def reply(self, request_id: str, reply: Reply) -> Prompt | None:
        if self.asked is None:
            raise MSignError(Code.CONFLICT, "nothing is asked")
        self.asked = self.answer(reply)
        self.replies.append(reply)
        return self.asked

    def returned(self, provider_id: str, parameters: Mapping[str, str]) -> str | None:
        self.came_back.append((provider_id, dict(parameters)))
        return REQUEST_ID if parameters.get("state") == "known" else None

    def leave(self, request_id: str, reason: FailureReason) -> bool:
        self.left.append(reason)
        self.asked = None
        self.put(dataclasses.replace(self.views[request_id], session=None, failure=reason))
        return True

    def post(self, caller: Caller, request: NewSignRequest) -> str:
        if self.refuse_post:
            raise MSignError(self.refuse_post, "refused for the test")
        self.posted.append(request)
        contents = tuple(
            ContentView(at, item.name or "", item.size, ContentType.PDF, None, item.key)
            for at, item in enumerate(request.contents)
        )
        view = request_view(system_id=caller.system_id, contents=contents, expected_signer=ExpectedSigner(), reason="")
        return self.put(view).id

    def discard(self, request_id: str) -> bool:
        if self.views[request_id].status is SignStatus.PENDING:
            return False
        del self.views[request_id]
        return True

    def put(self, view: RequestView) -> RequestView:
        self.views[view.id] = view
        return view

    def view(self, request_id: str) -> RequestView | None:
        if self.broken:
            raise self.broken
        return self.views.get(request_id)

    def start(self, request_id: str, choice: SigningChoice) -> None:
        view = self.views[request_id]
        if self.refuse_start:
            raise MSignError(self.refuse_start, "refused for the test")
        if view.session or view.status is not SignStatus.PENDING:
            raise MSignError(Code.CONFLICT, "an attempt is under way")
        self.started.append((request_id, choice))
        self.put(dataclasses.replace(view, session=session_view(instrument=choice.instrument)))

    def cancel(self, request_id: str) -> None:
        view = self.views[request_id]
        if view.status is not SignStatus.PENDING:
            raise MSignError(Code.CONFLICT, "finished")
        self.put(dataclasses.replace(view, status=SignStatus.FAILURE, session=None, failure=FailureReason.CANCELLED))


@dataclass(frozen=True, slots=True)
class Shelf:
    """Documents by key in one folder."""

    folder: Path

    def path(self, key: str) -> Path:
        return self.folder / key


OWN_CALLER = Caller(
    system_id="own",
    system_name="MSign",
    organisation_name="",
    organisation_id="",
    environment=Environment.TEST,
    certificate_serial="",
    address="",
)


@dataclass(frozen=True, slots=True)
class Stored:
    key: str
    size: int


@dataclass(slots=True)
class MemorySink:
    """One file on its way into the folder."""

    path: Path

    def write(self, data: bytes) -> None:
        with self.path.open("ab") as stream:
            stream.write(data)

    def finish(self) -> Stored:
        return Stored(self.path.name, self.path.stat().st_size)

    def abort(self) -> None:
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class MemoryStore:
    """A content store in one folder."""

    folder: Path

    def create(self) -> MemorySink:
        return MemorySink(self.folder / new_request_id())

    def remove(self, key: str) -> None:
        (self.folder / key).unlink(missing_ok=True)


@dataclass(slots=True)
class CannedJudge:
    """Says of every file what the test wants to see; remembers what it was asked."""

    report: DocumentReport = field(default_factory=lambda: DocumentReport("pades", Verdict.NONE))
    asked: list[tuple[str, str]] = field(default_factory=list)
    broken: Exception | None = None

    def pdf(self, document: Path) -> DocumentReport:
        if self.broken:
            raise self.broken
        self.asked.append((document.name, ""))
        return self.report

    def other(self, signature: Path, original: Original | None) -> DocumentReport:
        self.asked.append((signature.name, original.name if original else ""))
        return self.report


@dataclass(frozen=True, slots=True)
class IdleProvider:
    """A provider that is there and does nothing: tiles ask no more."""

    identifier: str

    def start(self, order: SigningOrder, workspace: Path) -> Answer:
        raise NotImplementedError

    def poll(self, order: SigningOrder, state: bytes, workspace: Path) -> Answer:
        raise NotImplementedError

    def cancel(self, order: SigningOrder, state: bytes) -> None:
        raise NotImplementedError

    def check_config(self) -> Sequence[str]:
        return []


@dataclass(eq=False, slots=True)
class Pages:
    """Everything a test of sign pages touches."""

    requests: MemoryRequests
    clock: FixedClock
    settings: ConsumerSettings = field(default_factory=ConsumerSettings)
    health: dict[str, ProviderHealth] = field(default_factory=dict)
    judge: CannedJudge = field(default_factory=CannedJudge)
    urlpatterns: list[Any] = field(default_factory=list)
    handler400: str = "msign.frame.errors.bad_request"
    handler403: str = "msign.frame.errors.forbidden"
    handler404: str = "msign.frame.errors.not_found"
    handler500: str = "msign.frame.errors.server_error"


def build(
    folder: Path, *, images: PageImages | None = None, judge: Judge | None = None, seal: Seal | None = None
) -> Pages:
    """Return pages whose addresses can serve as ROOT_URLCONF; without ``judge`` the verdicts are those of the test."""
    pages = Pages(MemoryRequests(), FixedClock())
    instruments = load_instruments()
    providers = [IdleProvider(name) for name in sorted({item.provider for item in instruments})]
    registry = Registry(instruments=instruments, providers=providers)
    services = SignPageServices(
        requests=pages.requests,
        instruments=RegistryOffers(registry=registry, health=lambda name: pages.health.get(name, ProviderHealth())),
        documents=Shelf(folder),
        images=images or LimitedPageImages(),
        clock=pages.clock,
        consumer=lambda _view: pages.settings,
        own=OwnSigning(
            posting=pages.requests,
            discarding=pages.requests,
            store=MemoryStore(folder),
            caller=OWN_CALLER,
            max_file_bytes=1_000_000,
            max_files=3,
        ),
    )
    verify = VerifyServices(
        judge=judge or pages.judge,
        folder=folder / "verify",
        clock=pages.clock,
        images=services.images,
        seal=seal,
        max_file_bytes=1_000_000,
    )
    pages.urlpatterns = [
        path("errors/<str:name>", _error),
        *verify_urls.patterns(verify),
        *sign_urls.patterns(services),
    ]
    return pages


def _error(request: HttpRequest, name: str) -> HttpResponse:
    """Show an error page that nothing on these pages brings about by itself."""
    shown: HttpResponse = getattr(errors, name)(request)
    return shown


@contextmanager
def serving(pages: Pages) -> Iterator[str]:
    """Serve the pages on a free port; yield the address."""
    from django.core.asgi import get_asgi_application

    with override_settings(ROOT_URLCONF=pages, **NO_DATABASE):
        server = uvicorn.Server(uvicorn.Config(get_asgi_application(), port=0, log_level="warning", lifespan="off"))
        ready = threading.Event()
        thread = threading.Thread(target=_run, args=(server, ready), daemon=True)
        thread.start()
        ready.wait(20)
        try:
            yield f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def _run(server: uvicorn.Server, ready: threading.Event) -> None:
    import asyncio

    async def serve() -> None:
        config = server.config
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup()
        ready.set()
        await server.main_loop()
        await server.shutdown()
        await let_go()

    asyncio.run(serve())
