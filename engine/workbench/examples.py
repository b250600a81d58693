"""Examples: the tests that stand beside rules, run by the middle that decides (chapter 7 of the language).

In: a rulebook. Out: one `Result` for each test, with what was expected and what came, in Chinese. Not here: the language of tests (the page),
tests of the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.evaluate.plan import Scope
from engine.features.live import LiveFeatures
from engine.features.subjects import Member, Subject
from engine.identity.sighting import Sighter
from engine.model import Action, Cause, Colour, FeatureSet, Incident, Links, Outcome, Sighting
from engine.ruleset.tree import Place, Rule, Rulebook, Status
from engine.triage import Decision, Triage

_NOW = datetime(2025, 6, 15, 4, tzinfo=UTC)
_KEY = b"tests beside rules are no secret"
_SPAN = re.compile(r"(\d+)([dhms])")
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_FIELDS = frozenset(
    {
        "title",
        "area",
        "category",
        "visit",
        "weapon",
        "injury",
        "heads",
        "people",
        "amount",
        "stated_repeats",
        "returns",
        "status",
    }
)
_OURS = "t:this"


@dataclass(frozen=True, slots=True)
class Result:
    """How one test went; the line is the test's own. `message` says what was expected and what came; empty when it passed."""

    rule: str
    name: str
    file: str
    line: int
    passed: bool
    message: str = ""


def run(rulebook: Rulebook) -> list[Result]:
    """Every test of every rule, in the order of the files."""
    bench = _Bench(rulebook)
    return [
        bench.result(rule, test, place)
        for rule in rulebook.rules
        for test, place in zip(rule.tests, rule.test_places, strict=True)
    ]


class _Bench:
    """Builds the records of a test and asks the middle."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._triage = Triage(rulebook, engine="trace")
        self._rulebook = rulebook
        self._live = LiveFeatures(rulebook)
        self._sighter = Sighter(rulebook, _KEY)

    def result(self, rule: Rule, test: Mapping[str, Any], place: Place) -> Result:
        """One test; a test that cannot be read fails with the reason."""
        try:
            faults = list(self._faults(rule, test))
        except (KeyError, ValueError, TypeError) as fault:
            faults = [_misread(fault)]
        name = str(test.get("name", ""))
        return Result(rule.id, name, place.file, place.line, not faults, "；".join(faults))

    def _faults(self, rule: Rule, test: Mapping[str, Any]) -> Iterator[str]:
        subject, members, actions = self._scene(test)
        if "as_of" in test:
            at = _NOW + _span(str(test["as_of"]))
            yellow = _NOW if Colour.named(str(test.get("standing", "yellow"))) is Colour.YELLOW else None
            features, scope = self._live.matter(_OURS, actions, at, yellow), Scope.MATTER
        else:
            made = self._live.compute([subject], members, actions)[subject.member.sighting.id]
            features, scope = self._overridden(subject, made, test), Scope.RECORD
            at = subject.member.sighting.at
        decision = self._triage.decide(_OURS, at, features=features, trigger="test", scope=scope)
        yield from self._compared(rule, dict(test["expect"]), decision, features, at)

    def _compared(
        self, rule: Rule, expect: dict[str, Any], decision: Decision, features: FeatureSet, at: datetime
    ) -> Iterator[str]:
        day = (at + timedelta(hours=8)).date()
        explained = self._triage.tracer.explain(rule.id, features, day)
        fired = explained.outcome is Outcome.FIRED
        if "match" in expect and fired != expect["match"]:
            lines = "、".join(f"{leaf.name}={leaf.actual}" for leaf in explained.lines)
            yield f"应{'命中' if expect['match'] else '不命中'}，实际{'命中' if fired else '未命中'}（{lines}）"
        if expect.get("review") and explained.outcome is not Outcome.REVIEW:
            yield f"应为请人核实，实际为{explained.outcome.value}"
        if "colour" in expect and decision.assessment.colour.word != expect["colour"]:
            yield f"颜色应为{expect['colour']}，实际为{decision.assessment.colour.word}"
        reasons = "；".join(decision.assessment.reasons)
        if "message_has" in expect and str(expect["message_has"]) not in reasons:
            yield f"理由里应有“{expect['message_has']}”，实际为：{reasons}"
        if "because" in expect:
            verdicts = {leaf.name: leaf.verdict for leaf in explained.lines}
            if verdicts[str(expect["because"])] is True:
                yield f"应因“{expect['because']}”不成立而不命中，实际它成立"
        if "flagged" in expect and (rule.id in {flag.rule for flag in decision.assessment.flags}) != expect["flagged"]:
            yield f"应{'标记' if expect['flagged'] else '不标记'}，实际相反（已考虑：{'；'.join(decision.assessment.considered)}）"
        concluded = self._triage.tracer.judge(features, day).concluded
        for fact, truth in dict(expect.get("concluded", {})).items():
            if concluded.get(fact) is not truth:
                yield f"{fact}应为{truth}，实际为{concluded.get(fact)}"

    def _scene(self, test: Mapping[str, Any]) -> tuple[Subject, list[Member], list[Action]]:
        """The subject, everything in its windows, and the actions of its matter."""
        line = dict(test.get("incident") or {})
        at = _time(line)
        incident = _incident(_OURS, line, at)
        bare = self._sighter.sight(incident)
        bare = replace(bare, phone=_OURS, id_number=line.get("identity"), topic=line.get("topic", bare.topic))
        base = self._triage.base(incident, bare)
        ours = Member(
            self._sighter.marked(bare, self._triage.marks(base)),
            _links(_OURS, line, bare, ("matter", "caller", "hotspot")),
        )
        members, actions = [ours], []
        for number, given in enumerate(test.get("given") or ()):
            when = at + _span(str(given["at"]))
            if "action" in given:
                made = Action(
                    incident.id, given["action"], given.get("level", ""), "甲", when, when, id=f"act:{number}"
                )
                actions.append(made)
            else:
                members.append(self._member(f"t:given{number}", dict(given), when, ours.sighting))
        return Subject(ours, base), members, actions

    def _member(self, id_: str, given: dict[str, Any], at: datetime, ours: Sighting) -> Member:
        shared = tuple(given.get("same", ()))
        incident = _incident(id_, given, at)
        sighting = self._sighter.sight(incident)
        base = self._triage.base(incident, sighting)
        facts = dict(given.get("facts", {}))
        marks = self._triage.marks(FeatureSet({**base.values, **facts}))
        topic = given.get("topic", ours.topic if "matter" in shared and sighting.topic is None else sighting.topic)
        place = ours.place if "place" in shared else given.get("place", sighting.place)
        closed = at if "closed" not in given else _NOW + _span(str(given["closed"]))
        sighting = replace(
            sighting, topic=topic, place=place, marks=marks, closed_at=closed if "closed" in given else None,
            phone=ours.phone if "phone" in shared else sighting.phone, id_number=given.get("identity"),
        )  # fmt: skip
        return Member(sighting, _links(id_, given, sighting, shared))

    def _overridden(self, subject: Subject, features: FeatureSet, test: Mapping[str, Any]) -> FeatureSet:
        facts = dict(dict(test.get("incident") or {}).get("facts", {})) | dict(test.get("facts", {}))
        if not facts:
            return features
        absent = tuple(name for name in features.absent if name not in facts)
        return FeatureSet({**features.values, **facts}, features.ids, features.spans, absent)


def _misread(fault: Exception) -> str:
    """Why a test cannot be read: ours is Chinese already, of Python's only the name of the key that is missing helps."""
    if isinstance(fault, KeyError):
        return f"测试写得不对：缺“{fault.args[0]}”，或写了没有的名称"
    told = str(fault)
    return f"测试写得不对：{told if told and not told[0].isascii() else f'写法与 docs/rule-language.md 第 7 章不符（{told}）'}"


