"""How typed text becomes an answer of the unified form: tolerant of how people write, and nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from msign.connections.fees import Kind
from msign.connections.questions import Answers, Field, Page, Widget
from msign.connections.words import Sentence, say
from msign.kernel.identifiers import IdCheck, is_idno, is_idnp, joined_digits

MAX_LINE = 250
MAX_TEXT = 2000


@dataclass(frozen=True, slots=True)
class PageReading:
    """What was typed on one page, cleaned where it could be, and what is wrong with which field."""

    answers: dict[str, str]
    problems: dict[str, Sentence]


def read_page(page: Page, typed: Answers, others: Answers, check: IdCheck) -> PageReading:
    """Clean and judge what was typed; a field that is wrong keeps what was typed."""
    answers: dict[str, str] = {}
    problems: dict[str, Sentence] = {}
    for field in page.asked({**others, **typed}):
        cleaned = _read_field(field, typed.get(field.name, "").strip(), check)
        if isinstance(cleaned, Sentence):
            answers[field.name], problems[field.name] = typed.get(field.name, "").strip(), cleaned
        else:
            answers[field.name] = cleaned
    return PageReading(answers, problems)


def gaps(page: Page, answers: Answers, check: IdCheck) -> dict[str, Sentence]:
    """Return what is missing or wrong on a page of saved answers: the same reading as when it is typed."""
    return read_page(page, answers, answers, check).problems


def _read_field(field: Field, text: str, check: IdCheck) -> str | Sentence:
    if not text:
        return Sentence(field.missing) if field.required else ""
    most = MAX_TEXT if field.widget is Widget.TEXT else MAX_LINE
    if len(text) > most:
        return say("Shorten this to at most %(most)s characters.", most=most)
    if field.name in _SPECIAL:
        return _SPECIAL[field.name](text, check)
    return _BY_WIDGET[field.widget](field, text)


def _line(_field: Field, text: str) -> str | Sentence:
    return re.sub(r"\s+", " ", text)


def _text(_field: Field, text: str) -> str | Sentence:
    return text.replace("\r\n", "\n")


def _choice(field: Field, text: str) -> str | Sentence:
    return text if text in dict(field.choices) else Sentence(field.missing)


def _email(_field: Field, text: str) -> str | Sentence:
    if re.fullmatch(r"[^@\s<>\"',;]{1,64}@[^@\s<>\"',;]+\.[^@\s<>\"',;.]{2,}", text):
        return text
    return say("Enter an e-mail address like nume@institutie.md.")


def _phone(_field: Field, text: str) -> str | Sentence:
    digits = re.sub(r"^(\+|00)", "", joined_digits(text))
    digits = f"373{digits[1:]}" if re.fullmatch(r"0[0-9]{8}", digits) else digits
    digits = f"373{digits}" if re.fullmatch(r"[2-9][0-9]{7}", digits) else digits
    if re.fullmatch(r"[1-9][0-9]{7,14}", digits):
        return f"+{digits}"
    return say("Enter a phone number like 069 123 456 or +373 22 820 026.")


def _digits(_field: Field, text: str) -> str | Sentence:
    digits = joined_digits(text)
    return digits if re.fullmatch(r"[0-9]{1,13}", digits) else say("Enter a number, digits only.")


def _idnp(text: str, check: IdCheck) -> str | Sentence:
    digits = joined_digits(text)
    if is_idnp(digits, check):
        return digits
    return say("Enter a valid personal number: 13 digits, the last one is a check digit.")


def _hosts(text: str, _check: IdCheck) -> str | Sentence:
    hosts: list[str] = []
    for typed in filter(None, (part.strip() for part in re.split(r"[\s,;]+", text))):
        host = _host(typed)
        if not re.fullmatch(r"(?=.{1,253}$)(localhost|([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,})", host):
            return say("“%(host)s” is not a host name. Enter names like portal.institutie.md, one a line.", host=typed)
        if host not in hosts:
            hosts.append(host)
    return "\n".join(hosts)


def _host(typed: str) -> str:
    try:
        return urlsplit(typed if "://" in typed else f"//{typed}").hostname or ""
    except ValueError:  # a bracket that opens no address, letters that change their meaning
        return ""


_SPECIAL: dict[str, Callable[[str, IdCheck], str | Sentence]] = {
    "representative_idnp": _idnp,
    "return_hosts": _hosts,
}
_BY_WIDGET: dict[Widget, Callable[[Field, str], str | Sentence]] = {
    Widget.LINE: _line,
    Widget.TEXT: _text,
    Widget.CHOICE: _choice,
    Widget.EMAIL: _email,
    Widget.PHONE: _phone,
    Widget.DIGITS: _digits,
}


def read_identity(kind: Kind, text: str, check: IdCheck) -> str | Sentence:
    """Return the IDNO (or a natural person's IDNP) typed on the first page; else what to do."""
    digits = joined_digits(text)
    if kind is Kind.PERSON:
        return digits if is_idnp(digits, check) else _idnp(digits, check)
    if is_idno(digits, check):
        return digits
    return say("Enter a valid IDNO: 13 digits beginning with 1, the last one is a check digit.")
