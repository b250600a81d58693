"""Mistakes that change nothing: proved, or not said to be so.

In: the rulebook before and after. Out: the proof in words, or nothing. Not here: mistakes that nobody noticed and that do change something.

Two proofs. The files come to the same rulebook part by part; or only conditions of rules differ and each does the same in every case of its facts (`cases`).
"""

from __future__ import annotations

import re
from dataclasses import fields, replace

from engine.ruleset.parameters import regimes
from engine.ruleset.tree import Rule, Rulebook
from engine.workbench.cases import Cases
from tests.faults.reading import Reading

_APART = {"digest", "files", "rules"}
_PLACE = re.compile(r"Place\([^()]*\)")
_ASKED = {"let", "when", "on_missing", "when_text", "version"}


def proof(before: Reading, after: Reading) -> str:
    """Why the mistake does nothing, or nothing where that is not proved."""
    if not after.loads:
        return ""
    old, new = before.survey.rulebook, after.survey.rulebook
    parts = [field.name for field in fields(Rulebook) if field.name not in _APART]
    if any(_bare(getattr(old, part)) != _bare(getattr(new, part)) for part in parts) or len(old.rules) != len(
        new.rules
    ):
        return ""
    changed = [pair for pair in zip(old.rules, new.rules, strict=True) if _bare(pair[0]) != _bare(pair[1])]
    if not changed:
        return "读进来的规则一字不差"
    if all(_only_asks_otherwise(*pair) and _same(old, *pair) for pair in changed):
        return f"{'、'.join(rule.id for rule, _ in changed)} 的事实的每一种情形都试过，命中、请人核实处处相同"
    return ""


def _only_asks_otherwise(rule: Rule, other: Rule) -> bool:
    kept = {name: getattr(rule, name) for name in _ASKED}
    return _bare(rule) == _bare(replace(other, **kept))


def _same(rulebook: Rulebook, rule: Rule, other: Rule) -> bool:
    for day in regimes(rulebook):
        cases = Cases(rulebook, day)
        states = cases.of([*rule.let.values(), *other.let.values()])
        own, changed = cases.condition(rule), cases.condition(other)
        if states is None or any(own.outcome(facts) != changed.outcome(facts) for facts in states):
            return False
    return True


def _bare(value: object) -> str:
    """A part in words, without places."""
    return _PLACE.sub("", repr(value))
