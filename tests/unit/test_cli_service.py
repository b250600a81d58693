"""The service at a terminal: what it says in words, jobs by hand, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cli.jobs import poll
from cli.wiring import desk_of
from engine.errors import OtherKeys, StoreError, Unreachable
from engine.model import Moment
from engine.scheduler.matters import Swept
from engine.store.jobs import JOB
from tests.console import Console
from tests.serving import configure

pytest_plugins = ["tests.places"]

NOW, LATER = "2025-03-10T09:00:00", "2025-03-20T09:00:00"
FEED = "[{name: 日报, kind: police_110, location: export.csv, every: 10m}]"


@pytest.fixture
def office(desk_office: Console) -> Console:
    """An office that polls its export."""
    configure(desk_office, sources=FEED)
    return desk_office


def test_once_says_in_words_what_it_did(office: Console) -> None:
    ran = office.run("serve", "--once", "--now", LATER)
    assert ran.code == 0, ran.err
    assert "✓ poll:日报：读入 5 行 ＝ 新增 0 ＋ 未变 4 ＋ 更新 0 ＋ 隔离 1" in ran.out
    assert "✓ 再研判 3 件次" in ran.out
    assert office.ok("serve", "--once", "--now", LATER).out == ""


def test_once_does_not_end_well_while_what_failed_before_waits_for_another_try(office: Console) -> None:
    """A script that goes by the exit code would take a silent round for a mended source."""
    (office.folder / "export.csv").rename(office.folder / "gone.csv")
    first = office.run("serve", "--once", "--now", LATER)
    assert (first.code, first.out.count("poll:日报"), first.err.count("poll:日报")) in {(1, 1, 0), (1, 0, 1)}
    again = office.run("serve", "--once", "--now", LATER)
    assert again.code == 1
    assert "✗ poll:日报：上次没有办成，2025-03-20 09:0" in again.out + again.err
    (office.folder / "gone.csv").rename(office.folder / "export.csv")
    mended = office.run("serve", "--once", "--now", "2025-03-20T09:05:00")
    assert (mended.code, "✗" in mended.out + mended.err) == (0, False)


def test_what_another_process_left_in_its_hands_is_told_with_when_its_turn_comes(office: Console) -> None:
    """Whoever was killed, or could not write that it stopped, keeps its source for a lease; nobody shall take that for silence."""
    office.ok("serve", "--once", "--now", NOW)
    with desk_of(office.folder / "config.yaml", LATER) as desk:
        at = desk.clock()
        with desk.store.beside() as tx:
            tx.schedule(JOB, {"poll:日报": Moment(at, "turn")})
            assert tx.claim(JOB, now=at, until=at + timedelta(minutes=5), most=1, items=["poll:日报"])
    held = office.ok("serve", "--once", "--now", "2025-03-20T09:01:00").out
    assert "poll:日报：还在别的进程手上" in held
    assert "2025-03-20 09:05 起轮到这里办" in held
    assert "读入" not in held
    assert "service.lease" in office.run("jobs", "run", "poll:日报", "--now", "2025-03-20T09:01:00").err
    after = office.ok("serve", "--once", "--now", "2025-03-20T09:05:00").out
    assert "手上" not in after
    assert "✓ poll:日报：读入 5 行" in after


def test_what_somebody_must_know_of_the_rows_is_said_by_the_service_too(office: Console) -> None:
    export = office.folder / "export.csv"
    export.write_text(
        "接警单编号,报警时间,报警人,报警电话,警情地址,警情类型,报警内容,神秘列\n"
        "Z1,2025-03-20 08:50:00,陈十,13800000010,云溪镇柳树村9组,纠纷,丈夫拿着菜刀正在砍人快来救命,\n"
        "Z2,2025-03-20 08:51:00,陈九,13800000009,云溪镇柳树村8组,纠纷,村口的路灯坏了没有人来修理,扬言要泼汽油烧死全家\n",
        encoding="utf-8",
    )
    said = office.ok("serve", "--once", "--now", LATER).out
    assert "立即交回 110：police_110:Z1" in said
    assert "不认识的列（内容已随原件保存）：神秘列" in said
    assert "不认识的列里有险情文字，已并入内容研判：police_110:Z2" in said
    assert "13800000010" not in said


def test_health_is_not_alarmed_by_what_this_very_round_looks_at(office: Console) -> None:
    office.ok("serve", "--once", "--now", NOW)
    assert "health" not in office.ok("serve", "--once", "--now", LATER).out


def test_the_service_starts_with_the_rules_that_held_while_those_in_the_folder_are_broken(office: Console) -> None:
    rules = office.folder / "rules" / "topics.yaml"
    whole = rules.read_bytes()
    rules.write_text("topics: [", encoding="utf-8")
    ran = office.run("serve", "--once", "--now", LATER)
    assert ran.code == 1
    assert "✗ 规则有误，仍用原来的（摘要 " in ran.out
    assert "topics.yaml:1" in ran.out
    assert "✓ poll:日报：读入 5 行" in ran.out
    assert "✓ 再研判 3 件次" in ran.out
    rules.write_bytes(whole)
    assert office.ok("serve", "--once", "--now", LATER).out == "", "the rules that held were those of the folder"


def test_what_stands_beside_the_jobs_cannot_be_run_or_paused(office: Console) -> None:
    office.ok("serve", "--once", "--now", NOW)
    assert "review" in office.ok("jobs", "list", "--now", NOW).out
    for command in ("run", "pause", "resume"):
        ran = office.run("jobs", command, "review", "--now", NOW)
        assert (ran.code, "不是单独的任务" in ran.err) == (2, True)


def test_a_time_is_only_for_one_round(office: Console) -> None:
    ran = office.run("serve", "--now", LATER)
    assert (ran.code, "--once" in ran.err) == (2, True)


def test_jobs_are_listed_run_paused_and_resumed(office: Console) -> None:
    assert "review" in office.ok("jobs", "list", "--now", NOW).out
    assert "poll:日报：读入 5 行" in office.ok("jobs", "run", "poll:日报", "--now", NOW).out
    assert "已暂停" in office.ok("jobs", "pause", "poll:日报", "--now", NOW).out
    said = office.ok("jobs", "list", "--now", NOW).out
    assert "暂停" in said
    assert "读入 5 行" in said
    assert office.ok("jobs", "resume", "poll:日报", "--now", NOW, "--json").only == {
        "job": "poll:日报",
        "paused": False,
    }
    assert office.ok("serve", "--once", "--now", NOW, "--json").lines[0]["job"] == "poll:日报"


def test_an_unknown_job_is_refused_with_those_there_are(office: Console) -> None:
    ran = office.run("jobs", "run", "poll:周报", "--now", NOW)
    assert (ran.code, "poll:日报" in ran.err) == (2, True)
    assert office.run("jobs", "pause", "poll:周报", "--now", NOW).code == 2


def test_a_job_that_fails_ends_with_one_and_shows(office: Console) -> None:
    (office.folder / "export.csv").unlink()
    ran = office.run("jobs", "run", "poll:日报", "--now", NOW)
    assert (ran.code, "✗ poll:日报" in ran.out) == (1, True)
    assert office.run("serve", "--once", "--now", LATER).code == 1
    listed = office.run("jobs", "list", "--now", LATER, "--json")
    assert listed.code == 1
    assert {line["name"]: line["failures"] for line in listed.lines}["poll:日报"] == 2


class TestFeedsAtStart:
    """A feed of a kind that nobody knows, which no schedule would ever have shown."""

    FEED = "[{name: 日报, kind: polcie_110, location: export.csv}]"

    def test_the_service_does_not_start(self, office: Console) -> None:
        configure(office, sources=self.FEED)
        ran = office.run("serve", "--once", "--now", LATER)
        assert (ran.code, "没有这个渠道：polcie_110" in ran.err) == (2, True)

    def test_every_one_of_them_is_told(self, office: Console) -> None:
        configure(office, sources="[{name: a, kind: x, location: f}, {name: b, kind: y, location: f}]")
        ran = office.run("serve", "--once", "--now", NOW)
        assert "没有这个渠道：x；没有这个渠道：y（config.yaml: sources.a.kind；config.yaml: sources.b.kind）" in ran.err

    def test_the_file_that_was_given_is_the_one_that_is_named(self, office: Console) -> None:
        configure(office, sources="[]", channels="[{name: a, type: wecom}]")
        (office.folder / "config.yaml").rename(office.folder / "fz.yaml")
        ran = office.run("serve", "--once", "--config", "fz.yaml", "--now", LATER)
        assert (ran.code, "没有写地址（fz.yaml: channels.a）" in ran.err) == (2, True)

    def test_it_does_while_the_rules_that_may_know_it_are_being_mended(self, office: Console) -> None:
        configure(office, sources=self.FEED)
        (office.folder / "rules" / "topics.yaml").write_text("topics: [", encoding="utf-8")
        ran = office.run("serve", "--once", "--now", LATER)
        assert (ran.code, "✗ 规则有误，仍用原来的" in ran.out) == (1, True)


class TestHalfWrittenFiles:
    """An export that is copied while the service looks."""

    HEADER = "接警单编号,报警时间,报警人,报警电话,警情地址,警情类型,报警内容\n"
    ROWS = (
        "Z1,2025-03-20 08:50:00,陈十,13800000010,云溪镇柳树村9组,纠纷,村口的路灯坏了没有人来修理\n"
        "Z2,2025-03-20 08:51:00,陈九,13800000009,云溪镇柳树村8组,纠纷,有人拿刀砍人快来救命\n"
    )

    def test_a_row_that_is_cut_is_no_record_until_the_file_is_whole(self, office: Console) -> None:
        export = office.folder / "export.csv"
        export.write_text((self.HEADER + self.ROWS).split(":51:00")[0], encoding="utf-8")
        said = office.ok("serve", "--once", "--now", LATER).out
        assert "读入 2 行 ＝ 新增 1 ＋ 未变 0 ＋ 更新 0 ＋ 隔离 1" in said
        assert "不认识的列" not in said
        assert office.run("matters", "show", "police_110:Z2").code == 2
        (held,) = [row for row in office.ok("quarantine", "list", "--json").lines if "没有写完" in row["reason"]]
        assert held["source_id"] == "Z2"
        export.write_text(self.HEADER + self.ROWS, encoding="utf-8")
        said = office.ok("jobs", "run", "poll:日报", "--now", LATER).out
        assert "读入 2 行 ＝ 新增 1 ＋ 未变 1 ＋ 更新 0 ＋ 隔离 0" in said
        assert "红" in office.ok("matters", "show", "police_110:Z2").out

    def test_by_the_real_clock_a_poll_leaves_a_file_alone_that_still_grows(
        self, office: Console, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        export = office.folder / "export.csv"
        export.write_text(self.HEADER, encoding="utf-8")
        monkeypatch.setattr("time.sleep", lambda _seconds: export.write_text(self.HEADER + self.ROWS, encoding="utf-8"))
        with desk_of(office.folder / "config.yaml", NOW) as desk:
            real = replace(desk, config=desk.config.model_copy(update={"clock": "real"}))
            with pytest.raises(Unreachable, match="还在变"):
                poll(real, "日报", lambda: None)
            monkeypatch.setattr("time.sleep", lambda _seconds: None)
            assert poll(real, "日报", lambda: None).startswith("读入 2 行")


class TestUnreadableFiles:
    """One file of a folder that nobody can read, beside one with a knife in it."""

    @pytest.fixture
    def folder(self, office: Console) -> Path:
        folder = office.folder / "exports"
        folder.mkdir()
        configure(office, sources="[{name: 日报, kind: police_110, location: exports, every: 10m}]")
        (folder / "0.csv").write_bytes(bytes(range(128, 255)) * 20)
        header = "接警单编号,报警时间,报警人,报警电话,警情地址,警情类型,报警内容\n"
        row = "Z1,2025-03-20 08:50:00,陈十,13800000010,云溪镇柳树村9组,纠纷,有人拿刀砍人快来救命\n"
        (folder / "z.csv").write_text(header + row, encoding="utf-8")
        return folder

    def test_the_service_reads_the_others_and_says_which_and_why(self, office: Console, folder: Path) -> None:
        ran = office.run("serve", "--once", "--now", LATER)
        assert ran.code == 1
        assert "✗ poll:日报：前10行里没有找到" in ran.out
        assert "（0.csv）" in ran.out
        for said in ("读入 1 行 ＝ 新增 1 ＋", "立即交回 110：police_110:Z1"):
            assert said in ran.out
        assert office.run("matters", "show", "police_110:Z1").code == 0
        folder.joinpath("0.csv").write_text(folder.joinpath("z.csv").read_text(encoding="utf-8").replace("Z1", "Y1"))
        said = office.ok("jobs", "run", "poll:日报", "--now", LATER).out
        assert "读入 2 行 ＝ 新增 1 ＋ 未变 1" in said, "mended, it is read"

    def test_so_does_ingest(self, office: Console, folder: Path) -> None:
        (folder / "1.xlsx").write_text("no workbook", encoding="utf-8")
        ran = office.run("ingest", "日报", "--now", LATER)
        assert ran.code == 2
        assert "日报：读入 1 行 ＝ 新增 1" in ran.out
        assert "2 个文件读不了，别的都读了：0.csv：" in ran.err
        assert "1.xlsx：内容不是 Excel" in ran.err


def test_a_matter_that_cannot_be_judged_ends_with_one(office: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Swept(done=2, failed=["police_110:A1"], latest=timedelta(seconds=5))
    monkeypatch.setattr("engine.scheduler.matters.sweep", lambda *_, **__: broken)
    ran = office.run("serve", "--once", "--now", LATER)
    assert (ran.code, "✗ 再研判 police_110:A1 出错" in ran.out) == (1, True)


@pytest.mark.parametrize(
    ("fault", "said"),
    [(StoreError("磁盘满了"), "磁盘满了"), (KeyError("陈一一 13800000001"), "程序内部出错（KeyError）")],
)
def test_a_tick_that_fails_is_told_and_ends_nothing(
    office: Console, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: Exception, said: str
) -> None:
    from cli import service
    from cli.wiring import desk_of

    def failing(*_: object, **__: object) -> Swept:
        raise fault

    monkeypatch.setattr("engine.scheduler.matters.sweep", failing)
    with desk_of(office.folder / "config.yaml", NOW) as desk:
        service._Service(desk, as_json=True).tick(lambda: False)
    told = capsys.readouterr().out
    assert said in told
    assert "13800000001" not in told


def test_while_many_matters_are_looked_at_again_what_comes_and_what_is_told_has_its_turn(
    office: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a change of the rules all open matters are due; a red that comes then must not wait for the last of them."""
    from itertools import count

    from cli import service

    rows = [
        f"B{n:03d},2025-03-10 08:30:00,陈一,1380000{n:04d},云溪镇村{n}组,纠纷,楼道堆放杂物影响通行请协调处理"
        for n in range(70)
    ]
    head = "接警单编号,报警时间,报警人,报警电话,警情地址,警情类型,报警内容"
    (office.folder / "more.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    office.ok("ingest", "--file", "more.csv", "--source", "police_110", "--now", NOW)
    file = office.folder / "rules" / "parameters.yaml"
    shipped = file.read_text(encoding="utf-8")
    file.write_text(shipped + "# another\n", encoding="utf-8")
    done: list[str] = []
    with desk_of(office.folder / "config.yaml", NOW) as desk:
        rounds = service._Service(desk, as_json=True)
        seconds = count(step=3.0)
        monkeypatch.setattr(service, "monotonic", lambda: next(seconds))
        monkeypatch.setattr(rounds, "_swept", lambda swept: done.append(f"looked {swept.done}"))
        monkeypatch.setattr(rounds, "_post", lambda: done.append("told"))
        assert rounds.everything(lambda: False)
    looked = [int(one.split()[1]) for one in done if one.startswith("looked")]
    assert max(looked) <= 20
    assert sum(looked) >= 70
    assert done.count("told") >= len(looked)


def test_with_other_keys_than_its_own_the_service_ends_and_says_what_to_do(
    office: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    """Keys were rotated while it ran: no try of this process can go well any more, and whoever starts it again reads the new ones."""
    from cli import service

    ended: list[str] = []
    with desk_of(office.folder / "config.yaml", NOW) as desk:
        running = service._Service(desk, as_json=True)
        running._give_up = lambda: ended.append("given up")
        running.tick(lambda: False)
        assert ended == []
        office.person("db", "rotate-keys", "--now", NOW)
        running.tick(lambda: False)
        assert (ended, type(running._hopeless)) == (["given up"], OtherKeys)
    assert "稍后再试" not in capsys.readouterr().out


def test_a_database_that_fails_ends_once_with_its_own_code(office: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> Swept:
        raise StoreError("磁盘满了")

    monkeypatch.setattr("engine.scheduler.matters.sweep", failing)
    ran = office.run("serve", "--once", "--now", NOW)
    assert (ran.code, "磁盘满了" in ran.err) == (StoreError("").exit_code, True)


def test_changed_rules_hold_from_the_next_round_and_faulty_ones_are_told_once(
    office: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    from cli import service
    from cli.wiring import desk_of

    file = office.folder / "rules" / "parameters.yaml"
    shipped = file.read_text(encoding="utf-8")
    with desk_of(office.folder / "config.yaml", NOW) as desk:
        rounds = service._Service(desk, as_json=False)
        rounds.tick(lambda: False)
        assert "规则" not in capsys.readouterr().out
        file.write_text("parameters: {", encoding="utf-8")
        rounds.tick(lambda: False)
        assert "规则有误，仍用原来的" in capsys.readouterr().out
        rounds.tick(lambda: False)
        assert "规则有误" not in capsys.readouterr().out
        file.write_text(shipped, encoding="utf-8")
        rounds.tick(lambda: False)
        assert "规则已改好" in capsys.readouterr().out
        file.write_text(shipped + "# 没有变\n", encoding="utf-8")
        rounds.tick(lambda: False)
        assert "规则变了：3 件办理中的事项按新规则再研判" in capsys.readouterr().out
        rounds.tick(lambda: False)
        assert "规则" not in capsys.readouterr().out
