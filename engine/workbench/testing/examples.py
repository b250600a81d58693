"""Examples: the tests that stand beside rules, run by the middle that decides (chapter 7 of the language).

In: a rulebook. Out: one `Result` for each test, with what was expected and what came, in Chinese. Not here: the records of a test (`scenes`), the language
of tests (the page), tests of the code.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.evaluate.trace import Explanation
from engine.model import Action, Colour, Outcome, Route, duration
from engine.ruleset.tree import Rule, Rulebook, Status
from engine.settlement import Terms
from engine.triage import Decision, Triage
from engine.workbench.testing.results import Result
from engine.workbench.testing.scenes import OURS, ZONE, Scene, Stage, View, misread, moment

_LIMITS = {"contact": "联系时限", "mediate": "调解时限", "close": "办结时限"}


def run(rulebook: Rulebook) -> list[Result]:
    """Every test of every rule, in the order of the files."""
    triage = Triage(rulebook, engine="trace")
    return results(rulebook, triage, Stage(rulebook, triage).scenes())


def results(rulebook: Rulebook, triage: Triage, scenes: Iterable[Scene]) -> list[Result]:
    """How scenes went that were built before."""
    bench = _Bench(rulebook, triage)
    return [bench.result(scene) for scene in scenes]


def untested(rulebook: Rulebook) -> Iterator[tuple[Rule, bool]]:
    """Live and shadow rules without a test that fires (True) or without one that does not (False)."""
    for rule in rulebook.rules:
        wanted = {bool(expect.get("match", True)) for test in rule.tests for expect in expectations(test)}
        if rule.status in (Status.LIVE, Status.SHADOW):
            yield from ((rule, fires) for fires in (True, False) if fires not in wanted)


def expectations(test: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What a test expects, at every moment of its clock; a todo test shows nothing yet."""
    steps = test.get("steps")
    moments = [test, *(steps if isinstance(steps, list) else ())]
    if test.get("todo") is not True:
        yield from (
            one["expect"] for one in moments if isinstance(one, Mapping) and isinstance(one.get("expect"), Mapping)
        )


class _Bench:
    """Asks the middle and compares."""

    def __init__(self, rulebook: Rulebook, triage: Triage) -> None:
        self._triage = triage
        self._terms = Terms.of(rulebook, ZONE)
        self._deadlines = rulebook.documents.get("deadlines") or {}
        self._nevers = frozenset(never.id for never in rulebook.nevers)

    def result(self, scene: Scene) -> Result:
        """One test; a test that cannot be read fails with the reason."""
        faults = [scene.fault] if scene.fault else []
        for view in scene.views:
            try:
                told = list(self._compared(scene, view))
            except (KeyError, ValueError, TypeError) as problem:
                told = [misread(problem)]
            faults += [f"{view.step}：{fault}" if view.step else fault for fault in told]
        message = "；".join(faults)
        if message and scene.rule.status is Status.SHADOW:
            message = f"{message}（{scene.rule.id} 在试运行，不影响颜色和理由）"
        if scene.todo:
            message = "" if faults else "标着 todo 的测试已经通过：删去 todo"
        place = scene.place
        return Result(scene.rule.id, scene.name, place.file, place.line, not message, message, scene.todo)

    def _compared(self, scene: Scene, view: View) -> Iterator[str]:
        decision = self._triage.decide(OURS, view.at, features=view.features, trigger="test", scope=view.scope)
        explained = self._triage.tracer.explain(scene.rule.id, view.features, view.day)
        yield from _of_rule(scene.rule, view.expect, explained, decision)
        yield from _of_subject(view.expect, decision, self._nevers)
        yield from self._concluded(view)
        yield from self._handled(scene, view, decision.assessment.colour)

    def _concluded(self, view: View) -> Iterator[str]:
        wanted = dict(view.expect.get("concluded", {}))
        if wanted:
            concluded = self._triage.tracer.judge(view.features, view.day).concluded
            for fact, truth in wanted.items():
                if concluded.get(fact) is not truth:
                    yield f"{fact}应为{truth}，实际为{concluded.get(fact)}"

    def _handled(self, scene: Scene, view: View, colour: Colour) -> Iterator[str]:
        """Who is to handle it, until when it is to be signed for, when that is told, when it is looked at again."""
        expect = view.expect
        route = self._route(scene, colour)
        if "route" in expect and route.id != expect["route"]:
            yield f"路线应为{expect['route']}，实际为{route.id}"
        if "receivers" in expect and list(route.receivers) != list(expect["receivers"]):
            yield f"接收单位应为{'、'.join(expect['receivers'])}，实际为{'、'.join(route.receivers)}"
        yield from self._when(scene, view, colour)

    def _when(self, scene: Scene, view: View, colour: Colour) -> Iterator[str]:
        expect, policy = view.expect, self._terms.messages
        if "sign_by" in expect:
            due = policy.due(colour, view.at)
            yield from _timed("签收时限", [expect["sign_by"]], [due.at] if due else [], view.at)
        for what, title in _LIMITS.items():
            if f"{what}_by" in expect:
                yield from _timed(title, [expect[f"{what}_by"]], self._limit(what, colour, view.at), view.at)
        looks = self._terms.looks[colour]
        for key, title, spans in (
            ("asked_again", "办结后回访时间", looks.follow_up),
            ("reviewed_at", "按期再研判时间", looks.review),
        ):
            if key in expect:
                yield from _timed(title, expect[key], [view.at + after for after in spans], view.at)
        if "told_at" in expect:
            held = policy.quiet_until(view.at) if colour is not Colour.RED else None
            yield from _timed("通知时间", [expect["told_at"]], [held or view.at], view.at)
        if "look_again" in expect:
            moments = self._looks(scene, view, colour)
            if not {moment(one, view.at) for one in expect["look_again"]} <= moments:
                shown = "、".join(_spoken(at - view.at) for at in sorted(moments)) or "没有"
                yield f"再看时间应有{'、'.join(map(str, expect['look_again']))}，实际为{shown}"

    def _limit(self, what: str, colour: Colour, at: datetime) -> list[datetime]:
        """Until when a matter of this colour that was dispatched at that time is to be …, as `deadlines.yaml` has it."""
        span, policy = self._deadlines.get(colour.word, {}).get(what), self._terms.messages
        if span is None:
            return []
        natural = policy.deadlines[colour].natural
        return [at + duration(span) if natural else policy.calendar.due(at, duration(span)).at]

    def _route(self, scene: Scene, colour: Colour) -> Route:
        incident = scene.incident
        area, category = (incident.area, incident.category) if incident else ("", None)
        return self._triage.route(colour, area=area, topic=scene.topic, category=category)

    def _looks(self, scene: Scene, view: View, colour: Colour) -> set[datetime]:
        """When a matter that is dispatched now is looked at again: by the days of its colour and by the limits of the rules."""
        actions = [action for action in scene.actions if action.at <= view.at]
        if not any(action.kind == "dispatch" for action in actions):
            actions.append(Action(OURS, "dispatch", colour.word, "甲", view.at, view.at))
        begun = max(action.at for action in actions if action.kind == "dispatch")
        yellow = begun if colour is Colour.YELLOW else None
        limits = {at for at in self._triage.limits(actions, view.at, yellow) if at - begun <= timedelta(days=366)}
        floors = {begun + after for after in self._terms.looks[colour].review}
        return {at for at in limits | floors if at > view.at}


