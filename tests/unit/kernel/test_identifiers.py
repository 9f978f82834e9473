from __future__ import annotations

import pytest

from msign.kernel.identifiers import IdCheck, is_idno, is_idnp, normalise_msisdn


@pytest.mark.parametrize("number", ["1010600034203", "1003600096694", "1006601000439", "1000000000007"])
def test_published_organisation_numbers_pass_strictly(number: str) -> None:
    assert is_idno(number)


@pytest.mark.parametrize("number", ["1010600034204", "1010600043203", "2222222222222", "101060003420", "1010600O34203"])
def test_wrong_numbers_fail(number: str) -> None:
    assert not is_idno(number)
    assert not is_idnp(number)


def test_zeros_pass_arithmetic_but_not_the_first_digit_rule() -> None:
    assert is_idnp("0000000000000", IdCheck.CHECKSUM)
    assert not is_idnp("0000000000000")


@pytest.mark.parametrize("number", ["2000000000004", "2000000000015", "0999000000010"])
def test_persons_in_new_and_old_form(number: str) -> None:
    assert is_idnp(number)


@pytest.mark.parametrize(
    "text",
    [
        *("060000000", "60000000", "+373 60 000 000", "0037360000000", "373-60-000-000", "+373 (0)60 000-000"),
        *("tel:+37360000000", "060/000/000", "060\u2013000\u2013000", "\u202a+373 60 000 000\u202c"),
    ],
)
def test_usual_spellings_of_a_mobile_number_become_one(text: str) -> None:
    assert normalise_msisdn(text) == "37360000000"


@pytest.mark.parametrize("text", ["00000000", "022000000", "3736000000", "+40 720 000 000", "6000000a", ""])
def test_numbers_that_no_moldovan_phone_has_are_refused(text: str) -> None:
    assert normalise_msisdn(text) is None
