"""What was read is kept, within bounds."""

from __future__ import annotations

from msign.pdf.kept import Kept


def test_the_longest_unused_goes_first() -> None:
    kept: Kept[str, int] = Kept(300)
    for number, key in enumerate("abc"):
        kept.put(key, number, 60)  # and some thirty octets for the place itself
    assert kept.get("a") == (0, 60)
    kept.put("d", 3, 60)
    assert [kept.get(key) is not None for key in "abcd"] == [True, False, True, True]


def test_what_came_last_stays_however_large() -> None:
    kept: Kept[str, int] = Kept(300)
    kept.put("small", 1, 10)
    kept.put("large", 2, 10_000)
    assert (kept.get("small"), kept.get("large")) == (None, (2, 10_000))
    kept.put("small", 1, 10)
    assert (kept.get("small"), kept.get("large")) == ((1, 10), None)


def test_a_value_that_is_replaced_is_counted_once() -> None:
    kept: Kept[str, int] = Kept(300)
    for number in range(50):
        kept.put("same", number, 60)
    kept.put("other", 1, 60)
    assert kept.get("same") == (49, 60)
    kept.clear()
    assert kept.get("same") is None
