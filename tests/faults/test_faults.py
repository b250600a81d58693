"""Mistakes put into the rulebook are noticed, at their rule and line; what counts as noticing is not too easy."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.ruleset import loader
from engine.workbench.linting.lint import lint
from tests.faults.book import Book, Edit
from tests.faults.caught import Message, names_it
from tests.faults.draw import CLASSES, Fault, draw
from tests.faults.reading import Reading, parsed_once
from tests.faults.trial import verdicts

RULES = loader.shipped()
SEED = 64
NOBODY_KNOWS = {("word_list_slip", "word lost")}
"""Kinds of mistakes of which not always another line of the rulebook knows: a word that other entries find as well (docs/faults.md, chapter 3)."""


@pytest.fixture(scope="module")
def book() -> Book:
    return Book.read(RULES)


def test_there_are_many_classes_and_each_has_enough_to_draw_from(book: Book) -> None:
    faults = draw(book, SEED, 5)
    drawn = {mistake.__name__: [f for f in faults if f.mistake == mistake.__name__] for mistake in CLASSES}
    assert len(CLASSES) >= 14
    assert {name: len({fault.edit for fault in some}) for name, some in drawn.items()} == dict.fromkeys(drawn, 5)
    assert all(mistake.__doc__ for mistake in CLASSES)


def test_a_seed_draws_the_same_again_and_another_seed_others(book: Book) -> None:
    assert draw(book, SEED, 2) == draw(book, SEED, 2)
    assert draw(book, SEED, 2) != draw(book, SEED + 1, 2)


def test_every_mistake_changes_its_file_and_nothing_else(book: Book, tmp_path: Path) -> None:
    for number, fault in enumerate(draw(book, SEED, 2)):
        folder = tmp_path / str(number)
        for name, lines in book.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        fault.edit.put_into(folder)
        after = Book.read(folder).files
        assert [name for name in book.files if after[name] != book.files[name]] == [fault.edit.file]


def test_one_mistake_of_each_class_is_named_by_somebody(book: Book) -> None:
    faults = draw(book, SEED, 1)
    escaped = [one.fault for one in verdicts(RULES, faults) if one.escaped]
    assert [fault for fault in escaped if (fault.mistake, fault.edit.kind) not in NOBODY_KNOWS] == []


def test_a_mistake_that_nobody_can_know_of_is_said_to_have_got_away(book: Book) -> None:
    """The trial is able to fail: this one escapes, and is not taken to be harmless."""
    (holiday,) = book.sites(r"from: 2025-04-04, to: (2025-04-06)", "calendar.yaml")
    (edit,) = holiday.put("length of a holiday", "2025-04-07", 1)
    (verdict,) = verdicts(RULES, [Fault(1, "calendar_slip", edit)])
    assert verdict.escaped


def test_files_that_are_parsed_once_show_the_same_faults(book: Book, tmp_path: Path) -> None:
    (site,) = list(book.sites(r"feature: (matter.calls_30d)", "repeats.yaml"))
    (edit,) = site.put("let", "matter.cals_30d", 1)
    for name, lines in book.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    edit.put_into(tmp_path)
    files = Reading.of(tmp_path).files
    plain = lint(files)
    with parsed_once():
        assert lint(files) == lint(files) == plain
    assert any("Y2：" in str(fault) for fault in plain)


EDIT = Edit("let", "a.yaml", 3, "R2", ("    let: {}",), ("    led: {}",))
NOW = Book({"a.yaml": ("rules:", "  - id: R2", "    led: {}", "    title: 二", "  - id: R3", "    let: {}")})


@pytest.mark.parametrize(
    ("file", "line", "text", "unreadable", "counts"),
    [
        ("a.yaml", 3, "R2：不认识的键", False, True),
        ("a.yaml", 4, "R2：缺 let", False, True),
        ("a.yaml", 3, "不认识的键", False, False),
        ("a.yaml", 3, "R22：不认识的键", False, False),
        ("a.yaml", 5, "R2：不认识的键", False, False),
        ("a.yaml", 6, "R3：不认识的键", False, False),
        ("b.yaml", 3, "R2：不认识的键", False, False),
        ("a.yaml", 0, "R2：不认识的键", False, False),
        ("a.yaml", 4, "不是合格的 YAML", True, True),
        ("a.yaml", 5, "不是合格的 YAML", True, False),
    ],
)
def test_a_message_counts_when_it_has_the_name_and_the_line(
    file: str, line: int, text: str, *, unreadable: bool, counts: bool
) -> None:
    assert bool(names_it(EDIT, NOW, [Message("lint", file, line, text, unreadable)])) is counts


def test_a_rule_that_reads_what_was_changed_may_be_the_one_that_is_named() -> None:
    edit = Edit("within", "features.yaml", 2, "a.b", ("  a.b: {within: 3d}",), ("  a.b: {within: 4d}",))
    rules = ("rules:", "  - id: R1", "    let: {x: {feature: a.b}}", "  - id: R2", "    let: {x: {feature: a.bc}}")
    now = Book({"features.yaml": ("features:", *edit.new), "r.yaml": rules})
    assert names_it(edit, now, [Message("test", "r.yaml", 3, "✗ R1 边上")])
    assert not names_it(edit, now, [Message("test", "r.yaml", 5, "✗ R2 边上")])
