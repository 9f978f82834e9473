"""Time-stamp tokens: each check fails by itself, and by its own name."""

from __future__ import annotations

import hashlib
from functools import partial

import pytest

from msign.pki import algorithms
from msign.pki.asn1 import Asn1Error
from msign.pki.timestamps import TokenDefect, check_token, parse_token
from tests.support.pki import MOMENT, Pki, session_pki

DATA = b"the stamped data"


def digest_of(name: str) -> bytes:
    return algorithms.digest(name, DATA)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return session_pki()


@pytest.fixture(scope="module")
def token(pki: Pki) -> bytes:
    return pki.tsa.timestamp(hashlib.sha256(DATA).digest(), "sha256")


def test_an_honest_token_holds(token: bytes) -> None:
    check = check_token(parse_token(token), digest_of)
    assert check.defects == ()
    assert check.token.gen_time == MOMENT
    assert check.signer is not None


def test_a_token_over_something_else_is_found_out(token: bytes) -> None:
    check = check_token(parse_token(token), partial(algorithms.digest, data=b"something else"))
    assert check.defects == (TokenDefect.IMPRINT_DIFFERS,)


def test_an_altered_time_is_found_out(token: bytes) -> None:
    altered = token.replace(MOMENT.strftime("%Y%m%d%H%M").encode(), b"202001010101", 1)
    assert altered != token
    check = check_token(parse_token(altered), digest_of)
    assert TokenDefect.CONTENT_CHANGED in check.defects


def test_a_changed_signature_is_found_out(token: bytes) -> None:
    altered = bytearray(token)
    altered[-3] ^= 1
    assert TokenDefect.SIGNATURE_INVALID in check_token(parse_token(bytes(altered)), digest_of).defects


@pytest.mark.parametrize("cut", [0, 1, 10, 200, -1])
def test_pieces_of_a_token_are_no_token(token: bytes, cut: int) -> None:
    with pytest.raises(Asn1Error):
        parse_token(token[:cut])
