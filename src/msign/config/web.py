"""The web listener's address table, wired."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from msign.access import queries
from msign.access.values import Caller, ConsumerSettings
from msign.config.judging import PageJudge
from msign.config.wiring import Services
from msign.faces.signpages import urls as signpages
from msign.faces.signpages.offers import RegistryOffers
from msign.faces.signpages.services import OwnSigning, SignPageServices
from msign.faces.verifypages import urls as verifypages
from msign.faces.verifypages.services import VerifyServices
from msign.kernel.words import Environment
from msign.signrequests.values import RequestView


def patterns(services: Services) -> list[URLPattern | URLResolver]:
    """Return every address; the sign page's catch-all stands last."""
    return [
        *verifypages.patterns(verify_services(services)),
        *signpages.patterns(sign_page_services(services)),
    ]


def sign_page_services(services: Services) -> SignPageServices:
    """Return what the sign pages work with."""
    sign = services.options.sign
    return SignPageServices(
        requests=services.requests,
        instruments=RegistryOffers(registry=services.registry),
        documents=services.store,
        images=services.images,
        clock=services.clock,
        consumer=_consumer,
        id_check={Environment.TEST: sign.id_check_test, Environment.PRODUCTION: sign.id_check_production},
        own=OwnSigning(
            posting=services.requests,
            store=services.store,
            caller=_own_system(services),
            max_file_bytes=sign.max_pdf_bytes,
        ),
    )


def verify_services(services: Services) -> VerifyServices:
    """Return what the verify pages work with. Signatures of both environments may be shown to them."""
    return VerifyServices(
        judge=PageJudge(services.validators[_home_environment(services)]),
        folder=services.options.data_path / "verify",
        clock=services.clock,
        images=services.images,
        max_file_bytes=services.options.sign.max_pdf_bytes,
    )


def _own_system(services: Services) -> Caller:
    """The gateway itself, asking on behalf of a person who signs a document of their own."""
    return Caller(
        system_id="own",
        system_name="MSign",
        organisation_name=services.options.site.operator,
        organisation_id="",
        environment=_home_environment(services),
        certificate_serial="",
        address="",
    )


def _home_environment(services: Services) -> Environment:
    """People without a system are in the test environment of a sandbox, else in production."""
    return Environment.TEST if services.options.sandbox else Environment.PRODUCTION


def _consumer(view: RequestView) -> ConsumerSettings:
    return queries.access_state(view.system_id, view.environment).settings
