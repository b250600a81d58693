"""Who handles what: nothing falls out of the tree, the most specific branch wins, and the order of the file plays no part."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from engine.errors import RuleError
from engine.model import Colour
from engine.routing import Router
from engine.ruleset.tree import Rulebook
from tests.installation import shipped

ROOT = {"id": "root", "title": "综治中心", "colour": ["green", "yellow", "red"], "receivers": ["综治中心"]}


def router(*routes: Mapping[str, Any]) -> Router:
    return Router(Rulebook("0" * 64, {}, documents={"routes": list(routes)}))


def taken(
    held: Router, colour: Colour = Colour.RED, *, area: str = "", topic: str | None = None, category: str | None = None
) -> str:
    return held.route(colour, area=area, topic=topic, category=category).id


class TestRoot:
    """Every colour has a receiver, whatever the matter is."""

    def test_a_tree_without_routes_is_refused_and_names_every_colour(self) -> None:
        with pytest.raises(RuleError) as refused:
            router()
        assert all(colour.word in refused.value.what for colour in Colour)

    @pytest.mark.parametrize("lacking", list(Colour))
    def test_each_colour_needs_a_root_of_its_own(self, lacking: Colour) -> None:
        others = [colour.word for colour in Colour if colour is not lacking]
        with pytest.raises(RuleError, match=lacking.word):
            router(ROOT | {"colour": others})

    @pytest.mark.parametrize("key", ["area", "topic", "category"])
    def test_a_branch_with_any_condition_is_no_root(self, key: str) -> None:
        with pytest.raises(RuleError):
            router(ROOT | {key: "x"})

    def test_one_route_for_each_colour_is_enough(self) -> None:
        held = router(*(ROOT | {"id": colour.word, "colour": colour.word} for colour in Colour))
        assert [taken(held, colour, area="无此地") for colour in Colour] == ["green", "yellow", "red"]

    def test_no_matter_falls_out_of_the_shipped_tree(self) -> None:
        held = Router(shipped())
        topics = [None, "", "没有的主题", *shipped().documents["topics"]]
        for colour, topic, area in itertools.product(Colour, topics, ("", "云溪镇", "无此地")):
            route = held.route(colour, area=area, topic=topic, category=None)
            assert route.colour is colour
            assert route.receivers
            assert route.why


class TestSpecific:
    """The branch with most conditions that fit."""

    BRANCHES = (
        ROOT,
        ROOT | {"id": "area", "area": "云溪镇"},
        ROOT | {"id": "topic", "topic": ["wages", "debt"], "title": "劳资"},
        ROOT | {"id": "both", "area": "云溪镇", "topic": "wages", "colour": "red"},
    )

    @pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
    def test_whatever_the_order_of_the_file(self, order: tuple[int, ...]) -> None:
        held = router(*(self.BRANCHES[at] for at in order))
        assert taken(held, area="云溪镇", topic="wages") == "both"
        assert taken(held, Colour.GREEN, area="云溪镇", topic="wages") == "area", "equally specific ones by id"
        assert taken(held, area="别处", topic="debt") == "topic"
        assert taken(held, area="云溪镇", topic="noise") == "area"
        assert taken(held) == "root"

    def test_a_missing_topic_fits_no_branch_that_asks_for_one(self) -> None:
        held = router(ROOT, ROOT | {"id": "topic", "topic": "wages"})
        assert taken(held, topic=None) == taken(held, topic="") == "root"

    def test_a_branch_of_a_category(self) -> None:
        held = router(ROOT, ROOT | {"id": "category", "category": ["0201"]})
        assert (taken(held, category="0201"), taken(held, category="0202")) == ("category", "root")

    def test_why_says_what_was_matched(self) -> None:
        held = router(*self.BRANCHES)
        why = held.route(Colour.RED, area="云溪镇", topic="wages", category=None).why
        assert why == "综治中心（按辖区、主题）"
        assert held.route(Colour.RED, area="", topic=None, category=None).why == "综治中心"

    def test_receivers_keep_their_order_for_the_first_is_in_charge(self) -> None:
        held = router(ROOT | {"receivers": ["乙", "甲", "丙"]})
        assert held.route(Colour.RED, area="", topic=None, category=None).receivers == ("乙", "甲", "丙")
