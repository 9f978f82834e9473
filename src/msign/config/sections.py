"""Settings of the gateway, its engines and listeners, by section: types, defaults, reasons. ``options`` reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msign.kernel import limits
from msign.kernel.identifiers import IdCheck


@dataclass(frozen=True, slots=True)
class Ports:
    """Where things listen. All on ``host``; the web and sandbox ports are plain HTTP on loopback."""

    host: str = "localhost"
    web: int = 8080
    api_test: int = 8443
    api_production: int = 9443
    sandbox_tsp: int = 8081  # CA, OCSP, CRL, TSA
    sandbox_provider: int = 8082  # simulated phone and card reader: pages
    sandbox_provider_api: int = 8453  # official provider interface, HTTPS
    sandbox_eservice: int = 8083  # demo e-service


@dataclass(frozen=True, slots=True)
class Web:
    """The web listener."""

    public_url: str = ""  # empty: http://{host}:{web}
    tls_certificate: str = ""  # PEM files; both set = HTTPS
    tls_key: str = ""
    allowed_hosts: tuple[str, ...] = ()  # empty: host, localhost, 127.0.0.1, [::1]


@dataclass(frozen=True, slots=True)
class Site:
    """Who stands behind the pages: the help contact, in the same place everywhere."""

    phone: str = "+373 22 820 000"
    email: str = "suport@msign.example"
    operator: str = "Agenția Exemplu"  # who runs this installation, as documents and pages name it


@dataclass(frozen=True, slots=True)
class Api:
    """The API listeners."""

    public_url_test: str = ""  # behind a proxy: what soap:address says
    public_url_production: str = ""
    tls_certificate: str = ""  # PEM files; empty: {data}/server/api.pem and api.key, which the sandbox makes
    tls_key: str = ""
    client_certificate: Literal["optional", "required"] = "optional"
    certificate_source: Literal["tls", "nginx", "haproxy"] = "tls"
    trusted_proxies: tuple[str, ...] = ()  # networks whose headers are believed
    proxy_count: int = 1  # client address is counted from the right
    ip_reject: Literal["403", "fault", "drop"] = "403"


@dataclass(frozen=True, slots=True)
class Trust:
    """Folders of trust anchors, in the layout of ``pki.trust.TrustStore.from_folder``."""

    test: str = ""  # empty: {data}/trust in a sandbox, which writes its own there; else {data}/trust-test
    production: str = ""  # empty: {data}/trust in a sandbox; else {data}/trust-production
    allowed_responders: tuple[str, ...] = ()  # host:port of own OCSP, CRL and list services on inner addresses
    online: bool = True  # ask OCSP responders, fetch CRLs and trusted lists
    lists_hours: float = 6.0  # how often trusted lists (lists.toml in a folder of anchors) are fetched anew


@dataclass(frozen=True, slots=True)
class Soap:
    """The SOAP face."""

    max_message_bytes: int = limits.MAX_MESSAGE_BYTES
    null_message: Literal["nil", "omit"] = "nil"
    unknown_language: Literal["fault", "ro"] = "fault"
    faultcode_form: Literal["envelope", "own-namespace"] = "envelope"
    fault_serial_format: Literal["upper-hex", "lower-hex", "decimal"] = "upper-hex"
    wsdl_require_certificate: Literal["auto", "yes", "no"] = "auto"  # auto: yes, but not in a sandbox
    subject_order: Literal["reverse", "encoded"] = "reverse"


@dataclass(frozen=True, slots=True)
class Sign:
    """Sign requests."""

    max_contents: int = limits.MAX_CONTENTS
    max_pdf_bytes: int = limits.MAX_PDF_BYTES
    pending_hours: float = 24.0
    retention_days: float = 30.0
    signed_input_without_flag: Literal["append", "fault"] = "append"
    id_check_test: IdCheck = IdCheck.FORMAT
    id_check_production: IdCheck = IdCheck.STRICT
    id_required_for_hash: bool = False
    retry_after_failure: bool = False
    delegation_unproven: Literal["reject", "accept-with-note"] = "reject"
    own_keep_hours: float = 24.0  # documents that people upload to sign themselves; the pages say so
    sha1_sunset: str = "2027-12-31"  # after this day nobody may post a SHA-1 hash


@dataclass(frozen=True, slots=True)
class Quota:
    """Bounds for one information system in one environment, where nothing else was agreed with it."""

    requests_per_minute: int = 600
    open_requests: int = 10_000
    stored_bytes: int = 20 * 1024 * limits.MIB
    largest_document: int = limits.MAX_PDF_BYTES
    simultaneous_uploads: int = 20  # messages above 1 MiB that arrive at the same time, in one process


@dataclass(frozen=True, slots=True)
class OwnQuota:
    """Bounds for people who sign their own documents here: a pot of their own, and a share of it for each visitor."""

    requests_per_minute: int = 120
    open_requests: int = 5_000
    stored_bytes: int = 20 * 1024 * limits.MIB
    visitor_requests_per_hour: int = 60  # from one address
    visitor_bytes_per_hour: int = 2 * 1024 * limits.MIB


@dataclass(frozen=True, slots=True)
class Registry:
    """The register of client systems, for other platform services."""

    callers: tuple[str, ...] = ()  # ids of the systems that may read it; empty: nobody
    max_age_seconds: int = 300  # how long an answer may be kept


@dataclass(frozen=True, slots=True)
class Xades:
    """XAdES over a digest. The style is for signatures that MSign builds itself; finished ones come as they are."""

    hash_style: Literal["detached-digest", "enveloping-object"] = "detached-digest"
    reference_uri: Literal["correlation-id", "name", "none"] = "correlation-id"


@dataclass(frozen=True, slots=True)
class Tsa:
    """Time-stamping authorities, for what this installation stamps itself."""

    urls: tuple[str, ...] = ()  # in order of preference; empty: the sandbox's


@dataclass(frozen=True, slots=True)
class Verify:
    """Validation."""

    policy: str = ""  # TOML file of a validation policy; empty: the shipped one
    sha1: Literal["accept-if-timestamped", "reject"] = "accept-if-timestamped"


@dataclass(frozen=True, slots=True)
class Care:
    """Long-term care of the desk's papers and of submitted files."""

    level: Literal["LT", "LTA"] = "LTA"
    margin_days: float = 90.0  # so long before its end an archive time-stamp is renewed
    desk_documents: bool = True


@dataclass(frozen=True, slots=True)
class Seal:
    """The service's own electronic seal, on verification receipts. Needs a time-stamping authority (``tsa.urls``)."""

    certificate: str = ""  # PEM, issuers below it; empty: the sandbox's, else no receipts
    key: str = ""  # PEM, unencrypted, readable by the web listener only


@dataclass(frozen=True, slots=True)
class Providers:
    """How long providers are waited for, and kinds that do not come with this product."""

    poll_seconds: float = 3.0
    deadline_seconds: float = 300.0
    check_seconds: float = 30.0  # how often the worker looks whether each provider is there
    modules: tuple[str, ...] = ()  # Python packages with kinds of provider of the operator's own
