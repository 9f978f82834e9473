"""A run as one HTML file: nothing is loaded from elsewhere, readable in light, dark and on paper, by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from msign.kernel.clock import CHISINAU
from msign.kernel.languages import Language
from msign.ops.conformance.texts import PAGE, SCENARIOS, STEPS, tell
from msign.ops.conformance.values import Outcome, Result, Run, Step

_MARKS = {Result.PASSED: "✓", Result.FAILED: "✕", Result.SKIPPED: "–"}
_STYLE = Path(__file__).with_name("report.css")


def html(run: Run, language: Language) -> str:
    """Return the whole file."""
    return "".join(_parts(run, language))


def _parts(run: Run, language: Language) -> Iterator[str]:
    def word(name: str) -> str:
        return escape(tell(PAGE[name], language))

    verdict = "passed" if run.passed else "failed"
    yield f'<!doctype html><html lang="{language.value}"><head><meta charset="utf-8"><title>{word("title")}</title>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
    yield f"<style>{_STYLE.read_text('utf-8')}</style></head><body><header><div>"
    yield f'<p class="brand">MSign</p><h1>{word("title")}</h1>'
    words = word("all-passed" if run.passed else "some-failed")
    mark = _MARKS[Result(verdict)]
    yield f'<p class="verdict {verdict}"><span aria-hidden="true">{mark}</span>{words}</p>'
    yield _bar(run, language)
    yield f"<dl>{''.join(_facts(run, language))}</dl></div></header><main>"
    for name, wanted in (("published", True), ("beyond", False)):
        group = [one for one in run.outcomes if bool(one.test_case) is wanted]
        if group:
            yield f"<h2>{word(name)}</h2>"
            yield from (_card(one, language) for one in group)
    yield f"</main><footer><p>{word('footer')}</p></footer></body></html>\n"


def _bar(run: Run, language: Language) -> str:
    counts = [(result, run.count(result)) for result in Result if run.count(result)]
    pieces = "".join(f'<span class="{result}" style="flex:{count}"></span>' for result, count in counts)
    items = "".join(f"<li><b>{count}</b> {escape(tell(PAGE[result], language))}</li>" for result, count in counts)
    return f'<div class="bar" aria-hidden="true">{pieces}</div><ul class="counts">{items}</ul>'


def _facts(run: Run, language: Language) -> Iterator[str]:
    started = run.started.astimezone(CHISINAU).strftime("%d.%m.%Y %H:%M:%S")
    own = tell(PAGE["own-return"], language)
    facts = (
        ("started", started, ""),
        ("duration", _seconds(run.seconds, language), ""),
        ("api", run.api, "mono"),
        ("web", run.web, "mono"),
        ("return", run.return_url or own, "mono" if run.return_url else ""),
        ("certificate", run.certificate, ""),
    )
    for name, value, style in facts:
        yield f'<dt>{escape(tell(PAGE[name], language))}</dt><dd class="{style}">{escape(value)}</dd>'


def _card(one: Outcome, language: Language) -> str:
    title, about = SCENARIOS[one.code]
    result = escape(tell(PAGE[one.result], language))
    case = " · ".join(filter(None, (one.test_case, one.instrument, _seconds(one.seconds, language))))
    if one.result is Result.SKIPPED:
        inside = f"<p>{escape(tell(PAGE['skipped-why'], language))}</p>"
    else:
        steps = "".join(_step(step, language) for step in one.steps)
        inside = f'<ol class="steps">{steps}</ol>'
    opened = " open" if one.result is Result.FAILED else ""
    return (
        f'<details class="card"{opened}><summary><span class="mark {one.result}" aria-hidden="true">'
        f"{_MARKS[one.result]}</span><span><h3>{escape(tell(title, language))}</h3>"
        f'<p class="about">{escape(tell(about, language))}</p><p class="case">{escape(case)}</p></span>'
        f'<span class="tag {one.result}">{result}</span></summary>'
        f'<div class="body">{inside}</div></details>'
    )


def _step(step: Step, language: Language) -> str:
    state = tell(PAGE["passed" if step.ok else "failed"], language)
    detail = f'<small class="mono">{escape(step.detail)}</small>' if step.detail else ""
    return (
        f'<li class="{"yes" if step.ok else "no"}"><span class="hidden">{escape(state)}: </span>'
        f"{escape(tell(STEPS[step.code], language))} "
        f'<span class="at">{_seconds(step.seconds, language)}</span>{detail}</li>'
    )


def _seconds(value: float, language: Language) -> str:
    number = f"{value:.1f}" if language is Language.EN else f"{value:.1f}".replace(".", ",")
    return f"{number}\u00a0{tell(PAGE['seconds'], language)}"
