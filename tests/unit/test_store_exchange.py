"""Parquet exchange: the same columns in files, nothing that judging again does not need, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.rescore.answers import Label, Labels, stored
from engine.store import Store, exchange
from engine.store.exchange import Exchange, write
from tests.installation import Installation

pytest_plugins = ["tests.places"]

SALT = b"s" * 32


@pytest.fixture
def filled(place: Installation) -> Store:
    """Records with colours, hits and a quote in their words."""
    place.ingest(
        place.call("A1", "楼上漏水把天花板泡坏了，双方为赔偿争吵不休", days=3),
        place.call("A2", "邻居拿着菜刀上门扬言要砍死我们一家人", days=2),
        place.call("A3", "村口的路灯坏了一个多星期没有人来修理", caller=3, days=1),
    )
    return place.desk.store


def test_files_hold_what_the_database_holds(filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "STRETCH", 2)
    with filled.history() as view:
        made = write(view, tmp_path / "out", salt=SALT)
        records, verdicts = view.records(0, 99), view.verdicts(0, 99)
        held = Exchange(tmp_path / "out")
        assert (held.newest(), held.newest_action()) == (view.newest(), view.newest_action())
        assert held.actions(0, 99).to_pylist() == view.actions(0, 99).to_pylist()
    assert (made.rows["records"], made.rows["facts"], made.rows["verdicts"]) == (3, 3, 3)
    again = held.records(0, 99)
    for name in records.column_names:
        same = again[name].to_pylist() == records[name].to_pylist()
        assert same == (name not in ("place", "phone", "id_number") or not any(records[name].to_pylist())), name
    assert [row["n"] for row in held.records(1, 2).to_pylist()] == [2]
    labels = Labels([Label("hit", "P0")])
    one, other = stored(verdicts, labels), stored(held.verdicts(0, 99), labels)
    assert one.words[0].any()
    assert [list(word) for word in one.words] == [list(word) for word in other.words]


def test_digests_are_the_same_within_an_export_and_never_those_of_another(filled: Store, tmp_path: Path) -> None:
    phones = []
    with filled.history() as view:
        inside = view.records(0, 99)["phone"].to_pylist()
        for turn, salt in enumerate((SALT, b"t" * 32)):
            write(view, tmp_path / str(turn), salt=salt)
            phones.append(Exchange(tmp_path / str(turn)).records(0, 99)["phone"].to_pylist())
    assert inside[0] == inside[1] != inside[2]
    for outside in phones:
        assert outside[0] == outside[1] != outside[2]
    assert not {*phones[0]} & {*phones[1]}
    assert not {*inside} & {*phones[0], *phones[1]}


def test_no_quote_of_a_text_goes_out(filled: Store, tmp_path: Path) -> None:
    with filled.history() as view:
        inside = b"".join(view.facts(0, 99)["body"].to_pylist() + view.verdicts(0, 99)["said"].to_pylist())
        write(view, tmp_path / "out", salt=SALT)
    held = Exchange(tmp_path / "out")
    outside = b"".join(held.facts(0, 99)["body"].to_pylist() + held.verdicts(0, 99)["said"].to_pylist())
    assert "菜刀".encode() in inside
    assert "菜刀".encode() not in outside
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "out").rglob("*.parquet"))


def test_an_export_is_whole_or_not_there(filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with filled.history() as view:
        with monkeypatch.context() as patched, pytest.raises(OSError, match="No space"):
            patched.setattr(exchange, "_told", full)
            write(view, out, salt=SALT)
        assert not out.exists()
        write(view, out, salt=SALT)
        with pytest.raises(UsageError, match="不覆盖"):
            write(view, out, salt=SALT)
    with pytest.raises(UsageError, match="不是一份完整的导出"):
        Exchange(tmp_path)
