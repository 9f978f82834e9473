"""Every bound that the outside can run into, with its reason. Settings may lower or raise those marked so."""

from __future__ import annotations

KIB = 1024
MIB = 1024 * KIB

# Wire contract 5 and 11. Settings: soap.max_message_bytes, sign.max_pdf_bytes, sign.max_contents.
MAX_MESSAGE_BYTES = 160 * MIB
MAX_PDF_BYTES = 100 * MIB
MAX_CONTENTS = 100
MAX_CORRELATION_ID = 36
MAX_NAME = 256
MAX_SHORT_DESCRIPTION = 90
MAX_DESCRIPTION = 512
MAX_REASON = 255
MAX_MESSAGE = 100  # characters of SignResponse.Message
MAX_SUBJECT = 250  # characters of VerificationCertificate.Subject
HASH_LENGTHS = {20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}

# A body that is refused unread is still drained this far, so that the client sees the fault and not a broken pipe.
MAX_DRAIN_BYTES = MAX_MESSAGE_BYTES
MAX_DRAIN_SECONDS = 30.0

# New contents are refused below this much free space: the database and finished signatures still have to be written.
DISK_RESERVE_BYTES = 512 * MIB
