"""Occasion: why matters are looked at again.

In: where records belonged before and where they belong now. Out: `Occasion`, the trigger of every matter. Not here: moments that come by
themselves (`casework`), what is found then (`settlement`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.model import Links, Moment

ARRIVAL, LATE, CORRECTED, MERGED, SPLIT = "arrival", "late", "corrected", "merged", "split"
WINDOW, ACTION, RULEBOOK = "window", "action", "rulebook"
RULE_CHANGE = "rule_change"
"""History is judged again by new rules (`rescore --apply`); `RULEBOOK` is for open matters, which a running service looks at by itself."""
_GRAVEST = (MERGED, SPLIT, CORRECTED, LATE, ARRIVAL)
"""Of several things that happened to a matter at once, the one that changes most of its history is its trigger."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why matters are settled: `of` each that something of its own happened to, `due` those whose moment came, `trigger` all others."""

    trigger: str = ACTION
    due: Mapping[str, Moment] = field(default_factory=dict)
    of: Mapping[str, str] = field(default_factory=dict)

    def trigger_of(self, matter: str) -> str:
        """Why one matter is settled."""
        moment = self.due.get(matter)
        return moment.why if moment else self.of.get(matter, self.trigger)


def of_arrivals(
    fresh: Mapping[str, datetime],
    former: Mapping[str, Links],
    links: Mapping[str, Links],
    times: Mapping[str, datetime],
) -> Occasion:
    """What the records of a batch did to each matter: came, came late, corrected one that was there, merged or parted matters.

    `fresh`: when the records of the batch happened; `former`, `links`: where stored records belonged and where all belong now; `times`: when those
    happened. Matters that only felt it in their windows have the trigger `window`.
    """
    found: dict[str, set[str]] = defaultdict(set)
    newest: dict[str, datetime] = {}
    for id_ in former.keys() & links.keys() - fresh.keys():
        matter = links[id_].matter
        newest[matter] = max(newest.get(matter, times[id_]), times[id_])
    for id_, at in fresh.items():
        matter = links[id_].matter
        late = matter in newest and at < newest[matter]
        found[matter].add(CORRECTED if id_ in former else LATE if late else ARRIVAL)
    for matter, kind in _moves(former, links):
        found[matter].add(kind)
    return Occasion(WINDOW, of=_gravest(found))


def of_moves(former: Mapping[str, Links], links: Mapping[str, Links]) -> Occasion:
    """What a person's action did to each matter: merged, parted, or something else."""
    found: dict[str, set[str]] = defaultdict(set)
    for matter, kind in _moves(former, links):
        found[matter].add(kind)
    return Occasion(ACTION, of=_gravest(found))


def _gravest(found: Mapping[str, set[str]]) -> dict[str, str]:
    return {matter: next(kind for kind in _GRAVEST if kind in kinds) for matter, kinds in found.items()}


def _moves(former: Mapping[str, Links], links: Mapping[str, Links]) -> Iterator[tuple[str, str]]:
    """Matters that have records of several former ones, or only some of a former one's."""
    sources: dict[str, set[str]] = defaultdict(set)
    parts: dict[str, set[str]] = defaultdict(set)
    for id_ in former.keys() & links.keys():
        sources[links[id_].matter].add(former[id_].matter)
        parts[former[id_].matter].add(links[id_].matter)
    for matter, before in sources.items():
        if len(before) > 1:
            yield matter, MERGED
        if any(len(parts[one]) > 1 for one in before):
            yield matter, SPLIT
