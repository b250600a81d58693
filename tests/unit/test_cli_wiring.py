"""Configuration, clock, people and sources become an open desk, or a refusal that says what to set."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.sources.database import DatabaseSource
from adapters.sources.files import FileSource
from adapters.sources.http_json import HttpJsonSource
from adapters.sources.open311 import Open311Source
from cli.wiring import desk_of, lines_of, moment, person_of, real_clock, rulebook_of, source_of
from engine.config import SourceConfig
from engine.errors import ConfigError, RuleError, UsageError
from tests.console import ACTOR, OTHER, SECRET, Console

pytest_plugins = ["tests.places"]


class TestClock:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("2025-03-10", datetime(2025, 3, 9, 16, tzinfo=UTC)),
            ("2025-03-10T08:30:00", datetime(2025, 3, 10, 0, 30, tzinfo=UTC)),
            ("2025-03-10 08:30", datetime(2025, 3, 10, 0, 30, tzinfo=UTC)),
            ("2025-03-10T08:30:00Z", datetime(2025, 3, 10, 8, 30, tzinfo=UTC)),
            ("2025-03-10T08:30:00.9+01:00", datetime(2025, 3, 10, 7, 30, tzinfo=UTC)),
        ],
    )
    def test_a_typed_time_is_local_unless_it_says_otherwise(self, typed: str, meant: datetime) -> None:
        assert moment(typed) == meant

    def test_another_zone_and_what_is_no_time(self) -> None:
        assert moment("2025-03-10T08:00:00", "UTC") == datetime(2025, 3, 10, 8, tzinfo=UTC)
        with pytest.raises(UsageError, match="时间写法不对：昨天"):
            moment("昨天")

    def test_the_host_gives_whole_seconds_in_utc(self) -> None:
        now = real_clock()
        assert (now.microsecond, now.tzinfo) == (0, UTC)

    def test_a_time_of_ones_own_stands_still_on_a_simulated_clock(self, read_office: Console) -> None:
        with desk_of(read_office.folder / "config.yaml", "2025-03-11T08:00:00") as desk:
            assert desk.clock() == desk.clock() == datetime(2025, 3, 11, tzinfo=UTC)

    def test_where_no_time_is_given_a_simulated_clock_stands_where_it_was_left(self, read_office: Console) -> None:
        with desk_of(read_office.folder / "config.yaml", lived=True) as desk:
            assert desk.clock() == desk.clock() == datetime(2025, 3, 10, 1, tzinfo=UTC), "its export was read in then"
        with desk_of(read_office.folder / "config.yaml", "2025-03-11T08:00:00", lived=True) as desk:
            assert desk.clock() == datetime(2025, 3, 11, tzinfo=UTC)
        with desk_of(read_office.folder / "config.yaml") as desk:
            assert desk.clock() > datetime(2026, 1, 1, tzinfo=UTC)


class TestPeople:
    @pytest.fixture(autouse=True)
    def _nobody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("SANSE_ACTOR", "SANSE_SECRET", "SANSE_SECOND_SECRET"):
            monkeypatch.delenv(name, raising=False)

    def test_the_environment_says_who_acts(self, read_office: Console, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SANSE_ACTOR", "王主任")
        monkeypatch.setenv("SANSE_SECRET", SECRET)
        monkeypatch.setenv("SANSE_SECOND_SECRET", OTHER)
        with desk_of(read_office.folder / "config.yaml") as desk:
            assert person_of(desk).role == "admin"
            assert person_of(desk, second="李所长").role == "lead"

    def test_the_first_secret_does_not_open_the_second_person(
        self, read_office: Console, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SANSE_SECOND_SECRET", SECRET)
        with (
            desk_of(read_office.folder / "config.yaml") as desk,
            pytest.raises(UsageError, match="姓名或口令不对"),
        ):
            person_of(desk, second="李所长")

    def test_without_terminal_and_variables_it_says_what_to_set(self, read_office: Console) -> None:
        with (
            desk_of(read_office.folder / "config.yaml") as desk,
            pytest.raises(UsageError, match="要有人负责") as fault,
        ):
            person_of(desk)
        assert "SANSE_ACTOR" in fault.value.hint


class TestSources:
    @pytest.mark.parametrize(
        ("kind", "location", "reader"),
        [
            ("file", "a.csv", FileSource),
            ("sql", "sqlite:///a.db", DatabaseSource),
            ("http", "https://supplier.example/api", HttpJsonSource),
            ("open311", "https://city.example/requests.json", Open311Source),
        ],
    )
    def test_each_type_has_its_reader(self, kind: str, location: str, reader: type) -> None:
        options = {"query": "SELECT 1"} if kind == "sql" else {}
        shared = {"name": "north", "kind": "grid", "allowed_hosts": ["city.example"], "options": options}
        feed = SourceConfig.model_validate({**shared, "type": kind, "location": location})
        source = source_of(feed, known=frozenset({"id"}), cursor="7")
        assert isinstance(source, reader)
        assert (source.spec.name, source.spec.kind, source.spec.cursor) == ("north", "grid", "7")
        assert source.spec.known_headers == {"id"}
        assert source.spec.allowed_hosts == ("city.example",)

    def test_a_location_may_stand_in_a_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        feed = SourceConfig(name="north", kind="grid", location_env="NORTH_URL")
        monkeypatch.delenv("NORTH_URL", raising=False)
        with pytest.raises(ConfigError, match="NORTH_URL 没有设置") as fault:
            source_of(feed, known=frozenset())
        assert fault.value.where == "config.yaml: sources.north.location_env"
        monkeypatch.setenv("NORTH_URL", "b.csv")
        assert source_of(feed, known=frozenset()).spec.location == "b.csv"

    def test_until_is_handed_on_unless_the_feed_says_its_own(self) -> None:
        until = datetime(2025, 3, 10, tzinfo=UTC)
        feed = SourceConfig(name="north", kind="grid", location="a.csv")
        assert source_of(feed, known=frozenset(), until=until).spec.options["until"] == "2025-03-10T00:00:00Z"
        fixed = feed.model_copy(update={"options": {"until": "2024-01-01T00:00:00Z"}})
        assert source_of(fixed, known=frozenset(), until=until).spec.options["until"] == "2024-01-01T00:00:00Z"
        assert feed.options == {}, "the configuration itself is not touched"

    def test_only_who_asks_for_settled_files_waits_for_them(self) -> None:
        feed = SourceConfig(name="north", kind="grid", location="a.csv")
        patient = feed.model_copy(update={"options": {"settle_seconds": 9}})
        waits = [
            source_of(one, known=frozenset(), settled=settled).spec.options.get("settle_seconds")
            for one in (feed, patient)
            for settled in (True, False)
        ]
        assert waits == [2, None, 9, None]


class TestFiles:
    def test_lines_that_say_something(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("一\n\n  \n二\n", encoding="utf-8")
        assert lines_of(tmp_path / "a.txt") == ["一", "二"]
        assert lines_of(None) == []
        (tmp_path / "b.txt").write_bytes("另存的锚点".encode("gb18030"))
        for path in (tmp_path / "none.txt", tmp_path, tmp_path / "b.txt"):
            with pytest.raises(UsageError, match="文件读不了"):
                lines_of(path)

    def test_shipped_rules_are_the_default(self, tmp_path: Path) -> None:
        assert {rule.id for rule in rulebook_of(None).rules} >= {"P0", "R1", "R6", "Y1", "Y2", "Y10"}
        with pytest.raises(RuleError, match="没有规则文件"):
            rulebook_of(tmp_path)


@pytest.fixture(scope="module")
def broken(read_office: Console, tmp_path_factory: pytest.TempPathFactory) -> Console:
    """An office that has judged, whose folder is faulty now."""
    folder = tmp_path_factory.mktemp("broken") / "office"
    shutil.copytree(read_office.folder, folder)
    (folder / "rules" / "topics.yaml").write_text("topics: [", encoding="utf-8")
    return Console(folder)


class TestFaultyFolder:
    """A typo in one file stops what judges, and nothing else."""

    @pytest.mark.parametrize(
        "command",
        [
            "people list", "audit verify", "db verify", "jobs list", "quarantine list", "quarantine export --file x.xlsx",
            "matters list", "matters show SS2025-000001", "matters callers", "explain SS2025-000001", "replay --sample 2",
            "rules history", "rules stats", "matters sample", "notify list",
        ],
    )  # fmt: skip
    def test_what_reads_goes_on_with_the_rules_that_held_and_says_so(self, broken: Console, command: str) -> None:
        ran = broken.person(*command.split())
        assert ran.err.count("\n") == 1
        assert "注意：规则有 1 处错误，没有启用；先用以前生效的（摘要 " in ran.err
        assert "sanse rules lint" in ran.err

    @pytest.mark.parametrize(
        "command",
        ["ingest --file export.csv --source police_110", "rescore", "quarantine retry", "matters act 1 --kind 联系"],
    )
    def test_what_judges_is_refused(self, broken: Console, command: str) -> None:
        ran = broken.run(*command.split(), **ACTOR)
        assert (ran.code, ran.out) == (2, "")
        assert "topics.yaml:1" in ran.err

    def test_rules_that_are_sound_are_not_spoken_of(self, read_office: Console) -> None:
        assert read_office.ok("matters", "list").err == ""
