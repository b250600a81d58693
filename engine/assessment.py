"""Assessment: what fired becomes one colour with its reasons.

In: a Judgement, the facts it rests on, and the rulebook's words. Out: an `Assessment`, with hits, reasons in Chinese,
what is missing, flags. Not here: what a condition means (`evaluate`), how facts are made (`features`),
what a person set aside and the standing colour (`casework`), who is told (`routing`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.model import Assessment, Colour, FeatureSet, Flag, Hit, Judgement, Outcome, Value
from engine.ruleset.labels import filled
from engine.ruleset.tree import Feature, Rule, Rulebook

GREEN_RULE = "G0"
POINTS_RULE = "POINTS"
_PLACEHOLDER = re.compile(r"\{([$?!]?)([^{}]+)\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_FEN_PER_YUAN = 100
_WAN = 10_000
_DAY_SECONDS = 86_400
_HOUR_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Ruling:
    """Everything the readers decided about one subject: the input of an assessment.

    `unknowns`: rule in review -> its unknown facts. `raised` and `held`: flag rules, the latter with the checks that hold them back.
    `nevers`: ids of invariants whose condition is surely true.
    """

    judgement: Judgement
    unknowns: Mapping[str, tuple[str, ...]]
    raised: Sequence[str] = ()
    held: Sequence[tuple[str, tuple[str, ...]]] = ()
    nevers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    """What an assessment comes to, without its words: two with one outline tell people the same. `hits`: rule ids, each with whether it asks for review."""

    colour: Colour
    hits: frozenset[tuple[str, bool]]
    flags: frozenset[str]
    handback: bool

    @classmethod
    def of(cls, assessment: Assessment) -> Outline:
        """The outline of an assessment."""
        hits = frozenset((hit.rule, hit.review) for hit in assessment.hits)
        return cls(assessment.colour, hits, frozenset(flag.rule for flag in assessment.flags), assessment.handback)

    @classmethod
    def recorded(cls, record: Mapping[str, Any]) -> Outline:
        """The outline of a decision record."""
        hits = frozenset((rule, review) for rule, *_, review in record["hits"])
        flags = frozenset(rule for rule, *_ in record["flags"])
        return cls(Colour.named(record["colour"]), hits, flags, record["handback"])


class Assessor:
    """Turns rulings into assessments with the words of one rulebook; holds no state of its own."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._rules: Mapping[str, Rule] = {rule.id: rule for rule in rulebook.rules}
        self._nevers = {never.id: never for never in rulebook.nevers}
        labels = rulebook.documents.get("labels", {})
        self._words: Mapping[str, str] = {**_DEFAULT_WORDS, **labels.get("assessment", {})}
        self._templates = {rule.id: segments(rule.because) for rule in rulebook.rules}

    def assess(
        self,
        subject: str,
        as_of: datetime,
        *,
        trigger: str,
        ruling: Ruling,
        features: FeatureSet,
        parameters: Mapping[str, Value],
        input_digest: str,
    ) -> Assessment:
        """One subject's colour with its reasons; law 1: there is always at least one reason."""
        hits = self._hits(subject, ruling, features, parameters)
        colour, guarded = self._guard(subject, ruling.judgement.colour, ruling.nevers)
        hits = tuple(sorted((*hits, *guarded), key=lambda hit: (-hit.colour, hit.rule)))
        reasons = tuple(f"{hit.rule}：{hit.reason}" for hit in hits) or (f"{GREEN_RULE}：{self._words['green']}",)
        return Assessment(
            subject=subject,
            as_of=as_of,
            trigger=trigger,
            colour=colour,
            hits=hits,
            reasons=reasons,
            missing=self._missing(ruling, features),
            handback=any(
                self._rules[rule].handback
                for rule, outcome in ruling.judgement.outcomes.items()
                if outcome is Outcome.FIRED
            ),
            flags=tuple(self._flag(rule, as_of, features) for rule in ruling.raised),
            considered=tuple(f"{rule}：{self._held(rule, names)}" for rule, names in ruling.held),
            rulebook=self._rulebook.digest,
            input_digest=input_digest,
        )

    def _hits(
        self, subject: str, ruling: Ruling, features: FeatureSet, parameters: Mapping[str, Value]
    ) -> tuple[Hit, ...]:
        hits = []
        told = replace(features, values={**features.values, **ruling.judgement.concluded})
        for rule_id, outcome in ruling.judgement.outcomes.items():
            rule = self._rules[rule_id]
            if rule.flag is not None or rule.conclude is not None:
                continue
            if outcome is Outcome.REVIEW:
                hits.append(self._review(subject, rule, ruling.unknowns.get(rule_id, ())))
            elif rule.colour is not None:
                reason = self._because(rule_id, told, parameters)
                evidence = _evidence(subject, rule, features)
                hits.append(Hit(rule_id, rule.version, rule.colour, reason, evidence))
        points = self._points(subject, ruling.judgement, parameters)
        return (*hits, points) if points else tuple(hits)

    def _review(self, subject: str, rule: Rule, unknown: Sequence[str]) -> Hit:
        titles = "、".join(self._title(fact) for fact in unknown)
        return Hit(
            rule.id,
            rule.version,
            Colour.YELLOW,
            filled(self._words["review"], titles=titles, title=rule.title),
            (subject,),
            review=True,
        )

    def _points(self, subject: str, judgement: Judgement, parameters: Mapping[str, Value]) -> Hit | None:
        colour = points_colour(judgement.points, parameters)
        if colour is Colour.GREEN:
            return None
        members = sorted(
            rule
            for rule, outcome in judgement.outcomes.items()
            if outcome is Outcome.FIRED and self._rules[rule].points is not None
        )
        text = filled(self._words["points"], points=judgement.points, rules="、".join(members))
        return Hit(POINTS_RULE, "", colour, text, (subject,))

    def _guard(self, subject: str, colour: Colour, nevers: Sequence[str]) -> tuple[Colour, tuple[Hit, ...]]:
        guarded = []
        for never_id in sorted(nevers, key=lambda id_: min(self._nevers[id_].colours)):
            never = self._nevers[never_id]
            raised = colour
            while raised in never.colours and raised < Colour.RED:
                raised = Colour(raised + 1)
            if raised is not colour:
                guarded.append(Hit(never_id, "", raised, filled(self._words["never"], title=never.title), (subject,)))
                colour = raised
        return colour, tuple(guarded)

    def _missing(self, ruling: Ruling, features: FeatureSet) -> tuple[str, ...]:
        unknown = {fact for facts in ruling.unknowns.values() for fact in facts}
        absent = self._words["absent"]
        return (
            *sorted(self._title(fact) for fact in unknown),
            *(f"{self._title(fact)}{absent}" for fact in features.absent),
        )

    def _flag(self, rule_id: str, as_of: datetime, features: FeatureSet) -> Flag:
        rule = self._rules[rule_id]
        assert rule.flag is not None
        checked = tuple(self._title(leaf.feature) for leaf in rule.flag.unless.values())
        return Flag(rule_id, rule.flag.title, as_of + rule.flag.expires, checked, _evidence("", rule, features))

    def _held(self, rule_id: str, names: Sequence[str]) -> str:
        flag = self._rules[rule_id].flag
        assert flag is not None
        titles = "、".join(self._title(flag.unless[name].feature) for name in names)
        return filled(self._words["held"], title=flag.title, titles=titles)

    def _title(self, fact: str) -> str:
        feature = self._rulebook.features.get(fact)
        return feature.title if feature is not None and feature.title else fact

    def _because(self, rule_id: str, features: FeatureSet, parameters: Mapping[str, Value]) -> str:
        """The reason of a rule in words; a part in brackets is left out when a fact in it is not there, false or zero.

        `{?fact}` only asks that, `{!fact}` asks that the fact is unknown; neither prints anything.
        """
        parts = []
        for segment in self._templates[rule_id]:
            if segment.optional and not segment.holds(features.values):
                continue
            for literal, sigil, name in segment.pieces:
                parts.append(literal)
                if sigil == "$":
                    parts.append(str(parameters[name]))
                elif name and not sigil:
                    parts.append(self._shown(name, features))
        return "".join(parts).strip("，；、 ") or self._rules[rule_id].title

    def _shown(self, fact: str, features: FeatureSet) -> str:
        """A fact as a reason prints it: matched words for word facts, 元 for fen, days or hours for seconds."""
        spans = features.spans.get(fact)
        if spans:
            return "、".join(f"“{span}”" for span in spans)
        value = features.values.get(fact)
        if value is None:
            return self._words["unknown"]
        return show(value, self._rulebook.features.get(fact))


