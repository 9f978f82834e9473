from __future__ import annotations

from django.db import models

from msign.connections.models.cases import Case, InformationSystem
from msign.connections.models.people import Person


class Certificate(models.Model):
    """A certificate handed in for a system and environment. Which ones are in force stands in the grant."""

    system = models.ForeignKey(InformationSystem, models.PROTECT)
    environment = models.CharField(max_length=12)
    der = models.BinaryField()
    fingerprint = models.CharField(max_length=64, db_index=True)
    serial = models.CharField(max_length=64, db_index=True)
    issuer = models.TextField()
    subject = models.TextField()
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    services = models.JSONField(default=list)
    added = models.DateTimeField()
    added_by = models.ForeignKey(Person, models.SET_NULL, null=True)
    removed = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)
    asked = models.DateTimeField(null=True)  # when its authority was last asked whether it is revoked
    answered = models.DateTimeField(null=True)  # … and when it last answered

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "environment", "fingerprint"],
                condition=models.Q(removed=None),
                name="one_pin_each_environment",
            )
        ]


class Network(models.Model):
    """An address or network handed in for a case and environment."""

    case = models.ForeignKey(Case, models.CASCADE)
    environment = models.CharField(max_length=12)
    network = models.CharField(max_length=50)
    vpn = models.BooleanField(default=False)


class TestEvidence(models.Model):
    """How one published test case stands for a case."""

    __test__ = False  # a row, whatever its name suggests to the test collector

    case = models.ForeignKey(Case, models.CASCADE)
    test_case = models.CharField(max_length=20)
    kind = models.CharField(max_length=12)  # seen | declared | waived
    result = models.CharField(max_length=12, default="not-seen")  # what the traffic says, whatever people decided
    why = models.JSONField(default=dict)  # a sentence: its msgid and facts
    evidence = models.JSONField(default=list)  # what happened, oldest first
    note = models.TextField(blank=True)
    by = models.ForeignKey(Person, models.SET_NULL, null=True)
    moment = models.DateTimeField()  # of the newest evidence, or of the decision

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "test_case"], name="one_evidence_a_test_case")]


class ObservedCall(models.Model):
    """Something that a system did in the test environment; alike things in one row."""

    system = models.CharField(max_length=32)  # the id in the access register
    kind = models.CharField(max_length=12)
    key = models.CharField(max_length=120)  # what makes it alike: a request id, a digest, a fault
    facts = models.JSONField(default=dict)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "kind", "key"], name="one_row_for_alike_observations")]
        indexes = [models.Index(fields=["system", "last_at"], name="connections_observed")]


class Reminder(models.Model):
    """A rung of the ladder of reminders that was climbed: each is told once."""

    certificate = models.ForeignKey(Certificate, models.CASCADE)
    days = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["certificate", "days"], name="one_reminder_a_rung")]


class Proposal(models.Model):
    """A change of what is granted that the operator has to decide: one certificate or one network."""

    case = models.ForeignKey(Case, models.CASCADE)
    environment = models.CharField(max_length=12)
    der = models.BinaryField(default=b"")
    serial = models.CharField(max_length=64, default="")
    network = models.CharField(max_length=50, default="")
    why = models.TextField(default="")  # msgid of the sentence that says why it is not done at once
    created = models.DateTimeField()
    created_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="proposals")
    decided = models.DateTimeField(null=True)
    accepted = models.BooleanField(default=False)


class CalendarFeed(models.Model):
    """A person's calendar of expiring certificates; only the digest of its secret address is kept."""

    person = models.OneToOneField(Person, models.CASCADE)
    digest = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField()
