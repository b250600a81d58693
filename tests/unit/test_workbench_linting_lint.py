"""Lint: what loads and is still wrong or dead."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.ruleset import loader
from engine.ruleset.tree import Fault
from engine.workbench.linting.codes import CODES
from engine.workbench.linting.lint import lint

FOLDER = Path(__file__).parents[2] / "fixtures" / "bad_rules" / "lint"
BASE = {path.name: path.read_bytes() for path in (FOLDER / "base").glob("*.yaml")}
FAULTY = sorted(folder for folder in FOLDER.iterdir() if folder.name != "base")

UNTESTED = """rules:
  - id: Z1
    title: 没有测试
    status: live
    colour: yellow
    let: {many: {feature: record.heads, at_least: 3}}
    because: 人数{record.heads}
"""


@pytest.fixture(scope="module")
def shipped() -> dict[str, bytes]:
    return loader.read_folder(loader.shipped())


def test_a_reach_shorter_than_several_windows_is_shown_at_both(shipped: dict[str, bytes]) -> None:
    short = shipped["settings.yaml"].replace(b"reach_days: 180", b"reach_days: 179")
    places = {fault.place.file for fault in findings({**shipped, "settings.yaml": short}) if fault.code == "L132"}
    assert places == {"settings.yaml", "features.yaml"}


def findings(files: dict[str, bytes]) -> list[Fault]:
    return list(lint(files))


def own(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.yaml")}


def said(folder: Path) -> tuple[str, str]:
    """Where the fault of a folder stands and what its hint is, as its first line says."""
    for name, data in own(folder).items():
        first = data.decode().splitlines()[0]
        if first.startswith("# ") and first[2].isdigit():
            place, hint = first.removeprefix("# ").split(" ", 1)
            return f"{name}:{place}", hint
    raise AssertionError(f"{folder} does not say where")


def test_the_base_of_the_bad_rules_is_clean() -> None:
    assert findings(BASE) == []


@pytest.mark.parametrize("folder", FAULTY, ids=lambda folder: folder.name)
def test_a_bad_rulebook_has_its_one_finding_at_its_place(folder: Path) -> None:
    (found,) = findings({**BASE, **own(folder)})
    assert (found.code, str(found.place), found.hint) == (folder.name, *said(folder))
    assert found.message
    assert found.english


def test_every_code_has_its_folder() -> None:
    assert {folder.name for folder in FAULTY} == set(CODES)


def test_every_code_stands_on_its_page() -> None:
    from engine.ruleset.faults import CODES as LOADING

    page = (FOLDER.parents[2] / "docs" / "lint.md").read_text(encoding="utf-8")
    rows = {row.split("`")[1]: row for row in page.splitlines() if row.startswith("| `")}
    all_codes = {**LOADING, **CODES}
    assert set(rows) >= set(all_codes)
    assert [code for code, (_, english, _) in all_codes.items() if f"| {english} |" not in rows[code]] == []


def test_findings_of_many_folders_come_at_once_in_order() -> None:
    """One file of each of some folders, under names of their own; a fault in one hides none in another."""
    chosen = {code: FOLDER / code / "more.yaml" for code in ("L102", "L103", "L104", "L106", "L141")}
    found = findings({**BASE, **{f"{code}.yaml": path.read_bytes() for code, path in chosen.items()}})
    assert [(fault.place.file.removesuffix(".yaml"), fault.code) for fault in found] == [(c, c) for c in chosen]


@pytest.mark.parametrize("path", sorted(FOLDER.parent.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_rulebook_that_does_not_load_is_still_looked_through(path: Path) -> None:
    """Its own fault is among the findings, beside those of a rule that nobody tests; nothing stops on the way."""
    codes = [fault.code for fault in findings({path.name: path.read_bytes(), "zz.yaml": UNTESTED.encode()})]
    assert path.stem in codes
    assert "L111" in codes


def test_the_shipped_rules_are_clean(shipped: dict[str, bytes]) -> None:
    assert findings(shipped) == []


def test_what_does_not_load_is_the_answer(shipped: dict[str, bytes]) -> None:
    broken = {**shipped, "broken.yaml": b"rulez: []"}
    assert [found.code for found in findings(broken)] == ["S001"]


def test_a_rule_without_tests_for_and_against(shipped: dict[str, bytes]) -> None:
    found = findings({**shipped, "more.yaml": UNTESTED.encode()})
    assert [(fault.code, str(fault.place)) for fault in found] == [
        ("L111", "more.yaml:2:5"),
        ("L112", "more.yaml:2:5"),
        ("L113", "more.yaml:6:11"),
    ]
    assert "Z1" in found[0].message
    one_sided = UNTESTED.rstrip() + "\n    tests:\n      - {name: 三人, incident: {heads: 3}, expect: {match: true}}\n"
    assert [fault.code for fault in findings({**shipped, "more.yaml": one_sided.encode()})] == ["L112", "L113"]
    both = one_sided.rstrip() + "\n      - {name: 两人, incident: {heads: 2}, expect: {match: false, because: many}}\n"
    assert findings({**shipped, "more.yaml": both.encode()}) == []


def test_what_does_not_load_hides_no_finding_of_the_rest(shipped: dict[str, bytes]) -> None:
    twice = "mapping:\n  kind: other\n  title: 别处\n  columns: {source_id: [编号], occurred_at: [时间], narrative: [内容], title: [编号]}\n"
    files = {
        **shipped,
        "broken.yaml": b"rules: [",
        "more.yaml": UNTESTED.encode(),
        "mappings/other.yaml": twice.encode(),
    }
    assert sorted(fault.code for fault in findings(files)) == ["L104", "L111", "L112", "Y003"]


def test_nothing_is_called_dead_while_a_file_cannot_be_read(shipped: dict[str, bytes]) -> None:
    broken = {**shipped, "repeats.yaml": shipped["repeats.yaml"] + b"\nx: [", "topics.yaml": b"topics: ["}
    assert [(fault.code, fault.place.file) for fault in findings(broken)] == [
        ("Y003", "repeats.yaml"),
        ("Y003", "topics.yaml"),
    ]


def test_a_test_without_a_readable_expectation_is_no_test(shipped: dict[str, bytes]) -> None:
    text = shipped["quality.yaml"].decode()
    odd = text[: text.index("    tests:")] + "    tests: [{name: 怪, expect: 3}]\n"
    codes = [fault.code for fault in findings({**shipped, "quality.yaml": odd.encode()})]
    assert codes == ["L111", "L112", "L113", "L118"]


def test_parameters_and_facts_that_nobody_reads(shipped: dict[str, bytes]) -> None:
    more = """features:
  record.unused: {title: 没人用, field: heads}
