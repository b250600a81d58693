"""A choice as an edit of the files: only its numbers change, it reads back, and what fails the gate is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from engine.ruleset import loader
from engine.ruleset.tree import DatedValue, Rulebook
from engine.workbench.tuning.emitting import SOURCE, edit
from engine.workbench.tuning.plan import Knob, knobs, of_words

BASE = Path(__file__).parents[2] / "fixtures" / "bad_rules" / "lint" / "base"
SINCE = date(2026, 1, 1)
RED = "{from: 2025-01-01, value: 3, source: 某年某会}"
VALUES = f"    values: [{RED}]\n"
TESTS = """    tests:
      - {name: 到线, incident: {heads: 1, people: 3}, expect: {match: true}}
      - {name: 差一点, incident: {heads: 1, people: 2}, expect: {match: false, because: many}}
"""
LINE = "      many: {feature: record.people, at_least: $people.yellow}"
MORE = f"""# 涉及的人
parameters:
  people.yellow:
    title: 几人涉及为黄
    unit: 人
{VALUES}features:
  record.people: {{title: 涉及人数, field: people}}
rules:
  - id: Z1
    title: 涉及的人多
    status: live
    colour: yellow
    let:
{LINE}
    on_missing: {{record.people: no}}
    because: 涉及人数{{record.people}}
{TESTS}"""


def book(*changes: tuple[str, str], **files: str) -> Rulebook:
    """A small rulebook that lint finds nothing in, with some of it written otherwise."""
    text = MORE
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    held = {path.name: path.read_bytes() for path in BASE.glob("*.yaml")}
    return loader.load({**held, "more.yaml": text.encode(), **{f"{k}.yaml": v.encode() for k, v in files.items()}})


def knob(held: Rulebook, text: str) -> Knob:
    (made,) = knobs(held, of_words([text], [], 400), SINCE)
    return made


def lines_of(files: Mapping[str, bytes], others: Mapping[str, bytes]) -> list[tuple[str, str, str]]:
    """(file, line before, line after) of every line that is not the same; a new line has nothing before it."""
    found = []
    for name in others:
        one, other = files[name].decode().split("\n"), others[name].decode().split("\n")
        if len(other) == len(one) + 1:
            at = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one))
            one.insert(at, "")
        found += [(name, a, b) for a, b in zip(one, other, strict=True) if a != b]
    return found


@pytest.mark.parametrize(
    ("written", "before", "after"),
    [
        (
            f"    values: [{RED}]  # 镇里定的\n",
            f"    values: [{RED}]  # 镇里定的",
            f"    values: [{RED}, NEW]  # 镇里定的",
        ),
        (f"    values:\n      - {RED}  # 镇里定的\n", "", "      - NEW"),
        (f"    values:\n    - {RED}\n    # 后面还有话\n", "", "    - NEW"),
        (
            "    values:\n      - from: 2025-01-01\n        value: 3\n        source: 某会  # 记着\n\n",
            "",
            "      - NEW",
        ),
    ],
)
def test_a_parameter_gets_one_more_dated_value_however_it_is_written(written: str, before: str, after: str) -> None:
    held = book((VALUES, written))
    made = edit(held, [knob(held, "people.yellow=2")], [2], SINCE)
    new = f"{{from: 2026-01-01, value: 2, source: {SOURCE}}}"
    assert lines_of(held.files, made.files) == [("more.yaml", before, after.replace("NEW", new))]
    values = loader.load(made.files).parameters["people.yellow"].values
    assert values == (*held.parameters["people.yellow"].values, DatedValue(SINCE, 2, SOURCE))
    assert not made.fails


def test_a_number_dated_that_day_is_written_over() -> None:
    held = book((VALUES, f"    values: [{RED}, {{from: 2026-01-01, value: 4, source: 今早的会}}]\n"))
    made = edit(held, [knob(held, "people.yellow=2")], [2], SINCE)
    values = loader.load(made.files).parameters["people.yellow"].values
    assert values[1:] == (DatedValue(SINCE, 2, "今早的会"),)


def test_no_number_is_put_before_one_that_is_dated_later() -> None:
    held = book((VALUES, f"    values: [{RED}, {{from: 2026-06-01, value: 4, source: 已经定了}}]\n"))
    made = edit(held, [knob(held, "people.yellow=2")], [2], SINCE)
    assert [part for part, _ in made.fails] == ["lint"]
    assert "起用日没有按先后写" in made.fails[0][1]


def test_the_tests_of_the_old_number_and_the_edges_of_the_new_one_are_told() -> None:
    held = book()
    made = edit(held, [knob(held, "people.yellow=5")], [5], SINCE)
    assert not made.fails
    assert [("L113" in said, "Z1" in said, "4、5" in said) for said in made.wants] == [(True, True, True)]
    assert [said for said in made.pinned if "Z1 到线" in said] == list(made.pinned) != []
    assert f"+    values: [{RED}, {{from: 2026-01-01, value: 5, source: {SOURCE}}}]" in made.diff.splitlines()
    assert not edit(held, [knob(held, "people.yellow=2")], [2], SINCE).pinned[1:]


def test_a_number_in_a_line_is_written_over_and_its_tests_bite() -> None:
    held = book(("$people.yellow", "3}  # 三人\n      heads: {feature: record.heads, at_least: $people.yellow"))
    made = edit(held, [knob(held, "Z1.many=4"), knob(held, "people.yellow=2")], [4, 3], SINCE)
    after = LINE.replace("$people.yellow", "4")
    assert lines_of(held.files, made.files) == [
        ("more.yaml", f"{LINE.replace('$people.yellow', '3')}  # 三人", f"{after}  # 三人")
    ]
    assert [(part, "Z1 到线" in said) for part, said in made.fails] == [("test", True)]
    assert not made.pinned


def test_a_byte_order_mark_and_line_ends_stay() -> None:
    held = book()
    files = {**held.files, "more.yaml": b"\xef\xbb\xbf" + held.files["more.yaml"].replace(b"\n", b"\r\n")}
    held = loader.load(files)
    made = edit(held, [knob(held, "people.yellow=2")], [2], SINCE)
    changed, before = made.files["more.yaml"], files["more.yaml"]
    assert changed.startswith(b"\xef\xbb\xbf# ")
    assert changed.count(b"\r\n") == before.count(b"\r\n") == changed.count(b"\n")
    assert not made.fails


def test_an_invariant_that_only_the_guard_would_keep_is_a_failure() -> None:
    """By the tests beside the rules with the new number from the beginning: dated from today it would meet none of them."""
    three = "never:\n  - {id: N9, title: 三人绝不为绿, let: {three: {feature: record.people, at_least: 3}}, when: three, colour: [green]}\n"
    held = book(never=three)
    good, bad = (edit(held, [knob(held, f"people.yellow={value}")], [value], SINCE) for value in (2, 4))
    assert not good.fails
    assert {part for part, _ in bad.fails} == {"never"}
    assert all("N9" in said for _, said in bad.fails)
    assert not bad.pinned


def test_nothing_changed_is_no_edit() -> None:
    held = book()
    made = edit(held, [knob(held, "people.yellow=3")], [3], SINCE)
    assert (made.files, made.diff, made.fails) == (held.files, "", ())
