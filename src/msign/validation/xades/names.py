"""Identifiers and times as XML signatures write them: algorithm URIs (RFC 9231), xsd:dateTime."""

from __future__ import annotations

import datetime as dt
import re

from msign.pki.algorithms import KeyKind, SignatureAlgorithm

_DIGEST_URIS = {
    "http://www.w3.org/2001/04/xmldsig-more#md5": "md5",
    "http://www.w3.org/2000/09/xmldsig#sha1": "sha1",
    "http://www.w3.org/2001/04/xmldsig-more#sha224": "sha224",
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-224": "sha3-224",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-256": "sha3-256",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-384": "sha3-384",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-512": "sha3-512",
}
_METHOD = re.compile(
    r"http://www\.w3\.org/(?:2000/09/xmldsig|2001/04/xmldsig-more|2007/05/xmldsig-more|2009/xmldsig11)#"
    r"(?:(rsa|ecdsa|dsa)-(sha\d+|sha3-\d+|md5)|(sha\d+|sha3-\d+)-rsa-MGF1)"
)
_EDDSA = re.compile(r"http://www\.w3\.org/2021/04/xmldsig-more#eddsa-ed(?:25519|448)")
_KINDS = {"rsa": KeyKind.RSA, "ecdsa": KeyKind.ECDSA, "dsa": KeyKind.DSA}
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?\d*(Z|[+-]\d\d:\d\d)?")


def digest_name(uri: str | None) -> str:
    """Return the digest that an algorithm identifier names, empty if unknown."""
    return _DIGEST_URIS.get(uri or "", "")


def signature_scheme(uri: str) -> SignatureAlgorithm | None:
    """Return the scheme that an algorithm identifier names; ``None`` for others, HMAC included."""
    if _EDDSA.fullmatch(uri):
        return SignatureAlgorithm(KeyKind.EDDSA, "")
    match = _METHOD.fullmatch(uri)
    if match is None:
        return None
    if match[3]:
        return SignatureAlgorithm(KeyKind.RSA_PSS, match[3], match[3])
    return SignatureAlgorithm(_KINDS[match[1]], match[2])


def parse_time(text: str) -> dt.datetime | None:
    """Return an xsd:dateTime as an aware moment; without zone it is taken as UTC; ``None`` if it is something else."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(match[1] + (match[3] or "Z").replace("Z", "+00:00"))
        return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
