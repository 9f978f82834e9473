"""Settings of the SOAP face, as the wiring passes them down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from msign.kernel import limits


@dataclass(frozen=True, slots=True)
class SoapOptions:
    """Names and defaults as in the documentation of ``[soap]``, ``[api]`` and ``[sign]``."""

    scratch: Path | None = None  # folder for what VerifySignatures brings; empty: the system's
    max_message_bytes: int = limits.MAX_MESSAGE_BYTES
    max_content_bytes: int = limits.MAX_PDF_BYTES
    max_contents: int = limits.MAX_CONTENTS
    null_message: str = "nil"  # nil | omit
    unknown_language: str = "fault"  # fault | ro
    faultcode_form: str = "envelope"  # envelope | own-namespace
    fault_serial_format: str = "upper-hex"  # upper-hex | lower-hex | decimal
    subject_order: str = "reverse"  # reverse | encoded
    wsdl_require_certificate: bool = False
    ip_reject: str = "403"  # 403 | fault | drop
    public_url: str = ""  # what soap:address says; empty: what the client reached
    drain_bytes: int = limits.MAX_DRAIN_BYTES
    drain_seconds: float = limits.MAX_DRAIN_SECONDS
    idle_seconds: float = 30.0  # a body that stands still this long is given up
    message_seconds: float = 900.0  # a whole body: 160 MiB over 1.5 Mbit/s
    verification_threads: int = 4  # they wait for OCSP and CRL more than they compute
    call_threads: int = 8
