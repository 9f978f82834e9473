"""How the agent runs: values from a TOML file and the command line, checked before anything listens."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import MAX_PDF_BYTES

DEFAULT_PORT = 18480
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
KNOWN_MODULES = (
    "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib/opensc-pkcs11.so",
    "/usr/lib/libeTPkcs11.so",
    "/usr/local/lib/libeTPkcs11.dylib",
    "/Library/OpenSC/lib/opensc-pkcs11.so",
    r"C:\Windows\System32\eTPKCS11.dll",
    r"C:\Windows\System32\opensc-pkcs11.dll",
)


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """Who may ask, which devices there are, and how large a question may be.

    ``origins`` are the sites that may use the agent: exactly ``scheme://host[:port]``. None listed: none may.
    """

    origins: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    port: int = DEFAULT_PORT
    host_name: str = ""  # a public name of this computer's loopback address, for a certificate that browsers trust
    tls_certificate: str = ""
    tls_key: str = ""
    tsa_urls: tuple[str, ...] = ()  # for signatures that the agent finishes itself
    consent_seconds: float = 120.0
    calls_per_minute: int = 30
    max_document_bytes: int = MAX_PDF_BYTES
    prepared: bool = True  # offer to sign what the gateway prepared, beside the published protocol

    @property
    def hosts(self) -> frozenset[str]:
        """What the Host header may say; anything else is a rebound name."""
        names = {"127.0.0.1", "localhost"} | ({self.host_name} if self.host_name else set())
        default = 443 if self.tls_certificate else 80
        bare = names if self.port == default else set()
        return frozenset({f"{name}:{self.port}" for name in names} | bare)


def load_settings(path: Path | None, **given: object) -> AgentSettings:
    """Return the settings of a file with ``given`` laid over them; values of ``None`` or ``()`` count as not given.

    Raises ``MSignError`` (``MISCONFIGURED``) naming the member.
    """
    values = _read(path) if path is not None and path.exists() else {}
    known = {item.name: item.type for item in dataclasses.fields(AgentSettings)}
    for name in values.keys() - known.keys():
        raise _wrong(name, "no such setting")
    merged = {**values, **{name: value for name, value in given.items() if value not in (None, ())}}
    chosen = {name: tuple(value) if isinstance(value, list) else value for name, value in merged.items()}
    chosen.setdefault("modules", tuple(one for one in KNOWN_MODULES if Path(one).exists()))
    try:
        settings = dataclasses.replace(AgentSettings(), **chosen)  # type: ignore[arg-type]  # checked below
        return _checked(settings)
    except (TypeError, AttributeError) as error:
        raise _wrong("settings", "a value is not of the expected kind") from error


def _read(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _wrong(str(path), f"not readable TOML: {error}") from error


def _checked(settings: AgentSettings) -> AgentSettings:
    for origin in settings.origins:
        _check_origin(origin)
    for module in settings.modules:
        if not Path(module).is_file():
            raise _wrong("modules", f"{module} does not exist")
    if not 0 <= settings.port < 2**16:
        raise _wrong("port", "0 to 65535 was expected")
    if bool(settings.tls_certificate) != bool(settings.tls_key):
        raise _wrong("tls_certificate", "certificate and key belong together")
    for member in ("tls_certificate", "tls_key"):
        if (path := getattr(settings, member)) and not Path(path).is_file():
            raise _wrong(member, f"{path} does not exist")
    if settings.host_name and not _NAME.fullmatch(settings.host_name):
        raise _wrong("host_name", "a host name in lower case was expected")
    return settings


def _check_origin(origin: str) -> None:
    """A site of the internet must be https; only this computer's own pages may be plain."""
    parts = urlsplit(origin)
    if f"{parts.scheme}://{parts.netloc}" != origin or not parts.hostname or "*" in origin or "@" in origin:
        raise _wrong("origins", f"{origin}: scheme://host[:port] was expected, without a path or a wildcard")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise _wrong("origins", f"{origin}: https was expected")


def _wrong(name: str, message: str) -> MSignError:
    return MSignError(Code.MISCONFIGURED, message, member=name)
