"""The loader: the shipped rules, folders, digests, what stands where, and names that stand twice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import RuleError
from engine.ruleset import loader
from engine.ruleset.tree import All, FeatureKind, Name, Operator, Reference, Rulebook, Some, Status


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return loader.read_folder(loader.shipped())


@pytest.fixture(scope="module")
def rulebook(files: dict[str, bytes]) -> Rulebook:
    return loader.load(files)


def test_the_shipped_rules_are_the_default_policy(rulebook: Rulebook) -> None:
    live = {rule.id for rule in rulebook.rules if rule.status is Status.LIVE}
    policy = {
        "P0",
        *(f"R{n}" for n in range(1, 12)),
        *(f"Y{n}" for n in range(1, 8)),
        "Y10",
        "Y11",
        *(f"A{n}" for n in range(1, 6)),
    }
    assert policy <= live
    assert {"Y8L", "Y9L"} <= live or {"Y8", "Y9"} <= live


def test_every_rule_has_a_reason_and_every_red_one_advice(rulebook: Rulebook) -> None:
    assert all(rule.because for rule in rulebook.rules if rule.conclude is None)
    assert all(rule.advice for rule in rulebook.rules if rule.colour is not None and rule.colour.word == "red")
    assert all(rule.basis for rule in rulebook.rules if rule.colour is not None)


def test_only_yaml_files_are_read_and_those_below_too(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.yaml").write_text("settings: {}", "utf-8")
    (tmp_path / "a.yaml").write_text("labels: {}", "utf-8")
    (tmp_path / "notes.txt").write_text("x", "utf-8")
    assert list(loader.read_folder(tmp_path)) == ["a.yaml", "deep/b.yaml"]


@pytest.mark.parametrize("name", ["local.yml", "deep/LOCAL.YAML", "b.Yml"])
def test_a_file_that_is_named_almost_so_is_not_passed_over(tmp_path: Path, name: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.yaml").write_text("rules: []", encoding="utf-8")
    (tmp_path / name).write_text("rules: []", encoding="utf-8")
    with pytest.raises(RuleError, match=rf"不会读：{name}"):
        loader.read_folder(tmp_path)


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="没有规则文件"):
        loader.read_folder(tmp_path)


def test_the_digest_is_that_of_names_and_bytes(files: dict[str, bytes], rulebook: Rulebook) -> None:
    shuffled = dict(reversed(list(files.items())))
    assert loader.load(shuffled).digest == rulebook.digest
    name = "settings.yaml"
    assert loader.load({**files, name: files[name] + b"\n"}).digest != rulebook.digest
    renamed = {("other.yaml" if key == name else key): data for key, data in files.items()}
    assert loader.load(renamed).digest != rulebook.digest
    assert rulebook.files == files


def test_the_version_of_a_rule_is_that_of_its_meaning() -> None:
    def version(**changed: str) -> str:
        lines = {"title": "群体", "status": "live", "advice": "办", "at_least": "5", **changed}
        return (
            loader.load(
                {
                    "a.yaml": f"""features:
  record.heads: {{title: 人数, field: heads}}
rules:
  - id: R1
    title: {lines["title"]}
    status: {lines["status"]}
    colour: red
    let: {{many: {{feature: record.heads, at_least: {lines["at_least"]}}}}}
    because: 多
    advice: {lines["advice"]}
""".encode()
                }
            )
            .rules[0]
            .version
        )

    assert version(title="人多", status="shadow", advice="快办") == version()
    assert version(at_least="6") != version()


RULES = """features:
  record.heads: {title: 人数, field: heads}
  record.weapon: {title: 持械, field: weapon}
  matter.incidents_30d: {title: 次数, count: incidents, same: matter, within: 30d, where: {kind: police_110, cause: [new, repeat]}}
parameters:
  repeat.red: {title: 几次, values: [{from: '2025-01-01', value: 3, source: 惯例}]}
rules:
  - id: C1
    title: 险
    status: live
    conclude: {danger.any: true}
    let: {armed: {feature: record.weapon, is: true}}
  - id: R1
    title: 反复
    status: live
    colour: red
    let:
      thrice: {feature: matter.incidents_30d, at_least: $repeat.red}
      crowd: {feature: record.heads, between: [2, 5]}
      danger: {feature: danger.any, is: true}
    when: thrice or (crowd and danger)
    because: 第{matter.incidents_30d}次
    advice: 办
  - id: Y1
    title: 都要
    status: shadow
    colour: yellow
    let: {armed: {feature: record.weapon, is: true}, crowd: {feature: record.heads, at_least: 2}}
    because: 都要
"""


def test_what_is_written_becomes_typed_parts() -> None:
    held = loader.load({"a.yaml": RULES.encode()})
    conclude, red, yellow = held.rules
    assert (conclude.layer, red.layer, yellow.layer) == (0, 1, 0)
    assert red.let["thrice"].bound == Reference("repeat.red")
    assert red.let["crowd"].bound == (2, 5)
    assert red.let["crowd"].operator is Operator.BETWEEN
    assert red.when == Some(1, (Name("thrice"), All((Name("crowd"), Name("danger")))))
    assert yellow.when == All((Name("armed"), Name("crowd")))
    assert red.reads == {"matter.incidents_30d", "record.heads", "danger.any"}
    feature = held.features["matter.incidents_30d"]
    assert feature.where == {"kind": ("police_110",), "cause": ("new", "repeat")}
    assert held.features["danger.any"].kind is FeatureKind.CONCLUDED
    assert str(red.place) == "a.yaml:13:5"


def test_names_may_stand_in_any_file_but_once() -> None:
    parts = RULES.split("rules:\n")
    spread = {"z.yaml": parts[0].encode(), "a.yaml": ("rules:\n" + parts[1]).encode()}
    assert [rule.id for rule in loader.load(spread).rules] == ["C1", "R1", "Y1"]
    twice = {
        **spread,
        "m.yaml": b"parameters:\n  repeat.red: {title: x, values: [{from: '2025-01-01', value: 3, source: y}]}\n",
    }
    assert [fault.code for fault in loader.check(twice)[1]] == ["S004"]


def test_two_mappings_of_one_kind_are_a_fault() -> None:
    mapping = b"mapping: {kind: walk_in, title: x, columns: {source_id: [a]}}"
    assert [fault.code for fault in loader.check({"a.yaml": mapping, "b.yaml": mapping})[1]] == ["S004"]


@pytest.mark.parametrize("text", ["- a", "just text", "3"])
def test_a_file_is_keys_and_values(text: str) -> None:
    assert [fault.code for fault in loader.check({"a.yaml": text.encode()})[1]] == ["S002"]


def test_a_file_that_cannot_be_read_hides_no_fault_of_shape_in_another() -> None:
    found = loader.check({"a.yaml": b"a: &x 1", "b.yaml": b"rulez: []"})[1]
    assert [(fault.place.file, fault.code) for fault in found] == [("a.yaml", "Y004"), ("b.yaml", "S001")]


def test_a_rule_file_that_is_none_is_refused_and_a_giant_is_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_bytes(b"#" * (loader.MAX_BYTES + 10_000))
    assert len(loader.read_folder(tmp_path)["big.yaml"]) == loader.MAX_BYTES + 1
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(RuleError, match="不是可以读的文件"):
        loader.read_folder(tmp_path)
