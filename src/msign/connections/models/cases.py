from __future__ import annotations

import uuid

from django.db import models

from msign.connections.models.people import Organisation, Person


class InformationSystem(models.Model):
    """An information system of an organisation; ``public_id`` is its key in the access register."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    name = models.CharField(max_length=250)
    rrsi = models.CharField(max_length=40, blank=True)
    services = models.JSONField(default=list)  # platform services it is connected to already


class Case(models.Model):
    """One connection: a system, a service, and where its request stands. ``version`` guards against lost updates."""

    reference = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    system = models.ForeignKey(InformationSystem, models.PROTECT, null=True)
    created_by = models.ForeignKey(Person, models.PROTECT)
    state = models.CharField(max_length=30, default="draft")
    version = models.PositiveIntegerField(default=1)
    round = models.PositiveIntegerField(default=1)
    answers = models.JSONField(default=dict)
    submitted = models.JSONField(default=dict)  # what was sent last
    before = models.JSONField(default=dict)  # what was sent the time before: marks what changed
    flags = models.JSONField(default=list)
    turns = models.JSONField(default=list)  # [moment, side or null, phase]
    due = models.DateTimeField(null=True)  # while the operator's clock runs: when its promise breaks
    near = models.DateTimeField(null=True)  # ... and when that is near
    rung = models.PositiveSmallIntegerField(default=0)  # steps of the escalation ladder climbed in this phase
    next_rung = models.DateTimeField(null=True)
    words = models.TextField(blank=True)  # what the operator's search looks at, folded
    users_ready = models.BooleanField(default=False)
    reviewer = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="reviews")
    unit = models.CharField(max_length=60, blank=True)  # the operator's team that has the case, empty: any reviewer
    created = models.DateTimeField()
    changed = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["state", "changed"]),
            models.Index(fields=["due"]),
            models.Index(fields=["next_rung"]),
        ]


class StepTime(models.Model):
    """How long one step of a case took or takes, in working days of each side. The statistics are made of these."""

    case = models.ForeignKey(Case, models.CASCADE)
    step = models.CharField(max_length=20)
    side = models.CharField(max_length=12, blank=True)  # whose clock runs since ``since``
    opened = models.DateTimeField()
    since = models.DateTimeField()
    closed = models.DateTimeField(null=True)
    operator_days = models.FloatField(default=0)
    beneficiary_days = models.FloatField(default=0)
    limit_days = models.FloatField(null=True)

    class Meta:
        indexes = [models.Index(fields=["step", "closed"])]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=models.Q(closed=None), name="one_step_under_way")
        ]


class Comment(models.Model):
    """One message of a thread; ``field`` is the question it is about, empty for the case as a whole."""

    case = models.ForeignKey(Case, models.CASCADE)
    field = models.CharField(max_length=60, blank=True)
    author = models.ForeignKey(Person, models.PROTECT)
    side = models.CharField(max_length=12)
    text = models.TextField()
    asks = models.BooleanField(default=False)
    value_when_asked = models.TextField(blank=True)
    created = models.DateTimeField()
    resolved = models.DateTimeField(null=True)


class HistoryEvent(models.Model):
    """What happened to a case, when, by whom, and the data it was about."""

    case = models.ForeignKey(Case, models.CASCADE)
    moment = models.DateTimeField()
    actor = models.ForeignKey(Person, models.PROTECT, null=True)
    side = models.CharField(max_length=12)
    action = models.CharField(max_length=40)
    source = models.CharField(max_length=30, blank=True)
    target = models.CharField(max_length=30, blank=True)
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["case", "moment"])]


class Grant(models.Model):
    """What is granted in one environment: a frozen snapshot, and the decision it traces to."""

    case = models.ForeignKey(Case, models.PROTECT)
    environment = models.CharField(max_length=12)
    snapshot = models.JSONField()
    decision = models.ForeignKey(HistoryEvent, models.PROTECT)
    created = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    # How writing it into the gateway ended, and the state of access from which on it is in force.
    outcome = models.CharField(max_length=10, default="")  # applied | drifted | failed
    problem = models.TextField(default="")
    generation = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "environment"], condition=models.Q(ended=None), name="one_grant_in_force"
            )
        ]
