"""The gate of publishing: each part refuses what it is there for, and a clean rulebook passes all of them."""

from __future__ import annotations

from engine.ruleset import loader
from engine.workbench.gate import GATES, findings
from tests.installation import shipped


def changed(file: str, old: str, new: str) -> dict[str, bytes]:
    """The shipped rules with one text in place of another."""
    text = shipped().files[file].decode()
    assert text.count(old) == 1
    return {**shipped().files, file: text.replace(old, new).encode()}


def test_the_shipped_rules_pass() -> None:
    assert list(GATES) == ["lint", "test", "never"]
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
    assert list(GATES["test"](files)) == []
    (found,) = GATES["never"](files)
    assert "L1 望远镜坏了：规则判低了，只靠底线 N9" in found


def test_no_test_at_all_is_a_finding() -> None:
    bare = {"rules.yaml": b"rules: []\n"}
    assert list(GATES["test"](bare)) == ["一个测试也没有"]
