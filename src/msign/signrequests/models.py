"""Rows of sign requests. No rules here: `states` says what may happen, the services do it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class SignRequest(models.Model):
    """What an information system posted, and what became of it."""

    id = models.CharField(primary_key=True, max_length=32)
    environment = models.CharField(max_length=16)
    system_id = models.CharField(max_length=32)
    system_name = models.CharField(max_length=256)
    organisation_name = models.CharField(max_length=256)
    content_type = models.CharField(max_length=8)
    short_description = models.CharField(max_length=90)
    description = models.CharField(max_length=512)
    reason = models.CharField(max_length=255)
    expected_id = models.CharField(max_length=13, default="")
    delegator_type = models.CharField(max_length=16)
    delegator_id = models.CharField(max_length=13, default="")
    delegated_role_id = models.BigIntegerField(default=0)
    required_level = models.CharField(max_length=16)
    instruments = models.JSONField(default=list)
    stored_bytes = models.BigIntegerField(default=0)
    status = models.CharField(max_length=8)
    failure = models.CharField(max_length=32, default="")
    failure_text = models.CharField(max_length=200, default="")
    attempts = models.PositiveIntegerField(default=0)
    certificate = models.BinaryField(null=True)
    delegation = models.JSONField(null=True)  # what proved the right to sign for another
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["status", "expires_at"], name="signrequests_expiring"),
            models.Index(fields=["finished_at"], name="signrequests_finished"),
            models.Index(fields=["system_id", "environment", "created_at"], name="signrequests_of_system"),
        ]


class SignContent(models.Model):
    """One document or hash of a request. ``digest`` is the posted hash itself, or the SHA-256 of the PDF."""

    request = models.ForeignKey(SignRequest, on_delete=models.CASCADE, related_name="contents")
    position = models.PositiveSmallIntegerField()
    correlation_id = models.CharField(max_length=36, default="")
    name = models.CharField(max_length=256, default="")
    multiple_signatures = models.BooleanField(default=False)
    key = models.CharField(max_length=40, default="", db_index=True)  # empty for a hash: the row holds all of it
    size = models.BigIntegerField()
    digest = models.BinaryField()
    signature_key = models.CharField(max_length=40, default="", db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "position"], name="signrequests_one_for_a_position")]


class SigningSession(models.Model):
    """One person's attempt with one instrument. At most one of a request is active."""

    request = models.ForeignKey(SignRequest, on_delete=models.CASCADE, related_name="sessions")
    order_id = models.CharField(max_length=40, unique=True)  # what the provider knows it by; safe to repeat
    active = models.BooleanField(default=True)
    cancelling = models.BooleanField(default=False)
    instrument = models.CharField(max_length=40)
    provider = models.CharField(max_length=40)
    signer_id = models.CharField(max_length=13, default="")
    msisdn = models.CharField(max_length=15, default="")  # erased when the session ends
    language = models.CharField(max_length=2)
    started_at = models.DateTimeField()
    deadline = models.DateTimeField()
    reached = models.BooleanField(default=False)  # the provider has answered at least once
    state = models.BinaryField(null=True)
    talking_until = models.DateTimeField(null=True)  # a reply of the person's page is being worked: one at a time
    verification_code = models.CharField(max_length=16, default="")
    device_url = models.CharField(max_length=500, default="")
    confirmed = models.JSONField(default=list)  # ids of items that the provider has reported as confirmed
    checked = models.PositiveSmallIntegerField(null=True)  # signatures judged so far; null: none has come yet
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=32, default="")  # "signed" or a failure reason

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request"], condition=Q(active=True), name="signrequests_one_active_session"
            )
        ]


class ProviderCheck(models.Model):
    """What the worker found when it last looked whether a provider is there."""

    provider = models.CharField(primary_key=True, max_length=40)
    checked_at = models.DateTimeField()
    trouble = models.CharField(max_length=200, default="")  # what keeps people from signing with it; empty: nothing
    since = models.DateTimeField(null=True)  # when the trouble began


class SystemUsage(models.Model):
    """What one system uses in one environment, kept up with every change, so that a quota costs one look-up."""

    system_id = models.CharField(max_length=32)
    environment = models.CharField(max_length=16)
    open_requests = models.IntegerField(default=0)
    stored_bytes = models.BigIntegerField(default=0)
    sha1_hashes = models.PositiveBigIntegerField(default=0)  # ever posted: the figure that decides when SHA-1 can go

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system_id", "environment"], name="signrequests_one_usage_row")]


class SignatureCount(models.Model):
    """How signing attempts ended: one row for each system, day, instrument and outcome. Outlives the requests."""

    system_id = models.CharField(max_length=32)
    environment = models.CharField(max_length=16)
    day = models.DateField()
    instrument = models.CharField(max_length=40)
    outcome = models.CharField(max_length=32)  # "signed" or a failure reason
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system_id", "environment", "day", "instrument", "outcome"],
                name="signrequests_one_row_for_alike_endings",
            )
        ]
