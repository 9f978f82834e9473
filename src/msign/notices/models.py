from __future__ import annotations

from django.db import models


class Notice(models.Model):
    """The outbox: a letter ready to go, kept with the file it belongs to after it has gone."""

    recipient = models.CharField(max_length=254)
    language = models.CharField(max_length=2)
    subject = models.CharField(max_length=250)
    text = models.TextField()
    html = models.TextField()
    kind = models.CharField(max_length=40)
    about = models.CharField(max_length=40, blank=True, db_index=True)
    created = models.DateTimeField()
    sent = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
