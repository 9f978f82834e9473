"""A CSC service as a provider: find the person's credential, prepare, have the hashes signed, complete, time-stamp."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import httpx

from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import MAX_MESSAGE
from msign.kernel.words import FailureReason
from msign.pki.certificate import person_id
from msign.pki.tsa import TimestampSource
from msign.providers.base import Answer, Pending, Refused, SigningOrder
from msign.providers.csc.client import Authorisation, Credential, CscClient, CscError
from msign.providers.csc.settings import CscSettings, problems
from msign.providers.csc.work import Work
from msign.providers.finishing import bound, finished, prepare_items
from msign.providers.remote.calls import OpenCalls
from msign.signing import xades
from msign.signing.prepared import PreparedSignature

_LOG = logging.getLogger(__name__)
_PATIENCE = 2.0
_LOOK_AGAIN = 1.0
_RSA = "1.2.840.113549.1.1.1"
_OIDS = {
    "rsa-pkcs1-sha256": "1.2.840.113549.1.1.11",
    "rsa-pkcs1-sha384": "1.2.840.113549.1.1.12",
    "rsa-pkcs1-sha512": "1.2.840.113549.1.1.13",
    "ecdsa-sha256": "1.2.840.10045.4.3.2",
    "ecdsa-sha384": "1.2.840.10045.4.3.3",
    "ecdsa-sha512": "1.2.840.10045.4.3.4",
}
_REASONS = {
    "access_denied": FailureReason.CANCELLED,
    "invalid_pin": FailureReason.WRONG_PIN,
    "invalid_otp": FailureReason.WRONG_PIN,
    "invalid_authentication_data": FailureReason.WRONG_PIN,
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
        hash_style: xades.HashStyle = xades.HashStyle.DETACHED_DIGEST,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.identifier = settings.identifier
        self._settings = settings
        self._tsa = tsa
        self._hash_style = hash_style
        self._clock = clock
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
        return self._go_on(order, Work.decode(state), workspace)

    def cancel(self, order: SigningOrder, state: bytes) -> None:
        """Let it go: the API has no such call, and an authorisation that nobody uses expires."""
        del state
        self._calls.forget(order.request_id)

    def check_config(self) -> Sequence[str]:
        """Return what is misconfigured."""
        return problems(self._settings)

    def _go_on(self, order: SigningOrder, work: Work, workspace: Path) -> Answer:
        answer = self._calls.run(order.request_id, lambda: self._safely(order, work, workspace), patience=_PATIENCE)
        return answer or Pending(work.encode(), _LOOK_AGAIN)

    def _safely(self, order: SigningOrder, work: Work, workspace: Path) -> Answer:
        try:
            return self._work(order, work, workspace)
        except CscError as error:
            _LOG.info("%s refused: %s", self.identifier, error.word)
            return Refused(_REASONS.get(error.word, FailureReason.INSTRUMENT_UNAVAILABLE))
        except MSignError as error:
            if error.code is Code.UNAVAILABLE:
                raise
            _LOG.warning("%s gave no usable answer: %s", self.identifier, error)
            return Refused(FailureReason.INCOMPLETE_ANSWER, error.message[:MAX_MESSAGE])

    def _work(self, order: SigningOrder, work: Work, workspace: Path) -> Answer:
        if not work.prepared:
            found = self._credential(order)
            if isinstance(found, Refused):
                return found
            work = self._prepared(order, found, workspace)
        while batch := work.next_batch:
            allowed = self._allowed(order, work, batch)
            if not allowed.sad:
                return Pending(replace(work, handle=allowed.handle).encode(), self._settings.poll_seconds)
            hashes = [one.digest_to_sign for one in batch]
            oid = batch[0].require_algorithm().digest.oid
            values = self._client.sign(work.credential, allowed.sad, hashes, algorithm=work.algorithm, hash_oid=oid)
            work = work.with_values(values)
            if not work.next_batch:
                # Stored before anything else happens: a confirmation is good for one signature only.
                return Pending(work.encode(), retry_after=0.0)
        return self._completed(order, work, workspace)

    def _credential(self, order: SigningOrder) -> Credential | Refused:
        """Return the first usable credential of the person; the service's word for whose it is is not enough."""
        stranger = False
        for identifier in self._client.credential_ids(order.signer_id):
            found = self._client.credential(identifier)
            if not found.enabled or not found.certificates:
                continue
            if order.signer_id is None or person_id(found.certificates[0]) == order.signer_id:
                return found
            stranger = True
        return Refused(FailureReason.SIGNER_MISMATCH if stranger else FailureReason.NO_ACTIVE_DEVICE)

    def _prepared(self, order: SigningOrder, credential: Credential, workspace: Path) -> Work:
        leaf, *chain = credential.certificates
        waiting = prepare_items(order, workspace, style=self._hash_style, clock=self._clock)
        prepared = tuple(bound(one, leaf, chain) for one in waiting)
        oid = _OIDS.get(str(prepared[0].require_algorithm()), "")
        algorithm = oid if oid in credential.algorithms else _RSA
        if algorithm not in credential.algorithms:
            raise MSignError(Code.BAD_MESSAGE, "the credential offers no algorithm that suits its certificate")
        return Work(credential.identifier, algorithm, credential.multisign, prepared)

    def _allowed(self, order: SigningOrder, work: Work, batch: Sequence[PreparedSignature]) -> Authorisation:
        if work.handle:
            return self._client.check(work.handle)
        hashes = [one.digest_to_sign for one in batch]
        oid = batch[0].require_algorithm().digest.oid
        return self._client.authorize(work.credential, hashes, oid, order.description)

    def _completed(self, order: SigningOrder, work: Work, workspace: Path) -> Answer:
        try:
            return finished(order, workspace, work.prepared, work.values, tsa=self._tsa)
        except MSignError as error:
            if not error.retry:
                raise
            # The time-stamping authority is away; the person has signed and must not be asked again.
            return Pending(work.encode(), self._settings.poll_seconds)
