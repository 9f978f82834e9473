"""The token as a provider: it prepares, the page fetches certificate and values from the local agent, it completes.

Everything that comes back comes from a browser: a certificate is compared with the expected signer at once, a value is
checked against certificate and document before it counts, and the finished signature is judged like any other.
"""

from __future__ import annotations

import base64
import logging
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.limits import MAX_MESSAGE
from msign.kernel.words import ContentType, FailureReason
from msign.pki.certificate import person_id
from msign.pki.tsa import TimestampSource
from msign.providers.base import (
    Answer,
    ChosenCertificate,
    FinishedFile,
    Pending,
    Prompt,
    PromptItem,
    PromptKind,
    Refused,
    Reply,
    SignatureValues,
    Signed,
    SignedItem,
    SigningOrder,
)
from msign.providers.finishing import finished, prepare_items
from msign.providers.token.settings import TokenSettings, address_problems, problems
from msign.providers.token.work import Item, Work
from msign.signing.certificates import signing_certificate
from msign.signing.xades import HashStyle

_LOG = logging.getLogger(__name__)
_MAX_CERTIFICATE = 16 * 1024
_MAX_CHAIN = 4
_MAX_VALUE = 1024  # bytes of a signature value; RSA-8192
_DIGEST_VALUE = re.compile(rb"<ds:DigestValue>([A-Za-z0-9+/=]+)</ds:DigestValue>")
_LOOK_AGAIN = 15.0  # replies wake the session; this only finds its deadline
_STAMP_AGAIN = 3.0


class TokenProvider:
    """Signs with a card or token on the person's computer. Needs no network of its own but the time-stamps."""

    def __init__(
        self,
        *,
        settings: TokenSettings,
        tsa: TimestampSource,
        clock: Clock,
        hash_style: HashStyle = HashStyle.DETACHED_DIGEST,
    ) -> None:
        self.identifier = settings.identifier
        self._settings = settings
        self._tsa = tsa
        self._clock = clock
        self._hash_style = hash_style

    def start(self, order: SigningOrder, workspace: Path) -> Answer:
        """Prepare every signature; see ``Provider.start``."""
        try:
            waiting = prepare_items(order, workspace, style=self._hash_style, clock=self._clock)
        except MSignError as error:
            _LOG.warning("%s cannot prepare: %s", self.identifier, error)
            return Refused(FailureReason.PROVIDER_TEXT, error.message[:MAX_MESSAGE])
        items = tuple(Item(item.id, item.file_name, one) for item, one in zip(order.items, waiting, strict=True))
        return Pending(Work(items).encode(), _LOOK_AGAIN)

    def poll(self, order: SigningOrder, state: bytes, workspace: Path) -> Answer:
        """Complete what the token has signed; see ``Provider.poll``."""
        work = Work.decode(state)
        if work is None:
            return self.start(order, workspace)
        if not work.done:
            return Pending(state, _LOOK_AGAIN)
        if any(item.file for item in work.items):
            return _collected(work, workspace)
        try:
            prepared = [work.prepared(item) for item in work.items]
            return finished(order, workspace, prepared, [item.value for item in work.items], tsa=self._tsa)
        except MSignError as error:
            if error.retry:  # the time-stamping authority is away; the person must not be asked again
                return Pending(state, _STAMP_AGAIN)
            _LOG.warning("%s: the signature cannot be completed: %s", self.identifier, error)
            return Refused(FailureReason.NOT_INTACT)

    def cancel(self, order: SigningOrder, state: bytes) -> None:
        """Nothing to tell: the agent hears of it from the page."""

    def check_config(self) -> Sequence[str]:
        """Return what is misconfigured."""
        return problems(self._settings)

    def probe(self) -> str:
        """Say whether a page could reach the agent at its address; see ``Probing.probe``. Only the browser can try."""
        return next(iter(address_problems(self._settings)), "")

    def prompt(self, state: bytes) -> Prompt | None:
        """Ask the page to work the agent, as long as something is unsigned; see ``Conversation.prompt``."""
        work = Work.decode(state)
        if work is None or work.done:
            return None
        algorithm = str(work.prepared(work.items[0]).require_algorithm()) if work.certificate else ""
        return Prompt(
            PromptKind.AGENT,
            address=self._settings.url.rstrip("/"),
            help_url=self._settings.help_url,
            certificate=work.certificate,
            algorithm=algorithm,
            items=tuple(_prompt_item(work, item) for item in work.items),
        )

    def reply(self, order: SigningOrder, state: bytes, reply: Reply, workspace: Path) -> Answer:
        """Take a certificate, values or a finished container; see ``Conversation.reply``."""
        work = Work.decode(state)
        if work is None:
            raise MSignError(Code.CONFLICT, "nothing is prepared yet")
        match reply:
            case ChosenCertificate(certificate, chain):
                work = self._chosen(order, work, certificate, chain)
            case SignatureValues(values):
                work = work.with_values({one: _checked(work, one, value) for one, value in values.items()})
            case FinishedFile(item, path):
                work = _stored(work, item, path, workspace)
            case _:
                raise invalid("reply", "a certificate, a signature value or a signed file was expected")
        return Pending(work.encode(), 0.0 if work.done else _LOOK_AGAIN)

    def _chosen(self, order: SigningOrder, work: Work, certificate: bytes, chain: tuple[bytes, ...]) -> Work:
        if work.certificate == certificate:
            return work
        if not work.untouched:
            raise invalid("certificate", "the signing was begun with another certificate")
        if len(certificate) > _MAX_CERTIFICATE or len(chain) > _MAX_CHAIN:
            raise invalid("certificate", "one certificate with a few issuers was expected")
        leaf = signing_certificate(certificate)
        if order.signer_id is not None and person_id(leaf.x509) != order.signer_id:
            raise invalid("certificate.signer", "the certificate of another person")
        if not leaf.x509.not_valid_before_utc <= self._clock.now() <= leaf.x509.not_valid_after_utc:
            raise invalid("certificate.validity", "the certificate is not valid now")
        chosen = replace(work, certificate=leaf.encoded, chain=tuple(one for one in chain if _readable(one)))
        chosen.prepared(chosen.items[0])  # refuses keys that nothing here can sign with
        return chosen


