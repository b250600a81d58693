"""Questions put to both engines: windows of every kind, the shipped rules on facts with windows, drawn rules with every operator.

In: a seed, how many records, a folder. Out: `Question`s with their tables as Parquet. Not here: who answers (`comparing`), cells (`drawing`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from bench.rules import drawing as plain_rules
from bench.rules import facts as plain_facts
from bench.spark import drawing
from engine.evaluate import columns
from engine.evaluate.plan import Scope
from engine.features.columns import features
from engine.features.counting import Windows
from engine.features.definitions import Definitions
from engine.features.frames import column_of, schemas
from engine.ruleset import loader
from engine.ruleset.tree import Feature, FeatureKind, Operator, Rulebook
from tests.property import rulebooks

RULES, PLAIN_RULES = 60, 100
HOT = 0.05
"""The share of one caller."""
_SAME = ("matter", "caller", "place", "pair", "hotspot", "phone")
_OF = ("kind", "person", "topic", "place", "matter", "identity")
_LENGTHS = ("7d", "30d", "72h", "180d", "90m", "366d")
_WHERE: tuple[Mapping[str, Any], ...] = (
    {},
    {"kind": ["police_110", "petition"]},
    {"cause": ["new", "repeat"], "topic_is": "dispute"},
    {"words.knife": True},
    {"topic": ["noise", "wages"], "record.weapon": False},
    {"area": ["a", ""], "words.knife": False},
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of tables, given as Parquet by name; `seen`: features and operators that it is about. `answer_of`: the question whose answer is a table too."""

    name: str
    given: Mapping[str, Path]
    asked: Callable[[Windows], ir.Table]
    seen: frozenset[str]
    answer_of: Mapping[str, str]


def questions(folder: Path, size: int, seed: int) -> Iterator[Question]:
    """Every question, with its tables written when its turn comes."""
    yield from of_shipped(folder, size, seed)
    yield from of_drawn(folder, size, seed)
    yield from of_windows(folder, size, seed)


def of_windows(folder: Path, size: int, seed: int) -> Iterator[Question]:
    """Windows of every kind, asked as a rescore does: those over groups of one kind together."""
    rulebook = loader.load(window_definitions())
    given = _records(folder / "windows", rulebook, size, seed)
    kept = {name: f for name, f in rulebook.features.items() if name in Definitions.of(rulebook).marks}
    for same in _SAME:
        group = {f.name: f for f in rulebook.features.values() if f.same == same and f.name not in kept}
        part = replace(rulebook, features=kept | group)
        yield Question(f"windows/{same}", given, _asks_windows(part), _features_seen(group.values()), {})


def of_shipped(folder: Path, size: int, seed: int) -> Iterator[Question]:
    """The shipped facts, then the shipped rules on what each engine made of them."""
    rulebook = loader.load(loader.read_folder(loader.shipped()))
    given = _records(folder / "shipped", rulebook, size, seed)
    windows = _asks_windows(rulebook)
    yield Question("shipped/facts", given, windows, _features_seen(rulebook.features.values()), {})
    made = windows.base | {column_of(f): "int64" for f in _counted(rulebook)}
    asked = _asks_rules(rulebook, ibis.schema(made))
    yield Question("shipped/rules", {}, asked, _operators(rulebook), {"facts": "shipped/facts"})


def of_drawn(folder: Path, size: int, seed: int) -> Iterator[Question]:
    """Rules with every operator, condition, effect and answer to the unknown; then plain ones on facts never null."""
    rulebook = loader.load(rulebooks.rules(Random(f"spark/{seed}"), size=RULES))
    path = written(folder / "drawn.parquet", drawing.facts(rulebook, size, seed))
    schema = ibis.Schema.from_pyarrow(pq.read_schema(path))
    for scope in (Scope.RECORD, Scope.MATTER):
        asked = _asks_rules(rulebook, schema, scope=scope, shadow=True)
        yield Question(f"drawn/{scope.value}", {"facts": path}, asked, _operators(rulebook), {})
    plain = plain_rules.rulebook(PLAIN_RULES, seed=seed)
    path = written(folder / "plain.parquet", (plain_facts.table(size, lane="dirty", seed=seed),))
    yield about_rules("plain", plain, path)


def about_rules(name: str, rulebook: Rulebook, path: Path) -> Question:
    """What a rulebook makes of facts."""
    asked = _asks_rules(rulebook, ibis.Schema.from_pyarrow(pq.read_schema(path)))
    return Question(name, {"facts": path}, asked, _operators(rulebook), {})


