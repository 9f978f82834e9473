"""Tiles from the registry: which instruments suit a request, and how their providers are doing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

from django.utils.translation import gettext as _

from msign.access.values import ConsumerSettings
from msign.faces.signpages.services import Offer
from msign.frame import formats
from msign.kernel.languages import Language
from msign.kernel.words import ContentType, Environment
from msign.signrequests.health import ProviderHealth
from msign.signrequests.values import RequestView

_ICONS = {"phone": "phone", "app": "qr", "card": "card", "token": "usb"}
_NEEDS = {"card": "computer", "token": "computer", "phone": "phone", "app": "phone"}


class InstrumentFacts(Protocol):
    """What a tile says of an instrument; ``providers.instruments.Instrument`` is one."""

    @property
    def id(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def needs(self) -> Collection[str]: ...
    @property
    def device(self) -> str: ...
    def name(self, language: Language) -> str: ...
    def help_text(self, language: Language) -> str: ...


class SuitableInstruments(Protocol):
    """The question to the registry; ``providers.registry.Registry`` answers it."""

    def suitable(
        self,
        *,
        environment: Environment,
        content_type: ContentType,
        hash_lengths: Collection[int] = (),
        count: int = 1,
        allowed: Collection[str] = (),
    ) -> Iterable[InstrumentFacts]: ...


class RegistryOffers:
    """Offers what the registry finds suitable."""

    def __init__(self, *, registry: SuitableInstruments, health: Callable[[str], ProviderHealth] | None = None) -> None:
        self._registry = registry
        self._health = health or (lambda _provider: ProviderHealth())

    def offers(self, view: RequestView, settings: ConsumerSettings, language: Language) -> Sequence[Offer]:
        """Return the tiles in the registry's order."""
        suitable = self._registry.suitable(
            environment=view.environment,
            content_type=view.content_type,
            hash_lengths={len(content.digest) for content in view.contents if content.digest},
            count=len(view.contents),
            allowed=settings.instruments,
        )
        return [self._offer(instrument, language) for instrument in suitable]

    def _offer(self, instrument: InstrumentFacts, language: Language) -> Offer:
        health = self._health(instrument.provider)
        return Offer(
            code=instrument.id,
            name=instrument.name(language),
            help=instrument.help_text(language),
            icon=_ICONS.get(instrument.device, "pen"),
            needs_msisdn="msisdn" in instrument.needs,
            needs_signer_id="idnp" in instrument.needs,
            device=_NEEDS.get(instrument.device, ""),
            shows_qr=instrument.device == "app",
            available=health.reachable,
            notice="" if health.reachable else _unreachable(health, language),
        )


def _unreachable(health: ProviderHealth, language: Language) -> str:
    if health.last_success is None:
        return _("Not answering at the moment. Try again later or choose another way.")
    when = formats.moment(health.last_success, language)
    return _("Not answering at the moment; it last worked on %(when)s. Try again later or choose another way.") % {
        "when": when
    }
