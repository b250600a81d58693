"""Questions: the queries of one rulebook, written once as Ibis expressions and kept as SQL.

In: a rulebook, whose thresholds judge. Out: SQL over the tables of a workspace, and the labels of its bits. Not here: running them
(`scanning`), what a window or a rule means (`features.columns`, `evaluate.columns`), what is told in words (`assessment`).

Windows over groups of one kind are one query: in one query for all of them each would carry the columns of the others through its sorting.
Only what a judged rule, flag or invariant reads is computed. What an assessment makes of outcomes is told here once more, by columns: which
outcomes are hits, the colour of points, and how an invariant raises a colour.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from operator import add
from typing import Any, Literal

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import orjson

from engine.assessment import POINTS_RULE
from engine.collector import collector_paused
from engine.evaluate import columns
from engine.evaluate.columns import FIRED, REVIEW, never_column, rule_column
from engine.evaluate.comparisons import Thresholds, swept_column
from engine.evaluate.plan import Scope, judged
from engine.features.columns import features, sliding
from engine.features.counting import Windows
from engine.features.definitions import Definitions, seconds
from engine.features.frames import column_of, schemas
from engine.features.running import running
from engine.model import Colour
from engine.rescore import answers
from engine.rescore.answers import WORD, Label
from engine.ruleset.tree import Feature, FeatureKind, Never, Rule, Rulebook

_JSON = {"bool": "BOOLEAN", "int": "BIGINT", "code": "VARCHAR", "list": ["VARCHAR"]}


Dialect = Literal["duckdb", "pyspark"]
"""Whose SQL: Ibis's name of the engine."""
WINDOWS: Mapping[Dialect, Windows] = {"duckdb": sliding, "pyspark": running}
"""How each engine makes windows."""


