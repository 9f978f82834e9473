"""A client of the API, as an information system has one: mTLS, the three operations, files streamed both ways."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import httpx

from msign.client.answers import Fetched, Verified, fetched_result, verified
from msign.client.outgoing import (
    Outgoing,
    Progress,
    Source,
    ToVerify,
    element,
    enveloped,
    length,
    pieces,
    sign_content,
    signer,
    verification_content,
)
from msign.client.reply import Node, ReplyReader, Targets, unexpected
from msign.faces.soap.contract import CONTENT_TYPE, Operation
from msign.kernel.errors import Code, MSignError
from msign.kernel.languages import Language
from msign.kernel.words import ContentType, SignStatus
from msign.signrequests.values import ExpectedSigner

_CODES: Mapping[str, Code] = {
    "AuthenticationFailed": Code.AUTHENTICATION_FAILED,
    "AuthorizationFailed": Code.AUTHORIZATION_FAILED,
    "InvalidParameter": Code.INVALID_PARAMETER,
    "RequestNotFound": Code.REQUEST_NOT_FOUND,
    "Client": Code.BAD_MESSAGE,
    "VersionMismatch": Code.BAD_MESSAGE,
}
_STATUSES: Mapping[int, Code] = {
    403: Code.ADDRESS_REFUSED,
    413: Code.TOO_LARGE,
    415: Code.UNSUPPORTED_MEDIA,
    503: Code.UNAVAILABLE,
}


class SoapClient:
    """Talks to one API address as one system. Every failure is an ``MSignError``; faults keep their words."""

    def __init__(
        self, url: str, *, certificate: Path, key: Path, ca: Path | None = None, timeout_seconds: float = 120.0
    ) -> None:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
        context.load_cert_chain(certificate, key)
        self._url = url
        self._http = httpx.Client(verify=context, timeout=timeout_seconds, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def wsdl(self) -> bytes:
        """Return the service's WSDL."""
        try:
            response = self._http.get(self._url)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        if response.status_code != 200 or not _is_xml(response):
            raise _http_error(response)
        return response.content

    def post(
        self,
        contents: Sequence[Outgoing],
        *,
        content_type: ContentType,
        short_description: str,
        description: str | None = None,
        reason: str | None = None,
        expected_signer: ExpectedSigner | None = None,
        progress: Progress | None = None,
    ) -> str:
        """Post a request and return its id; ``progress`` hears the bytes that went out, piece by piece."""
        parts: list[str | Source] = [
            element("ContentDescription", description),
            f"<ContentType>{content_type}</ContentType><Contents>",
        ]
        for one in contents:
            parts += sign_content(one)
        parts += ["</Contents>", signer(expected_signer), element("ShortContentDescription", short_description)]
        parts.append(element("SignatureReason", reason))
        reply = self._call(Operation.POST_SIGN_REQUEST, ["<request>", *parts, "</request>"], progress=progress)
        return reply.text.strip()

    def get_response(
        self, request_id: str, targets: Targets, *, language: Language = Language.RO, progress: Progress | None = None
    ) -> Fetched:
        """Ask how a request stands; the n-th signature is written to ``targets(n)``, progress hears bytes that came."""
        inside: list[str | Source] = [element("requestID", request_id), element("language", language)]
        reply = self._call(Operation.GET_SIGN_RESPONSE, inside, targets=targets, received=progress)
        results = reply.one("Results")
        return Fetched(
            SignStatus(reply.value("Status") or ""),
            reply.value("Message"),
            tuple(fetched_result(one) for one in (results.all("SignResult") if results else ())),
        )

    def verify(
        self, items: Sequence[ToVerify], *, content_type: ContentType, language: Language = Language.RO
    ) -> tuple[Verified, ...]:
        """Have signatures verified; answers come in the order of the items."""
        inside: list[str | Source] = ["<request><Contents>"]
        for item in items:
            inside += verification_content(item)
        inside.append(f"</Contents>{element('Language', language)}<SignedContentType>{content_type}")
        inside.append("</SignedContentType></request>")
        reply = self._call(Operation.VERIFY_SIGNATURES, inside)
        results = reply.one("Results")
        return tuple(verified(one) for one in (results.all("VerificationResult") if results else ()))

    def _call(
        self,
        operation: Operation,
        inside: Sequence[str | Source],
        *,
        targets: Targets | None = None,
        progress: Progress | None = None,
        received: Progress | None = None,
    ) -> Node:
        parts = enveloped(operation, inside)
        headers = {
            "Content-Type": CONTENT_TYPE,
            "SOAPAction": f'"{operation.action}"',
            "Content-Length": str(sum(map(length, parts))),
        }
        reader = ReplyReader(targets)
        try:
            with self._http.stream("POST", self._url, content=pieces(parts, progress), headers=headers) as response:
                for data in response.iter_bytes() if _is_xml(response) else ():
                    reader.feed(data)
                    if received is not None:
                        received(len(data))
                return _result(operation, response, reader)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        finally:
            reader.abort()

    def _unreachable(self, error: httpx.HTTPError) -> MSignError:
        why = str(error) or type(error).__name__
        return MSignError(Code.UNAVAILABLE, f"{self._url} cannot be reached: {why}", retry=True)


def _result(operation: Operation, response: httpx.Response, reader: ReplyReader) -> Node:
    if not _is_xml(response):
        raise _http_error(response)
    root = reader.close()
    fault = root.find("Fault")
    if fault is not None:
        raise _error(fault)
    result = root.find(f"{operation}Result")
    if result is None or response.status_code != 200:
        raise unexpected(f"HTTP {response.status_code} without a result")
    return result


def _http_error(response: httpx.Response) -> MSignError:
    code = _STATUSES.get(response.status_code, Code.BAD_MESSAGE)
    return MSignError(code, f"the server answered with HTTP {response.status_code}")


def _error(fault: Node) -> MSignError:
    """Return the fault as the error that it once was; a server's failure may pass, so it may be repeated."""
    name = (fault.value("faultcode") or "").strip().rpartition(":")[2]
    text = fault.value("faultstring") or "no reason given"
    code = _CODES.get(name)
    return MSignError(code or Code.UNAVAILABLE, text, retry=code is None)


def _is_xml(response: httpx.Response) -> bool:
    return str(response.headers.get("content-type", "")).startswith("text/xml")
