"""Rows of access: systems, certificates, networks, environments. No rules here."""

from __future__ import annotations

from django.db import models


class InformationSystem(models.Model):
    """A beneficiary's system that may call the API."""

    id = models.CharField(primary_key=True, max_length=32)
    name = models.CharField(max_length=256)
    organisation_name = models.CharField(max_length=256)
    organisation_id = models.CharField(max_length=13, db_index=True)
    created_at = models.DateTimeField()


class SystemCertificate(models.Model):
    """A pinned certificate. The serial is a 20-byte integer at most, kept as text: no database holds such numbers."""

    system = models.ForeignKey(InformationSystem, on_delete=models.PROTECT, related_name="certificates")
    environment = models.CharField(max_length=16)
    issuer_key = models.CharField(max_length=64)  # SHA-256 of the issuer's encoded name
    serial = models.CharField(max_length=64, db_index=True)
    fingerprint = models.CharField(max_length=64, db_index=True)
    der = models.BinaryField()
    subject = models.TextField()
    issuer = models.TextField()
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    status = models.CharField(max_length=16)
    added_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=200, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "issuer_key", "serial"], name="access_one_certificate_for_issuer_and_serial"
            ),
            models.UniqueConstraint(fields=["environment", "fingerprint"], name="access_one_system_for_a_certificate"),
        ]


class AllowedNetwork(models.Model):
    """An address or network that a system may call from."""

    system = models.ForeignKey(InformationSystem, on_delete=models.CASCADE, related_name="networks")
    environment = models.CharField(max_length=16)
    network = models.CharField(max_length=43)
    note = models.CharField(max_length=200, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "environment", "network"], name="access_one_row_for_a_network")
        ]


class EnvironmentAccess(models.Model):
    """Whether a system may use an environment, and what is agreed with it there. No row: it may not."""

    system = models.ForeignKey(InformationSystem, on_delete=models.CASCADE, related_name="environments")
    environment = models.CharField(max_length=16)
    enabled = models.BooleanField(default=False)
    allow_sha1 = models.BooleanField(default=True)
    callback_method = models.CharField(max_length=16, default="post")
    return_url_hosts = models.JSONField(default=list)
    instruments = models.JSONField(default=list)
    required_level = models.CharField(max_length=16, default="any")
    requests_per_minute = models.PositiveIntegerField(null=True)
    open_requests = models.PositiveIntegerField(null=True)
    stored_bytes = models.BigIntegerField(null=True)
    largest_document = models.BigIntegerField(null=True)
    simultaneous_uploads = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "environment"], name="access_one_row_for_an_environment")
        ]


class Suspension(models.Model):
    """One reason why access rests. Each is set and cleared on its own."""

    access = models.ForeignKey(EnvironmentAccess, on_delete=models.CASCADE, related_name="suspensions")
    reason = models.CharField(max_length=32)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["access", "reason"], name="access_one_row_for_a_suspension")]


class Generation(models.Model):
    """One row whose number grows with every change of access, so that processes notice."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)


class RefusedCall(models.Model):
    """Calls that were refused, alike ones counted together: what an integrator looks at to see what is wrong."""

    environment = models.CharField(max_length=16)
    address = models.CharField(max_length=64)
    reason = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=64, default="")  # empty: no readable certificate
    serial = models.CharField(max_length=64, default="", db_index=True)
    subject = models.CharField(max_length=255, default="")
    der = models.BinaryField(default=b"")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)
    count = models.PositiveBigIntegerField(default=1)
    tls = models.CharField(max_length=16, default="")  # this and the next: of the last of them
    operation = models.CharField(max_length=40, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "fingerprint", "address", "reason"], name="access_one_row_for_alike_refusals"
            )
        ]


class CallCount(models.Model):
    """How often a system called on a day: one row for each certificate, address, operation and outcome."""

    system = models.ForeignKey(InformationSystem, on_delete=models.CASCADE, related_name="calls")
    environment = models.CharField(max_length=16)
    serial = models.CharField(max_length=64)
    address = models.CharField(max_length=64)
    operation = models.CharField(max_length=40)
    outcome = models.CharField(max_length=40)  # "ok" or the code of the fault
    day = models.DateField(db_index=True)
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()
    tls = models.CharField(max_length=16, default="")  # of the last of them

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "environment", "day", "serial", "address", "operation", "outcome"],
                name="access_one_row_for_alike_calls",
            )
        ]


class ListenerReport(models.Model):
    """What a running API process says of itself: which state of access its decisions rest on."""

    id = models.CharField(primary_key=True, max_length=32)
    environment = models.CharField(max_length=16)
    generation = models.BigIntegerField()
    seen_at = models.DateTimeField(db_index=True)
