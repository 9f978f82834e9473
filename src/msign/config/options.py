"""Every setting, with its type, default and reason. Read from a TOML file and the environment, checked at start.

A setting named ``soap.max_message_bytes`` in the documentation is ``[soap] max_message_bytes`` in the file and
``MSIGN_SOAP__MAX_MESSAGE_BYTES`` in the environment; the environment wins.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from msign.kernel import limits
from msign.kernel.errors import Code, MSignError
from msign.kernel.identifiers import IdCheck
from msign.kernel.words import Environment

T = typing.TypeVar("T")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_OTHER_VARIABLES = {"MSIGN_CONFIG", "MSIGN_LIFELINE", "MSIGN_CORPUS"}  # the last: where tests find signed files


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


@dataclass(frozen=True, slots=True)
class Desk:
    """The connection desk. Terms that are published nowhere are settings (connection process, 7, 9 and 10)."""

    registers: str = ""  # folder of organisations.json and systems.json; empty: {data}/registers
    review_working_days: float = 10.0
    connection_working_days: float = 7.0
    escalation: tuple[str, ...] = ("50:reviewer", "80:reviewers", "100:head")  # percent of the promised days: who
    escalation_repeat_days: float = 2.0  # after the last rung again and again; 0: never
    escalation_head: tuple[str, ...] = ()  # mailboxes of those who answer for the promises
    near_due_percent: float = 80.0  # from here on the queue says "nearly due"
    sign_in_links_an_hour: int = 5  # for one address: enough for people, too few to fill a mailbox
    sign_in_visitor_links_an_hour: int = 120  # asked for from one network address, an office perhaps
    session_hours: float = 12.0  # a working day; then a person signs in with a new link
    fee_due_days: int = 30
    fee_grace_days: int = 30
    fee_required_before: Literal["production", "test", "none"] = "production"
    ip_max_entries: int = 16
    ip_min_prefix_v4: int = 28
    ip_min_prefix_v6: int = 64
    register_missing_few: int = 5  # so many systems may leave the RRSI at once, …
    register_missing_percent: float = 20.0  # … or so many of a hundred; more is not believed before people look
    revocation_freshness_days: int = 7  # how long "not revoked" counts when an authority does not answer
    gateway_certificate: str = ""  # PEM; the desk's own system certificate. Empty: the sandbox's demo system
    gateway_key: str = ""
    gateway_ca: str = ""  # empty: the machine's anchors, or the sandbox's


@dataclass(frozen=True, slots=True)
class Certificate:
    """Which system certificates the desk accepts (connection process, 6)."""

    reuse_scope: Literal["system", "organisation"] = "system"  # who may share one: the seed and the MPass page differ
    max_lifetime_days: int = 0  # 0: no bound, since none is published
    min_rsa_bits: int = 2048
    organisation_required: bool = False  # refuse a certificate that names no organisation
    revocation_unknown: Literal["refuse", "accept"] = "refuse"  # when access is opened and the authority is silent


@dataclass(frozen=True, slots=True)
class GoLive:
    """What production waits for (connection process, 11 and 13)."""

    operator_confirmation: bool = True  # the operator confirms after the beneficiary's own validation
    required_tests: tuple[str, ...] = tuple(f"TC_FUNCT_0{number}" for number in range(1, 7))


@dataclass(frozen=True, slots=True)
class Documents:
    """Contract, annex and invoice."""

    templates: str = ""  # folder of contract.toml, annex.toml, invoice.toml; empty: the shipped samples
    operator_idno: str = ""  # this and the next three: how papers name the operator; empty: samples
    operator_address: str = ""
    operator_represented_by: str = ""  # the head in whose name the signatories sign
    operator_bank: str = ""
    contract_months: int = 0  # term of new contracts; 0: they hold until a party ends them


@dataclass(frozen=True, slots=True)
class Sla:
    """Working days (connection process, 10)."""

    holidays: str = ""  # TOML file with moved_free and moved_working days; holidays by law are known


@dataclass(frozen=True, slots=True)
class Mail:
    """How letters go out. Without a host they stay in the outbox and a page shows them: the embedded default."""

    host: str = ""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = ""
    sender: str = "msign@localhost"


@dataclass(frozen=True, slots=True)
class Options:
    """The whole configuration; frozen, passed down by the wiring."""

    data: str = "var"
    secret_key: str = ""  # empty: made at first start and kept in {data}/secret
    database_url: str = ""  # empty: SQLite in {data}; else postgresql://…
    sandbox: bool = True  # start and trust the sandbox; false: neither its providers nor its anchors count
    sandbox_exposed: bool = False  # let the sandbox listen beyond loopback: only in an isolated network
    debug: bool = False
    ports: Ports = field(default_factory=Ports)
    web: Web = field(default_factory=Web)
    site: Site = field(default_factory=Site)
    api: Api = field(default_factory=Api)
    trust: Trust = field(default_factory=Trust)
    soap: Soap = field(default_factory=Soap)
    sign: Sign = field(default_factory=Sign)
    quota: Quota = field(default_factory=Quota)
    own_quota: OwnQuota = field(default_factory=OwnQuota)
    registry: Registry = field(default_factory=Registry)
    xades: Xades = field(default_factory=Xades)
    tsa: Tsa = field(default_factory=Tsa)
    verify: Verify = field(default_factory=Verify)
    care: Care = field(default_factory=Care)
    seal: Seal = field(default_factory=Seal)
    provider: Providers = field(default_factory=Providers)
    desk: Desk = field(default_factory=Desk)
    certificate: Certificate = field(default_factory=Certificate)
    golive: GoLive = field(default_factory=GoLive)
    documents: Documents = field(default_factory=Documents)
    sla: Sla = field(default_factory=Sla)
    mail: Mail = field(default_factory=Mail)

    @property
    def data_path(self) -> Path:
        """The data folder as an absolute path."""
        return Path(self.data).resolve()

    @property
    def scratch_path(self) -> Path:
        """Where calls put files for as long as they last; whatever stays there is swept."""
        return self.data_path / "scratch"

    @property
    def home(self) -> Environment:
        """Where people without a system of their own are: the test environment of a sandbox, else production."""
        return Environment.TEST if self.sandbox else Environment.PRODUCTION

    def trust_folder(self, environment: Environment) -> Path:
        """Where the anchors of an environment lie.

        Outside a sandbox never the folder that the sandbox writes: its invented authorities would stay trusted.
        """
        chosen = self.trust.test if environment is Environment.TEST else self.trust.production
        if chosen:
            return Path(chosen)
        return self.sandbox_trust if self.sandbox else self.data_path / f"trust-{environment.value}"

    @property
    def known_responders(self) -> tuple[str, ...]:
        """Services on inner addresses that may be asked: the operator's, and those of the sandbox."""
        sandbox = (f"{self.ports.host}:{self.ports.sandbox_tsp}",) if self.sandbox else ()
        return (*self.trust.allowed_responders, *sandbox)

    @property
    def sandbox_trust(self) -> Path:
        """Where the sandbox writes its anchors."""
        return self.data_path / "trust"

    @property
    def care_path(self) -> Path:
        """Where files lie that were submitted for long-term care."""
        return self.data_path / "care"

    @property
    def tsa_urls(self) -> tuple[str, ...]:
        """Time-stamping authorities in order of preference; the sandbox's where no other is set."""
        if self.tsa.urls or not self.sandbox:
            return self.tsa.urls
        return (f"http://{self.ports.host}:{self.ports.sandbox_tsp}/tsa",)

    @property
    def seal_files(self) -> tuple[Path, Path] | None:
        """Certificate and key of the seal; the sandbox's where no other is set, ``None`` where there is none."""
        if self.seal.certificate:
            return Path(self.seal.certificate), Path(self.seal.key or self.seal.certificate)
        own = self.data_path / "server" / "seal.pem", self.data_path / "server" / "seal.key"
        return own if self.sandbox and all(path.exists() for path in own) else None

    @property
    def web_url(self) -> str:
        """Where people reach the web listener, without a trailing slash."""
        scheme = "https" if self.web.tls_certificate else "http"
        return self.web.public_url.rstrip("/") or f"{scheme}://{self.ports.host}:{self.ports.web}"


