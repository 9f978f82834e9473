"""Why a signing ended, and what a person can do about it: whole sentences, one entry a reason."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from msign.kernel.words import FailureReason as Why

# A test holds this table against the closed list of reasons.
SENTENCES: dict[Why, tuple[str, str]] = {
    Why.CANCELLED: (
        noop("You cancelled the signing"),
        noop("If this was a mistake, you can sign again."),
    ),
    Why.WRONG_PIN: (
        noop("The PIN entered was wrong"),
        noop("Check your PIN first: several wrong entries block it. Your signature provider can unblock it."),
    ),
    Why.PIN_LOCKED: (
        noop("The PIN is locked after too many wrong entries"),
        noop("Your signature provider can unlock it. Until then, sign with another instrument."),
    ),
    Why.WRONG_CODE: (
        noop("The verification code was not confirmed"),
        noop(
            "Sign only when the phone shows the same code as this page. If you were asked to sign something you had "
            "not begun, tell your signature provider."
        ),
    ),
    Why.NO_ACTIVE_DEVICE: (
        noop("No active signing device was found"),
        noop("Check that the phone is on, or that the card or token is plugged in."),
    ),
    Why.SIM_ERROR: (
        noop("The SIM card could not sign"),
        noop("Restart the phone. If it happens again, contact your mobile operator."),
    ),
    Why.CERTIFICATE_EXPIRED: (
        noop("Your signature certificate has expired"),
        noop("Renew the certificate with your signature provider."),
    ),
    Why.CERTIFICATE_REVOKED: (
        noop("Your signature certificate is revoked"),
        noop("Ask your signature provider for a new certificate."),
    ),
    Why.SIGNER_MISMATCH: (
        noop("Another person signed than the one expected"),
        noop("The document must be signed by the person whom the service has named."),
    ),
    Why.DELEGATION_UNPROVEN: (
        noop("The right to sign for another could not be confirmed"),
        noop("Your certificate must name the organisation, or a valid power of attorney must be registered."),
    ),
    Why.INSTRUMENT_UNAVAILABLE: (
        noop("The signing instrument is not available"),
        noop("The provider does not answer at the moment. Another instrument may work."),
    ),
    Why.TIMED_OUT: (
        noop("No confirmation arrived in time"),
        noop("Have the phone or card at hand before you start."),
    ),
    Why.WRONG_DOCUMENT: (
        noop("The provider returned a signature for another document"),
        noop("Tell support about it; you have done nothing wrong."),
    ),
    Why.NOT_INTACT: (
        noop("The signature that came back is damaged"),
        noop("The provider must mend this. Another instrument may work."),
    ),
    Why.NO_TIMESTAMP: (
        noop("The signature came without a time-stamp"),
        noop("The provider must mend this. Another instrument may work."),
    ),
    Why.UNTRUSTED: (
        noop("The certificate is not from a recognised provider"),
        noop("Use a signature issued by a provider that is recognised in the Republic of Moldova."),
    ),
    Why.REVOCATION_UNKNOWN: (
        noop("It could not be confirmed that your certificate is still valid"),
        noop("The issuer of the certificate does not answer at the moment. Try again later."),
    ),
    Why.INCOMPLETE_ANSWER: (
        noop("Not all documents were signed"),
        noop("All documents must be signed together, so none was delivered."),
    ),
    Why.PROVIDER_TEXT: (
        noop("The provider refused to sign"),
        noop("Ask your signature provider what it means. Another instrument may work."),
    ),
}


@dataclass(frozen=True, slots=True)
class FailureWords:
    """A reason for people."""

    title: str
    advice: str


def failure_words(reason: Why | None, text: str) -> FailureWords:
    """Return the sentences for a failed request; ``text`` is the provider's own where no reason fits."""
    if reason is None or (reason is Why.PROVIDER_TEXT and text):
        advice = _(SENTENCES[Why.PROVIDER_TEXT][1]) if text else ""
        return FailureWords(text or _("The signing was not completed"), advice)
    title, advice = SENTENCES[reason]
    return FailureWords(_(title), _(advice))
