"""The page of a session that needs it: the local agent's script, something to type, or the way to another page."""

from __future__ import annotations

from typing import Any, assert_never

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from msign.faces.signpages.secretform import SecretForm
from msign.faces.signpages.visits import Visit
from msign.frame import security
from msign.providers.base import Prompt, PromptKind


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
    return render(request, "signpages/elsewhere.html", {**context, "prompt": prompt, "host": host})