parameters:
  unused.limit: {title: 没人用, values: [{from: '2025-01-01', value: 3, source: 惯例}]}
"""
    found = findings({**shipped, "more.yaml": more.encode()})
    assert sorted((fault.code, fault.message) for fault in found) == [
        ("L102", "参数 unused.limit 没有规则使用"),
        ("L103", "事实 record.unused 没有规则使用"),
    ]


def test_a_mapping_that_claims_a_header_twice(shipped: dict[str, bytes]) -> None:
    twice = "mapping:\n  kind: other\n  title: 别处\n  columns: {source_id: [编号], feedback: [编号], occurred_at: [时间], narrative: [内容]}\n"
    found = findings({**shipped, "mappings/other.yaml": twice.encode()})
    assert [fault.code for fault in found] == ["L104"]
    assert "编号" in found[0].message


def test_routes_without_a_root(shipped: dict[str, bytes]) -> None:
    routes = """routes:
  - {id: red, title: 专班, colour: red, receivers: [党工委]}
  - {id: yellow, title: 联合, colour: yellow, receivers: [派出所], topic: family}
  - {id: green, title: 调解, colour: green, receivers: [调解员]}
"""
    (found,) = [fault for fault in findings({**shipped, "routes.yaml": routes.encode()}) if fault.code == "L105"]
    assert "yellow" in found.message
    assert found.hint


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("incident: {heads: 3}", "incident: {naration: 三人}", "不认识的键“incident.naration”，是不是“narrative”"),
        ("incident: {heads: 3}", "incident: {heads: 三}", "“incident.heads”"),
        ("match: true", "match：true", "不认识的键“expect.match：true”"),
        ("match: true", "colour: yelow", "“expect.colour”"),
        ("match: true", "match: false, because: meny", "because 写的“meny”不是这条规则的一行，是不是“many”"),
        ("incident: {heads: 3}", "as_of: 2025-01-05T10:00:00, steps: [{as_of: 2025-01-06, expect: {because: meny}}]", "“meny”"),
    ],
)  # fmt: skip
def test_a_test_that_cannot_be_read_is_shown(shipped: dict[str, bytes], old: str, new: str, said: str) -> None:
    tests = """    tests:
      - {name: 两人, incident: {heads: 2}, expect: {match: false, because: many}}
      - {name: 三人, incident: {heads: 3}, expect: {match: true}}
"""
    files = {**shipped, "more.yaml": (UNTESTED.rstrip() + "\n" + tests.replace(old, new)).encode()}
    shown = [fault for fault in findings(files) if fault.code == "L118"]
    assert {str(fault.place) for fault in shown} == {"more.yaml:10:9"}
    assert any(said in fault.message and "三人" in fault.message for fault in shown)


def test_a_copied_file_has_its_rules_twice_and_no_rule_has_the_title_of_another(shipped: dict[str, bytes]) -> None:
    found = [fault.code for fault in findings({**shipped, "copy.yaml": shipped["repeats.yaml"]})]
    assert "L127" not in found
    assert found
