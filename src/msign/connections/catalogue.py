"""The platform's services and the purposes of a request, as data. MSign is served in full; the others are recorded."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from msign.connections.words import mark


class Purpose(enum.StrEnum):
    """Why the form is filled in (connection process, section 3, step 1)."""

    NEW_SYSTEM = "new-system"
    EXTENSION = "extension"
    DATA_CHANGE = "data-change"


PURPOSES: dict[Purpose, tuple[str, str]] = {
    Purpose.NEW_SYSTEM: (
        mark("Connect a new information system"),
        mark("The system is not connected to any platform service yet"),
    ),
    Purpose.EXTENSION: (
        mark("Connect one more service for a system already connected"),
        mark("The contract stays; only the annex for the new service is signed"),
    ),
    Purpose.DATA_CHANGE: (
        mark("Change contractual or technical data"),
        mark("Addresses, certificates, contacts or the representative of an existing connection"),
    ),
}


@dataclass(frozen=True, slots=True)
class Service:
    """A shared platform service: whether the desk carries it to the end, and what it asks besides the common pages."""

    code: str
    name: str
    about: str
    served: bool = False


SERVICES: tuple[Service, ...] = (
    Service("msign", "MSign", mark("Electronic signature"), served=True),
    Service("mpass", "MPass", mark("Authentication and access control")),
    Service("mnotify", "MNotify", mark("Notifications to people")),
    Service("mdocs", "MDocs", mark("Exchange of documents")),
    Service("mlog", "MLog", mark("Journal of legal events")),
    Service("mpower", "MPower", mark("Powers of representation")),
)


def service_named(code: str) -> Service | None:
    """Return the service with this code."""
    return next((service for service in SERVICES if service.code == code), None)


# The six published test cases (wire contract, test cases); names are ours, numbers are theirs.
TEST_CASES: dict[str, str] = {
    "TC_FUNCT_01": mark("A document or hash is signed with every instrument of the test environment"),
    "TC_FUNCT_02": mark("The person cancels, and your system shows it"),
    "TC_FUNCT_03": mark("After a cancelled signing the person presses Sign again and signs"),
    "TC_FUNCT_04": mark("A wrong personal or phone number is refused, and your system says so"),
    "TC_FUNCT_05": mark("A valid signature is verified"),
    "TC_FUNCT_06": mark("A signature over changed data is found not valid"),
}
