"""The front of this room: what faces and the worker call. Synchronous; faces call it in threads."""

from __future__ import annotations

from collections.abc import Mapping

from msign.access.values import Caller
from msign.jobs.values import Handler
from msign.kernel.clock import Clock
from msign.kernel.languages import Language
from msign.kernel.words import Environment, FailureReason
from msign.mandates.values import EmptyRegister, MandateRegister
from msign.providers.base import Prompt, Reply
from msign.signrequests.answering import Answering
from msign.signrequests.contents import LocalContentStore
from msign.signrequests.judge import Judge
from msign.signrequests.ports import DocumentReader, Registry, ResultValidator
from msign.signrequests.posting import Posting
from msign.signrequests.rules import Rules
from msign.signrequests.sessions import SESSION_JOB, Sessions
from msign.signrequests.talking import Talking
from msign.signrequests.upkeep import Upkeep
from msign.signrequests.values import NewSignRequest, RequestView, SigningChoice, SignResponse
from msign.signrequests.viewing import Viewing
from msign.signrequests.working import SessionWork


class SignRequestService:
    """The life of sign requests. Each verb lives in a module of its own; this only joins them."""

    def __init__(
        self,
        *,
        store: LocalContentStore,
        registry: Registry,
        validators: Mapping[Environment, ResultValidator],
        documents: DocumentReader,
        clock: Clock,
        rules: Rules,
        mandates: MandateRegister | None = None,
    ) -> None:
        register = mandates or EmptyRegister()
        judges = {environment: Judge(validator, register) for environment, validator in validators.items()}
        self._posting = Posting(store=store, registry=registry, documents=documents, clock=clock, rules=rules)
        self._answering = Answering(clock=clock, rules=rules)
        self._viewing = Viewing(clock=clock, rules=rules)
        self._sessions = Sessions(registry=registry, clock=clock, rules=rules)
        self._upkeep = Upkeep(store=store, clock=clock, rules=rules)
        self._work = SessionWork(store=store, registry=registry, judges=judges, clock=clock, rules=rules)
        self._talking = Talking(store=store, registry=registry, clock=clock, work=self._work)

    def post(self, caller: Caller, request: NewSignRequest) -> str:
        """See ``Posting.post``."""
        return self._posting.post(caller, request)

    def get_response(self, caller: Caller, request_id: str, language: Language) -> SignResponse:
        """See ``Answering.get_response``."""
        return self._answering.get_response(caller, request_id, language)

    def view(self, request_id: str) -> RequestView | None:
        """See ``Viewing.view``."""
        return self._viewing.view(request_id)

    def start(self, request_id: str, choice: SigningChoice) -> None:
        """See ``Sessions.start``."""
        self._sessions.start(request_id, choice)

    def cancel(self, request_id: str) -> None:
        """See ``Sessions.cancel``."""
        self._sessions.cancel(request_id)

    def discard(self, request_id: str) -> bool:
        """See ``Upkeep.discard``."""
        return self._upkeep.discard(request_id)

    def wake(self, provider_id: str, request_id: str) -> bool:
        """See ``Sessions.wake``; ``request_id`` is the one that the provider was given in its order."""
        return self._sessions.wake(provider_id, request_id)

    def prompt(self, request_id: str) -> Prompt | None:
        """See ``Talking.prompt``."""
        return self._talking.prompt(request_id)

    def reply(self, request_id: str, reply: Reply) -> Prompt | None:
        """See ``Talking.reply``."""
        return self._talking.reply(request_id, reply)

    def returned(self, provider_id: str, parameters: Mapping[str, str]) -> str | None:
        """See ``Talking.returned``."""
        return self._talking.returned(provider_id, parameters)

    def leave(self, request_id: str, reason: FailureReason) -> bool:
        """See ``Talking.leave``."""
        return self._talking.leave(request_id, reason)

    def job_handlers(self) -> dict[str, Handler]:
        """Return what the worker has to do for this room: kind of job -> handler."""
        return {SESSION_JOB: self._work.work, **self._upkeep.handlers()}

    def schedule_upkeep(self) -> None:
        """Make sure that the recurring jobs exist; the worker calls it when it starts."""
        self._upkeep.schedule()