def load(environ: Mapping[str, str] = os.environ) -> Options:
    """Return the options from ``MSIGN_CONFIG`` (or ``{data}/msign.toml`` where it exists) and the environment.

    Raises ``MSignError`` (``MISCONFIGURED``) naming the setting and what it expects.
    """
    data = environ.get("MSIGN_DATA", "var")
    path = Path(environ.get("MSIGN_CONFIG", f"{data}/msign.toml"))
    if "MSIGN_CONFIG" in environ and not path.exists():
        raise _wrong("MSIGN_CONFIG", f"the file {path} does not exist")
    try:
        table = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    except tomllib.TOMLDecodeError as error:
        raise _wrong(str(path), f"not valid TOML: {error}") from error
    _refuse_unknown(environ)
    options = _build(Options, table, environ, "")
    _check_trust(options)
    _check_sandbox(options)
    return options


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    """A misspelt variable must not leave a default in force: MSIGN_SANDBX=false would keep the sandbox trusted."""
    known = _OTHER_VARIABLES | set(_variables(Options, ""))
    for name in sorted(environ):
        if name.startswith("MSIGN_") and name not in known:
            raise _wrong(name, "no such setting; the names stand in config/options.py")


def _variables(kind: type, prefix: str) -> Iterator[str]:
    hints = typing.get_type_hints(kind)
    for item in dataclasses.fields(kind):
        if dataclasses.is_dataclass(hints[item.name]):
            yield from _variables(hints[item.name], f"{prefix}{item.name}.")
        else:
            yield "MSIGN_" + f"{prefix}{item.name}".replace(".", "__").upper()


