"""The gate of publishing: each part refuses what it is there for, and a clean rulebook passes all of them."""

from __future__ import annotations

import pytest

from engine.ruleset import loader
from engine.workbench import gate
from engine.workbench.gate import GATES, Candidate, findings
from tests.installation import shipped


def changed(file: str, old: str, new: str) -> dict[str, bytes]:
    """The shipped rules with one text in place of another."""
    text = shipped().files[file].decode()
    assert text.count(old) == 1
    return {**shipped().files, file: text.replace(old, new).encode()}


def test_the_shipped_rules_pass() -> None:
    assert list(GATES) == ["lint", "test", "never", "prove"]
    assert list(findings(shipped().files)) == []


def test_what_does_not_load_is_told_by_lint_and_nothing_else_is_tried() -> None:
    found = list(findings(changed("repeats.yaml", "when: thrice or steady", "when: thrice or nothing")))
    assert found
    assert {part for part, _ in found} == {"lint"}
    assert "repeats.yaml:" in found[0][1]


def test_a_test_that_fails_is_named_with_its_place() -> None:
    files = changed(
        "repeats.yaml", "expect: {match: true, colour: red, message_has: 第3次}", "expect: {match: true, colour: green}"
    )
    found = list(findings(files))
    assert {part for part, _ in found} == {"test"}
    assert found[0][1].startswith("repeats.yaml:")
    assert "颜色应为green" in found[0][1]


def test_what_loads_is_tried_by_every_part() -> None:
    files = changed(
        "repeats.yaml",
        "thrice: {feature: matter.incidents_30d, at_least: $repeat.red_30d}",
        "thrice: {feature: matter.incidents_30d, at_least: 0}",
    )
    assert {part for part, _ in findings(files)} >= {"lint", "test"}


def test_an_invariant_that_only_its_guard_keeps_is_told() -> None:
    """Every test passes, for none says a colour; in one of them the rules come to less than the invariant allows."""
    files = dict(shipped().files)
    files["local.yaml"] = """
features:
  words.lamp: {title: 提到望远镜, words: lamp}
words:
  lamp: {title: 望远镜, entries: [望远镜]}
rules:
  - id: L1
    title: 望远镜
    status: live
    colour: yellow
    let: {lamp: {feature: words.lamp, is: true}}
    because: 望远镜（{words.lamp}）
    advice: 报修
    basis: 本地默认
    tests:
      - {name: 望远镜坏了, incident: {narrative: 村口的望远镜坏了一个多星期没有人来修理}, expect: {match: true}}
      - {name: 别的坏了, incident: {narrative: 村口的水管坏了一个多星期没有人来修理}, expect: {match: false, because: lamp}}
never:
  - id: N9
    title: 望远镜绝不为黄
    let: {lamp: {feature: words.lamp, is: true}}
    when: lamp
    colour: [green, yellow]
""".encode()
    loader.load(files)
    assert list(GATES["test"](Candidate(files))) == []
    (found,) = GATES["never"](Candidate(files))
    assert "L1 望远镜坏了：规则判低了，只靠底线 N9" in found


def test_no_test_at_all_is_a_finding() -> None:
    bare = {"rules.yaml": b"rules: []\n", "routes.yaml": shipped().files["routes.yaml"]}
    assert list(GATES["test"](Candidate(bare))) == ["一个测试也没有"]


def test_a_word_lost_from_a_list_is_no_pass() -> None:
    """The sentence beside the list is what tells it."""
    found = list(findings(changed("words/people.yaml", "视力残疾|", "")))
    assert {part for part, _ in found} == {"test"}
    assert "vulnerable" in found[0][1]


def test_a_rule_that_no_incident_can_meet_is_refused_by_proof() -> None:
    """Its windows contradict each other: fewer in thirty days than in seven; trying the cases of one rule cannot show that."""
    files = {**shipped().files, "local.yaml": IMPOSSIBLE.encode()}
    found = list(GATES["prove"](Candidate(files)))
    assert any("[P201]" in one and "L1" in one for one in found)


def test_what_proofs_have_no_time_for_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "SECONDS", 0.0)
    found = list(GATES["prove"](Candidate(shipped().files)))
    assert found
    assert all("未能判定" in one and "时间用完" in one for one in found)


IMPOSSIBLE = """
features:
  matter.calls_3d: {title: 三日内警情数, count: incidents, same: matter, within: 3d, where: {kind: [police_110], cause: [new, repeat]}}
rules:
  - id: L1
    title: 三日内比三十日内还多
    status: live
    colour: yellow
    let:
      many: {feature: matter.calls_3d, at_least: 5}
      few: {feature: matter.calls_30d, at_most: 4}
    when: many and few
    because: 三日内{matter.calls_3d}次
    basis: 本地默认
"""
