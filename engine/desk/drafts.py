"""Drafts: a person's change of a colour as the skeleton of a test beside a rule, for an analyst to finish.

In: an installation, a matter that a person lowered or raised. Out: YAML with the facts that its rules read, and not a word of any record. Not here: changing
colours (`acting`), running tests (the workbench).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import orjson

from engine.desk.acting import LOWER, RAISE
from engine.desk.opening import Desk
from engine.errors import UsageError
from engine.masking import mask_reference
from engine.model import Value
from engine.ruleset.tree import FeatureKind, Rule

_TEXTS = frozenset({"text_length", "title_length"})


def as_tests(desk: Desk, reference: str) -> str:
    """Skeletons of tests for the last change that a person made to a matter's colour; raises UsageError where there was none.

    Lowered: each rule whose hit was set aside is to be silent on these facts. Raised: the newest record is to have that colour.
    """
    with desk.store.read() as view:
        matter = view.matter_id(reference)
        members = [member.sighting.id for member in view.members(matter)] if matter else []
        changed = [action for action in view.actions_of(members, evidence=False) if action.kind in (LOWER, RAISE)]
        if not changed:
            named = mask_reference(reference)
            raise UsageError(
                f"{named} 没有人改过等级", hint="先用 sanse matters override，或查看编号：sanse matters list --all"
            )
        last, asides = changed[-1], view.set_asides(members)
        decided = {id_: orjson.loads(body) for id_, body in view.newest_records(members).items()}
    kinds = {id_: id_.partition(":")[0] for id_ in members}
    if last.kind == RAISE:
        drafts = list(_raised(desk, members[-1], decided, kinds, last.level))
    else:
        keys = asides[-1].keys if asides else frozenset()
        drafts = list(_lowered(desk, keys, decided, kinds))
    return "\n".join(drafts) or "# 下调的不是来件上的规则（办理过程的规则看期限和次数，测试写 given 和 as_of）"


def _lowered(
    desk: Desk, keys: Collection[str], decided: Mapping[str, Mapping[str, Any]], kinds: Mapping[str, str]
) -> Iterator[str]:
    fired = {key.partition("|")[0] for key in keys}
    for rule in desk.rulebook.rules:
        if rule.id not in fired:
            continue
        record = next((id_ for id_, made in decided.items() if any(hit[0] == rule.id for hit in made["hits"])), "")
        if record:
            facts = _facts(desk, rule.asks, decided[record])
            yield f"# 写到规则 {rule.id}（{rule.title}）旁边：人认为这种情形不该命中"
            yield _test(kinds[record], facts, "{match: false, because: 写明哪一行不成立}")


def _raised(
    desk: Desk, record: str, decided: Mapping[str, Mapping[str, Any]], kinds: Mapping[str, str], colour: str
) -> Iterator[str]:
    rules: list[Rule] = [rule for rule in desk.rulebook.rules if rule.colour is not None]
    facts = _facts(desk, frozenset().union(*(rule.asks for rule in rules)), decided.get(record, {}))
    yield "# 写到应当命中的规则旁边，没有就先写规则：人认为这种情形应当更高"
    yield _test(kinds[record], facts, f"{{match: true, colour: {colour}}}")


def _facts(desk: Desk, asked: Collection[str], made: Mapping[str, Any]) -> dict[str, Value | None]:
    """The facts of a decision that a rule asks and a test can set: counts, truths and codes, none of a text."""
    values = made.get("facts", {}).get("values", {})
    features = desk.rulebook.features
    return {
        name: values[name]
        for name in sorted(asked)
        if name in values and features[name].kind is not FeatureKind.CONCLUDED and features[name].of not in _TEXTS
    }


def _test(kind: str, facts: Mapping[str, Value | None], expect: str) -> str:
    shown = ", ".join(f"{name}: {orjson.dumps(value).decode()}" for name, value in facts.items())
    return (
        f"- name: 写明是什么情形\n  incident: {{kind: {kind}, narrative: 用自己的话改写，不抄原文}}\n"
        f"  facts: {{{shown}}}\n  expect: {expect}   # 由人核对"
    )
