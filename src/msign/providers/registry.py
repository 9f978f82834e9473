"""Which instruments there are, which provider works each, which suit a request. Rooms ask here, naming nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from msign.kernel.errors import Code, MSignError
from msign.kernel.words import ContentType, Environment
from msign.providers.base import Provider
from msign.providers.instruments import Instrument

_SHA1_LENGTH = 20


class Registry:
    """Instruments and the running providers behind them."""

    def __init__(self, *, instruments: Iterable[Instrument], providers: Iterable[Provider]) -> None:
        """Take both lists. Raises ``MSignError`` (``MISCONFIGURED``) for an id that occurs twice."""
        listed, running = tuple(instruments), tuple(providers)
        _refuse_duplicates("instrument", (instrument.id for instrument in listed))
        _refuse_duplicates("provider", (provider.identifier for provider in running))
        self._instruments = {instrument.id: instrument for instrument in sorted(listed, key=_page_order)}
        self._providers = {provider.identifier: provider for provider in running}

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """Every instrument, in page order, usable or not."""
        return tuple(self._instruments.values())

    @property
    def providers(self) -> tuple[Provider, ...]:
        """Every running provider."""
        return tuple(self._providers.values())

    def instrument(self, identifier: str) -> Instrument | None:
        """Return the instrument called ``identifier`` if it is enabled and its provider runs."""
        found = self._instruments.get(identifier)
        return found if found and self._usable(found) else None

    def provider(self, identifier: str) -> Provider:
        """Return the provider behind an instrument or the provider of that id itself.

        Raises ``MSignError`` (``MISCONFIGURED``) if it does not run: a session outlived its configuration.
        """
        instrument = self._instruments.get(identifier)
        found = self._providers.get(instrument.provider if instrument else identifier)
        if found is None:
            raise MSignError(Code.MISCONFIGURED, f"no provider runs for {identifier}")
        return found

    def suitable(
        self,
        *,
        environment: Environment,
        content_type: ContentType,
        hash_lengths: Collection[int] = (),
        count: int = 1,
        allowed: Collection[str] = (),
    ) -> tuple[Instrument, ...]:
        """Return the instruments that can sign such a request, in page order.

        ``hash_lengths`` are the byte lengths of all posted hashes; ``allowed`` are the instruments agreed with the
        consumer, empty for all (``ConsumerSettings.instruments``).
        """
        return tuple(
            instrument
            for instrument in self._instruments.values()
            if self._usable(instrument)
            and environment in instrument.environments
            and content_type in instrument.content_types
            and count <= instrument.max_items
            and (instrument.accepts_sha1 or _SHA1_LENGTH not in hash_lengths)
            and (not allowed or instrument.id in allowed)
        )

    def check_config(self) -> Sequence[str]:
        """Return what is misconfigured, in words for the operator; empty when fine."""
        found = [
            f"instrument {instrument.id}: its provider {instrument.provider} does not run"
            for instrument in self._instruments.values()
            if instrument.enabled and instrument.provider not in self._providers
        ]
        for provider in self._providers.values():
            found += [f"provider {provider.identifier}: {problem}" for problem in provider.check_config()]
        return found

    def _usable(self, instrument: Instrument) -> bool:
        return instrument.enabled and instrument.provider in self._providers


def _page_order(instrument: Instrument) -> tuple[int, str]:
    return (instrument.order, instrument.id)


def _refuse_duplicates(kind: str, identifiers: Iterable[str]) -> None:
    for identifier, times in Counter(identifiers).items():
        if times > 1:
            raise MSignError(Code.MISCONFIGURED, f"{kind} {identifier} is configured {times} times")
