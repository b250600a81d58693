"""The page and the plain data of a back-test: charts inside, nothing asked of anywhere, nobody's name, number or words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from time import monotonic
from typing import Any

import pytest

from cli.printing import plain
from engine.errors import SanseError
from engine.model import Colour
from engine.pipeline import ingest_batch
from engine.workbench.backtest import Backtest, Ground, Side, Weeks, backtest, charts, weeks
from engine.workbench.backtest.page import html
from engine.workbench.backtest.told import lines, said_of, steps, summary
from engine.workbench.proof.codes import Verdict
from engine.workbench.proof.meaning import Change, compare
from engine.workbench.proof.solving import Budget
from tests.installation import Installation
from tests.orders import KNOWN_AT, township
from tests.property.previews import stages_of
from tests.property.rulebook_changes import base, loaded

pytest_plugins = ["tests.places"]


@dataclass(frozen=True, slots=True)
class Tried:
    """A back-test with all that is told of it, and the texts and contacts of its records."""

    found: Backtest
    load: Weeks
    changes: tuple[Change, ...]
    secrets: frozenset[str]


@pytest.fixture
def tried(small_place: Installation) -> Iterator[Tried]:
    """Y1 is red, and money is told by more words."""
    book = base()
    book["rules"][4]["colour"] = "red"
    book["words"]["money"]["entries"].append("物业费")
    old, new = loaded(base()), loaded(book)
    store = small_place.desk.store
    ingest_batch(township(150, seed=5), store=store, stages=stages_of(old), known_at=KNOWN_AT)
    ground = Ground(store, old, KNOWN_AT)
    with backtest(ground, Side(old, stages_of), Side(new, stages_of)) as found, store.read() as view:
        incidents = view.incidents(list(dict(found.matters.outlines()))).values()
        held = {
            part
            for i in incidents
            for part in (i.narrative, i.caller.name, i.caller.phone, i.caller.id_number, i.address)
        }
        yield Tried(
            found,
            weeks(found.groups, old, new, {"red": 1}),
            compare(old, new, Budget(60, each=20, clock=monotonic)),
            frozenset(part for part in held if len(part) > 1),
        )


def test_the_page_asks_for_nothing_and_names_nobody(tried: Tried) -> None:
    page = html(tried.found, tried.load, tried.changes)
    addresses = set(re.findall(r"""(?:https?:)?//[^\s"'<>)]+""", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}, (
        "names of XML, fetched by nobody"
    )
    assert "<script" not in page
    assert not re.search(r"""\b(?:src|href|url)\s*[=(]""", page.replace("xlink:href", ""))
    assert page.count("<svg") == 4
    assert len(tried.secrets) > 100
    assert [secret for secret in tried.secrets if secret in page] == []


def test_the_page_tells_what_the_data_tell(tried: Tried) -> None:
    page, moved = html(tried.found, tried.load, tried.changes), list(lines(tried.found))
    assert len(moved) == sum(n for (was, now), n in tried.found.matrix.items() if was is not now) > 0
    assert all(one["matter"] in page for one in moved)
    assert any("Y1 Y1" in one["after"]["reasons"] and one["after"]["colour"] == "red" for one in moved)
    assert "来件不可能（按最新的阈值已证明）" in page
    assert "证明只说来件" in page
    assert "<th>不在数里</th>" in page


def test_the_summary_is_plain_and_its_parts_agree(tried: Tried) -> None:
    told: dict[str, Any] = plain(summary(tried.found, tried.load, tried.changes))
    assert sum(n for row in told["record_colours"].values() for n in row.values()) == told["records"]
    assert sum(n for row in told["machine_views"].values() for n in row.values()) == told["matters"]["view"]
    assert told["facts_remade"] == told["records"], "other words"
    assert told["gained"]["Y1"] > 0
    assert {(one["before"], one["after"]) for one in told["steps"]} == set(permutations(("red", "yellow", "green"), 2))
    red = next(one for one in told["load"] if (one["route"], one["area"]) == ("red", ""))
    assert red["over"][1] >= red["over"][0]
    assert red["after"]["mean"] > red["before"]["mean"]


def test_what_the_solver_says_stands_beside_how_often_it_was(tried: Tried) -> None:
    made = {(step.before, step.after): step for step in steps(tried.found, tried.changes)}
    up, down = made[Colour.YELLOW, Colour.RED], made[Colour.RED, Colour.YELLOW]
    assert (up.proved, up.records > 0, said_of(up)) == (Verdict.REFUTED, True, "来件可能")
    assert (down.proved, down.records, said_of(down)) == (Verdict.PROVED, 0, "来件不可能（按最新的阈值已证明）")
    assert {said_of(step) for step in steps(tried.found)} == {"没有问"}


def test_without_what_draws_the_page_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "find_spec", lambda name: None if name == "altair" else object())
    with pytest.raises(SanseError, match="没有 altair，画不了图"):
        charts.matrix({})
