"""What the page sends while a session needs it: certificate and values from the local agent, typed secrets, leaving."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from msign.faces.signpages import visits
from msign.faces.signpages.secretform import SecretForm
from msign.faces.signpages.views.common import SignView, gone, to_page
from msign.faces.signpages.views.prompting import RETURN_COOKIE, return_mark
from msign.faces.signpages.visits import Visit
from msign.kernel.errors import Code, MSignError, invalid
from msign.kernel.limits import MIB
from msign.kernel.words import FailureReason
from msign.providers.base import (
    ChosenCertificate,
    FinishedFile,
    Prompt,
    PromptKind,
    Reply,
    SignatureValues,
    TypedSecrets,
)
from msign.signrequests.values import RequestView

_CHUNK = MIB
_PROBLEMS = {
    "certificate.signer": "another-person",
    "certificate.validity": "not-valid-now",
    "certificate": "unusable-certificate",
    "value": "wrong-value",
}


class AgentView(SignView):
    """Base of what the script calls: JSON in and out, errors as one word that the page has a sentence for."""

    http_method_names = ["post"]

    def read(self, request: HttpRequest, view: RequestView) -> Reply:
        """Return what the script sent. Raises ``MSignError`` for anything that does not fit."""
        raise NotImplementedError

    def post(self, request: HttpRequest, text: str) -> HttpResponse:
        view = self.find(text)
        if view is None:
            return gone(request)
        try:
            prompt = self.given.requests.reply(view.id, self.read(request, view))
        except MSignError as error:
            return _problem(error)
        return JsonResponse(_work(prompt, view))


class AgentWork(SignView):
    """What there is to do for the agent."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, text: str) -> HttpResponse:
        view = self.find(text)
        if view is None:
            return gone(request)
        return JsonResponse(_work(self.given.requests.prompt(view.id), view))


class AgentCertificate(AgentView):
    """The certificate that the person picked."""

    def read(self, request: HttpRequest, view: RequestView) -> Reply:  # noqa: ARG002  (the others need it)
        sent = _json(request)
        chain = sent.get("chain", [])
        if not isinstance(chain, list):
            raise invalid("certificate", "a list of issuers was expected")
        return ChosenCertificate(_bytes(sent.get("certificate")), tuple(_bytes(one) for one in chain[:8]))


class AgentValues(AgentView):
    """Signature values, by item."""

    def read(self, request: HttpRequest, view: RequestView) -> Reply:
        values = _json(request).get("values")
        if not isinstance(values, dict) or len(values) > len(view.contents):
            raise invalid("value", "values by item were expected")
        return SignatureValues({str(name): _bytes(value) for name, value in values.items()})


class AgentFile(SignView):
    """A container that the agent finished itself."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, text: str, position: int) -> HttpResponse:
        view = self.find(text)
        if view is None:
            return gone(request)
        with tempfile.TemporaryDirectory(prefix="msign-agent-") as folder:
            path = Path(folder) / "signed"
            with path.open("wb") as file:
                while chunk := request.read(_CHUNK):
                    file.write(chunk)
            try:
                prompt = self.given.requests.reply(view.id, FinishedFile(str(position), path))
            except MSignError as error:
                return _problem(error)
        return JsonResponse(_work(prompt, view))


class Secrets(SignView):
    """A PIN, password or one-time code that a remote service wants. Used in this call, written down nowhere."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, text: str) -> HttpResponse:
        view = self.find(text)
        if view is None:
            return gone(request)
        response, visit = to_page(view.id), visits.load(request, view.id) or Visit()
        visit.typed, visit.errors = {}, {}
        prompt = self.given.requests.prompt(view.id)
        if prompt is not None and prompt.kind is PromptKind.TYPED:
            self._send(request, view, visit, prompt)
        visits.save(request, response, view.id, visit)
        return response

    def _send(self, request: HttpRequest, view: RequestView, visit: Visit, prompt: Prompt) -> None:
        form = SecretForm(request.POST, prompt=prompt)
        if not form.is_valid():
            visit.typed = {"judged": "secrets"}
            return
        try:
            self.given.requests.reply(view.id, TypedSecrets(form.typed()))
        except MSignError as error:
            if error.code is not Code.CONFLICT:  # a second click finds the first one under way
                visit.errors = {"code": str(error.code)}


class Returned(SignView):
    """The person is back from the service's own page. Only the browser that was sent there may come back."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, provider: str) -> HttpResponse:
        parameters = {name: str(request.GET[name])[:4096] for name in ("code", "state", "error") if name in request.GET}
        mark = request.COOKIES.get(RETURN_COOKIE, "")
        if not hmac.compare_digest(mark.encode(), return_mark(parameters.get("state", "")).encode()):
            return gone(request)
        found = self.given.requests.returned(provider, parameters)
        if found is None:
            return gone(request)
        response = to_page(found)
        response.delete_cookie(RETURN_COOKIE, path="/providers")
        return response


class Leave(SignView):
    """Another instrument instead: the session ends, the request stays open."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, text: str) -> HttpResponse:
        view = self.find(text)
        if view is None:
            return gone(request)
        try:
            self.given.requests.leave(view.id, _reason(str(request.POST.get("reason", ""))))
        except MSignError as error:
            if error.code not in (Code.CONFLICT, Code.INVALID_PARAMETER):
                raise
        return to_page(view.id)


def _reason(word: str) -> FailureReason:
    return FailureReason(word) if word in set(FailureReason) else FailureReason.CANCELLED


def _problem(error: MSignError) -> JsonResponse:
    match error.code:
        case Code.INVALID_PARAMETER:
            return JsonResponse({"problem": _PROBLEMS.get(error.member or "", "failed")}, status=400)
        case Code.CONFLICT:
            return JsonResponse({"problem": "under-way"}, status=409)
        case _ if error.retry:
            return JsonResponse({"problem": "unavailable"}, status=503)
        case _:
            return JsonResponse({"problem": "failed"}, status=400)


def _work(prompt: Prompt | None, view: RequestView) -> dict[str, Any]:
    if prompt is None or prompt.kind is not PromptKind.AGENT:
        return {"items": [], "finished": True}
    return {
        "finished": False,
        "request": view.id,
        "certificate": _text(prompt.certificate),
        "algorithm": prompt.algorithm,
        "service": " · ".join(part for part in (view.system_name, view.organisation_name) if part),
        "description": view.short_description,
        "items": [
            {
                "id": item.id,
                "name": view.contents[index].name or item.name,
                "contentType": item.content_type.value,
                "digest": _text(item.digest),
                "hash": _text(view.contents[index].digest or b""),
                "digestName": item.digest_name,
                "toSign": _text(item.to_sign),
                "done": item.done,
            }
            for index, item in enumerate(prompt.items)
        ],
    }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _json(request: HttpRequest) -> Mapping[str, object]:
    if len(body := request.read(MIB + 1)) > MIB:
        raise invalid("body", "at most 1 MiB")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise invalid("body", "JSON was expected") from error
    if not isinstance(found, dict):
        raise invalid("body", "a JSON object was expected")
    return found


def _bytes(value: object) -> bytes:
    if not isinstance(value, str):
        raise invalid("certificate", "base64 was expected")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid("certificate", "base64 was expected") from error
