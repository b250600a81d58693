"""The rules stage beside its peers: what is drawn, that every peer is the reference's equal, and that no wrong answer has a figure."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench import __main__ as joined
from bench import county
from bench.rules import __main__ as command
from bench.rules import answers, by_column, by_reader, by_record, drawing, facts, measuring, report
from bench.rules.lowering import sheet
from bench.rules.measuring import Task
from engine.ruleset.parameters import regimes
from engine.ruleset.tree import Operator, Rulebook, Some

RULES, INCIDENTS = 40, 60
EVERYBODY = [peer for peer in command.ALL if peer not in (by_reader.REFERENCE, by_column.FLOOR)]


@pytest.fixture(scope="module")
def drawn() -> Rulebook:
    """Rules of every shape."""
    return drawing.rulebook(RULES)


@pytest.fixture(scope="module")
def references(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Task, pa.Table]]:
    """What the reference answers in every lane."""
    folder, made = tmp_path_factory.mktemp("rules"), {}
    for lane in facts.LANES:
        pq.write_table(facts.table(INCIDENTS, lane=lane), folder / f"{lane}.parquet")
        task = Task(
            by_reader.REFERENCE, RULES, 1, str(folder / f"{lane}.parquet"), INCIDENTS, str(folder / f"{lane}.answers")
        )
        measuring.measure(task)
        made[lane] = (task, pq.read_table(task.answers))
    return made


def test_rules_are_distinct_and_the_same_for_the_same_seed() -> None:
    held = drawing.rulebook(1_000)
    said = [
        (rule.when_text, sorted(repr((line.feature, line.operator, line.bound)) for line in rule.let.values()))
        for rule in held.rules
    ]
    assert len({repr(one) for one in said}) == len(held.rules) == 1_000
    assert drawing.files(40) == drawing.files(40) != drawing.files(40, seed=2)


def test_rules_are_of_every_kind(drawn: Rulebook) -> None:
    used = Counter(line.operator for rule in drawn.rules for line in rule.let.values())
    drawn_from = {Operator.IS, Operator.IN, Operator.AT_LEAST, Operator.MORE_THAN, Operator.BETWEEN, Operator.HAS_ANY}
    assert set(used) == drawn_from
    assert any(isinstance(rule.when, Some) and rule.when.least > 1 for rule in drawn.rules)
    assert {answer for rule in drawn.rules for answer in rule.on_missing.values()} == {"yes", "no", "review"}
    assert sum(rule.points is not None for rule in drawn.rules) > 5
    assert len(regimes(drawn)) == 2


def test_lanes_are_what_they_say(references: dict[str, tuple[Task, pa.Table]]) -> None:
    hits = {lane: sum(len(one) for one in table["hits"].to_pylist()) for lane, (_, table) in references.items()}
    assert hits["none"] == 0
    assert 0 < hits["few"] < hits["many"]
    assert hits["hot"] > 0
    unknown = {lane: facts.table(2_000, lane=lane)["record__heads"].null_count for lane in facts.LANES}
    assert unknown["none"] == 0
    assert unknown["dirty"] > 20 * unknown["few"] > 0
    late = facts.table(2_000, lane="late")["day"].to_pylist()
    assert sum(day < before for before, day in itertools.pairwise(late)) > 100
    assert facts.table(2_000)["day"].to_pylist() == sorted(facts.table(2_000)["day"].to_pylist())
    assert max(facts.table(2_000, lane="hot")["matter__records_7d"].to_pylist()) > max(
        facts.table(2_000)["matter__records_7d"].to_pylist()
    )


def test_facts_that_are_never_unknown_say_so() -> None:
    made = facts.table(500, lane="dirty")
    for field in made.schema:
        assert field.nullable == (made[field.name].null_count > 0), field.name


@pytest.mark.parametrize("peer", EVERYBODY)
def test_every_peer_answers_as_the_reference(
    peer: str, references: dict[str, tuple[Task, pa.Table]], tmp_path: Path
) -> None:
    if command.ALL[peer].version is None:
        pytest.skip(f"{peer} is not installed (make peers): its translation was not compared")
    rulebook = drawing.rulebook(RULES)
    for lane, (asked, expected) in references.items():
        task = Task(peer, RULES, 1, asked.facts, INCIDENTS, str(tmp_path / lane), rounds=1)
        figures = measuring.measure(task)
        assert figures["incidents"] == INCIDENTS
        assert set(figures["wall"]) == {"build", "parse", "decide", "explain", "write"}
        assert answers.difference(expected, pq.read_table(task.answers), sheet(rulebook, date.min)) == "", lane


def test_a_wrong_answer_is_named(references: dict[str, tuple[Task, pa.Table]], drawn: Rulebook) -> None:
    _, expected = references["many"]
    rows = expected.to_pylist()
    at = next(n for n, row in enumerate(rows) if row["hits"])
    rows[at]["hits"] = rows[at]["hits"][1:]
    found = pa.Table.from_pylist(rows, schema=expected.schema)
    assert f"row {at}: colour" in answers.difference(expected, found, sheet(drawn, date.min))


def test_columns_and_lists_say_the_same(drawn: Rulebook) -> None:
    made = by_column.product(drawn, facts.table(300, lane="many"))()
    named = by_column.hit_columns(sheet(drawn, date.min))
    whole = answers.of_columns(made, named)
    rows = made.select(named).to_pylist()
    assert whole["hits"].to_pylist() == [[n for n, name in enumerate(named) if row[name]] for row in rows]
    told = answers.explained(whole, sheet(drawn, date.min))["rules"].to_pylist()
    assert [len(one) for one in told] == [len(one) for one in whole["hits"].to_pylist()]
    assert any(one.endswith("?") for held in told for one in held)


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, and one turn: nobody reads these figures."""
    monkeypatch.setattr(command, "OUT", tmp_path)
    monkeypatch.setattr(command, "_TURNS", 1)
    return tmp_path


