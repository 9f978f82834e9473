"""The rules of PostSignRequest (wire contract 5), member by member. The first broken one is raised."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from msign.kernel import limits
from msign.kernel.identifiers import IdCheck, is_idno, is_idnp
from msign.kernel.words import ContentType, DelegatorType
from msign.signrequests import faults
from msign.signrequests.rules import Rules
from msign.signrequests.values import ExpectedSigner, NewSignRequest, PostedContent

_LINE_BREAKS = re.compile(r"[\t\r\n]+")


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a request after checking; absent ones are empty, the description falls back to the short one."""

    short_description: str
    description: str
    reason: str


def check_frame(request: NewSignRequest, rules: Rules) -> ContentType:
    """Check type and number of the contents and their correlation ids; return the type."""
    if request.content_type is None:
        raise faults.missing("ContentType")
    if not request.contents:
        raise faults.missing("Contents")
    if len(request.contents) > rules.max_contents:
        raise faults.too_many_contents(rules.max_contents)
    for position, content in enumerate(request.contents):
        _check_members(content, f"Contents[{position}]")
    _check_correlations(request.contents)
    return request.content_type


def check_texts(request: NewSignRequest, content_type: ContentType) -> Texts:
    """Check the descriptions and the reason, which is accepted and ignored for a Hash."""
    short = _text(request.short_description, "ShortContentDescription", limits.MAX_SHORT_DESCRIPTION)
    if not short:
        raise faults.missing("ShortContentDescription")
    description = _text(request.description, "ContentDescription", limits.MAX_DESCRIPTION)
    reason = _text(request.reason, "SignatureReason", limits.MAX_REASON)
    return Texts(short, description or short, reason if content_type is ContentType.PDF else "")


def check_signer(
    expected: ExpectedSigner | None, content_type: ContentType, check: IdCheck, rules: Rules
) -> ExpectedSigner:
    """Check who has to sign; members without meaning (a delegator of type None) are dropped."""
    given = expected or ExpectedSigner()
    person = _blank(given.id)
    if person is None and content_type is ContentType.HASH and rules.id_required_for_hash:
        raise faults.missing("ExpectedSigner.ID")
    if person is not None and not is_idnp(person, check):
        raise faults.not_an_idnp("ExpectedSigner.ID")
    if given.delegator_type is DelegatorType.NONE:
        return ExpectedSigner(id=person)
    delegator = _delegator(given, person, check)
    return ExpectedSigner(person, given.delegator_type, delegator, given.delegated_role_id)


def check_hash(digest: bytes, member: str) -> None:
    """Check that a posted hash has the length of an accepted algorithm."""
    if len(digest) not in limits.HASH_LENGTHS:
        raise faults.hash_length(member)


def _delegator(given: ExpectedSigner, person: str | None, check: IdCheck) -> str:
    member = "ExpectedSigner.DelegatorID"
    delegator = _blank(given.delegator_id)
    if delegator is None:
        raise faults.delegator_required(member)
    if given.delegator_type is DelegatorType.ORGANIZATION and not is_idno(delegator, check):
        raise faults.not_an_idno(member)
    if given.delegator_type is DelegatorType.PERSON and delegator != person and not is_idnp(delegator, check):
        raise faults.not_an_idnp(member)
    return delegator


def _check_members(content: PostedContent, member: str) -> None:
    if content.size == 0:
        raise faults.empty_content(f"{member}.Content")
    _text(content.name, f"{member}.Name", limits.MAX_NAME)
    if len(content.correlation_id or "") > limits.MAX_CORRELATION_ID:  # as it came: it is returned unchanged
        raise faults.too_long(f"{member}.CorrelationID", limits.MAX_CORRELATION_ID)


def _check_correlations(contents: tuple[PostedContent, ...]) -> None:
    seen: set[str] = set()
    for position, content in enumerate(contents):
        if content.correlation_id and content.correlation_id in seen:
            raise faults.duplicate_correlation(f"Contents[{position}].CorrelationID")
        seen.add(content.correlation_id or "")


def _text(text: str | None, member: str, limit: int) -> str:
    """Return the text without outer spaces, line breaks as spaces; a blank one is empty."""
    bare = _LINE_BREAKS.sub(" ", text or "").strip()
    if len(bare) > limit:
        raise faults.too_long(member, limit)
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in bare):
        raise faults.control_characters(member)
    return bare


def _blank(text: str | None) -> str | None:
    return (text or "").strip() or None
