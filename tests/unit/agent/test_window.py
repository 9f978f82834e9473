"""The consent window on a real screen: everything in sight, the PIN by keyboard, refusing in three ways."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from msign.agent.consent import Question, WindowConsent, window_message
from msign.kernel.languages import Language
from tests.support.display import screen
from tests.unit.agent.test_consent import QUESTION

pytestmark = pytest.mark.tool
pytest.importorskip("tkinter", reason="Python was built without tkinter: install `python3-tk` to test the window")

LONG = dataclasses.replace(
    QUESTION,
    service="Sistemul informațional al cererilor · Primăria Municipiului Model cu o denumire foarte lungă",
    documents=tuple((f"Contract de prestări servicii nr. {n}-2026.pdf", "sha256", "ab12cd34" * 8) for n in range(40)),
    problem="wrong-pin",
    final_try=True,
)
# Opens the window as the agent does, does what a person would, and tells what was to be seen.
PROGRAM = """
import json, sys
from msign.agent.window import ConsentWindow
asked = json.loads(sys.argv[1])
window = ConsentWindow(asked["question"])
root = window.root
root.update()
def all_of(widget):
    yield widget
    for child in widget.winfo_children():
        yield from all_of(child)
def cut(widget):
    return widget.winfo_ismapped() and (widget.winfo_height() < widget.winfo_reqheight() or widget.winfo_width() < widget.winfo_reqwidth())
shown = [one for one in all_of(root) if one.winfo_class() in ("TLabel", "TButton", "TEntry")]
seen = {
    "words": [str(one.cget("text")) for one in shown if one.winfo_class() != "TEntry"] + [window.list.get("1.0", "end")],
    "cut": [str(one) for one in shown if cut(one)],
    "below": root.winfo_rooty() + root.winfo_height() - root.winfo_screenheight(),
    "beside": root.winfo_rootx() + root.winfo_width() - root.winfo_screenwidth(),
    "scrolls": bool(window.bar.winfo_ismapped()),
    "whole": window.list.yview() == (0.0, 1.0),
    "hidden": window.pin.cget("show"),
}
root.focus_force()
window.pin.focus_force()
root.update()
seen["focus"] = root.focus_get() is window.pin
for step in asked["steps"]:
    where = {"pin": window.pin, "sign": window.sign, "refuse": window.refuse}[step[0]]
    if step[1] == "press":
        where.invoke()
    else:
        where.focus_force(); root.update()
        where.event_generate(step[1])
    if not window.answer:
        try:
            root.update()
        except Exception:
            break
print(json.dumps({**seen, "answer": window.answer}))
"""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with screen() as name:
        yield name


def opened(display: str, question: Question, language: Language, *steps: tuple[str, str]) -> dict[str, Any]:
    asked = json.dumps({"question": window_message(question, language), "steps": steps})
    command = [sys.executable, "-c", PROGRAM, asked]
    environment = {**os.environ, "DISPLAY": display}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("language", list(Language))
def test_everything_is_in_sight_however_much_there_is(display: str, language: Language) -> None:
    seen = opened(display, LONG, language)
    assert seen["cut"] == []
    assert seen["below"] <= 0
    assert seen["beside"] <= 0
    assert seen["scrolls"]
    text = "\n".join(seen["words"])
    message: dict[str, Any] = window_message(LONG, language)
    for part in (*message["problems"], *(value for _, value in message["facts"]), message["pin"], message["sign"]):
        assert part in text
    assert message["documents"]["more"] in text
    assert (seen["hidden"], seen["focus"]) == ("•", True)


def test_one_document_needs_no_bar(display: str) -> None:
    seen = opened(display, QUESTION, Language.RO)
    assert not seen["scrolls"]
    assert seen["whole"]


@pytest.mark.parametrize(
    ("steps", "pin"),
    [
        ([("pin", "7"), ("pin", "3"), ("pin", "<Return>")], "73"),
        ([("pin", "7"), ("sign", "press")], "7"),
        ([("pin", "7"), ("sign", "<Return>")], "7"),
        ([("pin", "<Return>")], ""),
        ([("sign", "press")], ""),
        ([("pin", "7"), ("refuse", "press")], ""),
        ([("pin", "7"), ("refuse", "<Return>")], ""),
        ([("pin", "7"), ("pin", "<Escape>")], ""),
    ],
    ids=["return", "sign", "sign by key", "no pin", "sign without pin", "refuse", "refuse by key", "escape"],
)
def test_keys_and_buttons(display: str, steps: list[tuple[str, str]], pin: str) -> None:
    assert opened(display, QUESTION, Language.EN, *steps)["answer"] == ({"pin": pin} if pin else {})


def test_the_window_is_closed_when_nobody_answers(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    decision = WindowConsent(Language.RO).ask(dataclasses.replace(QUESTION, seconds=1.5))
    assert (decision.approved, decision.in_time) == (False, False)


def test_without_a_display_nothing_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4711")
    assert not WindowConsent(Language.RO).ask(QUESTION).approved
