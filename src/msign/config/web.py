"""The web listener's address table, wired."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from django.urls import URLPattern, URLResolver

from msign.access import queries
from msign.access.values import Caller, ConsumerSettings
from msign.config.wiring import Services
from msign.faces.signpages import urls as signpages
from msign.faces.signpages.offers import RegistryOffers
from msign.faces.signpages.services import OwnSigning, SignPageServices
from msign.faces.verifypages import urls as verifypages
from msign.faces.verifypages.services import VerifyServices
from msign.frame.previews import LimitedPageImages
from msign.kernel.words import Environment
from msign.signrequests.values import RequestView
from msign.validation.detached import DetachedContents
from msign.validation.engine import Validator
from msign.validation.model import DocumentReport

OWN_SYSTEM = "msign-own"  # the internal system behind "sign your own document"; registered nowhere, calls from nowhere


def patterns(services: Services) -> list[URLPattern | URLResolver]:
    """Return every address; the sign page's catch-all stands last."""
    return [*verifypages.patterns(verify_services(services)), *signpages.patterns(sign_page_services(services))]


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
        own=_own_signing(services),
    )


def verify_services(services: Services) -> VerifyServices:
    """Return what the verify pages work with: the anchors of the environment that visitors belong to."""
    return VerifyServices(
        judge=_PageJudge(services.validators[_environment(services)].engine),
        folder=services.options.data_path / "verify",
        clock=services.clock,
        images=LimitedPageImages(),
        max_file_bytes=services.options.sign.max_pdf_bytes,
    )


def _own_signing(services: Services) -> OwnSigning:
    sign = services.options.sign
    return OwnSigning(
        posting=services.requests,
        store=services.store,
        caller=Caller(
            system_id=OWN_SYSTEM,
            system_name="MSign",
            organisation_name="",
            organisation_id="",
            environment=_environment(services),
            certificate_serial="",
            address="",
        ),
        max_file_bytes=sign.max_pdf_bytes,
        max_files=min(20, sign.max_contents),
        keep_days=math.ceil(sign.pending_hours / 24 + sign.retention_days),
    )


def _environment(services: Services) -> Environment:
    return Environment.TEST if services.options.sandbox else Environment.PRODUCTION


def _consumer(view: RequestView) -> ConsumerSettings:
    if view.system_id == OWN_SYSTEM:
        return ConsumerSettings()
    return queries.access_state(view.system_id, view.environment).settings


@dataclass(frozen=True, slots=True)
class _PageJudge:
    """The engine as the verify pages ask it."""

    engine: Validator

    def pdf(self, document: Path) -> DocumentReport:
        return self.engine.file(document)

    def xades(self, signature: Path, original: Path | None, name: str) -> DocumentReport:
        return self.engine.file(signature, DetachedContents.of_file(original, name) if original else None)
