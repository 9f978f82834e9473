"""The people who hold the simulated devices. Keys are made here, certificates are asked of the trust service."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from msign.kernel.clock import Clock
from msign.kernel.errors import Code, MSignError
from msign.sandbox import vault
from msign.sandbox.authority import new_key
from msign.sandbox.profiles import name
from msign.signing.keys import InMemoryKey, Signer

DEFAULT_PERSON = "2000000000004"


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person and the shape of the certificate."""

    idnp: str
    given: str
    surname: str
    key: str = "p256"
    organisation: str = ""
    idno: str = ""
    form: str = "new"
    qualified: bool = True

    @property
    def full_name(self) -> str:
        """Given name and surname."""
        return f"{self.given} {self.surname}"


PEOPLE = (
    Person(DEFAULT_PERSON, "Ion", "Exemplu", key="rsa2048"),
    Person("2000000000015", "Maria", "Model", organisation="Organizația Model", idno="1000000000007"),
    Person(
        "0999000000010", "Vasile", "Vechi", key="rsa3072", organisation="Organizația Model", idno="1000000000007",
        form="old",
    ),
    Person("2000000000026", "Elena", "Simplu", qualified=False),
)  # fmt: skip


def person(idnp: str) -> Person:
    """Return the person of that number; a number that nobody holds gets an invented holder."""
    known = {one.idnp: one for one in PEOPLE}
    return known.get(idnp) or Person(idnp, "Persoana", f"Test {idnp[-4:]}")


class People:
    """Signers by IDNP, kept on disk once their certificate has been issued."""

    def __init__(self, folder: Path, *, tsp_url: str, clock: Clock, client: httpx.Client) -> None:
        self._folder = folder
        self._url = tsp_url
        self._clock = clock
        self._client = client
        self._loaded: dict[str, Signer] = {}
        self._lock = threading.Lock()

    def signer(self, idnp: str, *, variant: str = "") -> Signer:
        """Return the signer of a person. ``variant`` names a further certificate: ``revoked`` is revoked at once."""
        label = f"{idnp}-{variant}" if variant else idnp
        with self._lock:
            if label not in self._loaded:
                self._loaded[label] = self._stored(label) or self._issue(person(idnp), label, variant)
            return self._loaded[label]

    def forget(self, idnp: str) -> None:
        """Drop a person's certificate, so that the next signature gets a new one."""
        with self._lock:
            self._loaded.pop(idnp, None)
            for ending in (".key", ".pem"):
                (self._folder / f"{idnp}{ending}").unlink(missing_ok=True)

    def _stored(self, label: str) -> Signer | None:
        key_path, chain_path = self._folder / f"{label}.key", self._folder / f"{label}.pem"
        if not (key_path.exists() and chain_path.exists()):
            return None
        certificate, *chain = x509.load_pem_x509_certificates(chain_path.read_bytes())
        if certificate.not_valid_after_utc <= self._clock.now():
            return None
        return Signer(InMemoryKey(vault.read_key(key_path)), certificate, tuple(chain))

    def _issue(self, holder: Person, label: str, variant: str) -> Signer:
        key = new_key(holder.key if not variant else "p256")
        subject = name((x509.NameOID.COMMON_NAME, holder.full_name))
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        answer = self._ask(
            "/api/persons",
            {
                "csr": request.public_bytes(Encoding.PEM).decode(),
                "idnp": holder.idnp,
                "given": holder.given,
                "surname": holder.surname,
                "organisation": holder.organisation,
                "idno": holder.idno,
                "form": holder.form,
                "qualified": holder.qualified,
                "authority": "untrusted" if variant == "untrusted" else "",
            },
        )
        pem = (answer["certificate"] + "".join(answer["chain"])).encode()
        certificate, *chain = x509.load_pem_x509_certificates(pem)
        if variant == "revoked":
            serial = f"{certificate.serial_number:X}"
            self._ask("/api/status", {"authority": "qualified", "serial": serial, "action": "revoke"})
        vault.write_private(self._folder / f"{label}.key", vault.key_pem(key))
        vault.write_private(self._folder / f"{label}.pem", pem)
        return Signer(InMemoryKey(key), certificate, tuple(chain))

    def _ask(self, path: str, values: dict[str, object]) -> dict[str, str]:
        try:
            answer = self._client.post(f"{self._url}{path}", json=values)
            answer.raise_for_status()
            found: dict[str, str] = json.loads(answer.content)
        except (httpx.HTTPError, ValueError) as error:
            raise MSignError(Code.UNAVAILABLE, f"the trust service gave no certificate: {error}", retry=True) from error
        return found
