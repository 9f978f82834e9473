"""The web listener's address table, wired."""

from __future__ import annotations

import math
from functools import partial

from django.db import DatabaseError, connection
from django.urls import URLPattern, URLResolver

from msign.access import queries
from msign.access.values import Caller, ConsumerSettings
from msign.config import trustlists
from msign.config.checking import instrument_rows
from msign.config.judging import PageJudge
from msign.config.pagecare import KEEP_MINUTES
from msign.config.sealing import service_seal
from msign.config.wiring import OWN_SYSTEM, Services, quota_of
from msign.connections import trailcheck
from msign.faces.desk import urls as deskpages
from msign.faces.rest import urls as rest
from msign.faces.signpages import urls as signpages
from msign.faces.signpages.offers import RegistryOffers
from msign.faces.signpages.services import OwnSigning, SignPageServices
from msign.faces.verifypages import urls as verifypages
from msign.faces.verifypages.services import VerifyServices
from msign.frame.visitors import VisitorShares
from msign.kernel.words import Environment
from msign.providers.remote.settings import callback_accepted
from msign.signrequests.health import HealthBoard
from msign.signrequests.values import RequestView


def patterns(services: Services) -> list[URLPattern | URLResolver]:
    """Return every address; the sign page's catch-all stands last."""
    return [
        *_machines(services),
        *deskpages.patterns(
            services.desk,
            services.images,
            quota=quota_of(services.options),
            overview=partial(instrument_rows, services),
        ),
        *verifypages.patterns(verify_services(services)),
        *signpages.patterns(sign_page_services(services)),
    ]


def sign_page_services(services: Services) -> SignPageServices:
    """Return what the sign pages work with."""
    sign = services.options.sign
    return SignPageServices(
        requests=services.requests,
        instruments=RegistryOffers(registry=services.registry, health=HealthBoard(clock=services.clock).of),
        documents=services.store,
        images=services.images,
        clock=services.clock,
        consumer=_consumer,
        id_check={Environment.TEST: sign.id_check_test, Environment.PRODUCTION: sign.id_check_production},
        own=_own_signing(services),
        arrived=lambda view, bad_number: services.witness.arrived(
            view.system_id, view.environment, view.id, bad_number=bad_number
        ),
    )


def verify_services(services: Services) -> VerifyServices:
    """Return what the verify pages work with: the anchors of the environment that visitors belong to."""
    return VerifyServices(
        judge=PageJudge(services.validators[services.options.home]),
        folder=services.options.data_path / "verify",
        clock=services.clock,
        keep_minutes=KEEP_MINUTES,
        images=services.images,
        seal=service_seal(services.options, services.clock),
        public_url=services.options.web_url,
        max_file_bytes=services.options.sign.max_pdf_bytes,
    )


def _machines(services: Services) -> list[URLPattern]:
    """Return the addresses for providers' callbacks and for load balancers."""
    return rest.patterns(
        wake=services.requests.wake,
        accepts={one.identifier: partial(callback_accepted, one) for one in services.provider_settings},
        probes={"database": _database_answers},
        warnings=partial(_warnings, services),
    )


def _warnings(services: Services) -> list[str]:
    """Return what the health page tells beside its status; without a database the probe says all."""
    try:
        trail = trailcheck.warning_codes()
    except DatabaseError:
        trail = []
    return [*trustlists.warning_codes(services.options), *trail]


def _database_answers() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _own_signing(services: Services) -> OwnSigning:
    sign, bounds = services.options.sign, services.options.own_quota
    return OwnSigning(
        posting=services.requests,
        discarding=services.requests,
        store=services.store,
        caller=Caller(
            system_id=OWN_SYSTEM,
            system_name="MSign",
            organisation_name=services.options.site.operator,
            organisation_id="",
            environment=services.options.home,
            certificate_serial="",
            address="",
            settings=ConsumerSettings(
                requests_per_minute=bounds.requests_per_minute,
                open_requests=bounds.open_requests,
                stored_bytes=bounds.stored_bytes,
            ),
        ),
        shares=VisitorShares(
            clock=services.clock, requests=bounds.visitor_requests_per_hour, size=bounds.visitor_bytes_per_hour
        ),
        max_file_bytes=sign.max_pdf_bytes,
        max_files=min(20, sign.max_contents),
        keep_hours=math.ceil(sign.own_keep_hours),
    )


def _consumer(view: RequestView) -> ConsumerSettings:
    return queries.settings_of(view.system_id, view.environment)
