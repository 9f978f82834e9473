"""The composition root: builds every service of a process once, from the options. Nothing else wires anything."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from msign.access.gate import Gate
from msign.access.refusals import RefusalLog
from msign.access.trust import trust_of_folder
from msign.care.caretaker import Caretaker
from msign.config import desk, longterm, pagecare, trustlists
from msign.config.judging import EnvironmentValidator
from msign.config.options import Options
from msign.connections.conformance.values import Instrument
from msign.connections.conformance.witness import Recorder
from msign.connections.ports import Desk
from msign.connections.services.keeping import PaperShelf
from msign.connections.trailcheck import TrailCheck
from msign.connections.upkeep import Upkeep
from msign.frame.keptpreviews import KeptPageImages
from msign.frame.previews import LimitedPageImages, PageImages
from msign.jobs.values import Handler
from msign.kernel.clock import Clock, SystemClock
from msign.kernel.languages import Language
from msign.kernel.words import ContentType, Environment
from msign.mandates.queries import LocalRegister
from msign.pki.evidence import NoRevocation, RevocationSource
from msign.pki.fetch import AddressGuard, Fetcher
from msign.pki.sources import ExpiringCache, online_revocation
from msign.pki.tsa import HttpTimestampSource
from msign.providers.csc.configured import load_csc_services
from msign.providers.csc.provider import CscProvider
from msign.providers.instruments import load_instruments
from msign.providers.plugins import Surroundings, load_kind
from msign.providers.registry import Registry
from msign.providers.remote.configured import load_providers
from msign.providers.remote.provider import RemoteProvider
from msign.providers.remote.settings import RemoteSettings
from msign.providers.token.provider import TokenProvider
from msign.providers.token.settings import load_agents
from msign.signing.xades import HashStyle
from msign.signrequests.checks import ProviderChecks
from msign.signrequests.contents import LocalContentStore
from msign.signrequests.rules import Quota, Rules
from msign.signrequests.service import SignRequestService
from msign.validation.looking import Looker
from msign.validation.pool import JudgePool, WorkerSetup

_LOOKERS = 2  # processes that look at posted files; each look takes milliseconds
OWN_SYSTEM = "msign-own"  # the internal system behind "sign your own document"; registered nowhere, calls from nowhere


@dataclass(frozen=True)
class Services:
    """What processes share; each part is built when it is first asked for, and then once."""

    options: Options
    clock: Clock

    @functools.cached_property
    def store(self) -> LocalContentStore:
        """Contents and results."""
        return LocalContentStore(self.options.data_path / "contents")

    @functools.cached_property
    def gate(self) -> Gate:
        """Who may call the API."""
        trust = {environment: trust_of_folder(self.trust_folder(environment)) for environment in Environment}
        return Gate(trust_by_environment=trust, clock=self.clock, refusals=RefusalLog(clock=self.clock))

    @functools.cached_property
    def explainer(self) -> Gate:
        """The same engine for questions about calls: remembers nothing, and writes no refusals down."""
        trust = {environment: trust_of_folder(self.trust_folder(environment)) for environment in Environment}
        return Gate(trust_by_environment=trust, clock=self.clock, cache_seconds=0)

    @functools.cached_property
    def validators(self) -> Mapping[Environment, EnvironmentValidator]:
        """The engine that judges signatures, with the anchors of each environment."""
        return {environment: self._validator(environment) for environment in Environment}

    @functools.cached_property
    def looker(self) -> Looker:
        """Looks at files without judging them, in limited processes that wait for no network."""
        return Looker(JudgePool(setup=WorkerSetup(), size=_LOOKERS))

    @functools.cached_property
    def provider_settings(self) -> tuple[RemoteSettings, ...]:
        """How each provider behind the official interface is reached."""
        folder = self.options.data_path / "provider"
        sandbox = load_providers(folder / "sandbox.toml") if self.options.sandbox else ()
        return (*load_providers(folder / "providers.toml"), *sandbox)

    @functools.cached_property
    def registry(self) -> Registry:
        """Instruments and the providers behind them."""
        override = self.options.data_path / "instruments.toml"
        return Registry(
            instruments=load_instruments(override if override.exists() else None),
            providers=[
                *(RemoteProvider(settings=settings, clock=self.clock) for settings in self.provider_settings),
                *self._csc_providers(),
                *self._token_providers(),
                *(one for module in self.options.provider.modules for one in load_kind(module, self._surroundings)),
            ],
        )

    def _csc_providers(self) -> list[CscProvider]:
        """Providers that sign digests only: MSign builds the signature and asks for the time-stamp itself."""
        listed = load_csc_services(self.options.data_path / "provider" / "csc.toml", return_base=self.options.web_url)
        style = HashStyle(self.options.xades.hash_style)
        return [
            CscProvider(settings=one, tsa=self._tsa, clock=self.clock, key=self._key, hash_style=style)
            for one in listed
        ]

    def _token_providers(self) -> list[TokenProvider]:
        """Cards and tokens on people's own computers, reached by their browsers."""
        listed = load_agents(self.options.data_path / "provider" / "token.toml")
        style = HashStyle(self.options.xades.hash_style)
        return [TokenProvider(settings=one, tsa=self._tsa, clock=self.clock, hash_style=style) for one in listed]

    @property
    def _surroundings(self) -> Surroundings:
        """What providers of the operator's own are given."""
        return Surroundings(
            folder=self.options.data_path / "provider",
            web_url=self.options.web_url,
            clock=self.clock,
            tsa=self._tsa,
            hash_style=HashStyle(self.options.xades.hash_style),
        )

    @property
    def _key(self) -> bytes:
        """The secret of the installation, from which sealing keys are derived."""
        from django.conf import settings

        return settings.SECRET_KEY.encode()

    @functools.cached_property
    def _tsa(self) -> HttpTimestampSource:
        """Time-stamps for what MSign itself finishes."""
        return HttpTimestampSource(self.options.tsa_urls, clock=self.clock)

    @functools.cached_property
    def images(self) -> PageImages:
        """Page images, drawn in processes of their own and kept for a few minutes."""
        return KeptPageImages(LimitedPageImages())

    @functools.cached_property
    def requests(self) -> SignRequestService:
        """The life of sign requests."""
        return SignRequestService(
            store=self.store,
            registry=self.registry,
            validators=self.validators,
            documents=self.looker,
            clock=self.clock,
            rules=_rules(self.options),
            mandates=LocalRegister(clock=self.clock),
        )

    @functools.cached_property
    def provider_checks(self) -> ProviderChecks:
        """Looks whether the providers are there; for the worker."""
        every = self.options.provider.check_seconds
        return ProviderChecks(providers=self.registry.providers, clock=self.clock, every=every)

    @functools.cached_property
    def revocation(self) -> RevocationSource:
        """OCSP responders and CRLs for certificates of systems, asked anew each time: what counts is the moment at
        which a system is let in, and that is rare. Signatures are judged elsewhere, with a cache.
        """
        if not self.options.trust.online:
            return NoRevocation()
        guard = AddressGuard(allowed=frozenset(self.options.known_responders))
        return online_revocation(Fetcher.guarded(guard), self.clock, ExpiringCache(self.clock, max_entries=0))

    @functools.cached_property
    def desk(self) -> Desk:
        """The connection desk's collaborators."""
        return desk.desk(
            self.options,
            clock=self.clock,
            judge=self.validators[self.options.home].pdf,
            revocation=self.revocation,
            trust={environment: self.trust_folder(environment) for environment in Environment},
            engine=self.explainer,
            instruments=self._test_instruments,
        )

    @functools.cached_property
    def witness(self) -> Recorder:
        """Takes down what test systems do."""
        return Recorder(clock=self.clock)

    def _test_instruments(self) -> tuple[Instrument, ...]:
        """Return what can be signed with in the test environment, with its names."""
        found = {
            one.id: one
            for kind in ContentType
            for one in self.registry.suitable(environment=Environment.TEST, content_type=kind)
        }
        return tuple(
            Instrument(one.id, {place.value: one.name(place) for place in Language}, one.content_types)
            for one in found.values()
        )

    @functools.cached_property
    def caretaker(self) -> Caretaker:
        """Long-term care of signed files."""
        return longterm.caretaker(
            self.options,
            clock=self.clock,
            validator=self.validators[self.options.home],
            papers=PaperShelf(self.desk),
        )

    def job_handlers(self) -> dict[str, Handler]:
        """Return what the worker does: kind of job -> handler."""
        return {
            **self.requests.job_handlers(),
            **self.provider_checks.handlers(),
            **desk.job_handlers(self.desk, self.options),
            **pagecare.handlers(self.options, self.clock),
            **longterm.handlers(self.caretaker),
            **trustlists.handlers(self.options, self.clock),
        }

    def schedule_upkeep(self) -> None:
        """Make sure that the recurring jobs exist."""
        self.requests.schedule_upkeep()
        self.provider_checks.schedule()
        Upkeep(desk=self.desk).schedule()
        TrailCheck(clock=self.clock).schedule()
        pagecare.schedule(self.clock)
        self.caretaker.schedule()
        trustlists.schedule(self.options, self.clock)

    def trust_folder(self, environment: Environment) -> Path:
        """Where the anchors of an environment lie."""
        return self.options.trust_folder(environment)

    def _validator(self, environment: Environment) -> EnvironmentValidator:
        setup = WorkerSetup(
            trust=str(self.trust_folder(environment)),
            online=self.options.trust.online,
            allowed=self.options.known_responders,
            policy=self.options.verify.policy,
            sha1=self.options.verify.sha1,
        )
        pool = JudgePool(setup=setup)
        return EnvironmentValidator(pool=pool, looker=self.looker, scratch=self.options.scratch_path)


