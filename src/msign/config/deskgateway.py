"""The desk as a client of our own gateway: the published SOAP contract over mutual TLS, like any other system."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from msign.client.api import SoapClient
from msign.client.outgoing import Outgoing
from msign.connections.ports import GatewayResult
from msign.kernel import limits
from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import Language
from msign.kernel.words import ContentType
from msign.signrequests.values import ExpectedSigner


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientGateway:
    """``SigningGateway`` over SOAP. A client is made for each call: papers are few, and files may be renewed."""

    make: Callable[[], SoapClient]
    web_url: str

    def post(self, *, document: bytes, name: str, description: str, expected_person: str, correlation_id: str) -> str:
        """Post a PDF to be signed by one person; return the request id. Raises ``MSignError``."""
        content = Outgoing(document, correlation_id=correlation_id, name=name, multiple_signatures=True)
        with self._client() as client:
            return client.post(
                [content],
                content_type=ContentType.PDF,
                short_description=description[: limits.MAX_SHORT_DESCRIPTION],
                description=description[: limits.MAX_DESCRIPTION],
                expected_signer=ExpectedSigner(id=expected_person),
            )

    def result(self, request_id: str, language: Language) -> GatewayResult:
        """Return where the request stands. Raises ``MSignError``."""
        with tempfile.TemporaryDirectory(prefix="msign-desk-") as folder, self._client() as client:
            fetched = client.get_response(request_id, lambda place: Path(folder) / str(place), language=language)
            signed = [one.signature.read_bytes() for one in fetched.results if one.signature is not None]
        return GatewayResult(fetched.status, fetched.message or "", signed[0] if signed else None)

    def sign_url(self, request_id: str, return_url: str, language: Language) -> str:
        """Return where to send the person."""
        return f"{self.web_url}/{request_id}?{urlencode({'ReturnUrl': return_url, 'lang': language.value})}"

    @contextmanager
    def _client(self) -> Iterator[SoapClient]:
        """Whatever stops the call, the person is told that the gateway could not be used just now."""
        try:
            with self.make() as client:
                yield client
        except OSError as error:
            raise MSignError(Code.UNAVAILABLE, f"the desk's own certificate cannot be used: {error}") from error
        except MSignError as error:
            raise MSignError(Code.UNAVAILABLE, error.message, retry=error.retry) from error
