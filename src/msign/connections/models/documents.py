from __future__ import annotations

from django.db import models

from msign.connections.models.cases import Case
from msign.connections.models.people import Organisation


class Document(models.Model):
    """A contract (one for each organisation) or an annex (one for each system and service), and its signed copies."""

    kind = models.CharField(max_length=10)  # contract | annex
    number = models.CharField(max_length=30, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    case = models.ForeignKey(Case, models.PROTECT)
    service = models.CharField(max_length=20, blank=True)
    template = models.CharField(max_length=40)
    state = models.CharField(max_length=12)  # issued | half-signed | in-force | ended
    issued = models.BinaryField()
    signed = models.BinaryField(null=True)  # the newest accepted copy
    signer_name = models.CharField(max_length=250)
    signer_number = models.CharField(max_length=13)
    created = models.DateTimeField()
    in_force_since = models.DateTimeField(null=True)
    ends = models.DateField(null=True)  # the last day of a contract whose end is agreed or declared
    reminded = models.PositiveSmallIntegerField(default=0)  # rungs of the ladder before that day that were told


class Signing(models.Model):
    """One attempt to sign a document through the gateway."""

    document = models.ForeignKey(Document, models.CASCADE)
    side = models.CharField(max_length=12)
    request_id = models.CharField(max_length=32, unique=True)
    state = models.CharField(max_length=12, default="open")  # open | accepted | refused | failed
    findings = models.JSONField(default=list)
    created = models.DateTimeField()
