"""The one middle, pure: features -> evaluate -> assessment -> routing.

In: facts handed in (records with their neighbours, or a frozen decision record). Out: `Decision`, the assessment with the bytes
that replay it. `pipeline`, `score`, `explain`, `replay` and the workbench all call this and nobody else wires it.
Not here: reading, linking, storing (`pipeline`), what people did to a colour (`casework`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from engine.assessment import Assessor, Ruling, points_colour
from engine.evaluate.durable import DurableReader, available
from engine.evaluate.plan import Scope
from engine.evaluate.trace import Explanation, Tracer
from engine.features.base import BaseFacts
from engine.features.live import LiveFeatures
from engine.features.moments import ProcessMoments
from engine.features.subjects import Member, Subject
from engine.model import (
    Action,
    Assessment,
    Colour,
    FeatureSet,
    HitHad,
    Incident,
    Judgement,
    Links,
    Outcome,
    Route,
    Sighting,
    Value,
    canonical,
    digest,
)
from engine.routing import Router
from engine.ruleset.parameters import regimes
from engine.ruleset.tree import FeatureKind, Reference, Rule, Rulebook

_STRICTEST = {Outcome.QUIET: 0, Outcome.REVIEW: 1, Outcome.FIRED: 2}
_ZERO: Mapping[str, Value] = {"bool": False, "int": 0, "list": (), "code": ""}


@dataclass(frozen=True, slots=True)
class Decision:
    """An assessment, the record that replays it, and what the run noticed on the way.

    `record`: canonical JSON bytes. `shadow`: what shadow rules would have done. `defects`: disagreements of the readers.
    """

    assessment: Assessment
    record: bytes
    shadow: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read from the facts of a subject, before it is put into words."""

    day: date
    scope: Scope
    verdict: Verdict
    ruling: Ruling
    defects: tuple[str, ...]

    @property
    def quiet(self) -> bool:
        """Whether no rule, no point, no invariant and no reader has anything to say."""
        held = self.ruling.judgement
        return not (held.outcomes or held.colour or self.ruling.nevers or self.defects)


