"""The whole configuration, read from a TOML file and the environment, checked at start.

A setting named ``soap.max_message_bytes`` in the documentation is ``[soap] max_message_bytes`` in the file and
``MSIGN_SOAP__MAX_MESSAGE_BYTES`` in the environment; the environment wins. Every setting stands in ``sections`` or
``desksections`` with its type, default and reason.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from msign.config.desksections import Certificate, Desk, Documents, GoLive, Mail, Sla
from msign.config.sections import (
    Api,
    Care,
    OwnQuota,
    Ports,
    Providers,
    Quota,
    Registry,
    Seal,
    Sign,
    Site,
    Soap,
    Trust,
    Tsa,
    Verify,
    Web,
    Xades,
)
from msign.config.settingsreader import build, variables, wrong
from msign.kernel.words import Environment

__all__ = [
    "Api",
    "Care",
    "Certificate",
    "Desk",
    "Documents",
    "GoLive",
    "Mail",
    "Options",
    "OwnQuota",
    "Ports",
    "Providers",
    "Quota",
    "Registry",
    "Seal",
    "Sign",
    "Site",
    "Sla",
    "Soap",
    "Trust",
    "Tsa",
    "Verify",
    "Web",
    "Xades",
    "load",
]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_OTHER_VARIABLES = {"MSIGN_CONFIG", "MSIGN_LIFELINE", "MSIGN_CORPUS"}  # the last: where tests find signed files


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
        raise wrong("MSIGN_CONFIG", f"the file {path} does not exist")
    try:
        table = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise wrong(str(path), f"not valid TOML: {error}") from error
    except OSError as error:
        raise wrong(str(path), f"cannot be read: {error.strerror}") from error
    _refuse_unknown(environ)
    options = build(Options, table, environ)
    _check_trust(options)
    _check_sandbox(options)
    return options


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    """A misspelt variable must not leave a default in force: MSIGN_SANDBX=false would keep the sandbox trusted."""
    known = _OTHER_VARIABLES | set(variables(Options))
    for name in sorted(environ):
        if name.startswith("MSIGN_") and name not in known:
            raise wrong(name, "no such setting; the names stand in config/sections.py")


def _check_sandbox(options: Options) -> None:
    """The sandbox's keys and passwords are known to everybody: it is for this machine only."""
    if options.sandbox and options.ports.host not in _LOOPBACK and not options.sandbox_exposed:
        raise wrong(
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
            raise wrong(
                f"trust.{environment.value}",
                f"{options.sandbox_trust} holds the anchors of a sandbox; name another folder",
            )
