"""The web listener's address table, wired."""

from __future__ import annotations

from functools import partial

from django.db import connection
from django.urls import URLPattern, URLResolver

from msign.access import queries
from msign.access.values import ConsumerSettings
from msign.config.wiring import Services
from msign.faces.rest import urls as rest
from msign.faces.signpages import urls as signpages
from msign.faces.signpages.offers import RegistryOffers
from msign.faces.signpages.previews import LimitedPageImages
from msign.faces.signpages.services import SignPageServices
from msign.kernel.words import Environment
from msign.providers.remote.settings import callback_accepted
from msign.signrequests.values import RequestView


def patterns(services: Services) -> list[URLPattern | URLResolver]:
    """Return every address; the sign page's catch-all stands last."""
    return [*_machines(services), *signpages.patterns(sign_page_services(services))]


def _machines(services: Services) -> list[URLPattern]:
    """Return the addresses for providers' callbacks and for load balancers."""
    return rest.patterns(
        wake=services.requests.wake,
        accepts={one.identifier: partial(callback_accepted, one) for one in services.provider_settings},
        probes={"database": _database_answers},
    )


def _database_answers() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def sign_page_services(services: Services) -> SignPageServices:
    """Return what the sign pages work with."""
    sign = services.options.sign
    return SignPageServices(
        requests=services.requests,
        instruments=RegistryOffers(registry=services.registry),
        documents=services.store,
        images=LimitedPageImages(),
        clock=services.clock,
        consumer=_consumer,
        id_check={Environment.TEST: sign.id_check_test, Environment.PRODUCTION: sign.id_check_production},
    )


def _consumer(view: RequestView) -> ConsumerSettings:
    return queries.access_state(view.system_id, view.environment).settings
