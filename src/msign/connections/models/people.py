from __future__ import annotations

from django.db import models


class Organisation(models.Model):
    """A beneficiary: public institution, private legal entity or natural person."""

    number = models.CharField(max_length=13, unique=True)  # IDNO, or IDNP of a natural person
    name = models.CharField(max_length=250)
    kind = models.CharField(max_length=10)
    created = models.DateTimeField()


class Person(models.Model):
    """A local account; signs in with a link sent by e-mail. ``operator_roles`` is empty for everybody else."""

    email = models.CharField(max_length=254, unique=True)
    name = models.CharField(max_length=250)
    language = models.CharField(max_length=2, default="ro")
    operator_roles = models.JSONField(default=list)
    number = models.CharField(max_length=13, blank=True)  # IDNP of people who countersign
    unit = models.CharField(max_length=60, blank=True)  # team of the operator
    created = models.DateTimeField()


class Membership(models.Model):
    """A person's roles in one organisation's team."""

    person = models.ForeignKey(Person, models.CASCADE)
    organisation = models.ForeignKey(Organisation, models.CASCADE)
    roles = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "organisation"], name="one_membership")]


class SignInLink(models.Model):
    """A link that signs a person in once; only the digest of its secret is kept."""

    person = models.ForeignKey(Person, models.CASCADE)
    digest = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField()
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True)
    name = models.CharField(max_length=250, blank=True)  # as typed with the address; counts once the link is used
    language = models.CharField(max_length=2, default="ro")
