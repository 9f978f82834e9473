"""The six published test cases (wire contract 14), recognised from what a system really did. Pure: no clock, no rows.

Each function looks at one case and says what proves or disproves it. What a gateway cannot see (the words on the
e-service's own pages) is not claimed: a case passes when everything that reaches the gateway is as published.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from msign.connections.conformance.values import Evidence, Finding, Instrument, Refused, Result, Signing, Story
from msign.connections.words import Sentence, say
from msign.kernel.words import FailureReason

FETCH_WITHIN = dt.timedelta(hours=1)  # a browser that came back has made its e-service ask long before
_SHOWN = 6  # pieces of evidence kept for a case, newest last
_POST, _SIGNER, _INVALID = "PostSignRequest", "ExpectedSigner.ID", "InvalidParameter"
_UNSEEN = Finding("", Result.NOT_SEEN, say("Nothing of this was seen yet."))


def recognise(story: Story, instruments: Sequence[Instrument], now: dt.datetime) -> tuple[Finding, ...]:
    """Return what the story says of each case, in their order. ``instruments``: those that have to be tried."""
    return (
        _signed(story, instruments, now),
        _cancelled(story, now),
        _again(story),
        _refused(story),
        _verified_valid(story),
        _verified_invalid(story),
    )


def _signed(story: Story, instruments: Sequence[Instrument], now: dt.datetime) -> Finding:
    """Case 1: with every instrument the person signs, and the e-service fetches the signatures."""
    codes = [one.code for one in instruments] or sorted({one.instrument for one in story.signings if one.instrument})
    newest = [proof for code in codes if (proof := _newest_signing(story, code, now))]
    proven = [proof for proof in newest if proof.result is Result.PASSED]
    if len(proven) == len(codes) and codes:
        return _finding("TC_FUNCT_01", Result.PASSED, say("Signed with every instrument, and fetched."), newest)
    if any(proof.result is Result.FAILED for proof in newest):
        why = say("It was signed, but your system never fetched the signatures.")
        return _finding("TC_FUNCT_01", Result.FAILED, why, newest)
    if not newest:
        return _unseen("TC_FUNCT_01")
    why = say("%(done)s of %(all)s instruments are done.", done=len(proven), all=len(codes))
    return _finding("TC_FUNCT_01", Result.NOT_SEEN, why, newest)


def _newest_signing(story: Story, code: str, now: dt.datetime) -> Evidence | None:
    """Return the best proof for an instrument: a fetched one before one that was not."""
    signed = [one for one in story.signings if one.instrument == code and one.signed is not None]
    fetched = [one for one in signed if one.told is not None]
    if fetched:
        one = fetched[-1]
        what = say(
            "Signed with %(instrument)s; your system fetched it %(late)s later.", instrument=code, late=_late(one)
        )
        return Evidence(one.told or one.posted, what, one.request_id)
    if not signed:
        return None
    one = signed[-1]
    assert one.signed is not None
    overdue = one.signed + FETCH_WITHIN < now
    what = say("Signed with %(instrument)s; your system has not fetched it.", instrument=code)
    return Evidence(one.signed, what, one.request_id, Result.FAILED if overdue else Result.NOT_SEEN)


def _late(one: Signing) -> str:
    assert one.signed is not None
    assert one.told is not None
    seconds = max(0, int((one.told - one.signed).total_seconds()))
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def _cancelled(story: Story, now: dt.datetime) -> Finding:
    """Case 2: the person cancels, and the e-service learns of the Failure."""
    ended = [one for one in story.signings if one.ended is not None and one.reason == FailureReason.CANCELLED]
    told = [one for one in ended if one.told is not None]
    if told:
        proofs = [_cancelled_proof(one) for one in told]
        return _finding(
            "TC_FUNCT_02", Result.PASSED, say("Cancelled, and your system was told of the failure."), proofs
        )
    if not ended:
        return _unseen("TC_FUNCT_02")
    one = ended[-1]
    assert one.ended is not None
    if one.ended + FETCH_WITHIN < now:
        why = say("It was cancelled, but your system never asked what became of it.")
        return _finding("TC_FUNCT_02", Result.FAILED, why, [Evidence(one.ended, why, one.request_id, Result.FAILED)])
    why = say("Cancelled; your system has not asked for the result yet.")
    return _finding("TC_FUNCT_02", Result.NOT_SEEN, why, [Evidence(one.ended, why, one.request_id, Result.NOT_SEEN)])


def _cancelled_proof(one: Signing) -> Evidence:
    what = say("The person cancelled; your system got the status Failure.")
    return Evidence(one.told or one.posted, what, one.request_id)


def _again(story: Story) -> Finding:
    """Case 3: the person goes back and presses Sign again; the sign page is shown again.

    Either the same request is opened again, or the same document is posted again after a first try without signature.
    """
    proofs = [
        Evidence(one.opened[1], say("The sign page of the same request was opened again."), one.request_id)
        for one in story.signings
        if one.openings > 1 and one.opened is not None
    ]
    proofs += [
        Evidence(one.attempts[1][0], say("A second attempt was begun on the same request."), one.request_id)
        for one in story.signings
        if len(one.attempts) > 1
    ]
    proofs += [
        Evidence(
            later.attempts[0][0], say("The same document was sent again, and its page was used."), later.request_id
        )
        for at, first in enumerate(story.signings)
        for later in story.signings[at + 1 :]
        if _second_try(first, later)
    ]
    if proofs:
        return _finding("TC_FUNCT_03", Result.PASSED, say("The sign page was shown again."), proofs)
    return _unseen("TC_FUNCT_03")


def _second_try(first: Signing, later: Signing) -> bool:
    """Tell whether ``later`` is the same document once more, after the person had left the first without signing."""
    if first.signed is not None and first.signed < later.posted:
        return False
    visited = bool(first.attempts or first.opened or first.ended)
    return visited and bool(later.attempts) and bool(first.documents & later.documents)


def _refused(story: Story) -> Finding:
    """Case 4: a wrong IDNP is refused by the API; a wrong telephone number never reaches the sign page."""
    careless = [one for one in story.signings if one.bad_number]
    proofs = [
        Evidence(one.at, say("PostSignRequest was refused: %(member)s is not valid.", member=one.member))
        for one in story.refused
        if _wrong_signer(one)
    ]
    if careless and (not proofs or max(one.at for one in proofs) < careless[-1].posted):
        one = careless[-1]
        why = say("Your system sent a person to the sign page with a telephone number that is none.")
        return _finding("TC_FUNCT_04", Result.FAILED, why, [Evidence(one.posted, why, one.request_id, Result.FAILED)])
    if proofs:
        why = say("A wrong personal number was refused, and no sign page followed.")
        return _finding("TC_FUNCT_04", Result.PASSED, why, proofs)
    others = [one for one in story.refused if one.operation == _POST and one.outcome == _INVALID]
    if not others:
        return _unseen("TC_FUNCT_04")
    what = say("PostSignRequest was refused: %(member)s is not valid.", member=others[-1].member or "–")
    why = say("A call was refused, but not for the signer's personal number.")
    return _finding("TC_FUNCT_04", Result.REVIEW, why, [Evidence(others[-1].at, what, "", Result.REVIEW)])


def _wrong_signer(one: Refused) -> bool:
    """Only PostSignRequest has this member; a client without SOAPAction leaves the operation unknown."""
    return one.outcome == _INVALID and one.member.startswith(_SIGNER)


def _verified_valid(story: Story) -> Finding:
    """Case 5: what was signed for this system is verified, and clearly valid."""
    own = {digest: one for one in story.signings for digest in one.signatures}
    good = [one for one in story.verified if one.valid]
    proofs = [
        Evidence(one.at, say("What was signed here was verified: valid."), own[one.sha256].request_id)
        for one in good
        if one.sha256 in own
    ]
    if proofs:
        return _finding("TC_FUNCT_05", Result.PASSED, say("Your own signature was verified as valid."), proofs)
    if not good:
        return _unseen("TC_FUNCT_05")
    why = say("A valid signature was verified, but none that was made for your system.")
    return _finding("TC_FUNCT_05", Result.REVIEW, why, [Evidence(good[-1].at, why, "", Result.REVIEW)])


def _verified_invalid(story: Story) -> Finding:
    """Case 6: altered data, document or signature is verified, and clearly invalid."""
    own = {digest for one in story.signings for digest in one.signatures}
    bad = [one for one in story.verified if not one.valid]
    proofs = [
        Evidence(one.at, _altered(own_signature=one.sha256 in own))
        for one in bad
        if one.signatures or one.sha256 in own
    ]
    if proofs:
        return _finding("TC_FUNCT_06", Result.PASSED, say("Something altered was verified as not valid."), proofs)
    if not bad:
        return _unseen("TC_FUNCT_06")
    why = say("What was verified holds no signature at all. Alter a signed file, or the data that was signed.")
    return _finding("TC_FUNCT_06", Result.REVIEW, why, [Evidence(bad[-1].at, why, "", Result.REVIEW)])


def _altered(*, own_signature: bool) -> Sentence:
    if own_signature:
        return say("Your own signature was verified over other data: not valid.")
    return say("An altered signature was verified: not valid.")


def _finding(code: str, result: Result, why: Sentence, proofs: Iterable[Evidence]) -> Finding:
    return Finding(code, result, why, tuple(sorted(proofs, key=lambda one: one.at)[-_SHOWN:]))


def _unseen(code: str) -> Finding:
    return Finding(code, _UNSEEN.result, _UNSEEN.why)
