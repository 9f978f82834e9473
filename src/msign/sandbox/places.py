"""Where the sandbox keeps things and where its services listen."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """Folders below the data folder, and addresses. The defaults are those of ``config.options.Ports``."""

    data: Path
    demo: Path
    host: str = "localhost"
    ports: dict[str, int] = field(default_factory=dict)

    def port(self, service: str) -> int:
        """Return the port of ``tsp``, ``provider``, ``provider_api``, ``eservice``, ``web`` or ``api_test``."""
        return {**DEFAULT_PORTS, **self.ports}[service]

    def url(self, service: str) -> str:
        """Return the address of a service, without a trailing slash."""
        scheme = "https" if service in {"provider_api", "api_test"} else "http"
        return f"{scheme}://{self.host}:{self.port(service)}"

    @property
    def authorities(self) -> Path:
        """Keys and certificates of the CAs; the tsp service only."""
        return self.data / "sandbox" / "tsp" / "authorities"

    @property
    def register(self) -> Path:
        """The CAs' register."""
        return self.data / "sandbox" / "tsp" / "register.sqlite3"

    @property
    def provider(self) -> Path:
        """The simulated provider's folder."""
        return self.data / "sandbox" / "provider"

    @property
    def eservice(self) -> Path:
        """The demo e-service's folder."""
        return self.data / "sandbox" / "eservice"

    @property
    def trust(self) -> Path:
        """What ``TrustStore.from_folder`` reads."""
        return self.data / "trust"

    @property
    def server(self) -> Path:
        """TLS certificate and key of the API listeners and the provider API."""
        return self.data / "server"

    @property
    def providers(self) -> Path:
        """The sandbox providers as ``providers.remote.configured.load_providers`` reads them."""
        return self.data / "provider" / "sandbox.toml"

    @property
    def tokens(self) -> Path:
        """Bearer tokens between gateway and provider, both directions."""
        return self.data / "provider" / "tokens.json"


DEFAULT_PORTS = {
    "web": 8080,
    "api_test": 8443,
    "tsp": 8081,
    "provider": 8082,
    "provider_api": 8453,
    "eservice": 8083,
}