def _check_sandbox(options: Options) -> None:
    """The sandbox's keys and passwords are known to everybody: it is for this machine only."""
    if options.sandbox and options.ports.host not in _LOOPBACK and not options.sandbox_exposed:
        raise _wrong(
            "ports.host",
            f"with the sandbox only {', '.join(_LOOPBACK)}: its keys are known to everybody. "
            "Set sandbox = false, or sandbox_exposed = true where nobody else can reach this machine",
        )


def _check_trust(options: Options) -> None:
    """A data folder that once held a sandbox must not lend its anchors to a real installation."""
    if options.sandbox or not (options.data_path / "sandbox").exists():
        return
    for environment in Environment:
        if options.trust_folder(environment).resolve() == options.sandbox_trust:
            raise _wrong(
                f"trust.{environment.value}",
                f"{options.sandbox_trust} holds the anchors of a sandbox; name another folder",
            )


def _build(kind: type[T], table: dict[str, object], environ: Mapping[str, str], prefix: str) -> T:
    hints = typing.get_type_hints(kind)
    known = {item.name for item in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for name in table.keys() - known:
        raise _wrong(f"{prefix}{name}", "no such setting")
    values: dict[str, object] = {}
    for name in known:
        hint = hints[name]
        if dataclasses.is_dataclass(hint):
            section = table.get(name, {})
            if not isinstance(section, dict):
                raise _wrong(f"{prefix}{name}", "a table was expected")
            values[name] = _build(typing.cast(type, hint), section, environ, f"{prefix}{name}.")
            continue
        variable = "MSIGN_" + f"{prefix}{name}".replace(".", "__").upper()
        if variable in environ:
            values[name] = _from_text(f"{prefix}{name}", hint, environ[variable])
        elif name in table:
            values[name] = _from_value(f"{prefix}{name}", hint, table[name])
    return kind(**values)


def _from_text(name: str, hint: object, text: str) -> object:
    if hint is bool:
        if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
            raise _wrong(name, "true or false was expected")
        return text.lower() in ("1", "true", "yes")
    if typing.get_origin(hint) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return _from_value(name, hint, text)


def _from_value(name: str, hint: object, value: object) -> object:
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise _wrong(name, "a list was expected")
        return tuple(str(part) for part in value)
    if typing.get_origin(hint) is Literal:
        if value not in typing.get_args(hint):
            raise _wrong(name, f"{value!r} is none of: {', '.join(typing.get_args(hint))}")
        return value
    if hint is bool and not isinstance(value, bool):
        raise _wrong(name, "true or false was expected")
    try:
        return typing.cast(type, hint)(value)
    except (TypeError, ValueError) as error:
        raise _wrong(name, f"{value!r} is not a {getattr(hint, '__name__', hint)}") from error


def _wrong(name: str, message: str) -> MSignError:
    return MSignError(Code.MISCONFIGURED, message, member=name)
