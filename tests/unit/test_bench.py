"""The benchmark at its smallest: it loads, measures, checks its answers, and gives no figure where one is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from bench import __main__ as everything
from bench import checking, county, history, live, loading, measuring, report
from bench.rules import __main__ as rules_command
from bench.stages import Shares
from bench.yardstick import yardstick
from engine.model import Colour
from engine.pipeline import Tally

pytestmark = pytest.mark.xdist_group("bench")
STORED = 1_000


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of its own with a small county stored in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(county, "OUT", tmp_path_factory.mktemp("bench"))
        loading.load(STORED, 0)
        yield county.OUT


def test_larger_sizes_grow_from_smaller_ones(out: Path) -> None:
    loading.load(2 * STORED, STORED)
    made = county.install(f"sqlite:///{loading.place(2 * STORED)}")
    with made.store.read() as view:
        entries = [row for row in view.audit_rows() if row.what == "ingest"]
    made.store.close()
    assert sum(entry.payload["read"] for entry in entries) == 2 * STORED
    assert not list(out.glob("growing-*"))


def test_every_figure_stands_in_the_table(out: Path) -> None:
    found: Any = measuring.measure(STORED, batches=1, singles=20)
    assert found["checked"]["rows"] == 5_020
    assert found["checked"]["replayed"] >= 300
    assert 0 < found["p50_ms"] <= found["p99_ms"]
    assert sum(found["shares"].values()) <= 100
    assert not list(out.glob("work-*")), "the measured copy is removed"
    table = report.table([found, {**found, "stored": 9_999}], {"100000": 1 << 29, "300000": 3 << 28})
    for figure in (f"{STORED:,}", str(found["p50_ms"]), str(found["yardstick_ms"]), "1.00 times slower", "+50.0 %"):
        assert figure in table
    assert f"{report.machine()['cores']} cores" in table


@pytest.mark.parametrize(
    ("command", "options", "said"),
    [
        ("bench", "--parts nix", "there is no nix; there are rules, live, history, workbench"),
        ("bench", "--parts history --history=--lanes=nix", "there is no nix; there are "),
        ("bench.history", "--incidents abc", "no number of 1 or more: abc"),
        ("bench.history", "--incidents -5", "no number of 1 or more: -5"),
        ("bench.history", "--rules -1", "no number of 0 or more: -1"),
        ("bench.rules", "--peers clipspy,nix", "there is no nix"),
        ("bench.rules", "--rules 0", "no number of 1 or more: 0"),
        ("bench.live", "--sizes 0,1e3", "no number of 1 or more: 0, 1e3"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_measured(
    command: str, options: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    modules = {"bench": everything, "bench.history": history, "bench.rules": rules_command, "bench.live": live}
    with pytest.raises(SystemExit) as ended:
        modules[command].main(options.split())
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_the_rows_that_are_measured_follow_what_is_stored() -> None:
    one, other = (list(islice(county.rows(40, first=first), 40)) for first in (0, 40))
    assert not {raw.digest for raw in one} & {raw.digest for raw in other}
    assert [raw.digest for raw in county.rows(80)] == [raw.digest for raw in (*one, *other)]


GOOD = Tally(read=3, new=2, quarantined=1, colours=Counter({Colour.GREEN: 2}))


@pytest.mark.parametrize(
    "wrong",
    [
        replace(GOOD, read=4),
        replace(GOOD, read=0, new=0, quarantined=0, colours=Counter()),
        replace(GOOD, colours=Counter({Colour.RED: 1})),
        replace(GOOD, defects=["R1"]),
    ],
    ids=["lost row", "nothing read", "no colour", "readers apart"],
)
def test_a_wrong_answer_gives_no_figure(wrong: Tally) -> None:
    checking.accounted(GOOD)
    with pytest.raises(AssertionError):
        checking.accounted(wrong)


def test_time_inside_another_stage_is_taken_off_it() -> None:
    shares = Shares()
    with shares.of("outer"), shares.of("inner"):
        yardstick()
    assert shares.seconds["inner"] > 10 * shares.seconds["outer"]
