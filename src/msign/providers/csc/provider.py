"""A CSC service as a provider: find the person's credential, prepare, have the hashes signed, complete, time-stamp."""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import httpx

from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.limits import MAX_MESSAGE
from msign.kernel.words import FailureReason
from msign.pki.tsa import TimestampSource
from msign.providers.base import (
    Answer,
    Pending,
    Prompt,
    PromptKind,
    Refused,
    Reply,
    ReturnedCode,
    SecretKind,
    SigningOrder,
    TypedSecrets,
)
from msign.providers.calls import OpenCalls
from msign.providers.csc.choosing import choose
from msign.providers.csc.client import CscClient, CscError
from msign.providers.csc.oauth import Sealer, authorization_url
from msign.providers.csc.reading import Credential
from msign.providers.csc.settings import CscSettings, problems
from msign.providers.csc.work import Work
from msign.providers.finishing import bound, finished, prepare_items
from msign.signing import xades

_LOG = logging.getLogger(__name__)
_PATIENCE = 2.0
_LOOK_AGAIN = 1.0
_PAGE_PAUSE = 15.0  # while the page has to act; its reply wakes the session
_RSA = "1.2.840.113549.1.1.1"
_OIDS = {
    "rsa-pkcs1-sha256": "1.2.840.113549.1.1.11",
    "rsa-pkcs1-sha384": "1.2.840.113549.1.1.12",
    "rsa-pkcs1-sha512": "1.2.840.113549.1.1.13",
    "ecdsa-sha256": "1.2.840.10045.4.3.2",
    "ecdsa-sha384": "1.2.840.10045.4.3.3",
    "ecdsa-sha512": "1.2.840.10045.4.3.4",
}
_WRONG = frozenset({"invalid_pin", "invalid_otp", "invalid_authentication_data"})
_AGAIN = frozenset({"expired_token", "invalid_token", "invalid_grant"})  # of what the person has just allowed
_LOCKED = re.compile(r"lock|block", re.IGNORECASE)
_REASONS = {
    "access_denied": FailureReason.CANCELLED,
    **dict.fromkeys(_WRONG, FailureReason.WRONG_PIN),
    "authorization_timeout": FailureReason.TIMED_OUT,
}


