"""Alive and ready: a word for each dependency, and nothing about the inside."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from msign.faces.rest.urls import patterns


def get(name: str, probes: Mapping[str, Callable[[], object]]) -> HttpResponse:
    _, live, ready = patterns(wake=lambda _provider, _order: False, accepts={}, probes=probes)
    found = {"live": live, "ready": ready}[name].resolve(f"health/{name}")
    assert found is not None
    response: HttpResponse = found.func(RequestFactory().get(f"/health/{name}"))
    return response


def fail() -> None:
    raise RuntimeError("host db.internal refused user secret")


def test_live_asks_nobody() -> None:
    response = get("live", {"database": fail})
    assert (response.status_code, json.loads(response.content)) == (200, {"status": "ok"})


def test_ready_when_everything_answers() -> None:
    response = get("ready", {"database": lambda: None, "contents": lambda: None})
    assert response.status_code == 200
    assert json.loads(response.content) == {"status": "ok", "checks": {"database": "ok", "contents": "ok"}}


def test_warnings_are_told_and_change_nothing() -> None:
    _, _, ready = patterns(
        wake=lambda _provider, _order: False, accepts={}, probes={}, warnings=lambda: ["trusted-list-overdue"]
    )
    found = ready.resolve("health/ready")
    assert found is not None
    response: HttpResponse = found.func(RequestFactory().get("/health/ready"))
    assert response.status_code == 200
    assert json.loads(response.content)["warnings"] == ["trusted-list-overdue"]


def test_not_ready_names_what_failed_and_keeps_the_details(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "msign.rest"):
        response = get("ready", {"database": fail, "contents": lambda: None})
    assert response.status_code == 503
    assert json.loads(response.content)["checks"] == {"database": "failed", "contents": "ok"}
    assert b"secret" not in response.content
    assert "db.internal" in caplog.text
    assert response.headers["Cache-Control"] == "no-store"