class Triage:
    """The middle for one rulebook. `engine` is `durable` (with the tracer beside it) or `trace` alone."""

    def __init__(self, rulebook: Rulebook, *, engine: str = "durable", zone: str = "Asia/Shanghai") -> None:
        self.rulebook = rulebook
        self._zone = ZoneInfo(zone)
        self._base = BaseFacts(rulebook)
        self._live = LiveFeatures(rulebook)
        self.tracer = Tracer(rulebook)
        self._durable = DurableReader(rulebook, remember=True) if engine == "durable" and available() else None
        self._assessor = Assessor(rulebook)
        self._router = Router(rulebook)
        self._shadowed = any(rule.status.value == "shadow" for rule in rulebook.rules)
        self._natural = {
            Scope.RECORD: _made_for(rulebook, lambda kind: kind is not FeatureKind.PROCESS),
            Scope.MATTER: _made_for(rulebook, lambda kind: kind in (FeatureKind.ACTIONS, FeatureKind.PROCESS)),
        }
        self._used = {rule.id: _bound_names(rule) for rule in rulebook.rules}
        self._moments = ProcessMoments(rulebook, self._zone)
        self.elapsed = frozenset(rule.id for rule in rulebook.rules if rule.process_rule)
        self._handback = frozenset(rule.id for rule in rulebook.rules if rule.handback)
        self._danger = frozenset(rulebook.documents.get("settings", {}).get("danger_rules", ()))

    @property
    def live_engine(self) -> str:
        """Which engine decides live: `durable` or `trace`."""
        return "durable" if self._durable else "trace"

    @property
    def turns(self) -> tuple[datetime, ...]:
        """The moments from which on a parameter has another value."""
        return tuple(datetime.combine(day, time(), self._zone) for day in regimes(self.rulebook)[1:])

    def base(self, incident: Incident, sighting: Sighting) -> FeatureSet:
        """Facts of the record alone: fields and words."""
        return self._base.of(incident, sighting)

    def marks(self, base: FeatureSet) -> frozenset[str]:
        """The base facts that windows of other records may ask for."""
        return self._base.marks(base)

    def assess_records(
        self,
        subjects: Sequence[Subject],
        history: Sequence[Member],
        actions: Sequence[Action],
        *,
        trigger: str,
        standing: Mapping[str, str] | None = None,
    ) -> list[Decision]:
        """A decision for every subject, in their order, each as of its own `occurred_at`.

        `standing`: input digests of decisions that stand, by record; where the facts are still the same there is none to make.
        """
        held, made = standing or {}, []
        features = self._live.compute(subjects, history, actions)
        for member in (subject.member for subject in subjects):
            id_, known = member.sighting.id, features[member.sighting.id]
            if id_ in held and held[id_] == digest(self._facts_record(known, Scope.RECORD)):
                continue
            links = _links_record(member.links)
            made.append(self.decide(id_, member.sighting.at, features=known, trigger=trigger, links=links))
        return made

    def assess_matter(
        self,
        matter: str,
        actions: Sequence[Action],
        *,
        as_of: datetime,
        yellow_since: datetime | None,
        trigger: str,
    ) -> Decision | None:
        """What the rules of the process say of a matter at `as_of`, if they, or shadow ones, say anything; records keep their own decisions."""
        features = self._live.matter(matter, actions, as_of, yellow_since)
        subject = f"matter:{matter}"
        reading = self._read(subject, features, self._day(as_of), Scope.MATTER)
        if reading.quiet and not self._shadow(features, reading.day, Scope.MATTER, reading.ruling.judgement):
            return None
        return self._told(subject, as_of, features, reading, trigger=trigger, links=None)

    def limits(self, actions: Sequence[Action], now: datetime, yellow_since: datetime | None) -> Iterator[datetime]:
        """When the rules of the process can next say something else of a matter, in no order."""
        return self._moments.after(actions, now, yellow_since)

    def decide(
        self,
        subject: str,
        as_of: datetime,
        *,
        features: FeatureSet,
        trigger: str,
        links: Mapping[str, Any] | None = None,
        scope: Scope = Scope.RECORD,
        heard: Verdict | None = None,
    ) -> Decision:
        """One subject's decision from its facts; the tracer beside durable-rules, the safer of two that disagree.

        `heard` is the live engine's verdict of a recorded decision: a replay takes it as it was.
        """
        reading = self._read(subject, features, self._day(as_of), scope, heard)
        return self._told(subject, as_of, features, reading, trigger=trigger, links=links)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    def _read(
        self, subject: str, features: FeatureSet, day: date, scope: Scope, heard: Verdict | None = None
    ) -> _Reading:
        """What both readers say, the safer of two that disagree."""
        traced = self.tracer.judge(features, day, scope=scope)
        verdict = heard or self._verdict(traced, features, day, scope)
        judgement = traced
        defects: tuple[str, ...] = ()
        if verdict.judgement != traced:
            judgement, defects = self._safer(subject, traced, verdict.judgement, self.tracer.parameters(day))
        return _Reading(day, scope, verdict, self._ruling(judgement, features, day), defects)

    def _told(
        self,
        subject: str,
        as_of: datetime,
        features: FeatureSet,
        reading: _Reading,
        *,
        trigger: str,
        links: Mapping[str, Any] | None,
    ) -> Decision:
        """The decision in words and as a record."""
        parameters, facts = self.tracer.parameters(reading.day), self._facts_record(features, reading.scope)
        assessment = self._assessor.assess(
            subject,
            as_of,
            trigger=trigger,
            ruling=reading.ruling,
            features=features,
            parameters=parameters,
            input_digest=digest(facts),
        )
        record = self._record(
            assessment, facts=facts, links=links, scope=reading.scope, verdict=reading.verdict, parameters=parameters
        )
        shadow = self._shadow(features, reading.day, reading.scope, reading.ruling.judgement)
        return Decision(assessment, record, shadow, reading.defects)

    def _verdict(self, traced: Judgement, features: FeatureSet, day: date, scope: Scope) -> Verdict:
        if self._durable is None:
            return Verdict("trace", traced)
        return Verdict("durable", self._durable.judge(features, day, scope=scope))

    def replay(self, record: Mapping[str, Any]) -> bytes:
        """The bytes that this rulebook makes of a decision record's facts (law 6)."""
        scope = Scope[record["scope"]]
        return self.decide(
            record["subject"],
            datetime.fromisoformat(record["as_of"]),
            features=self.restore(record["facts"], scope),
            trigger=record["trigger"],
            links=record["links"],
            scope=scope,
            heard=Verdict.heard(record["engine"]),
        ).record

    def explain(self, rule: str, record: Mapping[str, Any]) -> Explanation:
        """Why a rule fired or did not, line by line, on a decision record's facts."""
        day = datetime.fromisoformat(record["as_of"]).astimezone(self._zone).date()
        return self.tracer.explain(rule, self.restore(record["facts"], Scope[record["scope"]]), day)

    def of_text(self, text: str) -> FeatureSet:
        """Facts of a text that has nothing else."""
        return self._base.of_text(text)

    def danger(self, text: str, at: datetime) -> bool:
        """Whether the word rules of danger fire on the text of a row that has nothing else (ruling 13)."""
        features = self.of_text(text)
        outcomes = self.tracer.judge(features, at.astimezone(self._zone).date()).outcomes
        return any(outcomes.get(rule) is Outcome.FIRED for rule in self._danger)

    def handed_back(self, hits: Sequence[HitHad], now: datetime) -> bool:
        """Whether a rule that hands back to 110 has just hit for the first time on what it hit on."""
        keys = [(hit.key, hit.known_at) for hit in hits if hit.rule in self._handback]
        before = {key for key, at in keys if at < now}
        return any(key not in before for key, _ in keys)

    def route(self, colour: Colour, *, area: str, topic: str | None, category: str | None) -> Route:
        """Who handles a matter of this colour."""
        return self._router.route(colour, area=area, topic=topic, category=category)

    def _ruling(self, judgement: Judgement, features: FeatureSet, day: date) -> Ruling:
        unknowns = {
            rule: self.tracer.unknowns(rule, features, day)
            for rule, outcome in judgement.outcomes.items()
            if outcome is Outcome.REVIEW
        }
        raised, held = self.tracer.flags(features, day, judgement)
        return Ruling(judgement, unknowns, raised, held, self.tracer.nevers(features, day, judgement))

    def _safer(
        self, subject: str, traced: Judgement, live: Judgement, parameters: Mapping[str, Value]
    ) -> tuple[Judgement, tuple[str, ...]]:
        """The stricter outcome of every rule, the higher points, and the defect that says where the readers differ."""
        rules = sorted({*traced.outcomes, *live.outcomes})
        both = {
            rule: (traced.outcomes.get(rule, Outcome.QUIET), live.outcomes.get(rule, Outcome.QUIET)) for rule in rules
        }
        outcomes = {rule: max(pair, key=_STRICTEST.__getitem__) for rule, pair in both.items()}
        points = max(traced.points, live.points)
        colour = max(traced.colour, live.colour, points_colour(points, parameters))
        differ = "、".join(f"{rule}（{a.value}/{b.value}）" for rule, (a, b) in both.items() if a is not b)
        defect = f"{subject}：两个判读器不一致，已取较高者：{differ or '仅结论或积分不同'}"
        return Judgement(outcomes, traced.concluded, points, colour), (defect,)

    def _shadow(self, features: FeatureSet, day: date, scope: Scope, live: Judgement) -> tuple[str, ...]:
        if not self._shadowed:
            return ()
        outcomes = self.tracer.judge(features, day, scope=scope, shadow=True).outcomes
        return tuple(sorted(f"{rule}:{o.value}" for rule, o in outcomes.items() if rule not in live.outcomes))

    def _facts_record(self, features: FeatureSet, scope: Scope) -> dict[str, Any]:
        """Facts as stored: those that are false, zero or empty are left out, for the rulebook's types restore them."""
        values = {name: value for name, value in features.values.items() if value or value is None}
        made = {*features.values, *features.absent}
        return {
            "values": values,
            "ids": {name: ids for name, ids in features.ids.items() if ids},
            "spans": {name: spans for name, spans in features.spans.items() if spans},
            "absent": features.absent,
            "unmade": [name for name in self._natural[scope] if name not in made],
        }

    def restore(self, facts: Mapping[str, Any], scope: Scope) -> FeatureSet:
        """The FeatureSet of a decision record."""
        left_out = {*facts["unmade"], *facts["absent"]}
        values: dict[str, Value | None] = {
            name: _ZERO[self.rulebook.features[name].type] for name in self._natural[scope] if name not in left_out
        }
        values.update({name: tuple(v) if isinstance(v, list) else v for name, v in facts["values"].items()})
        return FeatureSet(
            values,
            {name: tuple(ids) for name, ids in facts["ids"].items()},
            {name: tuple(spans) for name, spans in facts["spans"].items()},
            tuple(facts["absent"]),
        )

    def _record(
        self,
        assessment: Assessment,
        *,
        facts: Mapping[str, Any],
        links: Mapping[str, Any] | None,
        scope: Scope,
        verdict: Verdict,
        parameters: Mapping[str, Value],
    ) -> bytes:
        """The decision record (ruling 11): everything that replays the decision, as canonical JSON."""
        used = {name for hit in assessment.hits for name in self._used.get(hit.rule, ())}
        return canonical(
            {
                "format": 1,
                "subject": assessment.subject,
                "as_of": assessment.as_of.isoformat(),
                "trigger": assessment.trigger,
                "scope": scope.name,
                "facts": facts,
                "links": links,
                "rulebook": assessment.rulebook,
                "parameters": {name: parameters[name] for name in used if name in parameters},
                "engine": verdict.recorded(),
                "input_digest": assessment.input_digest,
                "colour": assessment.colour.word,
                "hits": [
                    [hit.rule, hit.version, hit.colour.word, hit.reason, hit.evidence, hit.review]
                    for hit in assessment.hits
                ],
                "reasons": assessment.reasons,
                "missing": assessment.missing,
                "handback": assessment.handback,
                "flags": [[f.rule, f.title, f.expires_at.isoformat(), f.checked, f.evidence] for f in assessment.flags],
                "considered": assessment.considered,
            }
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the live engine said, as the decision record keeps it."""

    engine: str
    judgement: Judgement

    @classmethod
    def heard(cls, recorded: Mapping[str, Any]) -> Verdict:
        """The verdict of a decision record."""
        concluded = {fact: None if truth is None else bool(truth) for fact, truth in recorded["concluded"].items()}
        outcomes = {rule: Outcome(word) for rule, word in recorded["outcomes"].items()}
        judgement = Judgement(outcomes, concluded, recorded["points"], Colour.named(recorded["colour"]))
        return cls(recorded["name"], judgement)

    def recorded(self) -> dict[str, Any]:
        """Plain data for the decision record."""
        heard = self.judgement
        return {
            "name": self.engine,
            "outcomes": {rule: outcome.value for rule, outcome in heard.outcomes.items()},
            "concluded": dict(heard.concluded),
            "points": heard.points,
            "colour": heard.colour.word,
        }


def _links_record(links: Links) -> dict[str, Any]:
    return {
        "person": links.person,
        "matter": links.matter,
        "hotspot": links.hotspot,
        "counts": links.counts,
        "resend_of": links.resend_of,
        "why": [[link.score, link.left, link.right, link.why] for link in links.links],
    }


def _bound_names(rule: Rule) -> tuple[str, ...]:
    bounds = [leaf.bound for leaf in rule.let.values()]
    flat = [part for bound in bounds for part in (bound if isinstance(bound, tuple) else (bound,))]
    return tuple(sorted({part.name for part in flat if isinstance(part, Reference)}))


def _made_for(rulebook: Rulebook, fits: Callable[[FeatureKind], bool]) -> tuple[str, ...]:
    """Names of the facts that a scope makes; concluded facts are made by rules, not by features."""
    return tuple(
        name
        for name, feature in rulebook.features.items()
        if feature.kind is not FeatureKind.CONCLUDED and fits(feature.kind)
    )
