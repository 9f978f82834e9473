"""The unified connection form as data: pages, questions, who is asked what (connection process, 4)."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msign.connections.catalogue import PURPOSES, SERVICES, Purpose, service_named
from msign.connections.fees import Kind
from msign.connections.words import mark

Answers = Mapping[str, str]


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


def _served(answers: Answers) -> bool:
    service = service_named(answers.get("service", ""))
    return service is None or service.served


def _recorded(answers: Answers) -> bool:
    return not _served(answers)


def _of(*codes: str) -> Callable[[Answers], bool]:
    return lambda answers: answers.get("service", "") in codes


def _first_round(answers: Answers) -> bool:
    """Purpose and service of a live connection stay; another service is another request."""
    return answers.get("purpose") != Purpose.DATA_CHANGE


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
                choices=tuple(
                    (purpose.value, names[0])
                    for purpose, names in PURPOSES.items()
                    if purpose is not Purpose.DATA_CHANGE  # begins at the connection that changes
                ),
                asked=_first_round,
            ),
            Field(
                "service",
                mark("Platform service"),
                mark("Choose the service"),
                Widget.CHOICE,
                hint=mark(
                    "MSign is connected here from beginning to end; a request for another service is recorded, gets a "
                    "number, and is forwarded to the team of that service"
                ),
                choices=tuple((service.code, service.name) for service in SERVICES),
                asked=_first_round,
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
                asked=_served,
            ),
            Field(
                "volume",
                mark("Expected signatures a month"),
                mark("Enter the expected number of signatures a month"),
                Widget.DIGITS,
                asked=_served,
            ),
            Field(
                "content_types",
                mark("What is signed"),
                mark("Choose what is signed"),
                Widget.CHOICE,
                choices=_CONTENTS,
                asked=_served,
            ),
            Field(
                "callback_method",
                mark("How people return to your system"),
                mark("Choose how people return to your system"),
                Widget.CHOICE,
                choices=_CALLBACKS,
                asked=_served,
            ),
            Field(
                "return_hosts",
                mark("Host names that people return to"),
                mark("Enter the host names that people return to, one a line"),
                Widget.TEXT,
                hint=mark("One a line, like portal.institutie.md; a whole address may be pasted"),
                asked=_served,
            ),
        ),
    ),
    Page(
        "service-needs",
        mark("What does your system need from the service?"),
        mark("Say what your system needs from the service"),
        mark("What the team of the service needs to know before it writes to you"),
        (
            Field(
                "service_basis",
                mark("Legal basis and purpose of use"),
                mark("Enter the legal basis and the purpose of use"),
                Widget.TEXT,
                asked=_recorded,
            ),
            Field(
                "mpass_logout",
                mark("Addresses for single logout"),
                mark("Enter the addresses for single logout, one a line"),
                Widget.TEXT,
                hint=mark(
                    "One for the test environment and one for production, like https://portal.institutie.md/logout"
                ),
                asked=_of("mpass"),
            ),
            Field(
                "mpass_attributes",
                mark("Data about the person that your system needs"),
                mark("Enter the data about the person that your system needs"),
                Widget.TEXT,
                hint=mark("Only those that your legal basis allows, like name and personal number"),
                asked=_of("mpass"),
            ),
            Field(
                "mnotify_channels",
                mark("Channels and kinds of notifications"),
                mark("Enter the channels and the kinds of notifications"),
                Widget.TEXT,
                hint=mark("Like e-mail and SMS; one kind a line, with its language"),
                asked=_of("mnotify"),
            ),
            Field(
                "mlog_events",
                mark("Types of events that your system will log"),
                mark("Enter the types of events, one a line"),
                Widget.TEXT,
                asked=_of("mlog"),
            ),
            Field(
                "service_needs",
                mark("What your system will do with the service"),
                mark("Say in two or three sentences what your system will do with the service"),
                Widget.TEXT,
                asked=_recorded,
            ),
            Field(
                "service_volume",
                mark("Expected calls a month"),
                "",
                Widget.DIGITS,
                asked=_recorded,
            ),
        ),
    ),
)


def asked_pages(answers: Answers) -> tuple[Page, ...]:
    """Return the pages that ask anything at all, given the answers so far."""
    return tuple(page for page in PAGES if page.asked(answers))


def page_named(slug: str) -> Page | None:
    """Return the page with this address."""
    return next((page for page in PAGES if page.slug == slug), None)


def field_named(name: str) -> Field | None:
    """Return the question with this name."""
    return next((field for page in PAGES for field in page.fields if field.name == name), None)