def _readable(certificate: bytes) -> bool:
    try:
        return len(certificate) <= _MAX_CERTIFICATE and bool(signing_certificate(certificate).issuer_and_serial)
    except MSignError:
        return False


def _prompt_item(work: Work, item: Item) -> PromptItem:
    content_type = ContentType.HASH if item.waiting.format == "xades" else ContentType.PDF
    to_sign = work.prepared(item).data_to_sign if work.certificate and not item.done else b""
    covered, name = item.waiting.content_digest, item.waiting.digest.value
    if content_type is ContentType.HASH and (found := _DIGEST_VALUE.search(to_sign)):
        covered = base64.b64decode(found[1])  # of the object around the hash, where the style puts one
    return PromptItem(item.id, item.name, content_type, covered, name, to_sign, item.done)


def _checked(work: Work, identifier: str, value: bytes) -> bytes:
    """Return a value that fits certificate and document. Raises ``MSignError`` for any other."""
    prepared = work.prepared(work.item(identifier))
    if not 0 < len(value) <= _MAX_VALUE:
        raise invalid("value", "a signature value was expected")
    leaf = prepared.signing_certificate
    try:
        leaf.check(prepared.require_algorithm(), leaf.cms_value(value), prepared.data_to_sign)
    except MSignError as error:
        raise invalid("value", "the value does not fit the certificate and the document") from error
    return value


def _stored(work: Work, identifier: str, path: Path, workspace: Path) -> Work:
    if work.item(identifier).done:
        return work
    if not work.certificate:
        raise invalid("certificate", "no certificate is chosen yet")
    name = f"signature-{[item.id for item in work.items].index(identifier)}"
    shutil.move(path, workspace / name)
    return work.with_file(identifier, name)


def _collected(work: Work, workspace: Path) -> Answer:
    """Return the agent's own containers. A mixture with values of ours is not possible: see the page's script."""
    if not all(item.file for item in work.items):
        return Refused(FailureReason.INCOMPLETE_ANSWER)
    items = tuple(SignedItem(item.id, workspace / item.file) for item in work.items)
    return Signed(items, work.certificate)
