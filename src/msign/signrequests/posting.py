"""PostSignRequest: check everything, then keep everything in one transaction. What is refused leaves nothing behind."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from msign.access.values import Caller
from msign.audit import events
from msign.kernel.clock import CHISINAU, Clock
from msign.kernel.errors import MSignError
from msign.kernel.ids import new_request_id
from msign.kernel.words import ContentType, SignStatus
from msign.signrequests import faults, inputs, quotas, usage
from msign.signrequests.contents import LocalContentStore
from msign.signrequests.documents import document_fault
from msign.signrequests.inputs import Texts
from msign.signrequests.models import SignContent, SignRequest
from msign.signrequests.ports import DocumentReader, Registry
from msign.signrequests.rules import Rules
from msign.signrequests.values import ExpectedSigner, NewSignRequest, PostedContent

SHA1_BYTES = 20


@dataclass(frozen=True, slots=True)
class _Checked:
    """A request that breaks no rule. ``digests``: the posted hashes, or the SHA-256 of the documents."""

    content_type: ContentType
    contents: tuple[PostedContent, ...]
    digests: tuple[bytes, ...]
    texts: Texts
    signer: ExpectedSigner

    @property
    def sha1(self) -> int:
        """How many SHA-1 hashes it has."""
        return sum(len(one) == SHA1_BYTES for one in self.digests) if self.content_type is ContentType.HASH else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Takes posted requests in."""

    store: LocalContentStore
    registry: Registry
    documents: DocumentReader
    clock: Clock
    rules: Rules

    def post(self, caller: Caller, request: NewSignRequest) -> str:
        """Check and keep a request; return its id. The contents belong to this room from here, refused or not."""
        try:
            checked = self._check(caller, request)
            request_id = self._keep(caller, checked)
        except MSignError:  # refused; after anything else the commit may have happened: the sweep decides
            for content in request.contents:
                self.store.remove(content.key)
            raise
        if checked.content_type is ContentType.HASH:  # the rows hold all of a hash
            for content in checked.contents:
                self.store.remove(content.key)
        return request_id

    def _check(self, caller: Caller, request: NewSignRequest) -> _Checked:
        content_type = inputs.check_frame(request, self.rules)
        texts = inputs.check_texts(request, content_type)
        check = self.rules.id_check[caller.environment]
        signer = inputs.check_signer(request.expected_signer, content_type, check, self.rules)
        quotas.check(caller, request.contents, self.rules.quota, self.clock.now())
        if content_type is ContentType.HASH:
            digests = self._hashes(caller, request.contents)
        else:
            digests = self._documents(request.contents)
        self._check_instruments(caller, content_type, digests)
        return _Checked(content_type, request.contents, digests, texts, signer)

    def _hashes(self, caller: Caller, contents: tuple[PostedContent, ...]) -> tuple[bytes, ...]:
        found = []
        for position, content in enumerate(contents):
            member = f"Contents[{position}].Content"
            digest = self.store.path(content.key).read_bytes() if content.size <= 64 else b""
            inputs.check_hash(digest, member)
            if len(digest) == SHA1_BYTES:
                self._check_sha1(caller, member)
            found.append(digest)
        return tuple(found)

    def _check_sha1(self, caller: Caller, member: str) -> None:
        if not caller.settings.allow_sha1:
            raise faults.sha1_not_agreed(member)
        if self.clock.now().astimezone(CHISINAU).date() > self.rules.sha1_sunset:
            raise faults.sha1_ended(member, self.rules.sha1_sunset.isoformat())

    def _documents(self, contents: tuple[PostedContent, ...]) -> tuple[bytes, ...]:
        digests = []
        for position, content in enumerate(contents):
            path = self.store.path(content.key)
            refuse_signed = self.rules.refuse_signed_input_without_flag and not content.multiple_signatures
            fault = document_fault(
                self.documents.look(path, self.rules.max_pdf_bytes),
                member=f"Contents[{position}].Content",
                max_bytes=self.rules.max_pdf_bytes,
                refuse_signed=refuse_signed,
            )
            if fault is not None:
                raise fault
            digests.append(_sha256(content, path))
        return tuple(digests)

    def _check_instruments(self, caller: Caller, content_type: ContentType, digests: tuple[bytes, ...]) -> None:
        """Refuse at once what no instrument will ever sign; where none runs at all, the page says so."""
        where = {
            "environment": caller.environment,
            "content_type": content_type,
            "allowed": caller.settings.instruments,
        }
        lengths = {len(one) for one in digests} if content_type is ContentType.HASH else set()
        suitable = self.registry.suitable(hash_lengths=lengths, count=len(digests), **where)  # type: ignore[arg-type]
        if not suitable and self.registry.suitable(**where):  # type: ignore[arg-type]
            raise faults.no_instrument("Contents")

    def _keep(self, caller: Caller, checked: _Checked) -> str:
        now, request_id = self.clock.now(), new_request_id()
        with transaction.atomic():
            SignRequest.objects.create(
                **_row(request_id, caller, checked, now, now + self.rules.pending_life(caller.system_id))
            )
            SignContent.objects.bulk_create(_content_rows(request_id, checked))
            self._record(caller, checked, request_id, now)
        return request_id

    def _record(self, caller: Caller, checked: _Checked, request_id: str, now: dt.datetime) -> None:
        size = sum(content.size for content in checked.contents)
        usage.posted(caller.system_id, caller.environment, size=size, sha1=checked.sha1)
        events.request_posted(
            at=now,
            request_id=request_id,
            system_id=caller.system_id,
            environment=caller.environment,
            certificate_serial=caller.certificate_serial,
            content_type=checked.content_type,
            digests=tuple(digest.hex() for digest in checked.digests),
            expected_signer=checked.signer.id,
        )
        if checked.sha1:
            count = usage.usage(caller.system_id, caller.environment).sha1_hashes
            events.sha1_accepted(at=now, request_id=request_id, system_id=caller.system_id, count=count)


def _sha256(content: PostedContent, path: Path) -> bytes:
    """Return what the store computed as the document came in; else read it once more."""
    if content.sha256:
        return bytes.fromhex(content.sha256)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _row(
    request_id: str, caller: Caller, checked: _Checked, now: dt.datetime, expires_at: dt.datetime
) -> dict[str, object]:
    return {
        "id": request_id,
        "environment": caller.environment.value,
        "system_id": caller.system_id,
        "system_name": caller.system_name,
        "organisation_name": caller.organisation_name,
        "content_type": checked.content_type.value,
        "short_description": checked.texts.short_description,
        "description": checked.texts.description,
        "reason": checked.texts.reason,
        "expected_id": checked.signer.id or "",
        "delegator_type": checked.signer.delegator_type.value,
        "delegator_id": checked.signer.delegator_id or "",
        "delegated_role_id": checked.signer.delegated_role_id,
        "required_level": caller.settings.required_level,
        "instruments": list(caller.settings.instruments),
        "stored_bytes": sum(content.size for content in checked.contents),
        "status": SignStatus.PENDING.value,
        "created_at": now,
        "expires_at": expires_at,
    }


def _content_rows(request_id: str, checked: _Checked) -> list[SignContent]:
    return [
        SignContent(
            request_id=request_id,
            position=position,
            correlation_id=content.correlation_id or "",
            name=" ".join((content.name or "").split()),
            multiple_signatures=content.multiple_signatures and checked.content_type is ContentType.PDF,
            key=content.key if checked.content_type is ContentType.PDF else "",
            size=content.size,
            digest=digest,
        )
        for position, (content, digest) in enumerate(zip(checked.contents, checked.digests, strict=True))
    ]
