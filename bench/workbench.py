"""The workbench with many rules: how long lint, proof and mutation take on drawn rules with tests beside them.

In: how many rules. Out: one table: what was asked, what came of it, seconds by the clock and of the processor, the load. Not here: drawing rules (`bench.rules.drawing`),
judging with them (`bench.rules`).

    python -m bench.workbench --rules 300

Tests are drawn as well: for each rule a few known cases of its facts, with what its condition says of them as what is expected. They make work for the
mutants, no more: a person's tests say what a rule should do.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from bench import county, page, report
from bench.rules import drawing
from engine.model import Outcome
from engine.ruleset import loader
from engine.ruleset.condition import leaves
from engine.ruleset.parameters import regimes
from engine.ruleset.tree import Rule
from engine.workbench.cases import Cases, Facts
from engine.workbench.linting.lint import lint
from engine.workbench.mutation import mutate, score
from engine.workbench.places import Places
from engine.workbench.proof.codes import Verdict
from engine.workbench.proof.questions import prove
from engine.workbench.proof.solving import Budget

_TESTS, _IN_A_FILE = 8, 40
_SECONDS = 600.0
_EACH = 20.0
_FOR_SURVIVORS = 15.0
_LIMITS = {"lint": 60.0, "prove": 60.0, "mutate": 60.0}
"""Seconds on two cores that 300 rules are to stay within; lint and proof together."""
_ROUTES: list[dict[str, Any]] = [
    {"id": "any", "title": "任何", "root": True, "colour": ["green", "yellow", "red"], "receivers": ["综治中心"]}
]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(prog="python -m bench.workbench")
    parser.add_argument("--rules", type=int, default=300)
    files = tested(parser.parse_args(arguments).rules, seed=1)
    county.OUT.mkdir(exist_ok=True)
    found = {
        "machine": report.machine(),
        "load": os.getloadavg()[0],
        "works": list(map(_measured, *zip(*_works(files).items(), strict=True))),
    }
    print(told(found))
    (county.OUT / "workbench.json").write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0


def _measured(name: str, work: Callable[[], str]) -> dict[str, Any]:
    clock, processor = time.perf_counter(), time.process_time()
    came = work()
    return {
        "name": name,
        "seconds": time.perf_counter() - clock,
        "cpu_seconds": time.process_time() - processor,
        "came": came,
    }


def told(figures: Mapping[str, Any]) -> str:
    """The whole table."""
    lines = [
        f"{'':<8}{'seconds':>9}{'of CPU':>9}{'limit':>7}  load {figures['load']:.1f}, {figures['machine']['cores']} cores"
    ]
    lines += [
        f"{one['name']:<8}{one['seconds']:>9.1f}{one['cpu_seconds']:>9.1f}{_LIMITS[one['name']]:>7.0f}  {one['came']}"
        for one in figures["works"]
    ]
    return "\n".join(lines)


def charts(figures: Mapping[str, Any]) -> list[str]:
    """Seconds beside what they are to stay within."""
    import altair as alt

    rows = [
        {"work": one["name"], "of": of, "seconds": seconds}
        for one in figures["works"]
        for of, seconds in (
            ("clock", one["seconds"]),
            ("processor", one["cpu_seconds"]),
            ("limit", _LIMITS[one["name"]]),
        )
    ]
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar()
        .encode(y=alt.Y("work:N", sort=None), yOffset="of:N", color="of:N", x="seconds:Q")
    )
    return [page.svg(chart)]


def tested(rules: int, *, seed: int) -> dict[str, bytes]:
    """Drawn rules as the files of a folder, with routes and tests."""
    files = drawing.files(rules, seed=seed)
    rulebook = loader.load(files)
    cases, rng = Cases(rulebook, regimes(rulebook)[-1]), Random(f"tests/{seed}")
    drawn = {rule.id: list(_tests(rule, cases, rng)) for rule in rulebook.rules}
    written = [rule for name in files if name.startswith("rules") for rule in json.loads(files[name])["rules"]]
    beside = [{**rule, "tests": drawn[rule["id"]]} for rule in written]
    held = {name: data for name, data in files.items() if not name.startswith("rules")}
    held |= {f"rules{n}.yaml": _file("rules", beside[n : n + _IN_A_FILE]) for n in range(0, rules, _IN_A_FILE)}
    return {**held, "routes.yaml": _file("routes", _ROUTES)}


def _file(key: str, held: list[dict[str, Any]]) -> bytes:
    return json.dumps({key: held}, ensure_ascii=False).encode()


def _tests(rule: Rule, cases: Cases, rng: Random) -> Iterator[dict[str, Any]]:
    """A few cases in which every fact is known, with what the rule does there."""
    whole = [facts for facts in cases.of([rule.let[name] for name in leaves(rule.when)]) or () if _known(rule, facts)]
    condition = cases.condition(rule)
    for number, facts in enumerate(rng.sample(whole, min(_TESTS, len(whole)))):
        told = {fact: list(value) if isinstance(value, tuple) else value for fact, value in facts.items()}
        fires = condition.outcome(facts) is Outcome.FIRED
        expect = {"match": fires, **({} if fires else {"review": False})}
        yield {"name": f"{number}", "incident": {"narrative": "请协调"}, "facts": told, "expect": expect}


def _known(rule: Rule, facts: Facts) -> bool:
    return all(facts.get(fact) is not None for fact in rule.reads)


def _works(files: dict[str, bytes]) -> dict[str, Callable[[], str]]:
    seen = loader.survey(files)
    assert not seen.faults
    places = Places(seen.documents)

    def linted() -> str:
        return f"{len(seen.rulebook.rules)} rules, {len(lint(files))} findings"

    def proved() -> str:
        budget = Budget(_SECONDS, each=_EACH, clock=time.monotonic)
        verdicts = Counter(answer.verdict for answer in prove(seen.rulebook, places, budget))
        return "，".join(f"{verdict.value} {verdicts[verdict]}" for verdict in Verdict)

    def mutated() -> str:
        budget = Budget(_FOR_SURVIVORS, each=_FOR_SURVIVORS, clock=time.monotonic)
        tried = list(mutate(seen.rulebook, places, budget))
        fates = Counter(one.fate.value for one in tried)
        return f"{len(tried)} mutants, {dict(sorted(fates.items()))}, score {score(tried)} %"

    return {"lint": linted, "prove": proved, "mutate": mutated}


if __name__ == "__main__":
    sys.exit(main())
