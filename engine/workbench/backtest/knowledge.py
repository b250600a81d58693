"""Knowledge: what history knows of the facts that changed rules ask: a field that no source carries, one that began late, actions not written down yet.

In: stored base facts on their way to being judged, a workspace. Out: lines in words. Not here: what cannot be foretold at all (`limits`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

from engine.rescore import Workspace
from engine.rescore.scanning import given
from engine.ruleset.tree import Feature, FeatureKind, Rulebook, Status

_LATE = timedelta(days=30)
_MOSTLY = 0.2
"""From this share of unknown values on it is told."""
_LIVE = (Status.LIVE,)


def asked_anew(old: Rulebook, new: Rulebook) -> list[Feature]:
    """The facts that rules ask which are new or mean something else, and what their windows count by."""
    before = {(rule.id, rule.version) for rule in old.rules if rule.status in _LIVE}
    rules = [rule for rule in new.rules if rule.status in _LIVE and (rule.id, rule.version) not in before]
    names = dict.fromkeys(fact for rule in rules for fact in sorted(rule.asks))
    counted = [name for fact in names if fact in new.features for name in new.features[fact].where]
    return [new.features[name] for name in dict.fromkeys([*names, *counted]) if name in new.features]


class Knowledge:
    """Counts, channel by channel, of how many records some fields are known."""

    def __init__(self, space: Workspace, facts: Sequence[Feature]) -> None:
        self._space = space
        self._fields = [fact for fact in facts if fact.kind is FeatureKind.FIELD]
        self._acted = any(fact.kind in (FeatureKind.ACTIONS, FeatureKind.PROCESS) for fact in facts)
        space.connection.execute(_TABLE)

    def note(self, table: pa.Table) -> None:
        """Base facts of a stretch of records."""
        if not self._fields or not table.num_rows:
            return
        with given(self._space, table):
            for fact in self._fields:
                self._space.connection.execute(_NOTED, [fact.name, f'$.v."{fact.name}"'])

    def told(self, titles: Mapping[str, str], zone: str) -> Iterator[str]:
        """What is to be said of them; `titles`: channels as people call them."""
        names = {fact.name: fact.title or fact.name for fact in self._fields}
        lines: dict[str, list[str]] = {}
        for kind, fact, *counts in self._space.connection.execute(_SUMMED).fetchall():
            said = _said(names[fact], counts, zone)
            if said:
                lines.setdefault(said, []).append(titles.get(kind, kind))
        yield from (f"{said}（{'、'.join(channels)}）" for said, channels in lines.items())
        if self._acted:
            yield from self._actions(zone)

    def _actions(self, zone: str) -> Iterator[str]:
        first, began = self._space.connection.execute(_ACTED).fetchall()[0]
        if first is not None and began is None:
            yield "没有办理动作的记录：办理过程的规则对这段历史不起作用"
        elif first is not None and timedelta(seconds=began - first) > _LATE:
            yield f"办理动作从{_day(began, zone)}起才有记录：以前的事项看不出办理过程"


def _said(fact: str, counts: Sequence[int], zone: str) -> str:
    """What is to be said of a field of a channel; nothing where it is mostly known from the first."""
    records, known, absent, first, began = counts
    if absent == records:
        return f"来源没有“{fact}”这一栏，读到它的规则在这里不起作用"
    if known == 0:
        return f"“{fact}”从来没有值，按未知算"
    if timedelta(seconds=began - first) > _LATE:
        return f"“{fact}”从{_day(began, zone)}起才有，以前的按未知算：回测看不到它那时会怎样"
    unknown = records - known - absent
    return f"“{fact}”有{100 * unknown // records}%未知" if unknown > _MOSTLY * records else ""


def _day(at: int, zone: str) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone)).date().isoformat()


_TABLE = "CREATE TABLE knowledge (kind TEXT, fact TEXT, records BIGINT, known BIGINT, absent BIGINT, first BIGINT, began BIGINT)"
_NOTED = """
INSERT INTO knowledge
WITH read AS (
    SELECT body, json_type(decode(held)::JSON, $2) AS type,
        coalesce(list_contains(json_extract_string(decode(held)::JSON, '$.a[*]'), $1), false) AS absent
    FROM bodies
)
SELECT kind, $1, count(*), count(*) FILTER (type <> 'NULL'), count(*) FILTER (absent), min("at"), min("at") FILTER (type <> 'NULL')
FROM given JOIN read USING (body) JOIN history USING (n) GROUP BY kind
"""
_SUMMED = """
SELECT kind, fact, sum(records)::BIGINT, sum(known)::BIGINT, sum(absent)::BIGINT, min(first), min(began)
FROM knowledge GROUP BY kind, fact ORDER BY fact, kind
"""
_ACTED = 'SELECT (SELECT min("at") FROM history), (SELECT min(done_at) FROM actions)'