class CscProvider:
    """Speaks the API of the Cloud Signature Consortium as a client; makes PAdES-T and XAdES-T itself."""

    def __init__(
        self,
        *,
        settings: CscSettings,
        tsa: TimestampSource,
        clock: Clock,
        key: bytes = b"",
        hash_style: xades.HashStyle = xades.HashStyle.DETACHED_DIGEST,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """``key`` is a secret of the installation; it seals what travels through browsers."""
        self.identifier = settings.identifier
        self._settings = settings
        self._tsa = tsa
        self._hash_style = hash_style
        self._clock = clock
        self._sealer = Sealer(key)
        self._client = CscClient(settings, transport=transport)
        self._calls: OpenCalls[Answer] = OpenCalls(limit=settings.max_open_calls)

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def start(self, order: SigningOrder, workspace: Path) -> Answer:
        """Begin; see ``Provider.start``."""
        return self._go_on(order, Work(), workspace)

    def poll(self, order: SigningOrder, state: bytes, workspace: Path) -> Answer:
        """Go on; see ``Provider.poll``."""
        work = Work.decode(state)
        return Pending(state, _PAGE_PAUSE) if work.asks else self._go_on(order, work, workspace)

    def cancel(self, order: SigningOrder, state: bytes) -> None:
        """Let it go: the API has no such call, and an authorisation that nobody uses expires."""
        del state
        self._calls.forget(order.request_id)

    def check_config(self) -> Sequence[str]:
        """Return what is misconfigured."""
        return problems(self._settings)

    def probe(self) -> str:
        """Ask the service who it is, the only call that every service answers; see ``Probing.probe``."""
        try:
            self._client.ask_info()
        except MSignError as error:
            return f"does not answer: {error.message}"
        return ""

    def prompt(self, state: bytes) -> Prompt | None:
        """Ask for what the service wants from the person; see ``Conversation.prompt``."""
        work = Work.decode(state)
        if not work.asks:
            return None
        if work.redirect:
            return Prompt(PromptKind.REDIRECT, address=work.redirect)
        left = self._settings.max_attempts - work.tries
        return Prompt(PromptKind.TYPED, inputs=work.inputs, wrong=work.tries > 0, attempts_left=left)

    def reply(self, order: SigningOrder, state: bytes, reply: Reply, workspace: Path) -> Answer:
        """Use what the person typed or brought back, in this call only; see ``Conversation.reply``."""
        del workspace
        work = Work.decode(state)
        if not work.asks:
            raise MSignError(Code.CONFLICT, "nothing is asked")
        try:
            match reply:
                case TypedSecrets(values) if work.inputs and not work.redirect:
                    return self._typed(order, work, values)
                case ReturnedCode(parameters) if work.redirect:
                    return self._returned(order, work, parameters)
                case _:
                    raise invalid("reply", "another kind of reply was expected")
        except CscError as error:
            return self._refused_reply(order, work, error)

    def order_of(self, parameters: Mapping[str, str]) -> str | None:
        """Return the order that a redirect belongs to; see ``Returning.order_of``."""
        opened = self._sealer.open(parameters.get("state", ""))
        return opened.order if opened else None

    def _go_on(self, order: SigningOrder, work: Work, workspace: Path) -> Answer:
        answer = self._calls.run(order.request_id, lambda: self._safely(order, work, workspace), patience=_PATIENCE)
        return answer or Pending(work.encode(), _LOOK_AGAIN)

    def _safely(self, order: SigningOrder, work: Work, workspace: Path) -> Answer:
        try:
            return self._work(order, work, workspace)
        except CscError as error:
            return self._refused(error)
        except MSignError as error:
            if error.code is Code.UNAVAILABLE:
                raise
            _LOG.warning("%s gave no usable answer: %s", self.identifier, error)
            return Refused(FailureReason.INCOMPLETE_ANSWER, error.message[:MAX_MESSAGE])

    def _work(self, order: SigningOrder, work: Work, workspace: Path) -> Answer:
        if not work.prepared:
            found = choose(self._client, order, self._clock)
            if isinstance(found, Refused):
                return found
            work = self._asking(order, self._prepared(order, found, workspace), found.mode)
        while work.next_batch:
            if work.asks:
                return Pending(work.encode(), _PAGE_PAUSE)
            before = work
            work = self._sign_next(order, work)
            if work.values == before.values:
                return Pending(work.encode(), self._settings.poll_seconds)
            mode = "oauth2code" if before.redirect else ""
            work = self._asking(order, work, mode)
            if not work.next_batch:
                # Stored before anything else happens: a confirmation is good for one signature only.
                return Pending(work.encode(), retry_after=0.0)
        return self._completed(order, work, workspace)

    def _sign_next(self, order: SigningOrder, work: Work) -> Work:
        """Do the next step of a batch; the values are unchanged while something is waited for."""
        if work.response:
            ready = self._client.signatures(work.response, len(work.next_batch))
            return work.with_values(ready.values) if ready else work
        if work.handle:
            allowed = self._client.check(work.handle)
        else:
            allowed = self._client.authorize(work.credential, _hashes(work), _oid(work), order.description)
        return self._sign(work, allowed.sad) if allowed.sad else replace(work, handle=allowed.handle)

    def _sign(self, work: Work, sad: str) -> Work:
        made = self._client.sign(work.credential, sad, _hashes(work), algorithm=work.algorithm, hash_oid=_oid(work))
        return work.with_values(made.values) if made.values else replace(work, handle="", response=made.response)

    def _typed(self, order: SigningOrder, work: Work, values: Mapping[str, str]) -> Answer:
        if set(values) != {one.name for one in work.inputs}:
            raise invalid("reply", "what was asked for was expected")
        allowed = self._client.authorize(work.credential, _hashes(work), _oid(work), order.description, values)
        if not allowed.sad:
            return Pending(replace(work, handle=allowed.handle).encode(), self._settings.poll_seconds)
        return self._after(order, self._sign(work, allowed.sad), "")

    def _returned(self, order: SigningOrder, work: Work, parameters: Mapping[str, str]) -> Answer:
        opened = self._sealer.open(parameters.get("state", ""))
        known = opened is not None and opened.order == order.request_id
        if not known or not hmac.compare_digest(opened.nonce if opened else "", work.nonce):
            raise invalid("state", "the redirect of this session was expected")
        if "code" not in parameters:
            raise CscError(parameters.get("error", "access_denied")[:100])
        token = self._client.token(parameters["code"], self._sealer.verifier(work.nonce), self._settings.return_url)
        return self._after(order, self._sign(work, token), "oauth2code")

    def _after(self, order: SigningOrder, work: Work, mode: str) -> Answer:
        """Go on after a batch that the person has allowed: the next one, or the worker completes."""
        return Pending(self._asking(order, work, mode).encode(), 0.0 if not work.response else _LOOK_AGAIN)

    def _refused_reply(self, order: SigningOrder, work: Work, error: CscError) -> Answer:
        """A wrong entry may be made again, what has expired may be allowed again; anything else ends the session."""
        if error.word in _AGAIN:
            return Pending(self._asking(order, work, "oauth2code" if work.redirect else "").encode(), _PAGE_PAUSE)
        if error.word in _WRONG and not _LOCKED.search(error.words):
            tried = replace(work, tries=work.tries + 1)
            if tried.tries < self._settings.max_attempts:
                return Pending(tried.encode(), _PAGE_PAUSE)
        return self._refused(error)

    def _refused(self, error: CscError) -> Refused:
        _LOG.info("%s refused: %s", self.identifier, error.word)
        if _LOCKED.search(error.word) or (error.word in _WRONG and _LOCKED.search(error.words)):
            return Refused(FailureReason.PIN_LOCKED)
        return Refused(_REASONS.get(error.word, FailureReason.INSTRUMENT_UNAVAILABLE))

    def _prepared(self, order: SigningOrder, credential: Credential, workspace: Path) -> Work:
        leaf, *chain = credential.certificates
        waiting = prepare_items(order, workspace, style=self._hash_style, clock=self._clock)
        prepared = tuple(bound(one, leaf, chain) for one in waiting)
        oid = _OIDS.get(str(prepared[0].require_algorithm()), "")
        algorithm = oid if oid in credential.algorithms else _RSA
        if algorithm not in credential.algorithms:
            raise MSignError(Code.BAD_MESSAGE, "the credential offers no algorithm that suits its certificate")
        inputs = credential.inputs if credential.mode == "explicit" else ()
        return Work(credential.identifier, algorithm, credential.multisign, prepared, inputs=inputs)

    def _asking(self, order: SigningOrder, work: Work, mode: str) -> Work:
        """Return the work with what the person has to do for its next batch."""
        if not work.next_batch or work.response:
            return work
        if any(one.kind is SecretKind.OTP for one in work.inputs):
            self._client.send_code(work.credential)
        if mode != "oauth2code":
            return work
        if not (self._client.oauth_url and self._settings.oauth_client_id):
            raise MSignError(Code.BAD_MESSAGE, "the service asks for OAuth, and no OAuth client is configured for it")
        nonce, state = self._sealer.seal(order.request_id)
        url = authorization_url(
            self._settings,
            self._client.oauth_url,
            credential=work.credential,
            hashes=_hashes(work),
            hash_oid=_oid(work),
            state=state,
            verifier=self._sealer.verifier(nonce),
        )
        return replace(work, nonce=nonce, redirect=url)

    def _completed(self, order: SigningOrder, work: Work, workspace: Path) -> Answer:
        try:
            return finished(order, workspace, work.prepared, work.values, tsa=self._tsa)
        except MSignError as error:
            if not error.retry:
                raise
            # The time-stamping authority is away; the person has signed and must not be asked again.
            return Pending(work.encode(), self._settings.poll_seconds)


def _hashes(work: Work) -> list[bytes]:
    return [one.digest_to_sign for one in work.next_batch]


def _oid(work: Work) -> str:
    return work.next_batch[0].require_algorithm().digest.oid
