"""The exact text of the fault that a refused client sees (wire contract 8), for the face and for the explanation."""

from __future__ import annotations

from typing import assert_never

from msign.access.values import DenialReason

ADDRESS_REASONS = frozenset({DenialReason.FOREIGN_ADDRESS, DenialReason.NO_NETWORKS})  # setting api.ip_reject
FORBIDDEN = "This address is not registered"
READING = "GetSignResponse"  # the one operation whose known text is another one


def denial_text(reason: DenialReason, serial: str, operation: str, serial_format: str) -> str:
    """Return the faultstring of AuthenticationFailed. ``serial_format`` is the setting ``soap.fault_serial_format``."""
    match reason:
        case (
            DenialReason.NO_CERTIFICATE
            | DenialReason.UNREADABLE_CERTIFICATE
            | DenialReason.UNTRUSTED_ISSUER
            | DenialReason.FINGERPRINT_MISMATCH
            | DenialReason.CERTIFICATE_EXPIRED
            | DenialReason.CERTIFICATE_NOT_YET_VALID
            | DenialReason.CERTIFICATE_REVOKED
        ):
            return "Invalid authentication certificate provided"
        case (
            DenialReason.NOT_REGISTERED
            | DenialReason.ACCESS_DISABLED
            | DenialReason.NO_NETWORKS
            | DenialReason.FOREIGN_ADDRESS
        ):
            who = "Unknown or unregistered system" if operation == READING else "Unknown service consumer"
            return f"{who}: {serial_in(serial, serial_format)}"
        case _:
            assert_never(reason)


def seen_by_client(reason: DenialReason, serial: str, operation: str, *, serial_format: str, ip_reject: str) -> str:
    """Return what a refused client reads, in one line; empty when the connection just ends (``api.ip_reject``)."""
    if reason in ADDRESS_REASONS and ip_reject != "fault":
        return f"HTTP 403: {FORBIDDEN}" if ip_reject == "403" else ""
    return f"AuthenticationFailed: {denial_text(reason, serial, operation, serial_format)}"


def serial_in(upper_hex: str, form: str) -> str:
    """Return a serial number in the form of the setting ``soap.fault_serial_format``."""
    if form == "lower-hex":
        return upper_hex.lower()
    if form == "decimal":
        return str(int(upper_hex, 16)) if upper_hex else ""
    return upper_hex
