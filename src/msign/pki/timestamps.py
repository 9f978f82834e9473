"""Time-stamp tokens (RFC 3161, RFC 5816): what they say, and whether what they say was really signed."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from msign.pki import algorithms, asn1, cms, keys
from msign.pki import extensions as ext
from msign.pki.asn1 import Asn1Error
from msign.pki.certificate import ParsedCertificate

MAX_TOKEN_BYTES = 512 * 1024
TST_INFO = "1.2.840.113549.1.9.16.1.4"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"


class TokenDefect(enum.StrEnum):
    """Why a token proves nothing."""

    MALFORMED = "timestamp-malformed"
    IMPRINT_DIFFERS = "timestamp-imprint-differs"
    DIGEST_UNKNOWN = "timestamp-digest-unknown"
    CONTENT_CHANGED = "timestamp-content-changed"
    SIGNER_MISSING = "timestamp-signer-missing"
    SIGNATURE_INVALID = "timestamp-signature-invalid"
    SIGNER_NOT_BOUND = "timestamp-signer-not-bound"
    WRONG_PURPOSE = "timestamp-signer-not-a-tsa"
    OUTSIDE_VALIDITY = "timestamp-outside-signer-validity"


@dataclass(frozen=True)
class TimestampToken:
    """A parsed TimeStampToken. Only :func:`check_token` says whether to believe it."""

    der: bytes
    signed_data: cms.SignedData

    @cached_property
    def _info(self) -> list[asn1.Node]:
        if self.signed_data.content_type != TST_INFO or self.signed_data.content is None:
            raise Asn1Error("not a time-stamp token")
        parts = asn1.read_all(self.signed_data.content).children()
        if len(parts) < 5:
            raise Asn1Error("not a time-stamp token")
        return parts

    @cached_property
    def policy(self) -> str:
        """Return the policy under which it was issued."""
        return self._info[1].oid()

    @cached_property
    def digest(self) -> str:
        """Return the name of the imprint's digest algorithm, empty if unknown."""
        return algorithms.DIGEST_OIDS.get(self._info[2].children()[0].children()[0].oid(), "")

    @cached_property
    def imprint(self) -> bytes:
        """Return the digest that was stamped."""
        return self._info[2].children()[1].octets()

    @cached_property
    def serial(self) -> int:
        """Return the token's serial number."""
        return self._info[3].integer()

    @cached_property
    def gen_time(self) -> dt.datetime:
        """Return the time in the token."""
        return self._info[4].time()

    @cached_property
    def nonce(self) -> int | None:
        """Return the nonce that the authority repeated, if any."""
        return next((node.integer() for node in self._info[5:] if node.tag == asn1.INTEGER), None)

    @property
    def signer(self) -> cms.SignerInfo:
        """Return the only signer."""
        if len(self.signed_data.signers) != 1:
            raise Asn1Error("a token has exactly one signer")
        return self.signed_data.signers[0]


@dataclass(frozen=True, slots=True)
class TokenCheck:
    """The outcome for one token: the certificate that signed it and every defect; no defects = it holds.

    Not checked here: whether the signer's certificate is trusted or revoked (see the trust process).
    """

    token: TimestampToken
    signer: ParsedCertificate | None
    defects: tuple[TokenDefect, ...]


def parse_token(der: bytes) -> TimestampToken:
    """Return the token in ``der`` (a ContentInfo). Raises ``Asn1Error``."""
    if len(der) > MAX_TOKEN_BYTES:
        raise Asn1Error("a time-stamp token of more than 512 kB")
    token = TimestampToken(der, cms.parse_signed_data(der, trailing=True))
    _ = (token.gen_time, token.imprint, token.digest, token.policy, token.serial, token.signer.signature)
    return token


def check_token(
    token: TimestampToken, digest_of: Callable[[str], bytes], extra: Iterable[ParsedCertificate] = ()
) -> TokenCheck:
    """Check imprint, content digest, signature, bound certificate, purpose and validity at its own time.

    ``digest_of(name)`` gives the digest of the stamped data under an algorithm, such as
    ``lambda name: algorithms.digest(name, data)``; it is asked only for algorithms that we support.
    """
    try:
        return _check(token, digest_of, tuple(extra))
    except Asn1Error:
        return TokenCheck(token, None, (TokenDefect.MALFORMED,))


def _check(
    token: TimestampToken, digest_of: Callable[[str], bytes], extra: tuple[ParsedCertificate, ...]
) -> TokenCheck:
    defects = [*_imprint_defects(token, digest_of), *_content_defects(token)]
    signer = _signing_certificate(token, extra)
    if signer is None:
        return TokenCheck(token, None, (*defects, TokenDefect.SIGNER_MISSING))
    if not _signature_holds(token, signer):
        defects.append(TokenDefect.SIGNATURE_INVALID)
    ids = token.signer.ess_certificates
    if not ids or not all(item.names(signer) for item in ids):
        defects.append(TokenDefect.SIGNER_NOT_BOUND)
    if not is_tsa_certificate(signer):
        defects.append(TokenDefect.WRONG_PURPOSE)
    if not signer.valid_at(token.gen_time):
        defects.append(TokenDefect.OUTSIDE_VALIDITY)
    return TokenCheck(token, signer, tuple(defects))


def _imprint_defects(token: TimestampToken, digest_of: Callable[[str], bytes]) -> Iterable[TokenDefect]:
    if algorithms.digest_class(token.digest) is None:
        yield TokenDefect.DIGEST_UNKNOWN
    elif digest_of(token.digest) != token.imprint:
        yield TokenDefect.IMPRINT_DIFFERS


def _content_defects(token: TimestampToken) -> Iterable[TokenDefect]:
    signer, content = token.signer, token.signed_data.content
    stated, kind = signer.single(cms.MESSAGE_DIGEST), signer.single(cms.CONTENT_TYPE)
    if stated is None or kind is None or content is None or algorithms.digest_class(signer.digest) is None:
        yield TokenDefect.MALFORMED
    elif kind.oid() != TST_INFO or algorithms.digest(signer.digest, content) != stated.octets():
        yield TokenDefect.CONTENT_CHANGED


def _signing_certificate(token: TimestampToken, extra: tuple[ParsedCertificate, ...]) -> ParsedCertificate | None:
    """Among certificates of the same issuer and serial, prefer the one that the signed attribute names."""
    found = token.signed_data.signer_certificates(token.signer, extra)
    bound = [c for c in found if any(item.names(c) for item in token.signer.ess_certificates)]
    return next(iter(bound or found), None)


def _signature_holds(token: TimestampToken, signer: ParsedCertificate) -> bool:
    scheme, key = token.signer.scheme, signer.public_key
    if scheme is None or key is None:
        return False
    return keys.verify(key, scheme, token.signer.signature, token.signer.signed_bytes)


def is_tsa_certificate(certificate: ParsedCertificate) -> bool:
    """Tell whether extended key usage is critical and names time-stamping alone (RFC 3161 clause 2.3)."""
    found = certificate.extensions.get(ext.EXTENDED_KEY_USAGE)
    return found is not None and found.critical and certificate.extended_key_usage == frozenset({TIME_STAMPING})