def _incident(id_: str, line: Mapping[str, Any], at: datetime) -> Incident:
    fields = {name: line[name] for name in _FIELDS if name in line and line[name] is not None}
    return Incident(
        kind=line.get("kind", "police_110"),
        source="test",
        source_id=id_.removeprefix("t:"),
        version="",
        occurred_at=at,
        known_at=at,
        cause=Cause(line.get("cause", "new")),
        narrative=str(line.get("narrative", "") or ""),
        declared=frozenset({name for name in _FIELDS if name in line} | {"narrative"}),
        **fields,
    )


def _links(id_: str, line: Mapping[str, Any], sighting: Sighting, shared: Sequence[str]) -> Links:
    person = str(line["person"]) if "person" in line else _OURS if "caller" in shared else id_
    matter = _OURS if "matter" in shared else id_
    hotspot = _OURS if "hotspot" in shared else None
    return Links(person, matter, hotspot, sighting.cause.counts, cluster=matter, chain=hotspot)


def _time(line: Mapping[str, Any]) -> datetime:
    at = line.get("at")
    if at is None:
        return _NOW
    read = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def _span(text: str) -> timedelta:
    """-30d, +12h, -30d1s; raises ValueError for anything else."""
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    parts = _SPAN.findall(rest)
    if not parts or "".join(f"{number}{unit}" for number, unit in parts) != rest:
        raise ValueError(f"时间间隔“{text}”读不懂，写成 -30d 或 -30d1s")
    return timedelta(seconds=sign * sum(int(number) * _UNITS[unit] for number, unit in parts))


def untested(rulebook: Rulebook) -> list[Rule]:
    """Live and shadow rules without a test that fires or without one that does not."""
    lacking = []
    for rule in rulebook.rules:
        expected = [test["expect"] for test in rule.tests if isinstance(test.get("expect"), Mapping)]
        wanted = {bool(expect.get("match", True)) for expect in expected}
        if rule.status is not Status.DRAFT and wanted != {True, False}:
            lacking.append(rule)
    return lacking