class _asks_windows:  # noqa: N801 - a function with a schema
    """Every window of a rulebook, over the tables of `frames`."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook, held = rulebook, schemas(rulebook)
        absent = {columns.absent_column(f): "boolean" for f in held["base"].names if f.startswith("record__")}
        self.base = {name: str(type_) for name, type_ in held["base"].items()} | absent
        self.tables = [ibis.table(held["records"], name="records"), ibis.table(self.base, name="base")]
        self.tables.append(ibis.table(held["actions"], name="actions"))

    def __call__(self, windows: Windows) -> ir.Table:
        return features(self.rulebook, *self.tables, windows=windows)


def _asks_rules(
    rulebook: Rulebook, schema: ibis.Schema, *, scope: Scope = Scope.RECORD, shadow: bool = False
) -> Callable[[Windows], ir.Table]:
    table = ibis.table(schema, name="facts")
    return lambda _: columns.judge(rulebook, table, thresholds="dated", today=date.min, scope=scope, shadow=shadow)


def _records(folder: Path, rulebook: Rulebook, size: int, seed: int) -> dict[str, Path]:
    """Records, their base facts and actions as Parquet."""
    folder.mkdir()
    held = drawing.records(rulebook, size, seed, HOT)
    return {
        "records": written(folder / "records.parquet", (held,)),
        "actions": written(folder / "actions.parquet", (drawing.actions(held, seed),)),
        "base": written(folder / "base.parquet", drawing.base(rulebook, held, seed)),
    }


def written(path: Path, parts: Iterable[pa.Table]) -> Path:
    """Tables of one schema as a file of Parquet."""
    parts = iter(parts)
    first = next(parts)
    with pq.ParquetWriter(path, first.schema) as writer:
        for part in chain((first,), parts):
            writer.write_table(part, row_group_size=drawing.CHUNK)
    return path


def _counted(rulebook: Rulebook) -> list[str]:
    definitions = Definitions.of(rulebook)
    return [feature.name for feature in (*definitions.windows, *definitions.actions)]


def _features_seen(held: Iterable[Feature]) -> frozenset[str]:
    counted = (FeatureKind.COUNT, FeatureKind.COUNT_DISTINCT, FeatureKind.ACTIONS)
    return frozenset(f"feature {feature.name}" for feature in held if feature.kind in counted)


def _operators(rulebook: Rulebook) -> frozenset[str]:
    return frozenset(f"operator {leaf.operator.value}" for rule in rulebook.rules for leaf in rule.let.values())


OPERATORS = frozenset(f"operator {operator.value}" for operator in Operator)


def window_definitions() -> dict[str, bytes]:
    """Window definitions: each kind of group with counts, different values, other times, other records, at every length."""
    made: dict[str, Any] = {
        "record.weapon": {"title": "持械标记", "field": "weapon"},
        "words.knife": {"title": "提到刀", "words": "knife"},
    }
    for place, same in enumerate(_SAME):
        turned = [*range(place, 6), *range(place)]
        for n, kind in enumerate(turned[:4]):
            definition = {"count": "incidents", "within": _LENGTHS[kind], "where": _WHERE[turned[n + 1]]}
            made[f"{same}.count{n}"] = definition | {"including_this": n % 2 == 0}
        for n, kind in enumerate(turned[:3]):
            made[f"{same}.distinct{n}"] = {
                "count_distinct": _OF[kind],
                "within": _LENGTHS[turned[n + 2]],
                "where": _WHERE[kind],
            }
        made[f"{same}.second"] = {"count": "incidents", "within": "0s"}
        made[f"{same}.closed"] = {"count": "incidents", "within": "7d", "by": "closed_at", "where": _WHERE[place]}
        made[f"{same}.closed_by"] = {"count_distinct": "person", "within": "72h", "by": "closed_at"}
        made[f"{same}.others"] = {"count_distinct": _OF[place - 1], "within": "7d", "including_this": False}
        for name in list(made)[-11:]:
            made[name] |= {} if name.startswith(("record.", "words.")) else {"title": name, "same": same}
    acted = {"count": "actions", "same": "matter"}
    made["matter.acted"] = acted
    made["matter.failed"] = acted | {"where": {"action": "mediation_failed", "level": ["village", ""]}, "within": "30d"}
    made["matter.closed_green"] = acted | {
        "where": {"action": ["close", "returned"], "level": "green"},
        "within": "366d",
    }
    topics = {"neighbours": {"title": "邻里", "dispute": True}, "noise": {"title": "噪声", "dispute": False}}
    return rulebooks.as_files(
        words={"words": {"knife": {"title": "刀", "entries": ["菜刀"]}}},
        topics={"topics": topics | {"wages": {"title": "欠薪", "dispute": True}}},
        features={"features": {name: {"title": name, **held} for name, held in made.items()}},
    )
