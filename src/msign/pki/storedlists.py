"""The anchors that the worker took from trusted lists, as a file that other processes read.

The lists were verified before; the file lies beside the operator's own anchors and is trusted as these are. It is
written whole or not at all.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import MIB
from msign.pki.anchors import ServiceRole, TrustAnchor, TrustPeriod
from msign.pki.asn1 import Asn1Error
from msign.pki.certificate import parse
from msign.pki.qualifiers import Assertion, Criteria, QualificationRule, Qualifier

FOLDER = "lists"  # inside a folder of anchors
FILE = "anchors.json"
_FORM = 1
_MAX_BYTES = 256 * MIB


def write_anchors(folder: Path, anchors: Iterable[TrustAnchor]) -> bool:
    """Put anchors into the file of a trust folder; tell whether it changed. Raises ``OSError``."""
    body = json.dumps({"form": _FORM, "anchors": [_plain(one) for one in anchors]}, ensure_ascii=False).encode()
    place = folder / FOLDER / FILE
    if place.is_file() and place.read_bytes() == body:
        return False
    draft = folder / FOLDER / "kept" / f"{FILE}.new"  # where nobody watches
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_bytes(body)
    draft.replace(place)
    return True


def read_anchors(folder: Path) -> tuple[TrustAnchor, ...]:
    """Return the anchors of the file in a trust folder; none if there is no file.

    Raises ``MSignError`` (``misconfigured``) if the file is not one that :func:`write_anchors` made.
    """
    place = folder / FOLDER / FILE
    try:
        if place.stat().st_size > _MAX_BYTES:
            raise _wrong(place, "too large")
        plain = json.loads(place.read_bytes())
        if plain["form"] != _FORM:
            raise _wrong(place, f"form {plain['form']}")
        return tuple(_anchor(one) for one in plain["anchors"])
    except FileNotFoundError:
        return ()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, Asn1Error) as error:
        raise _wrong(place, str(error) or type(error).__name__) from None


def _wrong(place: Path, detail: str) -> MSignError:
    return MSignError(Code.MISCONFIGURED, f"{place.name} of the trusted lists cannot be read: {detail}")


def _plain(anchor: TrustAnchor) -> dict[str, object]:
    return {
        "certificate": base64.b64encode(anchor.certificate.der).decode(),
        "role": anchor.role.value,
        "service": anchor.service,
        "source": anchor.source,
        "due": anchor.due.isoformat() if anchor.due else None,
        "periods": [
            {"since": p.since.isoformat(), "granted": p.granted, "rules": [_plain_rule(rule) for rule in p.rules]}
            for p in anchor.periods
        ],
    }


def _plain_rule(rule: QualificationRule) -> dict[str, object]:
    return {"qualifiers": sorted(rule.qualifiers), "criteria": _plain_criteria(rule.criteria)}


def _plain_criteria(criteria: Criteria) -> dict[str, object]:
    return {
        "assertion": criteria.assertion.value,
        "key_usages": criteria.key_usages,
        "policy_sets": [sorted(one) for one in criteria.policy_sets],
        "extended_key_usages": [sorted(one) for one in criteria.extended_key_usages],
        "subject_attributes": [sorted(one) for one in criteria.subject_attributes],
        "nested": [_plain_criteria(inner) for inner in criteria.nested],
        "known": criteria.known,
    }


def _anchor(plain: dict[str, Any]) -> TrustAnchor:
    due = plain["due"]
    return TrustAnchor(
        certificate=parse(base64.b64decode(plain["certificate"], validate=True)),
        role=ServiceRole(plain["role"]),
        service=str(plain["service"]),
        periods=tuple(_period(one) for one in plain["periods"]),
        source=str(plain["source"]),
        due=dt.datetime.fromisoformat(due) if due else None,
    )


def _period(plain: dict[str, Any]) -> TrustPeriod:
    rules = tuple(
        QualificationRule(frozenset(map(Qualifier, rule["qualifiers"])), _criteria(rule["criteria"]))
        for rule in plain["rules"]
    )
    return TrustPeriod(dt.datetime.fromisoformat(plain["since"]), bool(plain["granted"]), rules)


def _criteria(plain: dict[str, Any]) -> Criteria:
    return Criteria(
        assertion=Assertion(plain["assertion"]),
        key_usages=tuple(tuple((str(name), bool(value)) for name, value in bits) for bits in plain["key_usages"]),
        policy_sets=tuple(map(frozenset, plain["policy_sets"])),
        extended_key_usages=tuple(map(frozenset, plain["extended_key_usages"])),
        subject_attributes=tuple(map(frozenset, plain["subject_attributes"])),
        nested=tuple(_criteria(inner) for inner in plain["nested"]),
        known=plain["known"] is True,
    )
