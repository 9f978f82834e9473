"""The gate: who is calling, and may they. Enforcement and explanation ask the same engine the same question."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msign.access import checks, lookup, queries
from msign.access.cache import AgeingCache
from msign.access.certificates import Presented, parse_serial, read_certificate
from msign.access.checks import Facts, Registered
from msign.access.refusals import RefusalLog
from msign.access.trust import SystemTrust
from msign.access.values import UNKNOWN, Allowed, Caller, CheckResult, Circumstances, Decision, Denied
from msign.kernel.clock import Clock, monotonic
from msign.kernel.words import Environment

MAX_AGE_SECONDS = 5.0  # no decision rests on anything older


class Gate:
    """Decides about callers of one or several environments.

    ``trust_by_environment`` names the authorities of system certificates; an environment without an entry lets nobody
    in. What the database says is remembered for ``cache_seconds`` at most; dates are compared at every call.
    ``refusals`` keeps what was refused.
    """

    def __init__(
        self,
        *,
        trust_by_environment: Mapping[Environment, SystemTrust],
        clock: Clock,
        refusals: RefusalLog | None = None,
        cache_seconds: float = MAX_AGE_SECONDS,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._trust = dict(trust_by_environment)
        self._clock = clock
        self._refusals = refusals
        age = {"monotonic": seconds, "max_age": min(cache_seconds, MAX_AGE_SECONDS)}
        self._rows: AgeingCache[Registered | None] = AgeingCache(generation=lookup.generation, **age)  # type: ignore[arg-type]
        self._chains: AgeingCache[str | None] = AgeingCache(generation=self._trust_version, **age)  # type: ignore[arg-type]

    @property
    def generation(self) -> int:
        """The state of the database that decisions rest on: never behind by more than a quarter of a second."""
        return self._rows.generation()

    def decide(
        self,
        environment: Environment,
        certificate_der: bytes | None,
        address: str,
        circumstances: Circumstances = UNKNOWN,
    ) -> Decision:
        """Return who is calling, or why they may not.

        A refusal never rests on a state of the database that is over: who was let in a moment ago is let in at once.
        """
        facts = self._facts(environment, certificate_der, address)
        reason = checks.first_failure(checks.evaluate(facts))
        if reason is not None and facts.certificate is not None and self._rows.outdated():
            facts = self._facts(environment, certificate_der, address)
            reason = checks.first_failure(checks.evaluate(facts))
        if reason is None and facts.registered is not None:
            return Allowed(_caller(environment, facts.registered, address, circumstances.tls))
        assert reason is not None
        serial = facts.certificate.serial if facts.certificate else ""
        denied = Denied(reason=reason, serial=serial, address=address)
        if self._refusals is not None:
            self._refusals.note(environment, denied, facts.certificate, circumstances)
        return denied

    def explain(
        self,
        environment: Environment,
        *,
        address: str,
        certificate_der: bytes | None = None,
        serial: str | None = None,
    ) -> tuple[CheckResult, ...]:
        """Return every check of the decision, in order. With a serial number only, the pinned certificate stands in."""
        if certificate_der is None and serial is not None:
            return self._explain_serial(environment, serial, address)
        return checks.evaluate(self._facts(environment, certificate_der, address))

    def _explain_serial(self, environment: Environment, text: str, address: str) -> tuple[CheckResult, ...]:
        serial = parse_serial(text)
        found = lookup.registered_by_serial(environment, serial) if serial else ()
        if len(found) == 1:
            return checks.evaluate(self._facts(environment, found[0].der, address))
        return checks.unknown_serial(serial or text, len(found))

    def _facts(self, environment: Environment, certificate_der: bytes | None, address: str) -> Facts:
        certificate = read_certificate(certificate_der) if certificate_der else None
        registered = self._registered(environment, certificate) if certificate else None
        return Facts(
            presented=bool(certificate_der),
            certificate=certificate,
            trust_problem=self._trust_problem(environment, certificate) if certificate else None,
            registered=registered,
            elsewhere=_elsewhere(certificate) if certificate and registered is None else "",
            address=address,
            now=self._clock.now(),
        )

    def _registered(self, environment: Environment, certificate: Presented) -> Registered | None:
        key = (environment, certificate.issuer_key, certificate.serial)
        return self._rows.get(key, lambda: lookup.registered(*key))

    def _trust_version(self) -> int:
        return sum(trust.version for trust in self._trust.values())

    def _trust_problem(self, environment: Environment, certificate: Presented) -> str | None:
        trust = self._trust.get(environment)
        if trust is None:
            return "no authority is accepted in this environment"
        now = self._clock.now()
        return self._chains.get((environment, certificate.fingerprint), lambda: trust.problem(certificate.der, now))


def _elsewhere(certificate: Presented) -> str:
    return ", ".join(queries.environments_of(certificate.fingerprint))


def _caller(environment: Environment, registered: Registered, address: str, tls: str) -> Caller:
    return Caller(
        system_id=registered.system_id,
        system_name=registered.system_name,
        organisation_name=registered.organisation_name,
        organisation_id=registered.organisation_id,
        environment=environment,
        certificate_serial=registered.serial,
        address=address,
        settings=registered.settings,
        tls=tls,
    )
