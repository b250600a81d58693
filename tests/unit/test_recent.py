"""What was asked for lately is held, however much else came, and never more than the bound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.recent import Recent


def test_what_is_asked_for_stays_and_the_rest_is_forgotten() -> None:
    held: Recent[int, str] = Recent(8)
    held.put(0, "stays")
    for key in range(1, 100):
        held.put(key, str(key))
        assert held.get(0) == "stays"
    assert held.get(1) is None
    assert held.get(99) == "99"


def test_one_is_forgotten_young_or_old_and_all_at_once() -> None:
    held: Recent[int, str] = Recent(8)
    held.put(1, "one")
    assert (held.pop(1), held.pop(1)) == ("one", None)
    held.put(2, "two")
    held.grow_old()
    assert (held.pop(2), held.get(2)) == ("two", None)
    held.put(3, "three")
    held.clear()
    assert (held.get(3), len(held)) == (None, 0)


def test_what_may_hold_nothing_holds_nothing() -> None:
    held: Recent[int, str] = Recent(0)
    held.put(1, "one")
    assert (held.get(1), len(held)) == (None, 0)


@given(
    st.lists(st.tuples(st.sampled_from(["put", "get", "pop", "old"]), st.integers(0, 9)), max_size=80),
    st.integers(2, 12),
)
def test_it_never_says_what_was_not_put_last_and_never_holds_more(steps: list[tuple[str, int]], most: int) -> None:
    held, last = Recent[int, int](most), dict[int, int]()
    for turn, (what, key) in enumerate(steps):
        if what == "put":
            held.put(key, turn)
            last[key] = turn
        elif what == "old":
            held.grow_old()
        else:
            assert (held.get(key) if what == "get" else held.pop(key)) in (None, last.get(key))
            last.pop(key, None) if what == "pop" else None
        assert len(held) <= most
