"""A small SOAP client for MSign: an example for integrators, in about a hundred lines of httpx and lxml.

It needs nothing generated: three operations, each one XML document out and one back, over mutual TLS.
"""

from __future__ import annotations

import base64
import ssl
from dataclasses import dataclass
from typing import Self, cast

import httpx
from lxml import etree

MSIGN = "https://msign.gov.md"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_ACTION = f"{MSIGN}/IMSign/"
_SECONDS = 60.0
_DEFAULT_NAMESPACE = cast(dict[str, str], {None: MSIGN})  # the stubs of lxml know no default namespace
_NAMES = {"m": MSIGN, "s": SOAP}


class SoapFaultError(Exception):
    """What MSign answered instead of a result: the fault's code and its text."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Result:
    """Answer to GetSignResponse for one document."""

    status: str
    message: str
    signature: bytes
    certificate: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """Answer to VerifySignatures for one document."""

    valid: bool
    message: str
    signers: tuple[tuple[str, str], ...]  # subject, signed at


class MSignClient:
    """Calls one MSign listener as the information system whose certificate it holds."""

    def __init__(self, url: str, *, certificate: str, key: str, ca_file: str) -> None:
        """All three are PEM files; the server's certificate is checked against ``ca_file``."""
        context = ssl.create_default_context(cafile=ca_file)
        context.load_cert_chain(certificate, key)
        self._url = url
        self._client = httpx.Client(verify=context, timeout=_SECONDS, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def post_pdf(self, pdf: bytes, *, name: str, short_description: str, expected_signer: str = "") -> str:
        """Post one PDF to be signed; return the request id, which opens the sign page."""
        call, request = _call("PostSignRequest")
        # The schema is a sequence in alphabetical order; another order is refused.
        _add(request, "ContentType", "Pdf")
        content = _add(_add(request, "Contents"), "SignContent")
        _add(content, "Content", base64.b64encode(pdf).decode())
        _add(content, "CorrelationID", "1")
        _add(content, "Name", name)
        if expected_signer:
            _add(_add(request, "ExpectedSigner"), "ID", expected_signer)
        _add(request, "ShortContentDescription", short_description)
        return _text(self._send("PostSignRequest", call), "m:PostSignRequestResult")

    def response(self, request_id: str, language: str) -> Result:
        """Fetch what became of a request: Pending, Success, Failure or Expired."""
        call = etree.Element(f"{{{MSIGN}}}GetSignResponse", nsmap=_DEFAULT_NAMESPACE)
        _add(call, "requestID", request_id)
        _add(call, "language", language)
        found = self._send("GetSignResponse", call)
        return Result(
            status=_text(found, ".//m:Status"),
            message=_text(found, ".//m:Message"),
            signature=base64.b64decode(_text(found, ".//m:SignResult/m:Signature")),
            certificate=base64.b64decode(_text(found, ".//m:SignResult/m:Certificate")),
        )

    def verify_pdf(self, pdf: bytes, language: str) -> Verdict:
        """Ask whether the signatures in a PDF are valid."""
        call, request = _call("VerifySignatures")
        content = _add(_add(request, "Contents"), "VerificationContent")
        _add(content, "Signature", base64.b64encode(pdf).decode())
        _add(request, "Language", language)
        _add(request, "SignedContentType", "Pdf")
        found = self._send("VerifySignatures", call)
        signers = tuple(
            (_text(one, "m:Subject"), _text(one, "m:SignedAt"))
            for one in found.iterfind(".//m:VerificationCertificate", _NAMES)
        )
        return Verdict(_text(found, ".//m:SignaturesValid") == "true", _text(found, ".//m:Message"), signers)

    def _send(self, operation: str, call: etree._Element) -> etree._Element:
        envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP})
        etree.SubElement(envelope, f"{{{SOAP}}}Body").append(call)
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{_ACTION}{operation}"'}
        answer = self._client.post(self._url, content=etree.tostring(envelope), headers=headers)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
        try:
            found = etree.fromstring(answer.content, parser).find("s:Body/*", _NAMES)
        except etree.XMLSyntaxError as error:
            raise SoapFaultError(f"HTTP {answer.status_code}", answer.text[:200]) from error
        if found is None or found.tag == f"{{{SOAP}}}Fault":
            code = found.findtext("faultcode", "") if found is not None else ""
            raise SoapFaultError(code.rpartition(":")[2], _text(found, "faultstring") if found is not None else "")
        return found


def _call(operation: str) -> tuple[etree._Element, etree._Element]:
    call = etree.Element(f"{{{MSIGN}}}{operation}", nsmap=_DEFAULT_NAMESPACE)
    return call, _add(call, "request")


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{MSIGN}}}{name}")
    child.text = text
    return child


def _text(element: etree._Element, path: str) -> str:
    return element.findtext(path, "", _NAMES) or ""
