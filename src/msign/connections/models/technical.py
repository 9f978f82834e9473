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
    note = models.TextField(blank=True)
    by = models.ForeignKey(Person, models.SET_NULL, null=True)
    moment = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "test_case"], name="one_evidence_a_test_case")]
