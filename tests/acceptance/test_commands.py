"""Every command as a person types it: what it answers, its exit code, its JSON keys, and Chinese words for what went wrong."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from openpyxl import load_workbook

from tests.console import ACTOR, OTHER, SCRIPT, Console, both

pytestmark = pytest.mark.xdist_group("commands")
NOW = "2025-03-10T09:00:00"
LAMP = "村口的路灯坏了一个多星期没有人来修理"
LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"
HEADERS = "接警单编号,报警时间,报警人,报警电话,警情地址,警情类型,报警内容"
ROWS = (
    f"A1,2025-03-05 08:00:00,陈一一,13800000001,云溪镇柳树村1组,纠纷,{LEAK}",
    f"A2,2025-03-07 08:00:00,陈一一,13800000001,云溪镇柳树村1组,纠纷,{LEAK}，又漏了",
    f"B1,2025-03-09 08:00:00,周二二,13800000002,云溪镇大塘村2组,纠纷,{LAMP}",
    "K1,2025-03-10 08:00:00,吴三三,13800000003,云溪镇石桥村3组,纠纷,邻居拿着菜刀上门扬言要砍死我们一家人",
    f"OLD,2025-01-10 08:00:00,郑四四,13800000004,云溪镇新铺村4组,纠纷,{LAMP}",
    "BAD,昨天,冯五五,13800000005,云溪镇新铺村5组,纠纷,有人拿着菜刀砍人，快来救命，电话13800000005",
)
TALLY = {
    "source",
    "read",
    "new",
    "unchanged",
    "updated",
    "quarantined",
    "colours",
    "handbacks",
    "defects",
    "reflows",
    "beside",
    "surplus",
    "settled",
    "unknown_headers",
}
SCORED = {
    "row",
    "source_id",
    "colour",
    "standing",
    "rules",
    "reasons",
    "handback",
    "missing",
    "matter",
    "hotspot",
    "person",
    "flags",
}


def export(folder: Path, *rows: str, name: str = "export.csv", headers: str = HEADERS) -> Path:
    """An export file."""
    path = folder / name
    path.write_text("\n".join([headers, *rows, ""]), encoding="utf-8")
    return path


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def console(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """An office that has read one export."""
    for made in both(request, tmp_path_factory.mktemp("office")):
        file = export(made.folder, *ROWS)
        made.ok("ingest", "--file", file, "--source", "police_110", "--now", NOW)
        yield made


@pytest.fixture
def empty(tmp_path: Path) -> Console:
    """A folder without anything."""
    return Console(tmp_path)


class TestReading:
    def test_ingest_accounts_for_every_row(self, console: Console) -> None:
        file = console.folder / "export.csv"
        told = console.ok("ingest", "--file", file, "--source", "police_110", "--now", NOW, "--json").only
        assert set(told) == TALLY
        assert [told[key] for key in ("read", "new", "unchanged", "updated", "quarantined")] == [6, 0, 5, 0, 1]
        said = console.ok("ingest", "--file", file, "--source", "police_110", "--now", NOW).out
        assert "读入 6 行 ＝ 新增 0 ＋ 未变 5 ＋ 更新 0 ＋ 隔离 1" in said
        assert "sanse quarantine list" in said

    def test_matters_list_has_one_line_for_each_matter(self, console: Console) -> None:
        live = console.ok("matters", "list", "--json").lines
        every = console.ok("matters", "list", "--all", "--json").lines
        assert {"matter", "code", "colour", "status"} <= set(live[0])
        assert {row["matter"]: row["colour"] for row in live} == {
            "police_110:K1": "red",
            "police_110:A1": "yellow",
            "police_110:B1": "green",
        }
        assert {row["matter"] for row in every} - {row["matter"] for row in live} == {"police_110:OLD"}
        assert [row["colour"] for row in live] == ["red", "yellow", "green"], "the reddest first"
        assert [row["matter"] for row in console.ok("matters", "list", "--colour", "red", "--json").lines] == [
            "police_110:K1"
        ]

    def test_the_list_for_people_shows_code_colour_and_place(self, console: Console) -> None:
        said = console.ok("matters", "list", "--limit", "2").out
        assert "石桥村" in said
        assert "红" in said
        assert "共 3 个事项，列出 2 个；--limit 可加长" in said

    def test_show_tells_all_of_a_matter_and_no_contact(self, console: Console) -> None:
        said = console.ok("matters", "show", "police_110:A1").out
        assert "Y2" in said
        assert "联合调解" in said
        assert "13800000001" not in said
        assert "陈一一" not in said
        shown = console.ok("matters", "show", "police_110:A1", "--json").only
        parts = {"row", "codes", "records", "actions", "set_asides", "decisions", "route", "receivers"}
        assert parts | {"process", "reviews", "next_review"} == set(shown)

    def test_explain_gives_the_tree_and_why_not(self, console: Console) -> None:
        said = console.ok("explain", "police_110:K1").out
        assert "R1" in said
        assert "✓" in said
        assert "sanse replay" in said
        said = console.ok("explain", "police_110:B1", "--why-not", "R6").out
        assert "未命中" in said
        assert "✗" in said
        part = console.ok("explain", "police_110:B1", "--json").lines[0]
        assert {"subject", "code", "colour", "standing", "known_at", "text", "record", "rules", "sealed"} == set(part)

    def test_replay_is_the_same_to_the_byte(self, console: Console) -> None:
        assert "不同 0" in console.ok("replay", "--sample", "100").out
        assert "一致：police_110:A2" in console.ok("replay", "police_110:A2").out
        lines = console.ok("replay", "--sample", "100", "--json").lines
        assert {"seq", "subject", "known_at", "rulebook", "same"} == set(lines[0])
        assert all(line["same"] for line in lines)

    def test_score_writes_one_line_for_each_row_in_their_order(self, console: Console) -> None:
        before = sorted(path.name for path in console.folder.iterdir())
        ran = console.ok("score", "--file", console.folder / "export.csv", "--source", "police_110")
        assert [line["row"] for line in ran.lines] == [2, 3, 4, 5, 6, 7]
        assert {line["source_id"]: line.get("colour") for line in ran.lines} == {
            "A1": "yellow",
            "A2": "yellow",
            "B1": "green",
            "K1": "red",
            "OLD": "green",
            "BAD": "red",
        } | {"A1": ran.lines[0]["colour"]}
        assert all(set(line) == SCORED for line in ran.lines[:5])
        assert all(line["reasons"] and line["rules"] for line in ran.lines[:5])
        assert ran.lines[2]["rules"] == ["G0"]
        assert set(ran.lines[5]) == {"row", "source_id", "quarantined", "colour"}
        assert "共 6 行" in ran.err
        assert sorted(path.name for path in console.folder.iterdir()) == before

    def test_score_as_of_cuts_off_later_rows(self, console: Console) -> None:
        ran = console.ok(
            "score", "--file", console.folder / "export.csv", "--source", "police_110", "--as-of", "2025-03-08"
        )
        assert [line["source_id"] for line in ran.lines if line.get("cut_off")] == ["B1", "K1"]


class TestQuarantine:
    def test_list_export_and_retry(self, console: Console) -> None:
        (row,) = console.ok("quarantine", "list", "--json").lines
        assert {"id", "source", "kind", "row", "source_id", "code", "reason", "colour", "times", "values"} == set(row)
        assert row["colour"] == "red"
        assert "来件有误，内容涉险" in console.ok("quarantine", "list").out
        file = console.folder / "bad.xlsx"
        assert console.ok("quarantine", "export", "--file", file, "--json").only == {"file": str(file), "rows": 1}
        assert "13800000005" not in str([list(r) for r in load_workbook(file).worksheets[0].values])
        said = console.ok("quarantine", "retry", "--file", file, "--now", NOW).out
        assert "通过 0" in said
        assert "仍有问题 1" in said

    def test_unmasked_cells_need_a_person_and_a_reason(self, console: Console) -> None:
        file = console.folder / "open.xlsx"
        refused = console.run("quarantine", "export", "--file", file, "--unmask", **ACTOR)
        assert refused.code == 2
        assert "理由" in refused.err
        nobody = console.run("quarantine", "export", "--file", file, "--unmask", "--reason", "核对")
        assert nobody.code == 2
        assert "SANSE_ACTOR" in nobody.err
        assert not file.exists()
        console.person("quarantine", "export", "--file", file, "--unmask", "--reason", "核对")
        assert "13800000005" in str([list(r) for r in load_workbook(file).worksheets[0].values])


class TestActing:
    def test_a_matter_from_act_to_close_and_back(self, console: Console) -> None:
        told = console.person(
            "matters", "act", "police_110:B1", "--kind", "contact", "--level", "village", "--now", NOW, "--json"
        ).only
        assert {"matter", "code", "colour", "was", "status", "episode", "records"} == set(told)
        up = console.person("matters", "override", told["code"], "--to", "yellow", "--reason", "带班研判", "--now", NOW)
        assert "绿 → 黄" in up.out
        done = console.person(
            "matters", "close", told["code"], "--means", "调解", "--evidence", "维修单8号", "--now", NOW
        )
        assert "已办结" in done.out
        again = console.person("matters", "reopen", told["code"], "--reason", "没修好", "--now", "2025-03-11", "--json")
        assert (again.only["status"], again.only["episode"]) == ("open", 2)

    def test_merge_and_split_leave_every_code_usable(self, console: Console) -> None:
        codes = {row["matter"]: row["code"] for row in console.ok("matters", "list", "--all", "--json").lines}
        one, other = codes["police_110:A1"], codes["police_110:K1"]
        merged = console.person("matters", "merge", one, other, "--reason", "同一户", "--now", NOW, "--json").only
        assert merged["records"] == 3
        assert console.ok("matters", "show", other, "--json").only["row"]["state"]["id"] == "police_110:A1"
        console.person("matters", "split", one, "police_110:K1", "--reason", "看错了", "--now", NOW)
        assert console.ok("matters", "show", one, "--json").only["row"]["state"]["records"] == 2

    def test_red_is_lowered_by_two_or_not_at_all(self, console: Console) -> None:
        command = (
            "matters",
            "override",
            "police_110:K1",
            "--to",
            "yellow",
            "--reason",
            "已化解",
            "--now",
            "2025-03-25",
        )
        refused = console.run(*command, **ACTOR)
        assert refused.code == 2
        for said in ("还不能下调", "agreement", "opinion", "第二人", "sanse matters act"):
            assert said in refused.err
        for kind, level in (("agreement", "township"), ("opinion", "police")):
            console.person(
                "matters", "act", "police_110:K1", "--kind", kind, "--level", level, "--at", "2025-03-20", "--now", "2025-03-25"
            )  # fmt: skip
        wrong = console.run(*command, "--second", "李所长", **ACTOR, SANSE_SECOND_SECRET="not the secret")
        assert wrong.code == 2
        assert "姓名或口令不对" in wrong.err
        done = console.person(*command, "--second", "李所长", SANSE_SECOND_SECRET=OTHER)
        assert "红 → 黄" in done.out


class TestHealth:
    def test_audit_and_database_are_sound(self, console: Console) -> None:
        assert console.ok("audit", "verify", "--json").only["sound"]
        assert console.ok("db", "verify", "--deep", "--json").only["sound"]
        assert "没有问题" in console.ok("db", "verify").out
        assert "完整" in console.ok("audit", "verify").out

    def test_an_anchor_kept_elsewhere_is_known_again(self, console: Console) -> None:
        kept = console.folder / "anchors.txt"
        kept.write_text(console.ok("audit", "anchor", "--now", NOW).out, encoding="utf-8")
        assert console.ok("audit", "verify", "--anchors", kept, "--json").only["anchors"] >= 1
        text = kept.read_text(encoding="utf-8").strip()
        kept.write_text(text[:-1] + ("0" if text[-1] != "0" else "1"), encoding="utf-8")
        altered = console.run("audit", "verify", "--anchors", kept)
        assert altered.code == 2
        assert "第 1 个锚点不是这个数据库打的" in altered.err
        kept.write_text("sanse-anchor 1\n", encoding="utf-8")
        assert "第 1 个锚点读不懂" in console.run("db", "verify", "--anchors", kept).err

    def test_doctor_names_what_waits(self, console: Console) -> None:
        ran = console.run("doctor")
        assert ran.code == 1, "a row waits in quarantine"
        assert "✗ 隔离待处理：1 行" in ran.out
        assert {"what", "well", "found", "hint"} == set(console.run("doctor", "--json").lines[0])

    def test_upgrade_of_a_database_of_this_release_changes_nothing(self, console: Console) -> None:
        assert "已是本版本" in console.ok("db", "upgrade").out

    def test_people_are_listed_without_secrets(self, console: Console) -> None:
        rows = console.ok("people", "list", "--json").lines
        assert {row["name"]: row["role"] for row in rows} == {"王主任": "admin", "李所长": "lead"}
        assert set(rows[0]) == {"name", "role", "added_at"}


class TestWrong:
    """Exit code 2 and what to do, in Chinese, for what a person can mend."""

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("matters", "show", "SS2099-000001"), "没有找到事项或来件：SS2099-000001"),
            (("explain", "nobody"), "没有找到事项或来件：nobody"),
            (("explain", "police_110:B1", "--why-not", "R99"), "没有规则 R99"),
            (("replay",), "没有说要重做哪些"),
            (("replay", "nobody"), "没有找到 nobody 的研判记录"),
            (("ingest", "--file", "missing.csv", "--source", "police_110", "--now", NOW), "missing.csv"),
            (("ingest", "--file", "export.csv", "--source", "fire_119", "--now", NOW), "没有这个来源：fire_119"),
            (("ingest", "--now", NOW), "没有来源可读"),
            (("matters", "list", "--colour", "blue"), "没有这个颜色：blue"),
            (("ingest", "--file", "export.csv", "--source", "police_110", "--now", "yesterday"), "时间写法不对"),
            (("quarantine", "retry", "--file", "missing.xlsx", "--now", NOW), "没有找到文件：missing.xlsx"),
            (("score", "--file", "missing.csv", "--source", "police_110"), "missing.csv"),
            (("score", "--file", "export.csv", "--source", "police_110", "--rules", "nowhere"), "没有规则文件"),
        ],
    )
    def test_wrong_usage(self, console: Console, arguments: tuple[str, ...], said: str) -> None:
        ran = console.run(*arguments)
        assert ran.code in (2, 3)
        assert said in ran.err
        assert "Traceback" not in ran.err
        assert ran.err.startswith("错误：")

    def test_a_wrong_secret(self, console: Console) -> None:
        ran = console.run(
            "matters",
            "act",
            "police_110:B1",
            "--kind",
            "contact",
            "--now",
            NOW,
            SANSE_ACTOR="王主任",
            SANSE_SECRET="no",
        )
        assert ran.code == 2
        assert "姓名或口令不对" in ran.err

    def test_nobody_registers_people_but_an_administrator(self, console: Console) -> None:
        lead = {"SANSE_ACTOR": "李所长", "SANSE_SECRET": OTHER, "SANSE_NEW_SECRET": "eight or more"}
        ran = console.run("people", "add", "赵六六", **lead)
        assert ran.code == 2
        assert "只有管理员" in ran.err

    def test_broken_yaml(self, empty: Console) -> None:
        (empty.folder / "config.yaml").write_text("database: [\n", encoding="utf-8")
        ran = empty.run("matters", "list")
        assert ran.code == 2
        assert "配置文件不是合格的 YAML" in ran.err
        (empty.folder / "config.yaml").write_text("datebase: {}\n", encoding="utf-8")
        assert "datebase" in empty.run("matters", "list").err

    def test_no_configuration(self, empty: Console) -> None:
        ran = empty.process("matters", "list")
        assert ran.code == 2
        assert "没有找到配置文件" in ran.err
        assert "sanse init" in ran.err

    def test_no_database_and_no_keys(self, empty: Console) -> None:
        empty.ok("init", "a")
        there = Console(empty.folder / "a")
        (there.folder / "sanse.db").unlink()
        ran = there.run("matters", "list")
        assert ran.code == 3
        assert "sanse db upgrade" in ran.err
        assert not (there.folder / "sanse.db").exists(), "looking makes no database"
        (there.folder / "sanse.keys").unlink()
        assert "没有找到密钥文件" in there.run("matters", "list").err

    @pytest.mark.parametrize(
        ("url", "code", "said"),
        [
            ("postgresql+psycopg://nobody@127.0.0.1:1/none", 3, "数据库未能完成操作"),
            ("mysql://127.0.0.1/none", 2, "不支持的数据库 mysql"),
            ("nonsense", 2, "数据库地址无法识别"),
        ],
    )
    def test_a_database_that_cannot_be_reached(self, empty: Console, url: str, code: int, said: str) -> None:
        empty.ok("init", "a")
        there = Console(empty.folder / "a")
        config = there.folder / "config.yaml"
        config.write_text(config.read_text(encoding="utf-8").replace("sqlite:///sanse.db", url), encoding="utf-8")
        for command in (("matters", "list"), ("db", "upgrade"), ("audit", "verify")):
            ran = there.run(*command)
            assert (ran.code, said in ran.err) == (code, True), ran

    def test_broken_rules_name_every_fault(self, empty: Console) -> None:
        empty.ok("init", "a")
        there = Console(empty.folder / "a")
        rules = there.folder / "rules" / "repeats.yaml"
        rules.write_text(
            rules.read_text(encoding="utf-8").replace("when: thrice or steady", "when: thrice or nothing"),
            encoding="utf-8",
        )
        ran = there.run("matters", "list")
        assert ran.code == 2
        assert "repeats.yaml:" in ran.err
        assert there.run("rules", "lint").code == 1

    def test_a_time_of_ones_own_is_only_for_a_simulated_clock(self, empty: Console) -> None:
        empty.ok("init", "a")
        file = export(empty.folder / "a", ROWS[2])
        ran = Console(empty.folder / "a").run("ingest", "--file", file, "--source", "police_110", "--now", NOW)
        assert ran.code == 2
        assert "真实时钟" in ran.err

    def test_a_folder_in_use_is_never_written_over(self, empty: Console) -> None:
        empty.ok("init", "a")
        before = (empty.folder / "a" / "sanse.keys").read_bytes()
        assert empty.run("init", "a").code == 2
        assert (empty.folder / "a" / "sanse.keys").read_bytes() == before


class TestMapping:
    def test_unknown_headers_get_a_mapping_after_a_yes(self, empty: Console) -> None:
        empty.ok("init", "a", "--clock", "simulated")
        there = Console(empty.folder / "a")
        row = "C1,2025-03-09 08:00:00,13800000009,路灯坏了一个多星期没有人来修理，请处理"
        file = export(there.folder, row, headers="接警单编号,报警时间,来电号码手机,BJNR_MS")
        shown = there.ok("ingest", "--file", file, "--source", "police_110", "--now", NOW, "--json").only
        assert shown["unknown_headers"] == ["BJNR_MS", "来电号码手机"]
        mapping = there.folder / "rules" / "mappings" / "police_110.yaml"
        before = mapping.read_text(encoding="utf-8")
        said = there.ok("ingest", "--map", "--yes", "--file", file, "--source", "police_110", "--now", NOW).out
        assert "来电号码手机" in said
        after = mapping.read_text(encoding="utf-8")
        assert "来电号码手机" in after
        assert [line for line in before.splitlines() if "#" in line] == [
            line for line in after.splitlines() if "#" in line
        ], "comments stay"
        assert there.run("rules", "lint").code == 0
        told = there.ok("ingest", "--file", file, "--source", "police_110", "--now", NOW, "--json").only
        assert "来电号码手机" not in told["unknown_headers"]

    def test_without_a_yes_nothing_is_written(self, empty: Console) -> None:
        empty.ok("init", "a", "--clock", "simulated")
        there = Console(empty.folder / "a")
        file = export(there.folder, "C1,2025-03-09 08:00:00,13800000009", headers="接警单编号,报警时间,来电号码手机")
        mapping = there.folder / "rules" / "mappings" / "police_110.yaml"
        before = mapping.read_bytes()
        there.run("ingest", "--map", "--file", file, "--source", "police_110", "--now", NOW)
        assert mapping.read_bytes() == before


class TestProcess:
    """The installed console script, as a process of its own."""

    def test_help_imports_nothing_heavy_and_answers_at_once(self, empty: Console) -> None:
        code = (
            "import sys; sys.argv = ['sanse', '--help']\n"
            "import cli\n"
            "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
            "heavy = {'pandas', 'duckdb', 'ibis', 'sqlalchemy', 'pyarrow', 'numpy', 'cryptography', 'pydantic'}\n"
            "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
        )
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
        assert ran.stderr.strip() == "[]"
        assert "三色" in ran.stdout
        spent = {name: _median(command) for name, command in _TIMED.items()}
        print(f"sanse --help {spent['help']:.0f} ms, a bare interpreter {spent['bare']:.0f} ms (medians of 5)")

    @pytest.mark.parametrize(
        "group", ["", "rules", "matters", "quarantine", "people", "db", "audit"], ids=lambda g: g or "all"
    )
    def test_every_command_has_help_in_chinese(self, empty: Console, group: str) -> None:
        listed = empty.ok(*([group] if group else []), "--help").out.split("Commands")[1]
        commands = [line.split() for line in listed.splitlines() if line.startswith("  ") and line.strip()]
        assert commands
        for name, *words in commands:
            assert any("\u4e00" <= letter <= "\u9fff" for letter in "".join(words)), name
            assert "--help" in empty.ok(*([group] if group else []), name, "--help").out

    def test_the_main_way_from_nothing_to_a_reason(self, empty: Console) -> None:
        assert empty.process("init", "a").code == 0
        there = Console(empty.folder / "a")
        today = time.strftime("%Y-%m-%d %H:%M:%S")
        file = export(there.folder, f"K1,{today},吴三三,13800000003,云溪镇石桥村3组,纠纷,有人拿着菜刀砍人快来救命")
        ran = there.process("ingest", "--file", file, "--source", "police_110")
        assert ran.code == 0, ran.err
        assert "立即交回 110：police_110:K1" in ran.out
        assert "红" in there.process("matters", "list").out
        assert "P0" in there.process("explain", "police_110:K1").out
        assert there.process("replay", "--sample", "10").code == 0
        scored = there.process("score", "--file", file, "--source", "police_110")
        assert orjson.loads(scored.out)["handback"] is True

    @pytest.mark.parametrize("typed", [(), ("--help",), ("rules", "schema")], ids=lambda typed: " ".join(typed))
    def test_a_closed_pipe_is_no_error(self, typed: tuple[str, ...]) -> None:
        read, written = os.pipe()
        os.close(read)
        ran = subprocess.run([SCRIPT, *typed], stdout=written, stderr=subprocess.PIPE, check=False)
        os.close(written)
        assert ran.stderr == b""

    def test_the_version_is_told_without_a_folder(self, empty: Console) -> None:
        assert re.fullmatch(r"sanse \d+\.\d+\.\d+（Python 3\.\d+\.\d+）", empty.process("--version").out.strip())

    def test_ingest_killed_and_begun_again_loses_and_doubles_nothing(self, empty: Console) -> None:
        empty.ok("init", "a")
        there = Console(empty.folder / "a")
        config = there.folder / "config.yaml"
        config.write_text(config.read_text(encoding="utf-8") + "batch_size: 20\n", encoding="utf-8")
        today = time.strftime("%Y-%m-%d %H:%M:%S")
        rows = [f"A{n},{today},陈一一,1380000{n:04d},云溪镇柳树村{n}组,纠纷,{LEAK}" for n in range(2000)]
        file = export(there.folder, *rows)
        command = ("ingest", "--file", str(file), "--source", "police_110", "--json")
        running = subprocess.Popen([SCRIPT, *command], cwd=there.folder, stdout=subprocess.DEVNULL)
        while running.poll() is None and not _stored(there):
            time.sleep(0.05)
        os.kill(running.pid, signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL, "it was still at work"
        kept = _stored(there)
        assert kept % 20 == 0
        told = there.ok(*command).only
        assert (told["read"], told["new"], told["unchanged"], told["quarantined"]) == (2000, 2000 - kept, kept, 0)
        assert there.ok("db", "verify", "--json").only["sound"]
        assert _stored(there) == 2000


_TIMED = {"help": [str(SCRIPT), "--help"], "bare": [sys.executable, "-c", "pass"]}


def _median(command: list[str]) -> float:
    spent = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        spent.append((time.perf_counter() - began) * 1000)
    return statistics.median(spent)


def _stored(console: Console) -> int:
    """How many records are committed, seen from outside; as a writer, which first recovers what a killed one left."""
    with closing(sqlite3.connect(console.folder / "sanse.db", timeout=30)) as database:
        return int(database.execute("select count(*) from sightings").fetchone()[0])
