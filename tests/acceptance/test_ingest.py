"""Every row of a file is accounted for, whatever comes, however often, and whatever happens on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from cli.wiring import source_of
from engine.config import SourceConfig
from engine.desk import acting
from engine.desk.intake import known_headers
from engine.desk.quarantine import held
from engine.desk.reading import matters, matters_filter, show
from engine.model import Colour
from engine.pipeline import Tally, ingest
from engine.store.rows import MatterFilter
from tests.installation import Installation

pytest_plugins = ["tests.places"]

LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"
KNIFE = "邻居拿着菜刀上门扬言要砍死我们一家人"
LAMP = "村口的路灯坏了一个多星期没有人来修理"


def counts(tally: Tally) -> tuple[int, int, int, int, int]:
    """The tally as the promise has it; fails when a row is missing."""
    assert tally.read == tally.new + tally.unchanged + tally.updated + tally.quarantined
    return tally.read, tally.new, tally.unchanged, tally.updated, tally.quarantined


def colours(place: Installation) -> dict[str, Colour]:
    """The standing colour of every matter by its oldest record."""
    rows, _ = matters(place.desk, MatterFilter(), limit=1000)
    return {row.state.id: row.state.standing for row in rows}


def versions(place: Installation, id_: str) -> list[bool]:
    """Every version of a record in the order in which they came: whether it is current."""
    with place.desk.store.read() as view:
        return [version.current for version in view.versions_of(id_)]


def current_text(place: Installation, id_: str) -> str:
    """What the current version of a record says."""
    with place.desk.store.read() as view:
        return view.incidents([id_])[id_].narrative


class TestTally:
    def test_a_file_with_every_kind_of_row(self, place: Installation) -> None:
        first = [place.call(f"A{n}", f"{LEAK}{n}", caller=n, days=1) for n in range(1, 61)]
        assert counts(place.ingest(*first)) == (60, 60, 0, 0, 0)
        second = [
            *first[:10],
            place.call("A11", f"{LEAK}，现场补充：已报物业", caller=11, days=1),
            place.call("A61", LAMP, caller=61, hours=2),
            place.call("A62", LAMP, caller=62) | {"报警时间": "二〇二五年不知几月"},
            place.call("", LAMP, caller=63),
        ]
        assert counts(place.ingest(*second)) == (14, 1, 10, 1, 2)

    def test_an_empty_file_reads_nothing(self, place: Installation) -> None:
        path = place.folder / "empty.csv"
        path.write_text("接警单编号,报警时间,报警内容\n", encoding="utf-8")
        assert counts(place.read(path)) == (0, 0, 0, 0, 0)

    def test_unknown_headers_are_shown_and_their_cells_kept(self, place: Installation) -> None:
        tally = place.ingest(place.call("A1", LAMP) | {"天气状况": "大雨"})
        assert tally.unknown_headers == {"天气状况"}
        with place.desk.store.read() as view:
            (version,) = view.versions_of("police_110:A1")
            raw = view.raw_of("police_110:A1", version.version)
        assert raw is not None
        assert raw.values["天气状况"] == "大雨"


class TestVersions:
    def test_the_same_file_again_changes_nothing(self, place: Installation) -> None:
        path = place.write([place.call(f"A{n}", LEAK, caller=n, days=n) for n in range(1, 4)])
        place.read(path)
        before = colours(place)
        place.later(hours=1)
        assert counts(place.read(path)) == (3, 0, 3, 0, 0)
        assert colours(place) == before

    def test_a_corrected_row_becomes_the_current_version(self, place: Installation) -> None:
        place.ingest(place.call("A1", LAMP, days=1))
        tally = place.ingest(place.call("A1", LAMP, days=1) | {"报警内容": "有人拿着菜刀砍人，快来救命"})
        assert counts(tally) == (1, 0, 0, 1, 0)
        assert versions(place, "police_110:A1") == [False, True]
        assert colours(place) == {"police_110:A1": Colour.RED}

    @pytest.mark.parametrize("newer_first", [False, True])
    def test_of_two_versions_the_later_supplier_time_wins_in_either_order(
        self, place: Installation, newer_first: bool
    ) -> None:
        old = place.call("A1", f"{LEAK}，第一稿", days=2) | {"更新时间": place.local(days=2)}
        new = place.call("A1", f"{LEAK}，第二稿", days=2) | {"更新时间": place.local(days=1)}
        for row in (new, old) if newer_first else (old, new):
            place.ingest(row)
        assert current_text(place, "police_110:A1") == f"{LEAK}，第二稿"
        assert sorted(versions(place, "police_110:A1")) == [False, True]

    def test_without_supplier_times_the_version_known_last_wins_and_an_old_one_never_comes_back(
        self, place: Installation
    ) -> None:
        old, new = place.call("A1", f"{LEAK}一", days=1), place.call("A1", f"{LEAK}二", days=1)
        place.ingest(old)
        place.ingest(new)
        assert counts(place.ingest(old)) == (1, 0, 1, 0, 0)
        assert current_text(place, "police_110:A1") == f"{LEAK}二"

    def test_one_order_number_twice_in_one_file(self, place: Installation) -> None:
        old = place.call("A1", f"{LEAK}一", days=1)
        tally = place.ingest(old, place.call("A1", f"{LEAK}二", days=1), old)
        assert counts(tally) == (3, 1, 1, 1, 0)
        assert current_text(place, "police_110:A1") == f"{LEAK}二"

    def test_a_column_nobody_knows_makes_no_new_version(self, place: Installation) -> None:
        row = place.call("A1", LAMP, days=1)
        place.ingest(row)
        assert counts(place.ingest(row | {"天气状况": "晴"})) == (1, 0, 1, 0, 0)


class TestColours:
    def test_danger_is_red_and_handed_back_to_110(self, place: Installation) -> None:
        tally = place.ingest(place.call("A1", "有人拿着菜刀砍人，快来救命"), place.call("A2", LAMP, caller=2))
        assert tally.handbacks == ["police_110:A1"]
        assert tally.colours == {Colour.RED: 1, Colour.GREEN: 1}
        assert not tally.defects

    def test_the_third_call_about_one_dispute_is_red_whatever_the_batch(self, place: Installation) -> None:
        for days in (20, 10, 0):
            place.ingest(place.call(f"A{days}", f"{LEAK}，还没有解决", days=days))
        assert colours(place) == {"police_110:A20": Colour.RED}
        assert show(place.desk, "police_110:A0").records[-1].colour is Colour.RED

    def test_urges_never_count(self, place: Installation) -> None:
        rows = [place.call(f"A{n}", f"{LEAK}，催一下", days=n) | {"关联类型": "催办"} for n in range(1, 4)]
        place.ingest(place.call("A0", LEAK, days=9), *rows)
        assert Colour.RED not in colours(place).values()

    def test_a_late_record_judges_again_those_that_came_before_it(self, place: Installation) -> None:
        place.ingest(place.call("A1", LEAK, days=5), place.call("A3", f"{LEAK}，又来了", days=1))
        assert show(place.desk, "police_110:A3").records[-1].colour is Colour.YELLOW
        place.ingest(place.call("A2", f"{LEAK}，第二次", days=3))
        assert show(place.desk, "police_110:A3").records[-1].colour is Colour.RED


class TestBesideTheColumns:
    """Danger that stands where no column is read is seen all the same, and nothing of a row is dropped without a word."""

    HEADER = "接警单编号,报警时间,警情地址,报警内容"

    def read(self, place: Installation, header: str, *rows: str) -> Tally:
        """A file written line by line."""
        path = place.folder / f"lines-{next(place.files)}.csv"
        path.write_text("\n".join((header, *rows)), encoding="utf-8")
        return place.read(path)

    def test_two_columns_of_one_meaning_are_both_read(self, small_place: Installation) -> None:
        place = small_place
        at = place.local(hours=1)
        self.read(place, f"{self.HEADER},警情内容", f"A1,{at},柳树村,{LAMP},{KNIFE}")
        assert colours(place) == {"police_110:A1": Colour.RED}
        assert current_text(place, "police_110:A1") == f"{LAMP}\n{KNIFE}"

    def test_cells_beyond_the_header_are_the_end_of_the_text(self, small_place: Installation) -> None:
        place = small_place
        at = place.local(hours=1)
        assert self.read(place, self.HEADER, f"A1,{at},柳树村,{LAMP}").surplus == 0
        tally = self.read(place, self.HEADER, f"A1,{at},柳树村,{LAMP},{KNIFE}")
        assert (tally.updated, tally.unchanged, tally.surplus) == (1, 0, 1)
        assert colours(place) == {"police_110:A1": Colour.RED}
        assert KNIFE in show(place.desk, "police_110:A1").records[0].text

    @pytest.mark.parametrize("header", ["报警内容", "接线员手记"])
    def test_danger_in_a_column_that_nobody_reads_is_found_and_told(
        self, small_place: Installation, header: str
    ) -> None:
        place = small_place
        at = place.local(hours=1)
        plain = self.read(place, f"{self.HEADER},{header}", f"A1,{at},柳树村,{LAMP},晴天")
        assert (plain.beside, current_text(place, "police_110:A1")) == ([], LAMP)
        tally = self.read(place, f"{self.HEADER},{header}", f"A1,{at},柳树村,{LAMP},{KNIFE}13800001234")
        assert (tally.updated, tally.beside) == (1, ["police_110:A1"])
        assert colours(place) == {"police_110:A1": Colour.RED}
        text = current_text(place, "police_110:A1")
        assert KNIFE in text
        assert "13800001234" not in text

    def test_long_numbers_of_a_workbook_overwrite_nothing(self, small_place: Installation) -> None:
        place = small_place
        book, path = Workbook(), place.folder / "numbers.xlsx"
        book.active.append(self.HEADER.split(","))
        for number in (330100000012345678, 330100000012345679, 330100000012345680):
            book.active.append([number, place.local(hours=1), "柳树村", LAMP])
        book.save(path)
        tally = place.read(path)
        assert counts(tally) == (3, 0, 0, 0, 3)
        reasons = {one.reason for one in held(place.desk)}
        assert all("编号超过15位，Excel 已丢失末位，请按文本导出" in reason for reason in reasons)


class TestHistory:
    def test_records_older_than_seven_days_are_judged_but_not_dispatched(self, place: Installation) -> None:
        place.ingest(
            place.call("OLD", "有人拿着菜刀砍人，快来救命", days=8), place.call("NEW", LAMP, caller=2, days=6, hours=23)
        )
        old, new = show(place.desk, "police_110:OLD"), show(place.desk, "police_110:NEW")
        assert old.row.state.history
        assert old.row.state.standing is Colour.RED
        assert (old.row.state.code, old.row.state.route, old.actions) == ("", "", ())
        assert not new.row.state.history
        assert new.row.state.code
        assert [action.kind for action in new.actions] == ["dispatch"]

    def test_history_is_left_out_of_the_list_until_all_is_asked_for(self, place: Installation) -> None:
        place.ingest(place.call("OLD", LEAK, days=30), place.call("NEW", LAMP, caller=2))
        live, _ = matters(place.desk, matters_filter(open_only=True))
        every, total = matters(place.desk, matters_filter(open_only=False))
        assert [row.state.id for row in live] == ["police_110:NEW"]
        assert (len(every), total) == (2, 2)

    def test_a_person_takes_history_up(self, place: Installation) -> None:
        place.ingest(place.call("OLD", LEAK, days=30))
        assert show(place.desk, "police_110:OLD").row.state.history
        acting.act(place.desk, place.person(), "police_110:OLD", kind="accept", level="", at=None, evidence="领办")
        state = show(place.desk, "police_110:OLD").row.state
        assert not state.history
        assert state.code
        assert state.route

    def test_a_new_record_takes_its_history_along(self, place: Installation) -> None:
        place.ingest(place.call("OLD", LEAK, days=20))
        place.ingest(place.call("NEW", f"{LEAK}，又漏了", hours=1))
        state = show(place.desk, "police_110:NEW").row.state
        assert (state.id, state.records, state.history) == ("police_110:OLD", 2, False)
        assert state.code


class TestBroken:
    def test_what_a_broken_source_gave_before_is_kept_and_begun_again(self, place: Installation) -> None:
        path = place.write([place.call(f"A{n}", LEAK, caller=n, days=1) for n in range(1, 121)])
        source = source_of(
            SourceConfig(name="police_110", kind="police_110", location=str(path)),
            known=known_headers(place.desk, "police_110"),
        )
        batches = ingest(
            source, store=place.desk.store, stages=place.desk.stages, clock=place.desk.clock, batch_size=50
        )
        assert next(batches).new == 50
        batches.close()
        assert counts(place.read(path)) == (120, 70, 50, 0, 0)

    def test_a_batch_that_fails_leaves_nothing(self, place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
        path = place.write([place.call(f"A{n}", LEAK, caller=n) for n in range(1, 4)])

        class PowerCut(Exception):
            """Not one of ours."""

        def cut(*_: object, **__: object) -> None:
            raise PowerCut

        with monkeypatch.context() as patched:
            patched.setattr("engine.settlement.Settlement.settle", cut)
            with pytest.raises(PowerCut):
                place.read(path)
        with place.desk.store.read() as view:
            assert view.records_count() == 0
            assert view.examine_audit().entries == 0
        assert counts(place.read(path)) == (3, 3, 0, 0, 0)


def test_a_gb18030_file_reads_like_a_utf8_one(place: Installation, tmp_path: Path) -> None:
    path = place.write([place.call("A1", f"{LEAK}，涉及㙍头村", days=1)])
    other = tmp_path / "gb.csv"
    other.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    place.read(path)
    assert counts(place.read(other)) == (1, 0, 1, 0, 0)
