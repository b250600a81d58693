"""Routing: a colour and a place become a route.

In: colour, area, topic and category of a matter. Out: a `Route` with receivers and why. Not here: by when (`casework`),
whether and how to tell (`notify`, later). Routes are data (`rules/routes.yaml`); the most specific match wins, so order never matters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import RuleError
from engine.model import Colour, Route
from engine.ruleset.tree import Rulebook

_KEYS = {"area": "辖区", "topic": "主题", "category": "类别"}


@dataclass(frozen=True, slots=True)
class _Branch:
    id: str
    colours: frozenset[Colour]
    match: Mapping[str, frozenset[str]]
    receivers: tuple[str, ...]
    title: str


class Router:
    """The routing tree of one rulebook; raises RuleError when no root receives everything (nothing may fall out)."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._branches = tuple(_branch(route) for route in rulebook.documents.get("routes", ()))
        uncovered = [colour.word for colour in Colour if not any(self._is_root(b, colour) for b in self._branches)]
        if uncovered:
            raise RuleError(
                f"以下颜色没有兜底路线：{'、'.join(uncovered)}",
                where="rules/routes.yaml",
                hint="为每种颜色写一条不带 area、topic、category 的路线",
            )

    @staticmethod
    def _is_root(branch: _Branch, colour: Colour) -> bool:
        return not branch.match and colour in branch.colours

    def route(self, colour: Colour, *, area: str, topic: str | None, category: str | None) -> Route:
        """The most specific branch for a matter; equal ones by id."""
        wanted = {"area": area, "topic": topic or "", "category": category or ""}
        fitting = [
            branch
            for branch in self._branches
            if colour in branch.colours and all(wanted[key] in values for key, values in branch.match.items())
        ]
        best = min(fitting, key=lambda branch: (-len(branch.match), branch.id))
        matched = "、".join(word for key, word in _KEYS.items() if key in best.match)
        return Route(best.id, colour, best.receivers, f"{best.title}（按{matched}）" if matched else best.title)


def _branch(route: Mapping[str, Any]) -> _Branch:
    colours = route["colour"]
    names: Sequence[str] = [colours] if isinstance(colours, str) else colours
    return _Branch(
        route["id"],
        frozenset(Colour.named(name) for name in names),
        {key: frozenset(_listed(route[key])) for key in _KEYS if key in route},
        tuple(route["receivers"]),
        route.get("title", route["id"]),
    )


def _listed(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value
