"""The unified connection form as data: pages, fields, and how typed text becomes an answer (connection process, 4).

A page collects one topic. ``read_page`` is tolerant of how people write and returns the cleaned answers together with
what is wrong; nothing typed is ever thrown away.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from msign.connections.catalogue import PURPOSES, SERVICES
from msign.connections.fees import Kind
from msign.connections.words import Sentence, mark, say
from msign.kernel.identifiers import IdCheck, is_idno, is_idnp

Answers = Mapping[str, str]
MAX_LINE = 250
MAX_TEXT = 2000


class Widget(enum.StrEnum):
    """How a field is shown."""

    LINE = "line"
    TEXT = "text"
    CHOICE = "choice"
    EMAIL = "email"
    PHONE = "phone"
    DIGITS = "digits"


@dataclass(frozen=True, slots=True)
class Field:
    """One question."""

    name: str
    label: str
    missing: str  # what to do when it is empty; "" for an optional field
    widget: Widget = Widget.LINE
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    autocomplete: str = "off"
    asked: Callable[[Answers], bool] = lambda _answers: True
    private: bool = False  # holds a person's data: left out of exports and of the operator's lists

    @property
    def required(self) -> bool:
        """Whether an answer is needed."""
        return bool(self.missing)


@dataclass(frozen=True, slots=True)
class Page:
    """One topic: its address, its heading, a verb phrase for the task list, and its questions."""

    slug: str
    title: str
    task: str
    hint: str
    fields: tuple[Field, ...]

    def asked(self, answers: Answers) -> tuple[Field, ...]:
        """Return the questions that are asked given the answers so far."""
        return tuple(field for field in self.fields if field.asked(answers))


def _public(answers: Answers) -> bool:
    return answers.get("kind") == Kind.PUBLIC


def _person(answers: Answers) -> bool:
    return answers.get("kind") == Kind.PERSON


def _organisation(answers: Answers) -> bool:
    return not _person(answers)


KINDS = (
    (Kind.PUBLIC.value, mark("Public institution")),
    (Kind.PRIVATE.value, mark("Private company or organisation")),
    (Kind.PERSON.value, mark("Natural person")),
)
_CALLBACKS = (
    ("post", mark("By an HTML form (POST)")),
    ("get", mark("By an ordinary link (GET)")),
)
_CONTENTS = (
    ("hash", mark("Hashes of documents")),
    ("pdf", mark("PDF documents")),
    ("both", mark("Both")),
)

PAGES: tuple[Page, ...] = (
    Page(
        "purpose",
        mark("What do you want to do?"),
        mark("Say what you want to do"),
        mark("The purpose and the service"),
        (
            Field(
                "purpose",
                mark("Purpose of the request"),
                mark("Choose the purpose of the request"),
                Widget.CHOICE,
                choices=tuple((purpose.value, names[0]) for purpose, names in PURPOSES.items()),
            ),
            Field(
                "service",
                mark("Platform service"),
                mark("Choose the service"),
                Widget.CHOICE,
                hint=mark("MSign is connected here from beginning to end; the other services are only recorded"),
                choices=tuple((service.code, service.name) for service in SERVICES),
            ),
        ),
    ),
    Page(
        "organisation",
        mark("Your organisation"),
        mark("Check your organisation's data"),
        mark("Name and number come from the register; you do not type them"),
        (
            Field(
                "address",
                mark("Legal address"),
                mark("Enter the legal address"),
                hint=mark("As it must stand in the contract"),
                autocomplete="street-address",
            ),
            Field("bank", mark("Bank and account (IBAN)"), "", hint=mark("Needed for an invoice only")),
        ),
    ),
    Page(
        "representative",
        mark("Who signs for the organisation?"),
        mark("Name the representative who signs"),
        mark("This person signs the contract and the annex with an electronic signature"),
        (
            Field(
                "representative_name",
                mark("Full name"),
                mark("Enter the full name of the representative"),
                autocomplete="name",
                private=True,
            ),
            Field(
                "representative_idnp",
                mark("Personal number (IDNP)"),
                mark("Enter the 13 digits of the personal number"),
                Widget.DIGITS,
                hint=mark("13 digits. The signature is accepted only from this person"),
                private=True,
            ),
            Field(
                "representative_position",
                mark("Position"),
                mark("Enter the position, like director"),
                autocomplete="organization-title",
                asked=_organisation,
            ),
            Field(
                "representative_basis",
                mark("Acts on the basis of"),
                mark("Enter the document that gives the power to sign"),
                hint=mark("The statute, or the power of attorney with its number and date"),
                asked=_organisation,
            ),
            Field(
                "representative_email",
                mark("E-mail"),
                mark("Enter the e-mail address of the representative"),
                Widget.EMAIL,
                autocomplete="email",
                private=True,
            ),
        ),
    ),
    Page(
        "system",
        mark("The information system"),
        mark("Describe the information system"),
        mark("What it is called and what it does"),
        (
            Field(
                "system_name",
                mark("Name of the information system"),
                mark("Enter the name of the information system"),
                hint=mark("People see this name on the signing page"),
            ),
            Field(
                "rrsi",
                mark("Number in the RRSI"),
                mark("Enter the number in the register of information resources and systems"),
                hint=mark("Public institutions register their systems in the RRSI (rsi.gov.md), like RSI-0001-2025"),
                asked=_public,
            ),
            Field(
                "system_description",
                mark("What it does, for whom"),
                mark("Describe in two or three sentences what the system does"),
                Widget.TEXT,
            ),
        ),
    ),
    Page(
        "contacts",
        mark("Whom do we write to?"),
        mark("Give the contacts"),
        mark("Shared mailboxes are better than those of single people"),
        (
            Field(
                "contact_mailbox",
                mark("Shared mailbox of the team"),
                mark("Enter a shared mailbox, like it@institutie.md"),
                Widget.EMAIL,
                hint=mark("It stays when people change"),
            ),
            Field(
                "technical_email",
                mark("Technical contact: e-mail"),
                mark("Enter the e-mail address of the technical contact"),
                Widget.EMAIL,
                private=True,
            ),
            Field(
                "technical_phone",
                mark("Technical contact: phone"),
                mark("Enter the phone number of the technical contact"),
                Widget.PHONE,
                private=True,
            ),
            Field(
                "incident_phone",
                mark("Phone for incidents, day and night"),
                "",
                Widget.PHONE,
            ),
        ),
    ),
    Page(
        "purpose-of-use",
        mark("What will people sign?"),
        mark("Say what people will sign and why"),
        mark("The legal basis and the expected number of signatures"),
        (
            Field(
                "legal_basis",
                mark("Legal basis and purpose"),
                mark("Enter the legal basis and the purpose of signing"),
                Widget.TEXT,
            ),
            Field(
                "volume",
                mark("Expected signatures a month"),
                mark("Enter the expected number of signatures a month"),
                Widget.DIGITS,
            ),
            Field(
                "content_types",
                mark("What is signed"),
                mark("Choose what is signed"),
                Widget.CHOICE,
                choices=_CONTENTS,
            ),
            Field(
                "callback_method",
                mark("How people return to your system"),
                mark("Choose how people return to your system"),
                Widget.CHOICE,
                choices=_CALLBACKS,
            ),
            Field(
                "return_hosts",
                mark("Host names that people return to"),
                mark("Enter the host names that people return to, one a line"),
                Widget.TEXT,
                hint=mark("One a line, like portal.institutie.md; a whole address may be pasted"),
            ),
        ),
    ),
)


def page_named(slug: str) -> Page | None:
    """Return the page with this address."""
    return next((page for page in PAGES if page.slug == slug), None)


def field_named(name: str) -> Field | None:
    """Return the question with this name."""
    return next((field for page in PAGES for field in page.fields if field.name == name), None)


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
    digits = re.sub(r"[\s\-.()\u00a0]", "", text)
    digits = re.sub(r"^(\+|00)", "", digits)
    digits = f"373{digits[1:]}" if re.fullmatch(r"0[0-9]{8}", digits) else digits
    digits = f"373{digits}" if re.fullmatch(r"[2-9][0-9]{7}", digits) else digits
    if re.fullmatch(r"[1-9][0-9]{7,14}", digits):
        return f"+{digits}"
    return say("Enter a phone number like 069 123 456 or +373 22 820 026.")


def _digits(_field: Field, text: str) -> str | Sentence:
    digits = re.sub(r"[\s.\u00a0]", "", text)
    return digits if re.fullmatch(r"[0-9]{1,13}", digits) else say("Enter a number, digits only.")


def _idnp(text: str, check: IdCheck) -> str | Sentence:
    digits = re.sub(r"[\s\-\u00a0]", "", text)
    if is_idnp(digits, check):
        return digits
    return say("Enter a valid personal number: 13 digits, the last one is a check digit.")


def _hosts(text: str, _check: IdCheck) -> str | Sentence:
    hosts: list[str] = []
    for typed in filter(None, (part.strip() for part in re.split(r"[\s,;]+", text))):
        host = urlsplit(typed if "://" in typed else f"//{typed}").hostname or ""
        if not re.fullmatch(r"(?=.{1,253}$)(localhost|([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,})", host):
            return say("“%(host)s” is not a host name. Enter names like portal.institutie.md, one a line.", host=typed)
        if host not in hosts:
            hosts.append(host)
    return "\n".join(hosts)


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
    digits = re.sub(r"[\s\-\u00a0]", "", text)
    if kind is Kind.PERSON:
        return digits if is_idnp(digits, check) else _idnp(digits, check)
    if is_idno(digits, check):
        return digits
    return say("Enter a valid IDNO: 13 digits beginning with 1, the last one is a check digit.")