def points_colour(points: int, parameters: Mapping[str, Value]) -> Colour:
    """The colour of a sum of points by `$points.yellow` and `$points.red`; green where they are not set."""
    for name, colour in (("points.red", Colour.RED), ("points.yellow", Colour.YELLOW)):
        bound = parameters.get(name)
        if isinstance(bound, int) and points >= bound > 0:
            return colour
    return Colour.GREEN


def show(value: Value, feature: Feature | None) -> str:
    """A value in words an operator reads."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, tuple):
        return "、".join(value)
    printer = _UNITS.get(feature.unit if feature else "")
    return printer(int(value)) if printer and isinstance(value, int) else str(value)


def _yuan(fen: int) -> str:
    yuan, cents = divmod(fen, _FEN_PER_YUAN)
    if cents:
        return f"{yuan}.{cents:02d}元"
    if yuan >= _WAN and yuan % (_WAN // 100) == 0:
        return f"{Decimal(yuan) / _WAN:f}万元"
    return f"{yuan}元"


def _span(seconds: int) -> str:
    if seconds >= _DAY_SECONDS:
        return f"{seconds // _DAY_SECONDS}天"
    return f"{seconds // _HOUR_SECONDS}小时"


_UNITS: Mapping[str, Callable[[int], str]] = {"fen": _yuan, "seconds": _span}

_DEFAULT_WORDS: Mapping[str, str] = {
    "green": "未命中任何风险规则，按一般事项办理",
    "review": "缺：{titles}，无法判断“{title}”，请人工核实",
    "points": "风险分合计{points}分（{rules}）",
    "never": "触犯底线“{title}”，已上调",
    "absent": "（来源无此字段）",
    "unknown": "未知",
    "held": "已考虑“{title}”，因{titles}未标记",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a reason's text: (literal, "$", "?", "!" or "", name) pieces, and whether it may be left out."""

    pieces: tuple[tuple[str, str, str], ...]
    optional: bool

    def holds(self, values: Mapping[str, Value | None]) -> bool:
        """Whether everything it speaks of is there, and what it calls unknown is unknown."""
        return all(
            (name in values and values[name] is None) if sigil == "!" else values.get(name)
            for _, sigil, name in self.pieces
            if name and sigil != "$"
        )


def segments(because: str) -> tuple[Segment, ...]:
    """A reason's text in stretches, once per rulebook: what stands in brackets is optional."""
    texts = enumerate(_OPTIONAL.split(because))
    return tuple(Segment(_split(text), optional=bool(number % 2)) for number, text in texts if text)


def _split(text: str) -> tuple[tuple[str, str, str], ...]:
    pieces, end = [], 0
    for found in _PLACEHOLDER.finditer(text):
        pieces.append((text[end : found.start()], found.group(1), found.group(2).strip()))
        end = found.end()
    return (*pieces, (text[end:], "", ""))


def _evidence(subject: str, rule: Rule, features: FeatureSet) -> tuple[str, ...]:
    """Ids of the records and actions that made a hit: the subject and all that its facts counted."""
    ids = {subject} if subject else set()
    for fact in rule.reads:
        ids.update(features.ids.get(fact, ()))
    return tuple(sorted(ids))