def written(asked: ir.Table, dialect: Dialect) -> str:
    """An expression as SQL of an engine."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return str(ibis.to_sql(asked, dialect=dialect, pretty=False))


def in_steps(asked: ir.Table, dialect: Dialect) -> str:
    """As `written`, each `view` a step of its own: Ibis copies what a select reads for every select around it, so a chain written whole costs its square."""
    steps: list[ops.Relation] = []

    def cut(node: ops.Node, changed: Mapping[str, Any] | None) -> ops.Node:
        made = node.__recreate__(changed) if changed else node
        if not isinstance(made, ops.SelfReference) or isinstance(made.parent, ops.PhysicalTable):
            return made
        steps.append(made.parent)
        return ops.UnboundTable(name=f"step{len(steps)}", schema=made.schema)

    last = written(asked.op().replace(cut).to_expr(), dialect)
    quoted = "`" if dialect == "pyspark" else '"'
    made = [f"{quoted}step{n}{quoted} AS ({written(step.to_expr(), dialect)})" for n, step in enumerate(steps, 1)]
    return f"WITH {', '.join(made)} {last}" if made else last


@dataclass(frozen=True, slots=True)
class Asked:
    """Which records are looked at: since and until (seconds, both included), of one caller, of one matter, of one colour; None is any."""

    since: int | None = None
    until: int | None = None
    caller: str | None = None
    matter: str | None = None
    colour: Colour | None = None


class Questions:
    """The queries of one rulebook."""

    def __init__(
        self,
        rulebook: Rulebook,
        *,
        thresholds: Thresholds = "dated",
        today: date = date.min,
        dialect: Dialect = "duckdb",
        swept: Collection[str] = (),
    ) -> None:
        """`swept`: parameters whose value each row of `facts` brings in a column of its own."""
        self.rulebook, self._dialect, self._swept = _asked(rulebook), dialect, tuple(swept)
        definitions = Definitions.of(self.rulebook)
        self.marks = definitions.marks
        self.base = tuple(f for f in (*definitions.fields, *definitions.words) if f.name in _read(rulebook))
        self.windows = tuple(column_of(f.name) for f in (*definitions.windows, *definitions.actions))
        self.longest = max(map(seconds, definitions.windows), default=0)
        rules = [rule for layer in judged(rulebook, Scope.RECORD) for rule in layer]
        self.labels = tuple(_labels(rules, self.rulebook.nevers))
        self.words = max(1, -(-len(self.labels) // WORD))
        self._marked = {name: rulebook.features[name] for name in self.marks}
        groups: dict[tuple[bool, str, str], list[Feature]] = {}
        for feature in (*definitions.windows, *definitions.actions):
            groups.setdefault((feature.kind is FeatureKind.ACTIONS, feature.same, feature.by), []).append(feature)
        with collector_paused():
            self.windows_sql = [
                (self._windows(group), tuple(column_of(feature.name) for feature in group)) for group in groups.values()
            ]
            self.verdicts_sql = self._verdicts(rules, thresholds, today)

    def _windows(self, group: Sequence[Feature]) -> str:
        """Windows or action facts of the subjects of `base`, from `records`, `actions` and `places`."""
        rulebook = replace(self.rulebook, features=self._marked | {feature.name: feature for feature in group})
        held = schemas(rulebook)
        records = ibis.table({**held["records"], "subject": "int64"}, name="records")
        base, actions = ibis.table({"subject": "int64"}, name="base"), ibis.table(held["actions"], name="actions")
        places = ibis.table({"record": "string", "of_matter": "string"}, name="places")
        return written(
            features(rulebook, records, base, actions, places, windows=WINDOWS[self._dialect]), self._dialect
        )

    def facts_sql(self) -> str:
        """All facts of records by row number: base facts beside their `windows`. `given` has the row numbers, `bodies` each stored text once."""
        shape = {"a": ["VARCHAR"], "v": {fact.name: _JSON[fact.type] for fact in self.base}}
        if not self.base:
            shape["v"] = {"none": "BOOLEAN"}
        read = [f'held.v."{fact.name}" AS "{column_of(fact.name)}"' for fact in self.base]
        fields = [fact.name for fact in self.base if fact.kind is FeatureKind.FIELD]
        lacks = [
            f"coalesce(list_contains(held.a, '{name}'), false) AS \"{columns.absent_column(name)}\"" for name in fields
        ]
        made = [f'windows."{name}"' for name in self.windows]
        return (
            f"SELECT windows.n AS subject, windows.day, {', '.join([*read, *lacks, *made]) or '1 AS one'} FROM windows JOIN given USING (n) "
            f"JOIN (SELECT body, json_transform(decode(held)::JSON, '{orjson.dumps(shape).decode()}') AS held FROM bodies) USING (body)"
        )

    def _facts(self) -> ir.Table:
        types = {column_of(fact.name): _IBIS[fact.type] for fact in self.base}
        lacks = {columns.absent_column(f.name): "boolean" for f in self.base if f.kind is FeatureKind.FIELD}
        made = dict.fromkeys(self.windows, "int64")
        swept = {swept_column(name): "!int64" for name in self._swept}
        return ibis.table({"subject": "int64", "day": "date", **types, **lacks, **made, **swept}, name="facts")

    def _verdicts(self, rules: Sequence[Rule], thresholds: Thresholds, today: date) -> str:
        """Row number, colour and bits of labels of every row of `facts`."""
        told = columns.judge(self.rulebook, self._facts(), thresholds=thresholds, today=today)
        raised = told.mutate(guarded=_guarded(told, self.rulebook.nevers)).view()
        bits = [_holds(raised, label, rules, self.rulebook.nevers) for label in self.labels]
        said = {f"said{word}": _packed(bits[word * WORD : (word + 1) * WORD]) for word in range(self.words)}
        chosen = raised.select("subject", colour=raised.guarded, **said)
        return in_steps(chosen, self._dialect)


def _asked(rulebook: Rulebook) -> Rulebook:
    """The rulebook with only the facts that its judged rules, flags and invariants read, or a window counts by."""
    read = _read(rulebook)
    windows = [f for f in rulebook.features.values() if f.name in read]
    kept = read.union(*(feature.where for feature in windows))
    features_ = {
        name: feature
        for name, feature in rulebook.features.items()
        if name in kept or feature.kind is FeatureKind.CONCLUDED
    }
    return replace(rulebook, features=features_)


def _read(rulebook: Rulebook) -> frozenset[str]:
    """Names of the facts that decide what records are judged to be."""
    rules = [rule for layer in judged(rulebook, Scope.RECORD) for rule in layer]
    invariants = [leaf.feature for never in rulebook.nevers for leaf in never.let.values()]
    return frozenset(invariants).union(*(rule.asks for rule in rules))


def _labels(rules: Iterable[Rule], nevers: Iterable[Never]) -> Iterator[Label]:
    """Everything that a decision can say, in order of bits."""
    for rule in rules:
        if rule.flag is not None:
            yield Label(answers.FLAG, rule.id)
        elif rule.conclude is None:
            if rule.colour is not None:
                yield Label(answers.HIT, rule.id)
            yield Label(answers.REVIEW, rule.id)
    yield Label(answers.HIT, POINTS_RULE)
    yield from (Label(answers.HIT, never.id) for never in nevers)
    yield Label(answers.HANDBACK, "")


def _holds(told: ir.Table, label: Label, rules: Sequence[Rule], nevers: Sequence[Never]) -> ir.BooleanValue:
    """Whether a decision says so; never null."""
    if label.what == answers.FLAG:
        return told[columns.flag_column(label.rule)].fill_null(False)
    if label.what == answers.HANDBACK:
        back = [told[rule_column(rule.id)] == FIRED for rule in rules if rule.handback]
        return ibis.or_(*back) if back else ibis.literal(False)
    if label.what == answers.REVIEW:
        return told[rule_column(label.rule)] == REVIEW
    if label.rule == POINTS_RULE:
        return told[columns.POINTS_HIT] if columns.POINTS_HIT in told.columns else ibis.literal(False)
    if any(never.id == label.rule for never in nevers):
        return _raises(told, label.rule, nevers)
    return told[rule_column(label.rule)] == FIRED


def _guarded(told: ir.Table, nevers: Sequence[Never]) -> ir.IntegerValue:
    """The colour, raised by every invariant that is broken, in the order of `assessment`."""
    colour: ir.IntegerValue = told.colour
    for never in _in_order(nevers):
        colour = _raised(told, colour, never)
    return colour.cast("int64")


def _raises(told: ir.Table, id_: str, nevers: Sequence[Never]) -> ir.BooleanValue:
    """Whether an invariant raises the colour that those before it left."""
    colour: ir.IntegerValue = told.colour
    for never in _in_order(nevers):
        if never.id == id_:
            return told[never_column(id_)] & colour.isin([int(c) for c in never.colours if c is not Colour.RED])
        colour = _raised(told, colour, never)
    raise KeyError(id_)


def _raised(told: ir.Table, colour: ir.IntegerValue, never: Never) -> ir.IntegerValue:
    steps = [
        (told[never_column(never.id)] & (colour == int(held)), ibis.literal(int(_above(held, never)), type="int8"))
        for held in never.colours
        if held is not Colour.RED
    ]
    return ibis.cases(*steps, else_=colour) if steps else colour


def _above(colour: Colour, never: Never) -> Colour:
    """The next colour that the invariant allows."""
    while colour in never.colours and colour < Colour.RED:
        colour = Colour(colour + 1)
    return colour


def _in_order(nevers: Sequence[Never]) -> list[Never]:
    return sorted(sorted(nevers, key=lambda never: never.id), key=lambda never: min(never.colours))


def _packed(bits: Sequence[ir.BooleanValue]) -> ir.IntegerValue:
    """Booleans as one integer."""
    parts = [bit.cast("int64") * ibis.literal(1 << place, type="int64") for place, bit in enumerate(bits)]
    return reduce(add, parts, ibis.literal(0, type="int64"))


_IBIS: Mapping[str, str] = {"bool": "boolean", "int": "int64", "code": "string", "list": "array<string>"}