def build(options: Options, clock: Clock | None = None) -> Services:
    """Return the services of a process; nothing is opened or contacted yet."""
    return Services(options, clock or SystemClock())


def quota_of(options: Options) -> Quota:
    """Return the bounds for systems with which nothing else was agreed."""
    return Quota(**dataclasses.asdict(options.quota))


def _rules(options: Options) -> Rules:
    sign = options.sign
    return Rules(
        max_contents=sign.max_contents,
        max_pdf_bytes=sign.max_pdf_bytes,
        pending=dt.timedelta(hours=sign.pending_hours),
        retention=dt.timedelta(days=sign.retention_days),
        refuse_signed_input_without_flag=sign.signed_input_without_flag == "fault",
        id_check={Environment.TEST: sign.id_check_test, Environment.PRODUCTION: sign.id_check_production},
        id_required_for_hash=sign.id_required_for_hash,
        retry_after_failure=sign.retry_after_failure,
        own_systems=frozenset({OWN_SYSTEM}),
        own_keep=dt.timedelta(hours=sign.own_keep_hours),
        reference_uri=options.xades.reference_uri,
        accept_unproven_delegation=sign.delegation_unproven == "accept-with-note",
        sha1_sunset=dt.date.fromisoformat(sign.sha1_sunset),
        poll_seconds=options.provider.poll_seconds,
        deadline=dt.timedelta(seconds=options.provider.deadline_seconds),
        callback_base=options.web_url,
        quota=quota_of(options),
    )
