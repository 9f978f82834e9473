"""Rows of the desk, without rules. Only this package reads them; others get frozen values from queries."""

from msign.connections.models.billing import Invoice
from msign.connections.models.cases import Case, Comment, Grant, HistoryEvent, InformationSystem, StepTime
from msign.connections.models.documents import Document, Signing
from msign.connections.models.people import Membership, Organisation, Person, SignInLink
from msign.connections.models.technical import (
    CalendarFeed,
    Certificate,
    Network,
    ObservedCall,
    Proposal,
    Reminder,
    TestEvidence,
)

__all__ = [
    "CalendarFeed",
    "Case",
    "Certificate",
    "Comment",
    "Document",
    "Grant",
    "HistoryEvent",
    "InformationSystem",
    "Invoice",
    "Membership",
    "Network",
    "ObservedCall",
    "Organisation",
    "Person",
    "Proposal",
    "Reminder",
    "SignInLink",
    "Signing",
    "StepTime",
    "TestEvidence",
]
