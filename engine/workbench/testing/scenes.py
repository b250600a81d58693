"""Scenes: what a test beside a rule describes, with the facts it makes at every moment of its clock (chapter 7 of the language).

In: a rulebook. Out: for every test its `Scene`. Not here: what is expected of it (`examples`), what it shows of a rule (`coverage`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine.evaluate.plan import Scope
from engine.features.live import LiveFeatures
from engine.features.subjects import Member, Subject
from engine.identity.sighting import Sighter
from engine.model import Action, Cause, Colour, FeatureSet, Incident, Links, Sighting
from engine.ruleset.tree import Place, Rule, Rulebook
from engine.triage import Triage
from engine.workbench.testing.forms import wrong

NOW = datetime(2025, 6, 15, 4, tzinfo=UTC)
_EAST = timedelta(hours=8)
KEY = b"tests beside rules are no secret"
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
OURS = "t:this"
ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class View:
    """One moment of a test: who is judged, on which facts, and what is expected. `yellow`: since when the matter is yellow."""

    at: datetime
    scope: Scope
    features: FeatureSet
    expect: Mapping[str, Any]
    step: str = ""
    yellow: datetime | None = None

    @property
    def day(self) -> date:
        """The calendar day whose thresholds hold."""
        return (self.at + _EAST).date()


@dataclass(frozen=True, slots=True)
class Scene:
    """One test. `generated`: its records were drawn by a machine; what is expected of them a person wrote. `texts`: what its word lists read. `base`: the facts of the record
    alone. `facts`: names of those that are set outright. `fault`: why it cannot be read; then it has no views.
    """

    rule: Rule
    name: str
    place: Place
    todo: bool = False
    generated: bool = False
    views: tuple[View, ...] = ()
    incident: Incident | None = None
    topic: str | None = None
    members: tuple[Member, ...] = ()
    actions: tuple[Action, ...] = ()
    texts: tuple[str, ...] = ()
    base: FeatureSet | None = None
    facts: frozenset[str] = frozenset()
    fault: str = ""


def span(text: str) -> timedelta:
    """-30d, +12h, -30d1s; raises ValueError for anything else."""
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    parts = _SPAN.findall(rest)
    if not parts or "".join(f"{number}{unit}" for number, unit in parts) != rest:
        raise ValueError(f"时间间隔“{text}”读不懂，写成 -30d 或 -30d1s")
    return timedelta(seconds=sign * sum(int(number) * _UNITS[unit] for number, unit in parts))


def moment(written: Any, base: datetime) -> datetime:
    """A time as a test writes it: a date with its time, or a span from the base."""
    if isinstance(written, datetime):
        read = written
    elif re.match(r"\d{4}-", str(written)):
        read = datetime.fromisoformat(str(written))
    else:
        return base + span(str(written))
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


class Stage:
    """Builds the scenes of one rulebook's tests."""

    def __init__(self, rulebook: Rulebook, triage: Triage) -> None:
        self._rulebook, self._triage = rulebook, triage
        self._live = LiveFeatures(rulebook)
        self._sighter = Sighter(rulebook, KEY)

    def scenes(self) -> Iterator[Scene]:
        """Every test of every rule, in the order of the files."""
        for rule in self._rulebook.rules:
            for test, place in zip(rule.tests, rule.test_places, strict=True):
                yield self.scene(rule, test, place)

    def scene(self, rule: Rule, test: Mapping[str, Any], place: Place) -> Scene:
        """One test; one that cannot be read says why."""
        bare = Scene(rule, str(test.get("name", "")), place, test.get("todo") is True, test.get("generated") is True)
        strange = "；".join(wrong(test))
        if strange:
            return replace(bare, fault=f"测试写得不对：{strange}")
        try:
            return self._filled(bare, test)
        except (KeyError, ValueError, TypeError) as problem:
            return replace(bare, fault=misread(problem))

    def _filled(self, bare: Scene, test: Mapping[str, Any]) -> Scene:
        subject, members, actions, texts = self._cast(test)
        steps = test.get("steps") or ()
        at = subject.member.sighting.at
        views = [self._view(test, test["expect"], subject, members, actions)] if "expect" in test else []
        for step in steps:
            view = self._view({**test, "as_of": step["as_of"]}, step["expect"], subject, members, actions)
            views.append(replace(view, step=str(step["as_of"])))
        return replace(
            bare,
            views=tuple(views),
            incident=_incident(OURS, dict(test.get("incident") or {}), at),
            topic=subject.member.sighting.topic,
            members=tuple(members),
            actions=tuple(actions),
            texts=texts,
            base=subject.base,
            facts=frozenset(_set_outright(test)),
        )

    def _view(
        self,
        test: Mapping[str, Any],
        expect: Mapping[str, Any],
        subject: Subject,
        members: list[Member],
        actions: list[Action],
    ) -> View:
        base = subject.member.sighting.at
        if "as_of" in test:
            at = moment(test["as_of"], base)
            yellow = base if Colour.named(str(test.get("standing", "yellow"))) is Colour.YELLOW else None
            features = self._live.matter(OURS, actions, at, yellow)
            return View(at, Scope.MATTER, features, dict(expect), yellow=yellow)
        made = self._live.compute([subject], members, actions)[subject.member.sighting.id]
        return View(base, Scope.RECORD, _overridden(made, test), dict(expect))

    def _cast(self, test: Mapping[str, Any]) -> tuple[Subject, list[Member], list[Action], tuple[str, ...]]:
        """The subject, everything in its windows, the actions of its matter, and all texts."""
        line = dict(test.get("incident") or {})
        at = moment(line["at"], NOW) if line.get("at") is not None else NOW
        incident = _incident(OURS, line, at)
        bare = self._sighter.sight(incident)
        shared = any("place" in given.get("same", ()) for given in test.get("given") or ())
        place = line.get("place", OURS if shared and bare.place is None else bare.place)
        bare = replace(
            bare, phone=OURS, id_number=line.get("identity"), topic=line.get("topic", bare.topic), place=place
        )
        base = self._triage.base(incident, bare)
        marks = self._triage.marks(FeatureSet({**base.values, **dict(line.get("facts") or {})}))
        ours = Member(
            self._sighter.marked(bare, marks),
            _links(OURS, line, bare, ("matter", "caller", "hotspot")),
        )
        members, actions, texts = [ours], [], [incident.text]
        for number, given in enumerate(test.get("given") or ()):
            when = moment(given["at"], at)
            if "action" in given:
                made = Action(
                    incident.id, given["action"], given.get("level", ""), "甲", when, when, id=f"act:{number}"
                )
                actions.append(made)
            else:
                members.append(self._member(f"t:given{number}", dict(given), when, ours.sighting))
                texts.append(str(given.get("narrative", "") or ""))
        return Subject(ours, base), members, actions, tuple(texts)

    def _member(self, id_: str, given: dict[str, Any], at: datetime, ours: Sighting) -> Member:
        shared = tuple(given.get("same", ()))
        incident = _incident(id_, given, at)
        sighting = self._sighter.sight(incident)
        base = self._triage.base(incident, sighting)
        facts = dict(given.get("facts", {}))
        marks = self._triage.marks(FeatureSet({**base.values, **facts}))
        topic = given.get("topic", ours.topic if "matter" in shared and sighting.topic is None else sighting.topic)
        place = ours.place if "place" in shared else given.get("place", sighting.place)
        closed = at if "closed" not in given else moment(given["closed"], ours.at)
        sighting = replace(
            sighting, topic=topic, place=place, marks=marks, closed_at=closed if "closed" in given else None,
            phone=ours.phone if "phone" in shared else sighting.phone, id_number=given.get("identity"),
        )  # fmt: skip
        return Member(sighting, _links(id_, given, sighting, shared))


def misread(fault: Exception) -> str:
    """Why a test cannot be read: ours is Chinese already, of Python's only the name of the key that is missing helps."""
    if isinstance(fault, KeyError):
        return f"测试写得不对：缺“{fault.args[0]}”，或写了没有的名称"
    told = str(fault)
    return f"测试写得不对：{told if told and not told[0].isascii() else f'写法与 docs/rule-language.zh-CN.md 第 7 章不符（{told}）'}"


def _set_outright(test: Mapping[str, Any]) -> dict[str, Any]:
    return dict(dict(test.get("incident") or {}).get("facts", {})) | dict(test.get("facts", {}))


def _overridden(features: FeatureSet, test: Mapping[str, Any]) -> FeatureSet:
    facts = _set_outright(test)
    if not facts:
        return features
    absent = tuple(name for name in features.absent if name not in facts)
    return FeatureSet({**features.values, **facts}, features.ids, features.spans, absent)


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
    person = str(line["person"]) if "person" in line else OURS if "caller" in shared else id_
    matter = OURS if "matter" in shared else id_
    hotspot = OURS if "hotspot" in shared else None
    return Links(person, matter, hotspot, sighting.cause.counts, cluster=matter, chain=hotspot)
