"""What the gate reads at a cold decision: everything about one certificate in a single statement.

Written in SQL because the object-relational layer needs five statements for it and ten times as long; columns and
tables are those of `models`, and the statement is the same for SQLite and PostgreSQL.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from msign.access.checks import Network, Registered
from msign.access.values import CertificateStatus, ConsumerSettings, SuspensionReason
from msign.kernel.words import Environment

_SELECT = """
SELECT c.id, s.id, s.name, s.organisation_name, s.organisation_id, c.serial, c.fingerprint, c.der, c.status,
       a.enabled, u.reason, n.network, a.id,
       a.allow_sha1, a.callback_method, a.return_url_hosts, a.instruments, a.required_level,
       a.requests_per_minute, a.open_requests, a.stored_bytes, a.largest_document
FROM access_systemcertificate c
JOIN access_informationsystem s ON s.id = c.system_id
LEFT JOIN access_environmentaccess a ON a.system_id = c.system_id AND a.environment = c.environment
LEFT JOIN access_suspension u ON u.access_id = a.id
LEFT JOIN access_allowednetwork n ON n.system_id = c.system_id AND n.environment = c.environment
"""
_ORDER = " ORDER BY c.id, u.since, u.id, n.id"
_BY_IDENTITY = f"{_SELECT} WHERE c.environment = %s AND c.issuer_key = %s AND c.serial = %s{_ORDER}"
_BY_SERIAL = f"{_SELECT} WHERE c.environment = %s AND c.serial = %s{_ORDER}"
_GENERATION = "SELECT number FROM access_generation WHERE id = 1"
_REASON, _NETWORK, _ACCESS = 10, 11, 12

Row = Sequence[Any]


def generation() -> int:
    """Return the number that grows with every change."""
    found = _rows(_GENERATION, ())
    return int(found[0][0]) if found else 0


def registered(environment: Environment, issuer_key: str, serial: str) -> Registered | None:
    """Return what is registered for (issuer, serial) in an environment: the identity of a system certificate."""
    found = _rows(_BY_IDENTITY, (environment.value, issuer_key, serial))
    return _registered(found) if found else None


def registered_by_serial(environment: Environment, serial: str) -> tuple[Registered, ...]:
    """Return everything registered under a serial number, whoever issued it. For explanations, never for access."""
    found = _rows(_BY_SERIAL, (environment.value, serial))
    keys = dict.fromkeys(row[0] for row in found)
    return tuple(_registered([row for row in found if row[0] == key]) for key in keys)


def _rows(statement: str, values: tuple[str, ...]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _registered(rows: Sequence[Row]) -> Registered:
    """Return the certificate that the rows are about: each suspension and each network makes one more of them."""
    first = rows[0]
    return Registered(
        system_id=first[1],
        system_name=first[2],
        organisation_name=first[3],
        organisation_id=first[4],
        serial=first[5],
        fingerprint=first[6],
        der=bytes(first[7]),
        status=CertificateStatus(first[8]),
        enabled=bool(first[9]),
        suspensions=tuple(map(SuspensionReason, _distinct(row[_REASON] for row in rows))),
        networks=tuple(map(_network, _distinct(row[_NETWORK] for row in rows))),
        settings=_settings(first[_ACCESS + 1 :]) if first[_ACCESS] is not None else ConsumerSettings(),
    )


def _distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in values if one is not None))


def _network(text: str) -> Network:
    return ipaddress.ip_network(text)


def _settings(columns: Row) -> ConsumerSettings:
    sha1, method, hosts, instruments, level, *quotas = columns
    return ConsumerSettings(bool(sha1), method, _list(hosts), _list(instruments), level, *quotas)


def _list(value: str | list[str]) -> tuple[str, ...]:
    """A JSON column arrives as text or as what it holds, as the database's driver likes."""
    return tuple(json.loads(value) if isinstance(value, str) else value)
