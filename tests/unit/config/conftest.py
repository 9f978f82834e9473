from __future__ import annotations

import pytest

from tests.support.pki import Pki, session_pki


@pytest.fixture(scope="session")
def pki() -> Pki:
    return session_pki()
