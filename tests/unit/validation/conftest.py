"""The test PKI as a validator meets it: a trust folder, a responder without network, a fixed clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from msign.kernel.clock import FixedClock
from msign.pki.fetch import AddressGuard, Fetcher
from msign.pki.sources import online_revocation
from msign.pki.trust import TrustStore
from msign.validation.context import ValidationContext
from msign.validation.engine import Validator
from tests.support.pki import Pki, session_pki


@pytest.fixture(scope="session")
def pki() -> Pki:
    return session_pki()


@pytest.fixture(scope="session")
def trust_folder(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pki.write_trust(tmp_path_factory.mktemp("trust"))


@pytest.fixture(scope="session")
def trust(trust_folder: Path) -> TrustStore:
    return TrustStore.from_folder(trust_folder)


def fetcher(pki: Pki) -> Fetcher:
    guard = AddressGuard(resolver=lambda _host, _port: ["93.184.215.14"])
    return Fetcher.guarded(guard, pki.transport())


@pytest.fixture
def context(pki: Pki, trust: TrustStore) -> ValidationContext:
    clock = FixedClock()
    return ValidationContext(trust=trust, revocation=online_revocation(fetcher(pki), clock), clock=clock)


@pytest.fixture
def validator(pki: Pki, trust: TrustStore) -> Validator:
    clock = FixedClock()
    return Validator(trust=trust, revocation=online_revocation(fetcher(pki), clock), clock=clock)
