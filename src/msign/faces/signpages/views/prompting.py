"""The page of a session that needs it: the local agent's script, something to type, or the way to another page."""

from __future__ import annotations

import hashlib
from typing import Any, assert_never
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from msign.faces.signpages.secretform import SecretForm
from msign.faces.signpages.visits import Visit
from msign.frame import security
from msign.providers.base import Prompt, PromptKind

RETURN_COOKIE = "msign-return"


def prompted(request: HttpRequest, prompt: Prompt, context: dict[str, Any], visit: Visit) -> HttpResponse:
    """Return the page for what is asked."""
    match prompt.kind:
        case PromptKind.AGENT:
            return _agent(request, prompt, context)
        case PromptKind.TYPED:
            return _typed(request, prompt, context, visit)
        case PromptKind.REDIRECT:
            return _elsewhere(request, prompt, context)
        case _:
            assert_never(prompt.kind)


def _agent(request: HttpRequest, prompt: Prompt, context: dict[str, Any]) -> HttpResponse:
    response = render(request, "signpages/agent.html", {**context, "prompt": prompt})
    security.allow(response, "connect-src", prompt.address)  # this page only, exactly this program
    return response


def _typed(request: HttpRequest, prompt: Prompt, context: dict[str, Any], visit: Visit) -> HttpResponse:
    form = SecretForm({} if visit.typed.get("judged") == "secrets" else None, prompt=prompt)
    context |= {"prompt": prompt, "form": form, "problem": visit.errors.get("code", "")}
    return render(request, "signpages/secrets.html", {**context, "has_errors": form.is_bound or prompt.wrong})


def _elsewhere(request: HttpRequest, prompt: Prompt, context: dict[str, Any]) -> HttpResponse:
    host = security.origin_of(prompt.address).partition("://")[2]
    response = render(request, "signpages/elsewhere.html", {**context, "prompt": prompt, "host": host})
    state = dict(parse_qsl(urlsplit(prompt.address).query)).get("state", "")
    response.set_cookie(
        RETURN_COOKIE,
        return_mark(state),
        max_age=context["left"] + 60,
        path="/providers",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def return_mark(state: str) -> str:
    """Return what a browser must carry to come back with this ``state``: proof that it was sent away with it."""
    return hashlib.sha256(state.encode()).hexdigest()
