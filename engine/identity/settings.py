"""The numbers of identity, from `rules/settings.yaml` and the groups of `rules/topics.yaml`.

In: the rulebook's documents. Out: one frozen record that `resolve` is given. Not here: thresholds that colour (`parameters`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from engine.identity.places import is_road, is_village


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How far apart two records of one matter, one resend or one hotspot may be, and how alike.

    `similar`, `echo`: least overlap of words in per cent, with the topic known and unknown. `transfers`: pairs of kinds that hand one event
    to each other. `groups`: topic -> the topic it counts as when one person calls twice. `common`: topic -> where many persons' records of it
    are one demand: `everywhere` (default), `small` (an estate, firm or site, not a whole village), `nowhere` (each household has its own).
    """

    matter_within: timedelta = timedelta(days=180)
    fine_within: timedelta = timedelta(days=30)
    resend_within: timedelta = timedelta(hours=24)
    similar: int = 20
    echo: int = 40
    transfers: frozenset[frozenset[str]] = frozenset({frozenset({"police_110", "hotline_12345"})})
    hotspot_persons: int = 3
    hotspot_gap: timedelta = timedelta(days=90)
    groups: Mapping[str, str] = field(default_factory=dict)
    common: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, documents: Mapping[str, Any]) -> Settings:
        """The settings of a rulebook; what it does not say keeps its default."""
        settings = documents.get("settings") or {}
        numbers, hotspot = settings.get("identity") or {}, settings.get("hotspot") or {}
        topics: Mapping[str, Mapping[str, Any]] = documents.get("topics") or {}
        base = cls()
        pairs = numbers.get("transfers")
        return cls(
            matter_within=timedelta(days=numbers.get("matter_days", base.matter_within.days)),
            fine_within=timedelta(days=numbers.get("fine_days", base.fine_within.days)),
            resend_within=timedelta(hours=numbers["resend_hours"]) if "resend_hours" in numbers else base.resend_within,
            similar=numbers.get("similar_percent", base.similar),
            echo=numbers.get("echo_percent", base.echo),
            transfers=base.transfers if pairs is None else frozenset(frozenset(pair) for pair in pairs),
            hotspot_persons=hotspot.get("persons", base.hotspot_persons),
            hotspot_gap=timedelta(days=hotspot.get("gap_days", base.hotspot_gap.days)),
            groups={name: topic["group"] for name, topic in topics.items() if "group" in topic},
            common={name: topic["common"] for name, topic in topics.items() if "common" in topic},
        )

    def is_common(self, place: str, topic: str) -> bool:
        """Whether what several persons say on this topic at this place is one demand; roads are too long to be a common place."""
        where = self.common.get(topic, "everywhere")
        return where != "nowhere" and not is_road(place) and not (where == "small" and is_village(place))

    def group(self, topic: str) -> str:
        """The topic that a topic counts as for one person's calls: 家暴 and 婚恋家庭 are one household's trouble."""
        return self.groups.get(topic, topic)
