"""The closed list of things that are recorded: ``room:subject:action``. A retired tag stays here as a comment."""

from __future__ import annotations

import enum


class Tag(enum.StrEnum):
    """What happened. The value is stored for ever and never changes its meaning."""

    REQUEST_POSTED = "signrequests:request:posted"
    REQUEST_SIGNED = "signrequests:request:signed"
    REQUEST_FAILED = "signrequests:request:failed"
    REQUEST_EXPIRED = "signrequests:request:expired"
    REQUEST_REMOVED = "signrequests:request:removed"
    SESSION_STARTED = "signrequests:session:started"
    SESSION_FAILED = "signrequests:session:failed"
    SESSION_CANCEL_ASKED = "signrequests:session:cancel-asked"
    RESULT_REFUSED = "signrequests:result:refused"
    RESULT_FETCHED = "signrequests:result:fetched"
    SHA1_ACCEPTED = "signrequests:sha1:accepted"
    LIMIT_EXCEEDED = "signrequests:limit:exceeded"

    MANDATE_ADDED = "mandates:mandate:added"
    MANDATE_REVOKED = "mandates:mandate:revoked"

    SYSTEM_REGISTERED = "access:system:registered"
    SYSTEM_RENAMED = "access:system:renamed"
    CERTIFICATE_ADDED = "access:certificate:added"
    CERTIFICATE_REVOKED = "access:certificate:revoked"
    NETWORK_ADDED = "access:network:added"
    NETWORK_REMOVED = "access:network:removed"
    ACCESS_ENABLED = "access:environment:enabled"
    ACCESS_DISABLED = "access:environment:disabled"
    ACCESS_SUSPENDED = "access:environment:suspended"
    ACCESS_RESUMED = "access:environment:resumed"
    SETTINGS_CHANGED = "access:settings:changed"

    CONNECTION_MOVED = "connections:request:moved"
    CONNECTION_CHANGED = "connections:request:changed"
    CONNECTION_DOCUMENT = "connections:document:changed"
    CONNECTION_TEST = "connections:test:decided"
    CONNECTION_RUN = "connections:tests:frozen"
    CONNECTION_ACCESS = "connections:access:applied"
    DESK_SIGNED_IN = "connections:person:signed-in"
    DESK_ROLE_CHANGED = "connections:person:role-changed"

    CARE_TAKEN_IN = "care:file:taken-in"
    CARE_RAISED = "care:file:raised"
    CARE_GIVEN_UP = "care:file:given-up"
    CARE_LET_GO = "care:file:let-go"

    TRUST_LISTS_REFRESHED = "validation:lists:refreshed"
