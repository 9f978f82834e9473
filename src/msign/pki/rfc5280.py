"""Certification path validation, RFC 5280 clause 6.1: one path, one moment, everything but revocation."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass, field
from functools import lru_cache

from msign.pki import constraints, keys
from msign.pki import extensions as ext
from msign.pki.asn1 import Asn1Error
from msign.pki.certificate import ParsedCertificate
from msign.pki.policies import PolicyGraph

_UNDERSTOOD = frozenset({
    ext.SUBJECT_KEY_IDENTIFIER, ext.KEY_USAGE, ext.SUBJECT_ALTERNATIVE_NAME, ext.BASIC_CONSTRAINTS,
    ext.NAME_CONSTRAINTS, ext.CRL_DISTRIBUTION_POINTS, ext.CERTIFICATE_POLICIES, ext.POLICY_MAPPINGS,
    ext.AUTHORITY_KEY_IDENTIFIER, ext.POLICY_CONSTRAINTS, ext.EXTENDED_KEY_USAGE, ext.INHIBIT_ANY_POLICY,
    ext.AUTHORITY_INFORMATION_ACCESS, ext.QC_STATEMENTS, ext.FRESHEST_CRL, ext.OCSP_NO_CHECK,
})  # fmt: skip
_KEY_CERT_SIGN = 5


class PathDefect(enum.StrEnum):
    """Why a path does not hold."""

    SIGNATURE_INVALID = "certificate-signature-invalid"
    NOT_YET_VALID = "certificate-not-yet-valid"
    EXPIRED = "certificate-expired"
    NAME_CHAINING = "certificate-issuer-differs"
    NOT_A_CA = "issuer-not-a-ca"
    PATH_TOO_LONG = "path-too-long"
    NO_CERT_SIGN = "issuer-may-not-sign-certificates"
    UNKNOWN_CRITICAL = "critical-extension-unknown"
    NAME_NOT_PERMITTED = "name-not-permitted"
    POLICY_INVALID = "certificate-policy-invalid"
    MALFORMED = "certificate-malformed"


@dataclass(frozen=True, slots=True)
class PathFailure:
    """One defect, the certificate that has it (0 = end entity) and a detail."""

    defect: PathDefect
    index: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PathParameters:
    """Inputs of clause 6.1.1; the defaults accept any policy. ``initial_policies`` of ``None`` = any."""

    initial_policies: frozenset[str] | None = None
    explicit_policy: bool = False
    inhibit_mapping: bool = False
    inhibit_any: bool = False


@dataclass(slots=True)
class _State:
    length: int
    explicit: int
    mapping: int
    any_policy: int
    max_path: int
    key: keys.PublicKey | None
    graph: PolicyGraph = field(default_factory=PolicyGraph)
    names: constraints.NameState = field(default_factory=constraints.NameState)
    failures: list[PathFailure] = field(default_factory=list)


def signed_by(certificate: ParsedCertificate, key: keys.PublicKey) -> bool:
    """Tell whether ``certificate`` was signed with ``key``. Cached: intermediates repeat."""
    return _signed_by(certificate, keys.KeyIdentity(key))


@lru_cache(maxsize=16384)
def _signed_by(certificate: ParsedCertificate, identity: keys.KeyIdentity) -> bool:
    scheme = certificate.signature_scheme
    return scheme is not None and keys.verify(identity.key, scheme, certificate.signature, certificate.tbs)


def key_under(certificate: ParsedCertificate, issuer_key: keys.PublicKey | None) -> keys.PublicKey | None:
    """Return a certificate's key; DSA parameters that it leaves out come from its issuer's key."""
    return certificate.public_key or keys.inherit_dsa(certificate.spki, issuer_key)


def validate(
    path: tuple[ParsedCertificate, ...], at: dt.datetime, parameters: PathParameters | None = None
) -> tuple[PathFailure, ...]:
    """Return the defects of ``path`` (end entity first, trust anchor last) at ``at``; empty = it holds.

    The anchor is taken as trusted: of it only name and key are used. Not checked: revocation, algorithm strength, key
    usage and extended key usage of the end entity.
    """
    given = parameters or PathParameters()
    count = len(path) - 1
    state = _State(
        length=count,
        explicit=0 if given.explicit_policy else count + 1,
        mapping=0 if given.inhibit_mapping else count + 1,
        any_policy=0 if given.inhibit_any else count + 1,
        max_path=count,
        key=path[-1].public_key,
    )
    for index in range(count - 1, -1, -1):
        try:
            _process(state, path, index, at, given)
        except Asn1Error as error:
            state.failures.append(PathFailure(PathDefect.MALFORMED, index, error.message))
            return tuple(state.failures)
    return tuple(state.failures)


def _process(
    state: _State, path: tuple[ParsedCertificate, ...], index: int, at: dt.datetime, given: PathParameters
) -> None:
    certificate, issuer = path[index], path[index + 1]
    _basics(state, certificate, issuer, index, at)
    if not certificate.self_issued or index == 0:
        violation = state.names.violation(certificate)
        if violation:
            _fail(state, PathDefect.NAME_NOT_PERMITTED, index, violation)
    any_allowed = state.any_policy > 0 or (index > 0 and certificate.self_issued)
    state.graph.extend(certificate, any_allowed=any_allowed)
    if state.explicit <= 0 and state.graph.dead:
        _fail(state, PathDefect.POLICY_INVALID, index)
    if index:
        _prepare_next(state, certificate, index)
    else:
        _wrap_up(state, certificate, given)
    _critical(state, certificate, index)
    state.key = key_under(certificate, state.key)


def _fail(state: _State, defect: PathDefect, index: int, detail: str = "") -> None:
    state.failures.append(PathFailure(defect, index, detail))


def _basics(
    state: _State, certificate: ParsedCertificate, issuer: ParsedCertificate, index: int, at: dt.datetime
) -> None:
    """Clause 6.1.3 a: signature, validity, name chaining."""
    if state.key is None or not signed_by(certificate, state.key):
        _fail(state, PathDefect.SIGNATURE_INVALID, index)
    if at < certificate.not_before:
        _fail(state, PathDefect.NOT_YET_VALID, index, certificate.not_before.isoformat())
    if at > certificate.not_after:
        _fail(state, PathDefect.EXPIRED, index, certificate.not_after.isoformat())
    if certificate.issuer.key != issuer.subject.key:
        _fail(state, PathDefect.NAME_CHAINING, index)


def _prepare_next(state: _State, certificate: ParsedCertificate, index: int) -> None:
    """Clause 6.1.4: what a CA certificate says about those below it."""
    mappings = certificate.policy_mappings
    if any(ext.ANY_POLICY in pair for pair in mappings):
        _fail(state, PathDefect.POLICY_INVALID, index, "anyPolicy mapped")
    if mappings:
        state.graph.map(mappings, allowed=state.mapping > 0)
    if limits := certificate.name_constraints:
        state.names.add(limits)
    if not certificate.self_issued:
        state.explicit, state.mapping = max(state.explicit - 1, 0), max(state.mapping - 1, 0)
        state.any_policy = max(state.any_policy - 1, 0)
    require, inhibit = certificate.policy_constraints
    state.explicit = min(state.explicit, require) if require is not None else state.explicit
    state.mapping = min(state.mapping, inhibit) if inhibit is not None else state.mapping
    if (skip := certificate.inhibit_any_policy) is not None:
        state.any_policy = min(state.any_policy, skip)
    _authority(state, certificate, index)


def _authority(state: _State, certificate: ParsedCertificate, index: int) -> None:
    """Clause 6.1.4 k to n: is it a CA, may the path go on, may it sign certificates?"""
    if not certificate.is_ca:
        _fail(state, PathDefect.NOT_A_CA, index)
    if not certificate.self_issued:
        if state.max_path <= 0:
            _fail(state, PathDefect.PATH_TOO_LONG, index)
        state.max_path -= 1
    if certificate.path_length is not None:
        state.max_path = min(state.max_path, certificate.path_length)
    if certificate.key_usage is not None and _KEY_CERT_SIGN not in certificate.key_usage:
        _fail(state, PathDefect.NO_CERT_SIGN, index)


def _wrap_up(state: _State, certificate: ParsedCertificate, given: PathParameters) -> None:
    """Clause 6.1.5: is there a valid policy where one is required?"""
    explicit = max(state.explicit - 1, 0)
    if certificate.policy_constraints[0] == 0:
        explicit = 0
    if explicit == 0 and not state.graph.valid_policies(given.initial_policies):
        _fail(state, PathDefect.POLICY_INVALID, 0)


def _critical(state: _State, certificate: ParsedCertificate, index: int) -> None:
    """Clauses 6.1.4 o and 6.1.5 f: an unknown critical extension stops everything."""
    for extension in certificate.extensions.values():
        if extension.critical and extension.oid not in _UNDERSTOOD:
            _fail(state, PathDefect.UNKNOWN_CRITICAL, index, extension.oid)
    limits = certificate.name_constraints
    if (
        limits is not None
        and certificate.extensions[ext.NAME_CONSTRAINTS].critical
        and not constraints.understood(limits)
    ):
        _fail(state, PathDefect.UNKNOWN_CRITICAL, index, ext.NAME_CONSTRAINTS)