def _of_rule(rule: Rule, expect: Mapping[str, Any], explained: Explanation, decision: Decision) -> Iterator[str]:
    """What is expected of the rule itself."""
    fired = explained.outcome is Outcome.FIRED
    if "match" in expect and fired != expect["match"]:
        lines = "、".join(f"{leaf.name}={leaf.actual}" for leaf in explained.lines)
        yield f"应{'命中' if expect['match'] else '不命中'}，实际{'命中' if fired else '未命中'}（{lines}）"
    if "review" in expect and (explained.outcome is Outcome.REVIEW) != expect["review"]:
        yield f"应{'为' if expect['review'] else '不为'}请人核实，实际为{explained.outcome.value}"
    if "because" in expect:
        verdicts = {leaf.name: leaf.verdict for leaf in explained.lines}
        if verdicts[str(expect["because"])] is True:
            yield f"应因“{expect['because']}”不成立而不命中，实际它成立"
    made = decision.assessment
    if "flagged" in expect and (rule.id in {flag.rule for flag in made.flags}) != expect["flagged"]:
        yield f"应{'标记' if expect['flagged'] else '不标记'}，实际相反（已考虑：{'；'.join(made.considered)}）"
    if "flag_until" in expect:
        until = [flag.expires_at for flag in made.flags if flag.rule == rule.id]
        yield from _timed("提示到期", [expect["flag_until"]], until, made.as_of)


def _of_subject(expect: Mapping[str, Any], decision: Decision, nevers: Container[str]) -> Iterator[str]:
    """What is expected of the whole: its colour, which rules must give and no invariant may have to lift, and its words."""
    if "colour" in expect and decision.assessment.colour.word != expect["colour"]:
        yield f"颜色应为{expect['colour']}，实际为{decision.assessment.colour.word}"
    elif "colour" in expect and (lifted := [hit.rule for hit in decision.assessment.hits if hit.rule in nevers]):
        yield f"颜色是底线{'、'.join(lifted)}抬上来的，没有一条起作用的规则给出"
    reasons = "；".join(decision.assessment.reasons)
    if "message_has" in expect and str(expect["message_has"]) not in reasons:
        yield f"理由里应有“{expect['message_has']}”，实际为：{reasons}"


def _timed(what: str, wanted: Iterable[Any], actual: list[datetime], base: datetime) -> Iterator[str]:
    if [moment(one, base) for one in wanted] != actual:
        shown = "、".join(_spoken(at - base) for at in actual) or "没有"
        yield f"{what}应为{'、'.join(map(str, wanted))}，实际为{shown}"


def _spoken(span: timedelta) -> str:
    """A span as tests write it."""
    seconds = int(span.total_seconds())
    parts = ((seconds // 86_400, "d"), (seconds // 3_600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    return "+" + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0s")