ASKED = [
    "--rules",
    "12",
    "--incidents",
    "90",
    "--sample",
    "50",
    "--peers",
    f"generated Python,{by_column.BY_HAND},{by_column.FLOOR}",
]

FEWEST = [*ASKED[:-1], "generated Python"]


def test_the_command_prints_the_table_and_writes_a_file(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(ASKED) == 0
    table = capsys.readouterr().out
    for words in (
        by_column.PRODUCT,
        by_reader.REFERENCE,
        "generated Python",
        "12 rules × 90 incidents",
        "answers checked on 50",
        "target 8.00",
    ):
        assert words in table
    told = json.loads((out / "rules.json").read_text(encoding="utf-8"))
    assert set(told["settings"][0]["peers"]) == {
        by_column.PRODUCT,
        by_column.BY_HAND,
        by_column.FLOOR,
        by_reader.REFERENCE,
        "generated Python",
    }
    assert {file.name for file in out.iterdir()} == {"rules.json"}


def test_all_parts_are_one_table_one_file_and_one_page(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(county, "OUT", out)
    options = ["--rules", shlex.join(ASKED), "--history", "--incidents 300 --lanes few --rules 0 --stored ''"]
    assert joined.main(["--parts", "rules,history", *options]) == 0
    table = capsys.readouterr().out
    told = json.loads((out / "bench.json").read_text(encoding="utf-8"))
    page = (out / "bench.html").read_text(encoding="utf-8")
    assert list(told["parts"]) == ["rules", "history"]
    assert told["parts"]["history"]["drawn"][0]["checked"] == 200
    for part in joined.PARTS:
        assert (part.title in table, part.title in page) == (part.name in told["parts"],) * 2
    for words in ("12 rules × 90 incidents", "history from Parquet"):
        assert (table.count(words), words in page) == (1, True)
    assert not re.search(r"(?:src|href)=[\"']http|<script", page)


def test_where_a_part_is_wrong_no_part_has_figures(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(county, "OUT", out)
    (out / "rules.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(command, "_wrong", lambda *_: ["differs"])
    assert joined.main(["--parts", "rules", "--rules", shlex.join(FEWEST)]) == 1
    assert capsys.readouterr().out == ""
    assert list(out.glob("*.json")) == []


def test_no_figure_where_an_answer_differs(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = command._process

    def careless(task: Task) -> dict[str, Any] | None:
        figures = real(task)
        if task.peer == "generated Python":
            held = pq.read_table(task.answers)
            pq.write_table(held.set_column(1, "colour", pa.array([1] * held.num_rows, pa.int8())), task.answers)
        return figures

    monkeypatch.setattr(command, "_process", careless)
    assert command.main(FEWEST) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "no figures: answers differ\n  generated Python: row " in printed.err
    assert not list(out.iterdir())


def test_peers_that_are_not_installed_are_named(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unheard = by_record.RecordPeer("a-package-that-nobody-has", "", by_record.zen)
    monkeypatch.setattr(command, "ALL", {**command.ALL, "an engine": unheard})
    assert command.main([*ASKED[:-1], "an engine"]) == 0
    assert "not installed, so not measured: an engine (make peers)" in capsys.readouterr().out


def test_what_the_targets_come_to() -> None:
    def figures(incidents: int) -> dict[str, Any]:
        return {"incidents": incidents, "wall": {"decide": 1.0}}

    peers = {
        by_column.PRODUCT: figures(1_000),
        "zen-engine": figures(50),
        "rule-engine": figures(10),
        by_column.BY_HAND: figures(2_000),
    }
    lines = report.targets(peers)
    assert lines[0].startswith("MISSED: 20.00 times the best engine")
    assert "zen-engine (target 25.00)" in lines[0]
    assert lines[1].startswith("MISSED: 0.50 of the speed of SQL by hand")
    assert report.targets({**peers, by_column.BY_HAND: figures(1_400)})[1].startswith("reached: 0.71")
