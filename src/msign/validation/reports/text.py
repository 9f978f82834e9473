"""Reports as text for people, in Romanian, Russian or English."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from msign.kernel.clock import state_time
from msign.kernel.languages import Language
from msign.validation.model import DocumentReport, Modification, Scope, Severity, SignatureReport, Verdict
from msign.validation.reports.sentences import sentence

Words = Mapping[Language, str]
RO, RU, EN = Language.RO, Language.RU, Language.EN

VERDICTS: Mapping[Verdict, Words] = {
    Verdict.VALID: {EN: "valid", RO: "valid", RU: "действительно"},
    Verdict.CHANGED: {
        EN: "signed, but changed afterwards or signed in part only",
        RO: "semnat, dar modificat ulterior sau semnat doar parțial",
        RU: "подписано, но позже изменено или подписано лишь частично",
    },
    Verdict.INVALID: {EN: "not valid", RO: "nu este valid", RU: "недействительно"},
    Verdict.UNKNOWN: {EN: "cannot be judged", RO: "nu se poate stabili", RU: "невозможно установить"},
    Verdict.NONE: {EN: "no signature", RO: "nicio semnătură", RU: "подписей нет"},
}
_LABELS: Mapping[str, Words] = {
    "signature": {EN: "Signature", RO: "Semnătura", RU: "Подпись"},
    "counter": {EN: "counter-signature", RO: "contrasemnătură", RU: "заверяющая подпись"},
    "signer": {EN: "signer", RO: "semnatar", RU: "подписант"},
    "stamped": {EN: "time-stamped", RO: "marcat temporal", RU: "штамп времени"},
    "claimed": {EN: "claimed time", RO: "ora declarată", RU: "заявленное время"},
    "level": {EN: "level", RO: "nivel", RU: "уровень"},
    "partial": {EN: "covers a part only", RO: "acoperă doar o parte", RU: "охватывает лишь часть"},
    "result": {EN: "result", RO: "rezultat", RU: "результат"},
    "policy": {EN: "policy", RO: "politica", RU: "политика"},
    "changes": {EN: "changes afterwards", RO: "modificări ulterioare", RU: "последующие изменения"},
    "qualified": {EN: "qualified", RO: "calificată", RU: "квалифицированная"},
    "by-list": {EN: "by trusted list {0}", RO: "conform listei de încredere {0}", RU: "по списку доверия {0}"},
    "device": {
        EN: "key in a qualified device",
        RO: "cheie în dispozitiv calificat",
        RU: "ключ в квалифицированном устройстве",
    },
    "no-device": {
        EN: "key outside a qualified device",
        RO: "cheie în afara unui dispozitiv calificat",
        RU: "ключ вне квалифицированного устройства",
    },
    "advanced": {EN: "advanced", RO: "avansată", RU: "усиленная"},
}
_CHANGES: Mapping[Modification, Words] = {
    Modification.NONE: {EN: "none", RO: "niciuna", RU: "нет"},
    Modification.PERMITTED: {EN: "permitted ones", RO: "permise", RU: "допустимые"},
    Modification.UNDEFINED: {EN: "not harmless", RO: "nu sunt inofensive", RU: "не безобидные"},
    Modification.FORBIDDEN: {EN: "forbidden ones", RO: "interzise", RU: "запрещённые"},
}
_MARKS = {Severity.FAIL: "✗", Severity.WARN: "!", Severity.INFORM: "·", Severity.IGNORE: "·"}


def text_report(report: DocumentReport, file: str = "", language: Language = Language.RO) -> str:
    """Return a report as a few lines of text; times are those of Chișinău."""
    return "\n".join(_lines(report, file, language))


def _lines(report: DocumentReport, file: str, language: Language) -> Iterator[str]:
    yield f"{file}: {VERDICTS[report.verdict][language]}" if file else VERDICTS[report.verdict][language]
    for reason in report.reasons:
        yield from _told(sentence(reason, language).text, sentence(reason, language).remedy, reason.severity, "  ")
    for number, signature in enumerate(report.signatures, 1):
        yield from _signature(signature, number, language)
    if report.policy:
        yield f"  {_LABELS['policy'][language]}: {report.policy} {report.policy_version}"


def _signature(signature: SignatureReport, number: int, language: Language) -> Iterator[str]:
    def label(key: str) -> str:
        return _LABELS[key][language]

    counter = f" ({label('counter')})" if signature.counter_signature else ""
    sub = f" / {signature.sub_indication}" if signature.sub_indication else ""
    yield f"  {label('signature')} {number}{counter}"
    yield f"    {label('result')}: {signature.indication}{sub}"
    yield f"    {label('signer')}: {signature.signer_name or signature.subject or '–'}{_worth(signature, language)}"
    if signature.signed_at:
        yield f"    {label('stamped')}: {_time(signature.signed_at)}"
    elif signature.claimed_time:
        yield f"    {label('claimed')}: {_time(signature.claimed_time)}"
    yield f"    {label('level')}: {signature.level}"
    if signature.scope is Scope.PARTIAL:
        yield f"    {label('partial')}"
    if signature.modification is not Modification.NONE:
        yield f"    {label('changes')}: {_CHANGES[signature.modification][language]}"
    for reason in signature.reasons:
        told = sentence(reason, language)
        yield from _told(told.text, told.remedy, reason.severity, "    ")


def _worth(signature: SignatureReport, language: Language) -> str:
    """Qualified or advanced, by which list, and where the key lives."""
    if not signature.qualification:
        return ""
    words = [_LABELS[signature.qualification][language]]
    if signature.qualified_device is not None:
        words.append(_LABELS["device" if signature.qualified_device else "no-device"][language])
    if signature.trusted_list:
        words.append(_LABELS["by-list"][language].format(signature.trusted_list))
    return f" ({', '.join(words)})"


def _told(text: str, remedy: str, severity: Severity, indent: str) -> Iterator[str]:
    yield f"{indent}{_MARKS[severity]} {text}"
    if remedy and severity is Severity.FAIL:
        yield f"{indent}  → {remedy}"


def _time(moment: dt.datetime) -> str:
    return state_time(moment).strftime("%d.%m.%Y %H:%M:%S %Z")
