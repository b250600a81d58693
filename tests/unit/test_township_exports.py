"""Exports: every file really is what its name says, is read by the real sources, and all but the broken rows are accepted."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from adapters.township import Export, write_year
from adapters.township.exports import _ROWS, _broken
from adapters.township.stories import CHANNELS
from adapters.township.year import Year
from cli.wiring import source_of
from engine.config import SourceConfig
from engine.model import Colour, Incident, RawRecord, Rejected
from tests.installation import shipped, stages
from tests.orders import township

RECORDS, START = 900, date(2025, 1, 1)
READ_AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Export]:
    return write_year(tmp_path_factory.mktemp("year"), seed=3, records=RECORDS, start=START)


def of(exports: Sequence[Export], kind: str) -> list[Path]:
    return [export.path for export in exports if export.kind == kind]


def known(kind: str) -> frozenset[str]:
    return frozenset(header for names in shipped().mappings[kind]["columns"].values() for header in names)


def read(path: Path, kind: str) -> list[RawRecord]:
    """A file through the real source."""
    return list(source_of(SourceConfig(name=kind, kind=kind, location=str(path)), known=known(kind)).read())


def test_every_channel_has_files_and_no_file_is_named_twice(exports: Sequence[Export]) -> None:
    assert {export.kind for export in exports} == set(CHANNELS)
    assert len({export.path for export in exports}) == len(exports)
    assert all(export.path.stat().st_size for export in exports)


def test_files_are_read_in_order_on_mornings_after_their_week(exports: Sequence[Export]) -> None:
    times = [export.read_at for export in exports]
    assert times == sorted(times)
    assert {(at + timedelta(hours=8)).hour for at in times} == {6}
    assert all((at.date() - START).days % 7 == 6 for at in times), "22 o'clock of the day before in UTC"


@pytest.mark.parametrize("seed", [0, 7])
def test_one_seed_one_year_to_the_byte(tmp_path: Path, seed: int) -> None:
    for name in ("one", "other"):
        write_year(tmp_path / name, seed=seed, records=120)
    one, other = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("one", "other"))
    assert one == other
    write_year(tmp_path / "third", seed=seed + 1, records=120)
    assert {p.name: p.read_bytes() for p in (tmp_path / "third").iterdir()} != one


class TestFormats:
    def test_110_is_gb18030_and_nothing_else(self, exports: Sequence[Export]) -> None:
        for path in of(exports, "police_110"):
            data = path.read_bytes()
            assert data.decode("gb18030").startswith("接警单编号,")
            with pytest.raises(UnicodeDecodeError):
                data.decode("utf-8")

    def test_the_window_writes_utf8_with_a_byte_order_mark(self, exports: Sequence[Export]) -> None:
        for path in of(exports, "walk_in"):
            assert path.read_bytes().startswith(b"\xef\xbb\xbf")
            assert path.read_text(encoding="utf-8-sig").startswith("登记编号,")

    @pytest.mark.parametrize("kind", ["hotline_12345", "petition", "message_board"])
    def test_workbooks_are_workbooks_without_formulas(self, exports: Sequence[Export], kind: str) -> None:
        for path in of(exports, kind)[:6]:
            assert zipfile.is_zipfile(path)
            sheet = load_workbook(io.BytesIO(path.read_bytes())).active
            assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]

    def test_times_in_one_column_are_both_dates_and_texts(self, exports: Sequence[Export]) -> None:
        types: Counter[str] = Counter()
        for path in of(exports, "hotline_12345")[:12]:
            sheet = load_workbook(path).active
            column = [cell.value for cell in sheet[1]].index("来电时间")
            types.update(type(row[column].value).__name__ for row in sheet.iter_rows(min_row=2))
        assert types["datetime"] > 5
        assert types["str"] > 5

    def test_petitions_have_a_title_row_above_their_headers(self, exports: Sequence[Export]) -> None:
        sheet = load_workbook(of(exports, "petition")[0]).active
        assert sheet["A1"].value == "云溪镇信访事项登记表"
        assert sheet["A2"].value == "信访编号"
        assert sheet.merged_cells.ranges

    def test_the_grid_writes_a_json_a_line_and_the_programs_a_list(self, exports: Sequence[Export]) -> None:
        for path in of(exports, "grid"):
            assert all(isinstance(json.loads(line), dict) for line in path.read_text(encoding="utf-8").splitlines())
        for kind in ("mini_program", "open311"):
            for path in of(exports, kind):
                assert isinstance(json.loads(path.read_bytes()), list)


@pytest.fixture(scope="module")
def parsed(exports: Sequence[Export]) -> Mapping[str, list[Incident | Rejected]]:
    """Every file that is no workbook, and every sixth workbook, through the real sources and the door."""
    held: dict[str, list[Incident | Rejected]] = defaultdict(list)
    for kind in CHANNELS:
        files = of(exports, kind)
        for path in files[::6] if files[0].suffix == ".xlsx" else files:
            held[kind] += [stages().normalise(raw, READ_AT) for raw in read(path, kind)]
    return held


class TestReading:
    def test_all_channels_give_incidents(self, parsed: Mapping[str, list[Incident | Rejected]]) -> None:
        for kind in CHANNELS:
            assert [one for one in parsed[kind] if isinstance(one, Incident)], kind

    def test_ninety_nine_of_a_hundred_rows_are_accepted(self, parsed: Mapping[str, list[Incident | Rejected]]) -> None:
        rows = [one for held in parsed.values() for one in held]
        accepted = sum(isinstance(one, Incident) for one in rows)
        assert len(rows) > RECORDS / 2
        assert accepted >= 0.99 * len(rows), f"{accepted} of {len(rows)}; one in 250 is broken on purpose"

    def test_what_is_rejected_says_why_in_words(self, parsed: Mapping[str, list[Incident | Rejected]]) -> None:
        for one in (one for held in parsed.values() for one in held if isinstance(one, Rejected)):
            assert one.reason
            assert not one.reason.isascii()
            assert one.colour in (None, Colour.RED)

    def test_a_csv_row_carries_what_was_written(self, exports: Sequence[Export]) -> None:
        raws = [raw for path in of(exports, "police_110") for raw in read(path, "police_110")]
        assert {"接警单编号", "报警时间", "报警内容"} <= set(raws[0].values)
        assert all("云溪镇" in str(raw.values["所属乡镇"]) for raw in raws if raw.values.get("所属乡镇"))


def test_every_sound_row_is_accepted_and_no_header_is_unknown() -> None:
    raws = township(4_000, seed=9)
    rejected = [one for one in (stages().normalise(raw, READ_AT) for raw in raws) if isinstance(one, Rejected)]
    assert [one.reason for one in rejected] == []
    for kind in CHANNELS:
        raw = next(raw for raw in raws if raw.kind == kind)
        assert not stages().normaliser.unknown_headers(raw), kind


@pytest.mark.parametrize("kind", CHANNELS)
def test_every_fault_of_every_channel_is_quarantined_with_a_reason_of_its_own(kind: str) -> None:
    event = next(e for e in Year(4, 3_000, START).events() if e.channel == kind)
    draw, reasons = random.Random(1), set()
    for _ in range(40):
        row = _broken(draw, _ROWS[kind](draw, event))
        values = {h: c.isoformat(sep=" ") if isinstance(c, datetime) else c for h, c in row.items()}
        broken = stages().normalise(RawRecord(kind, kind, 2, values), READ_AT)
        assert isinstance(broken, Rejected), values
        reasons.add((broken.code, broken.reason))
    assert len(reasons) >= 3
