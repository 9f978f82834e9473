"""Revocation data and issuers from the network, kept as long as they say themselves that they hold."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from msign.kernel.clock import Clock
from msign.kernel.errors import MSignError
from msign.pki import cms
from msign.pki.asn1 import Asn1Error
from msign.pki.certificate import MAX_CERTIFICATE_BYTES, ParsedCertificate, parse, to_der
from msign.pki.crl import MAX_CRL_BYTES, parse_crl
from msign.pki.evidence import FirstOf, RevocationEvidence
from msign.pki.fetch import Fetcher
from msign.pki.ocsp import MAX_OCSP_BYTES, ocsp_request, parse_ocsp

FAILURE_KEPT = dt.timedelta(seconds=30)  # a dead responder costs its time-out once, not once a signature
WITHOUT_NEXT_UPDATE = dt.timedelta(minutes=5)
LONGEST_KEPT = dt.timedelta(hours=12)  # whatever nextUpdate says: revocations must become visible
ISSUER_KEPT = dt.timedelta(hours=24)
MAX_ADDRESSES = 3  # of one kind in one certificate


@dataclass(slots=True)
class ExpiringCache:
    """Octets with their own end of life; bounded by number and size, oldest out first. Safe for threads."""

    clock: Clock
    max_entries: int = 4096
    max_bytes: int = 64 * 1024 * 1024
    _items: OrderedDict[object, tuple[dt.datetime, bytes | str]] = field(default_factory=OrderedDict)
    _size: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: object) -> bytes | str | None:
        """Return octets (or, as text, why there are none) if they still hold."""
        with self._lock:
            found = self._items.get(key)
            return found[1] if found is not None and self.clock.now() < found[0] else None

    def put(self, key: object, value: bytes | str, until: dt.datetime) -> None:
        """Keep ``value`` until its end of life."""
        with self._lock:
            self._drop(key)
            self._items[key] = (until, value)
            self._size += len(value)
            while len(self._items) > self.max_entries or self._size > self.max_bytes:
                self._drop(next(iter(self._items)))

    def _drop(self, key: object) -> None:
        found = self._items.pop(key, None)
        self._size -= len(found[1]) if found is not None else 0


@dataclass(slots=True, kw_only=True)
class _Cached:
    fetcher: Fetcher
    clock: Clock
    cache: ExpiringCache

    def obtain(self, key: object, fetch: Callable[[], bytes], until: Callable[[bytes], dt.datetime]) -> bytes | str:
        """Return octets from cache or network; as text, why there are none. Failures are kept for a moment."""
        kept = self.cache.get(key)
        if kept is not None:
            return kept
        now = self.clock.now()
        try:
            value = fetch()
            end = min(until(value), now + LONGEST_KEPT)
        except MSignError as error:
            self.cache.put(key, error.message, now + FAILURE_KEPT)
            return error.message
        self.cache.put(key, value, end)
        return value

    def kept_until(self, next_update: dt.datetime | None) -> dt.datetime:
        """Return until when a status may be kept."""
        return next_update or self.clock.now() + WITHOUT_NEXT_UPDATE


@dataclass(frozen=True, slots=True)
class HttpOcspSource:
    """Asks the OCSP responders named in the certificate (RFC 6960 over HTTP POST)."""

    cached: _Cached

    def find(self, certificate: ParsedCertificate, issuer: ParsedCertificate, at: dt.datetime) -> RevocationEvidence:
        """Return the first response that can be read; it is not judged here."""
        del at
        failures: list[str] = []
        for url in _http(certificate.ocsp_urls):
            found = self._ask(url, certificate, issuer)
            if isinstance(found, bytes):
                return RevocationEvidence(ocsp=(found,), failures=tuple(failures))
            failures.append(found)
        return RevocationEvidence(failures=tuple(failures))

    def _ask(self, url: str, certificate: ParsedCertificate, issuer: ParsedCertificate) -> bytes | str:
        def fetch() -> bytes:
            body = ocsp_request(certificate, issuer)
            return self.cached.fetcher.post(url, body, "application/ocsp-request", MAX_OCSP_BYTES)

        def until(der: bytes) -> dt.datetime:
            answers = [r for r in parse_ocsp(der).responses if r.is_about(certificate, issuer)]
            if not answers:
                raise Asn1Error("the responder speaks of another certificate")
            return min(self.cached.kept_until(r.next_update) for r in answers)

        return self.cached.obtain((url, certificate.sha256, issuer.sha256), fetch, until)


@dataclass(frozen=True, slots=True)
class HttpCrlSource:
    """Fetches the CRLs that the certificate names, and their delta lists."""

    cached: _Cached

    def find(self, certificate: ParsedCertificate, issuer: ParsedCertificate, at: dt.datetime) -> RevocationEvidence:
        """Return every list that can be read; they are not judged here."""
        del issuer, at
        points = (*certificate.distribution_points, *certificate.freshest_crl)
        found = [self._fetch(url) for url in _http(tuple(url for point in points for url in point.urls))]
        lists = tuple(item for item in found if isinstance(item, bytes))
        return RevocationEvidence(crls=lists, failures=tuple(item for item in found if isinstance(item, str)))

    def _fetch(self, url: str) -> bytes | str:
        def until(der: bytes) -> dt.datetime:
            return self.cached.kept_until(parse_crl(der).next_update)

        return self.cached.obtain(url, lambda: self.cached.fetcher.get(url, MAX_CRL_BYTES), until)


@dataclass(frozen=True, slots=True)
class HttpIssuerSource:
    """Fetches missing issuers through authorityInfoAccess; both encodings and certs-only CMS are understood."""

    cached: _Cached

    def issuers(self, certificate: ParsedCertificate) -> tuple[ParsedCertificate, ...]:
        """Return candidates; whether they issued the certificate is judged by path validation."""
        fetched = [self._fetch(url) for url in _http(certificate.issuer_urls)]
        return tuple(dict.fromkeys(c for data in fetched if isinstance(data, bytes) for c in read_certificates(data)))

    def _fetch(self, url: str) -> bytes | str:
        def until(data: bytes) -> dt.datetime:
            read_certificates(data)
            return self.cached.clock.now() + ISSUER_KEPT

        return self.cached.obtain(url, lambda: self.cached.fetcher.get(url, 4 * MAX_CERTIFICATE_BYTES), until)


def read_certificates(data: bytes) -> tuple[ParsedCertificate, ...]:
    """Return the certificates in a PEM or DER certificate or a certs-only CMS. Raises ``Asn1Error``."""
    try:
        return (parse(to_der(data)),)
    except Asn1Error:
        return cms.parse_signed_data(data).certificates


def _http(urls: tuple[str, ...]) -> list[str]:
    """Addresses of the one kind that we ask; LDAP and others are left alone."""
    return [url for url in dict.fromkeys(urls) if url.lower().startswith(("http://", "https://"))][:MAX_ADDRESSES]


def online_revocation(fetcher: Fetcher, clock: Clock, cache: ExpiringCache | None = None) -> FirstOf:
    """Return the usual source: OCSP first, then CRLs, both cached."""
    cached = _Cached(fetcher=fetcher, clock=clock, cache=cache or ExpiringCache(clock))
    return FirstOf((HttpOcspSource(cached), HttpCrlSource(cached)))


def online_issuers(fetcher: Fetcher, clock: Clock) -> HttpIssuerSource:
    """Return the source of missing issuers."""
    return HttpIssuerSource(_Cached(fetcher=fetcher, clock=clock, cache=ExpiringCache(clock, max_entries=256)))
