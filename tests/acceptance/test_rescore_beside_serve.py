"""History is judged anew while the service takes records in: both write, nothing is dropped, no transaction is long (issue 4).

In: `sanse serve` as a process and `sanse rescore --apply` on the same database, on SQLite and on PostgreSQL. Not here: what a rescore comes to (`test_rescore`).
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.desk import rescoring
from tests.console import ACTOR, Console, both
from tests.serving import HEADERS, SERVICE, Serving, configure, days_ago, export, real_now, row, serving

MATTERS, PIECE, ARRIVALS, EACH = 24, 6, 3, 5
_TEXT = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"
OLD, NEW = "value: 2, source: 公安“二次报警”", "value: 3, source: 公安“二次报警”"


def twice(path: Path, at: datetime) -> None:
    """A file of callers who each called twice about one thing: yellow as the rules are."""
    first = [row(number, at, _TEXT) for number in range(1, MATTERS + 1)]
    again = [
        row(number, at + timedelta(days=1), _TEXT.replace("漏", "又漏")).replace("A", "B", 1)
        for number in range(MATTERS)
    ]
    path.write_text("\n".join([",".join(HEADERS), *first, *again]), encoding="utf-8")


@pytest.fixture(params=["sqlite", "postgresql"])
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Console]:
    """An office that holds two calls of each caller, history judged by the shipped rules, and then has milder ones: the service looks again only at what is open."""
    for console in both(request, tmp_path / "office"):
        configure(console, **SERVICE)
        twice(console.folder / "old.csv", days_ago(100))
        console.ok("ingest", "--file", "old.csv", "--source", "police_110", "--now", days_ago(2).isoformat())
        parameters = console.folder / "rules" / "parameters.yaml"
        text = parameters.read_text(encoding="utf-8")
        assert text.count(OLD) == 1
        parameters.write_text(text.replace(OLD, NEW), encoding="utf-8")
        yield console


def test_a_running_service_and_a_rescore_both_write_and_none_is_dropped(
    centre: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrote: list[int] = []
    inner = rescoring._written

    def among_arrivals(desk: Any, person: Any, piece: list[str]) -> int:
        wrote.append(inner(desk, person, piece))
        if len(wrote) <= ARRIVALS:
            _arrive(centre, service, len(wrote))
        return wrote[-1]

    monkeypatch.setattr(rescoring, "PIECE", PIECE)
    monkeypatch.setattr(rescoring, "_written", among_arrivals)
    export(centre.folder / "in.csv", range(0), days_ago(1))
    with serving(centre, "serve") as service:
        _arrive(centre, service, 0)
        told = centre.ok("rescore", "--apply", "--now", real_now().isoformat(), "--json", **ACTOR).lines
        service.send(signal.SIGTERM)
        assert service.end() == 0
    assert [said for said in service.said if said.get("well") is False or said.get("failed")] == []
    assert told[-1]["written"] == sum(wrote) == told[-2]["changed"] > ARRIVALS * PIECE
    assert len(wrote) > ARRIVALS
    assert max(wrote) <= PIECE + 1, "whole matters: at most one more than was asked"
    again = centre.ok("rescore", "--json").lines[-1]
    assert (again["changed"], again["records"]) == (0, 2 * MATTERS + (1 + ARRIVALS) * EACH)
    centre.ok("db", "verify")


def _arrive(console: Console, service: Serving, turn: int) -> None:
    """New records lie in the folder of the service; back when it has taken them in."""
    first = 60 + turn * EACH
    export(console.folder / f"in-{turn}.csv", range(first, first + EACH), days_ago(1))
    service.until(lambda said: said.get("job") == "poll:日报" and f"新增 {EACH}" in str(said["said"]))
