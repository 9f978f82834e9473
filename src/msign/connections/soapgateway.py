"""The desk as a client of our own gateway: the published SOAP contract over mutual TLS, like any other system.

Small on purpose: two operations, one PDF of at most a few megabytes in memory. Replies are parsed without entities
and with a bound on their size.
"""

from __future__ import annotations

import base64
import ssl
from binascii import Error as Base64Error
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import httpx
from lxml import etree

from msign.connections.ports import GatewayResult
from msign.kernel import limits
from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import Language
from msign.kernel.words import SignStatus

_NAMESPACE = "https://msign.gov.md"
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_MAX_REPLY = 64 * limits.MIB  # a signed paper has well below a megabyte
_TIMEOUT = 30.0


def tls_client(certificate: str, key: str, ca: str | None) -> httpx.Client:
    """Return an HTTP client that shows our system certificate and trusts ``ca``, or the machine's anchors."""
    context = ssl.create_default_context(cafile=ca)
    context.load_cert_chain(certificate, key)
    return httpx.Client(verify=context, timeout=_TIMEOUT, trust_env=False)


@dataclass(frozen=True)
class SoapGateway:
    """``SigningGateway`` over SOAP. The client is made at the first call: its files may not exist before."""

    api_url: str
    web_url: str
    make_client: Callable[[], httpx.Client]

    @cached_property
    def _client(self) -> httpx.Client:
        return self.make_client()

    def post(self, *, document: bytes, name: str, description: str, expected_person: str, correlation_id: str) -> str:
        """Post a PDF to be signed by one person; return the request id. Raises ``MSignError``."""
        content = (
            f"<SignContent><Content>{base64.b64encode(document).decode()}</Content>"
            f"{_element('CorrelationID', correlation_id)}<MultipleSignatures>true</MultipleSignatures>"
            f"{_element('Name', name)}</SignContent>"
        )
        signer = (
            "<ExpectedSigner><DelegatedRoleID>0</DelegatedRoleID><DelegatorType>None</DelegatorType>"
            f"{_element('ID', expected_person)}</ExpectedSigner>"
        )
        inside = (
            f"<request>{_element('ContentDescription', description[: limits.MAX_DESCRIPTION])}"
            f"<ContentType>Pdf</ContentType><Contents>{content}</Contents>{signer}"
            f"{_element('ShortContentDescription', description[: limits.MAX_SHORT_DESCRIPTION])}</request>"
        )
        return (self._call("PostSignRequest", inside).text or "").strip()

    def result(self, request_id: str, language: Language) -> GatewayResult:
        """Return where the request stands. Raises ``MSignError``."""
        inside = _element("requestID", request_id) + _element("language", language.value)
        reply = self._call("GetSignResponse", inside)
        status = SignStatus(_text(reply, "Status"))
        signature = _text(reply, "Results/{*}SignResult/{*}Signature")
        return GatewayResult(status, _text(reply, "Message"), _decoded(signature) if signature else None)

    def sign_url(self, request_id: str, return_url: str, language: Language) -> str:
        """Return where to send the person."""
        return f"{self.web_url}/{request_id}?{urlencode({'ReturnUrl': return_url, 'lang': language.value})}"

    def _call(self, operation: str, inside: str) -> etree._Element:
        body = f'<{operation} xmlns="{_NAMESPACE}">{inside}</{operation}>'
        envelope = f'<s:Envelope xmlns:s="{_ENVELOPE}"><s:Body>{body}</s:Body></s:Envelope>'
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{_NAMESPACE}/IMSign/{operation}"'}
        try:
            with self._client.stream("POST", self.api_url, content=envelope.encode(), headers=headers) as response:
                return _reply(operation, response.status_code, _bounded(response))
        except httpx.HTTPError as error:
            raise MSignError(Code.UNAVAILABLE, f"the gateway cannot be reached: {error}", retry=True) from error


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _bounded(response: httpx.Response) -> bytes:
    data = b""
    for piece in response.iter_bytes():
        data += piece
        if len(data) > _MAX_REPLY:
            raise MSignError(Code.TOO_LARGE, "the gateway's reply is too large")
    return data


def _reply(operation: str, status: int, data: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise MSignError(Code.UNAVAILABLE, f"the gateway answered with HTTP {status}", retry=status >= 500) from error
    fault = root.find(".//{*}Fault")
    if fault is not None:
        raise MSignError(Code.UNAVAILABLE, f"the gateway refused: {_text(fault, 'faultstring')}")
    result = root.find(f".//{{*}}{operation}Result")
    if result is None:
        raise MSignError(Code.UNAVAILABLE, f"the gateway answered with HTTP {status} without a result")
    return result


def _text(node: etree._Element, name: str) -> str:
    path = "/".join(part if part.startswith("{") else f"{{*}}{part}" for part in name.split("/"))
    found = node.find(path)
    return (found.text or "") if found is not None else ""


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (Base64Error, ValueError) as error:
        raise MSignError(Code.UNREADABLE_DOCUMENT, "the gateway's document is not base64") from error
