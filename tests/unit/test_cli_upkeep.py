"""Jobs of upkeep at a terminal: health, the watchman, backups and retention by schedule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from engine.scheduler.jobs import Ran
from tests.console import Console
from tests.installation import Installation
from tests.receivers import Posted, Receiver, Reply, receiver
from tests.serving import configure
from tests.store_samples import spoil

pytest_plugins = ["tests.places"]

NOW, LATER, YEARS = "2025-03-10T09:00:00", "2025-03-20T09:00:00", "2036-03-10T09:00:00"


class Watchman:
    """Answers as the test says."""

    reply = Reply(body={})

    def __call__(self, _: Posted) -> Reply:
        return self.reply


@pytest.fixture
def answers() -> Watchman:
    return Watchman()


@pytest.fixture
def watchman(answers: Watchman) -> Iterator[Receiver]:
    with receiver(answers) as place:
        yield place


@pytest.fixture
def pinging(desk_office: Console, watchman: Receiver) -> Console:
    """An office that tells a watchman every five minutes."""
    hosts = f"allowed_hosts: ['localhost:{watchman.port}'], private_hosts: [localhost]"
    configure(desk_office, service=f"{{ping: {{url_env: SANSE_PING_URL, {hosts}}}}}")
    return Console(desk_office.folder, {"SANSE_PING_URL": watchman.url})


def jobs(office: Console, now: str) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in office.run("jobs", "list", "--now", now, "--json").lines}


def test_health_is_looked_at_last_and_told_only_when_it_changes(desk_office: Console) -> None:
    office = desk_office
    assert "health" not in office.ok("serve", "--once", "--now", LATER).out, "what was due was done before"
    assert jobs(office, LATER)["health"]["said"] == "8 项都好"
    configure(office, backup="{every: 1d}")
    office.ok("jobs", "pause", "health", "--now", LATER)
    ran = office.run("jobs", "run", "health", "--now", LATER)
    assert (ran.code, ran.out) == (1, "✗ health：backup：从来没有备份过\n")


class TestWatchman:
    def test_he_hears_at_each_turn_and_no_more_often(self, pinging: Console, watchman: Receiver) -> None:
        for minute in (0, 4, 5, 6):
            pinging.ok("serve", "--once", "--now", f"2025-03-10T09:{minute:02}:00")
        assert [one.body for one in watchman.got] == [b"ok", b"ok"]
        assert len(set(watchman.keys)) == 2

    def test_he_hears_that_there_is_something_to_see_to(self, pinging: Console, watchman: Receiver) -> None:
        configure(pinging, backup="{every: 1d, folder: none}")
        pinging.ok("jobs", "run", "ping", "--now", NOW)
        assert [one.body for one in watchman.got] == [b"degraded"]

    def test_he_hears_nothing_while_we_do_not_work(
        self, pinging: Console, watchman: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("engine.scheduler.vitals._NONE_LEFT", 1 << 62)
        ran = pinging.run("jobs", "run", "ping", "--now", NOW)
        assert (ran.code, watchman.got) == (1, [])
        assert "不报平安" in ran.out

    def test_a_watchman_who_does_not_listen_is_a_failure_that_repeats_no_address(
        self, pinging: Console, answers: Watchman
    ) -> None:
        answers.reply = Reply(status=500)
        ran = pinging.run("jobs", "run", "ping", "--now", NOW)
        assert (ran.code, "HTTP 500" in ran.out) == (1, True)
        assert "geheim" not in ran.out + ran.err
        assert jobs(pinging, NOW)["ping"]["failures"] == 1

    @pytest.mark.parametrize(
        ("ping", "said"), [("{}", "没有写地址"), ("{url_env: SANSE_PING_NONE}", "SANSE_PING_NONE")]
    )
    def test_one_without_an_address_is_refused_at_the_start(self, desk_office: Console, ping: str, said: str) -> None:
        configure(desk_office, service=f"{{ping: {ping}}}")
        ran = desk_office.run("serve", "--once", "--now", NOW)
        assert (ran.code, said in ran.err) == (2, True)


class TestBackups:
    def test_each_at_its_turn_and_old_ones_go(self, desk_office: Console) -> None:
        office, folder = desk_office, desk_office.folder / "kept"
        configure(office, backup="{every: 1d, keep: 3d, folder: kept}")
        other = folder / "sanse-notes.backup"
        folder.mkdir()
        other.write_text("eigene")
        for day in range(10, 16):
            said = office.ok("serve", "--once", "--now", f"2025-03-{day}T09:00:00").out
            assert ("✓ backup：已备份 sanse-" in said) is True
            assert "backup" not in office.ok("serve", "--once", "--now", f"2025-03-{day}T09:01:00").out
        made = sorted(path.name[6:14] for path in folder.glob("sanse-2*.backup"))
        assert made == ["20250312", "20250313", "20250314", "20250315"], "three days, to the second"
        assert other.read_text() == "eigene"

    def test_the_newest_stays_however_old(self, desk_office: Console) -> None:
        from engine.desk.backups import thin

        configure(desk_office, backup="{every: 1d, folder: kept}")
        desk_office.ok("serve", "--once", "--now", NOW)
        assert thin(desk_office.folder / "kept", datetime(2040, 1, 1, tzinfo=UTC)) == 0
        assert len(list((desk_office.folder / "kept").glob("*"))) == 1

    def test_a_damaged_database_makes_no_good_one_go(self, desk_office: Console) -> None:
        configure(desk_office, backup="{every: 1d, keep: 1d, folder: kept}")
        for day in (10, 11):
            desk_office.ok("db", "backup", "--to", "kept", "--now", f"2025-03-{day}T09:00:00")
        spoil(desk_office.folder / "sanse.db", "hits")
        ran = desk_office.run("jobs", "run", "backup", "--now", "2025-03-20T09:00:00")
        assert (ran.code, "✗ backup：数据库已损坏，没有备份" in ran.out) == (1, True)
        assert len(list((desk_office.folder / "kept").iterdir())) == 2

    def test_one_that_cannot_be_written_is_told_and_tried_again(self, desk_office: Console) -> None:
        configure(desk_office, backup="{every: 1d, folder: export.csv}")
        ran = desk_office.run("serve", "--once", "--now", NOW)
        assert (ran.code, "✗ backup：备份写不到" in ran.out) == (1, True)
        assert str(jobs(desk_office, NOW)["backup"]["next_at"]) < "2025-03-10T01:01:00"


class TestRetention:
    def test_nothing_is_purged_unless_the_configuration_says_so(self, desk_office: Console) -> None:
        desk_office.ok("serve", "--once", "--now", YEARS)
        assert "retention" not in jobs(desk_office, YEARS)

    def test_where_it_says_so_the_service_purges_at_its_turn(self, desk_office: Console) -> None:
        configure(desk_office, retention="{every: 1d}")
        assert "✓ retention：清除 0 件次来件的内容" in desk_office.ok("serve", "--once", "--now", NOW).out
        assert "retention" not in desk_office.ok("serve", "--once", "--now", "2025-03-11T08:59:59").out
        assert "✓ retention：清除" in desk_office.ok("serve", "--once", "--now", "2025-03-11T09:00:00").out


def test_the_calendar_is_looked_at_once_a_day_and_a_year_that_is_missing_is_a_failure(
    small_place: Installation,
) -> None:
    from cli.jobs import jobs_of

    def ran(day: str) -> list[Ran]:
        small_place.now = datetime.fromisoformat(day)
        planned = jobs_of(small_place.desk)
        planned.plan()
        assert list(planned.run_due()) == [], "a notice that is not published yet stops nothing"
        return [one for one in planned.run_due(looks=True) if one.job == "calendar"]

    small_place.ingest(small_place.call("A1", "村口的路灯坏了一个多星期没有人来修理", hours=1))
    (well,) = ran("2026-11-26T12:00:00+08:00")
    assert (well.well, "排到 2026-12-31，含今天 36 天" in well.said) == (True, True)
    assert ran("2026-11-27T11:59:59+08:00") == []
    (failed,) = ran("2026-11-28T12:00:00+08:00")
    assert (failed.well, "含今天 34 天" in failed.said, "rules/calendar.yaml" in failed.said) == (False, True, True)
