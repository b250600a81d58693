"""Options of a feed: read as what they are, refused by name."""

from __future__ import annotations

import pytest

from adapters.sources.options import pairs, seconds, texts, whole_number, wrong
from engine.errors import SourceError
from engine.model import SourceSpec


def spec(**options: object) -> SourceSpec:
    return SourceSpec("小程序", "mini_program", frozenset(), "https://example.com", "", options, ())


def test_what_is_not_said_is_the_default() -> None:
    assert whole_number(spec(), "page_size", 100) == 100
    assert texts(spec(), "private_hosts") == ()
    assert pairs(spec(), "params") == {}


def test_what_is_said_is_read() -> None:
    said = spec(page_size=5, private_hosts="localhost", hosts=["a", "b"], params={"type": 3, "state": "open"})
    assert whole_number(said, "page_size", 100) == 5
    assert texts(said, "private_hosts") == ("localhost",)
    assert texts(said, "hosts") == ("a", "b")
    assert pairs(said, "params") == {"type": "3", "state": "open"}


@pytest.mark.parametrize("value", [0, -1, 1.5, "5", True, None, [1]])
def test_a_number_must_be_whole_and_above_zero(value: object) -> None:
    with pytest.raises(SourceError, match=r"page_size.*大于 0 的整数") as fault:
        whole_number(spec(page_size=value), "page_size", 1)
    assert "options.page_size" in str(fault.value)


@pytest.mark.parametrize("value", [-1, 61, 1.5, "5", True, None])
def test_seconds_are_none_to_a_minute(value: object) -> None:
    assert [seconds(said, "settle_seconds") for said in (spec(), spec(settle_seconds=0), spec(settle_seconds=60))] == [
        0,
        0,
        60,
    ]
    with pytest.raises(SourceError, match=r"settle_seconds.*0 到 60 的整数"):
        seconds(spec(settle_seconds=value), "settle_seconds")


@pytest.mark.parametrize("value", [5, {"a": 1}, [1, 2], None])
def test_texts_must_be_a_list_of_texts(value: object) -> None:
    with pytest.raises(SourceError, match="文字的列表"):
        texts(spec(hosts=value), "hosts")


@pytest.mark.parametrize("value", [["a"], "a=b", {"a": ["b"]}, {"a": None}])
def test_pairs_must_be_names_with_plain_values(value: object) -> None:
    with pytest.raises(SourceError, match="名称: 值"):
        pairs(spec(params=value), "params")


def test_a_refusal_names_the_feed_the_option_and_the_place() -> None:
    said = str(wrong(spec(), "query", "空着"))
    assert all(part in said for part in ("小程序", "query", "空着", "config.yaml", "改正 options.query"))
