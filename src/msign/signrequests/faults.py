"""Every text of the fault InvalidParameter that posting can raise: the member, and what was expected of it."""

from __future__ import annotations

from msign.kernel.errors import Code, MSignError, invalid


def missing(member: str) -> MSignError:
    """Return the fault for a required member that is absent, nil or blank."""
    return invalid(member, "required")


def too_long(member: str, limit: int) -> MSignError:
    """Return the fault for a text over its limit."""
    return invalid(member, f"at most {limit} characters expected")


def control_characters(member: str) -> MSignError:
    """Return the fault for a text with characters that no page and no phone can show."""
    return invalid(member, "no control characters expected")


def too_many_contents(limit: int) -> MSignError:
    """Return the fault for too many contents."""
    return invalid("Contents", f"at most {limit} items expected")


def empty_content(member: str) -> MSignError:
    """Return the fault for a content without bytes."""
    return invalid(member, "content must not be empty")


def hash_length(member: str) -> MSignError:
    """Return the fault for a hash of a length that no accepted algorithm has."""
    return invalid(member, "20, 32, 48 or 64 bytes expected")


def sha1_not_agreed(member: str) -> MSignError:
    """Return the fault for SHA-1 where it is switched off."""
    return invalid(member, "SHA-1 (20 bytes) is not accepted from this system; 32, 48 or 64 bytes expected")


def sha1_ended(member: str, day: str) -> MSignError:
    """Return the fault for SHA-1 after its last day."""
    return invalid(member, f"SHA-1 (20 bytes) was accepted until {day}; 32, 48 or 64 bytes expected")


def no_instrument(member: str) -> MSignError:
    """Return the fault for contents that no instrument can sign."""
    return invalid(member, "no signing instrument accepts contents of this kind and number")


def pdf_too_large(member: str, limit: int) -> MSignError:
    """Return the fault for a document over the limit."""
    return invalid(member, f"at most {limit} bytes expected")


def not_a_pdf(member: str) -> MSignError:
    """Return the fault for bytes that do not begin like a PDF."""
    return invalid(member, "a PDF document expected")


def unreadable_pdf(member: str, why: str) -> MSignError:
    """Return the fault for a document that begins like a PDF and cannot be read."""
    return invalid(member, f"a readable PDF document expected: {why}")


def locked_pdf(member: str) -> MSignError:
    """Return the fault for a document that asks for a password."""
    return invalid(member, "a PDF document that opens without a password expected")


def already_signed(member: str) -> MSignError:
    """Return the fault for signed input without the flag."""
    return invalid(member, "the document is already signed; MultipleSignatures = true expected")


def duplicate_correlation(member: str) -> MSignError:
    """Return the fault for a correlation id that another content of the request has."""
    return invalid(member, "must be unique in the request")


def not_an_idnp(member: str) -> MSignError:
    """Return the fault for what cannot be a person's number."""
    return invalid(member, "an IDNP of 13 digits expected")


def not_an_idno(member: str) -> MSignError:
    """Return the fault for what cannot be an organisation's number."""
    return invalid(member, "an IDNO of 13 digits expected")


def delegator_required(member: str) -> MSignError:
    """Return the fault for a delegator type without a delegator."""
    return invalid(member, "required when DelegatorType is not None")


def not_found() -> MSignError:
    """Return the fault for an id that is unknown or no longer kept (wire contract 8)."""
    return MSignError(Code.REQUEST_NOT_FOUND, "Cannot find such request")


def foreign_request() -> MSignError:
    """Return the fault for a request of another system (wire contract 8)."""
    return MSignError(Code.AUTHORIZATION_FAILED, "This signature request was not initiated by this system")


def finished() -> MSignError:
    """Return the conflict of an action on a finished request."""
    return MSignError(Code.CONFLICT, "the request is finished")


def under_way() -> MSignError:
    """Return the conflict of a second attempt beside a running one."""
    return MSignError(Code.CONFLICT, "a signing attempt is under way")
