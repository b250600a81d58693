"""The service as a process: it polls, does what is due, stops when it is told, and loses nothing when it is killed."""

from __future__ import annotations

import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.console import Console, both
from tests.receivers import Posted, Reply, receiver
from tests.serving import SERVICE, configure, days_ago, export, real_now, serving
from tests.source_server import Answer, site


@pytest.fixture(params=["sqlite", "postgresql"])
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Console]:
    """An office whose service looks every second, with ten matters dispatched ten days ago."""
    for console in both(request, tmp_path / "office"):
        configure(console, **SERVICE)
        export(console.folder / "old.csv", range(10), days_ago(10))
        at = days_ago(10).isoformat()
        console.ok("ingest", "--file", "old.csv", "--source", "police_110", "--now", at)
        yield console


def polled(said: dict[str, Any]) -> bool:
    return said.get("job") == "poll:日报"


def matters(console: Console) -> list[dict[str, Any]]:
    return sorted(console.ok("matters", "list", "--all", "--json").lines, key=lambda row: str(row["matter"]))


def test_it_polls_by_schedule_does_what_is_due_and_stops_when_told(centre: Console) -> None:
    export(centre.folder / "in-1.csv", range(10, 12), days_ago(1))
    with serving(centre, "serve") as service:
        first = service.until(polled)
        assert first["well"], first
        assert "新增 2" in first["said"]
        swept = service.until(lambda said: said.get("reviewed"))
        assert (swept["reviewed"], swept["changed"], swept["failed"]) == (10, 10, [])
        export(centre.folder / "in-2.csv", range(12, 15), days_ago(1))
        assert service.until(lambda said: polled(said) and "新增 3" in said["said"])
        service.send(signal.SIGTERM)
        assert service.end() == 0
        assert service.said[0]["started"] is True
        assert (service.said[-1]["event"], service.said[-1]["started"]) == ("stopped", False)
    colours = [row["colour"] for row in matters(centre)]
    assert (len(colours), colours.count("yellow")) == (15, 10)
    jobs = {job["name"]: job for job in centre.ok("jobs", "list", "--json").lines}
    assert jobs["poll:日报"]["failures"] == 0
    assert jobs["review"]["next_at"] > real_now().isoformat()


def test_once_does_everything_that_is_due_and_ends(centre: Console) -> None:
    export(centre.folder / "in-1.csv", range(10, 11), days_ago(1))
    lines = centre.process("serve", "--once", "--json").lines
    assert [line.get("job") for line in lines] == ["poll:日报", None]
    assert lines[-1]["reviewed"] == 10
    assert centre.process("serve", "--once", "--json").lines[-1]["reviewed"] == 0


def test_a_feed_that_fails_is_told_and_the_rest_goes_on(centre: Console) -> None:
    ran = centre.process("serve", "--once", "--json")
    assert ran.code == 1
    told, swept = ran.lines
    assert (told["job"], told["well"]) == ("poll:日报", False)
    assert "没有找到文件" in told["said"]
    assert swept["reviewed"] == 10
    assert centre.run("jobs", "list").code == 1


def test_a_feed_that_does_not_answer_holds_up_nothing_and_no_stop(centre: Console) -> None:
    """Another's gateway sends a blank now and then: files are read and red is told meanwhile, and the process ends when it is told."""
    over = threading.Event()

    def blanks() -> Iterator[bytes]:
        yield b" "
        while not over.wait(0.2):
            yield b" "

    with site(lambda _: Answer(pieces=blanks())) as place:
        gateway = (
            f"{{name: 慢, kind: hotline_12345, type: http, location: '{place.url}', every: 1s,"
            f" allowed_hosts: ['localhost:{place.port}'], options: {{private_hosts: [localhost]}}}}"
        )
        configure(
            centre,
            sources=f"[{gateway}, {{name: 日报, kind: police_110, location: 'in*.csv', every: 1s}}]",
            channels="[{name: 屏幕, type: console, colours: [red]}]",
        )
        with serving(centre, "serve") as service:
            service.until(lambda said: place.asked and said.get("job") == "poll:日报")
            export(centre.folder / "in-1.csv", range(10, 11), real_now(), "有人拿着菜刀砍人，快来救命")
            assert service.until(lambda said: said.get("sent"))["sent"] == 1
            assert not [said for said in service.said if said.get("job") == "poll:慢"]
            jobs = {job["name"]: job for job in centre.ok("jobs", "list", "--json").lines}
            assert jobs["poll:慢"]["state"] == "运行中"
            service.send(signal.SIGTERM)
            assert service.end() == 0
        over.set()
    jobs = {job["name"]: job for job in centre.run("jobs", "list", "--json").lines}
    assert (jobs["poll:慢"]["state"], jobs["poll:慢"]["failures"]) == ("等待", 0)
    assert len(place.asked) == 1


def test_a_channel_that_does_not_answer_holds_up_no_other_and_no_reading(centre: Console) -> None:
    """One receiver takes what comes and says nothing: the other is told of each red at once, and files are read on."""
    over, red = threading.Event(), "有人拿着菜刀砍人，快来救命"

    def silent(_: Posted) -> Reply:
        over.wait()
        return Reply()

    with receiver(silent) as slow, receiver() as fast:
        named = ", ".join(
            f"{{name: {name}, type: webhook, colours: [red], url: '{place.url}', private_hosts: ['localhost:{place.port}'],"
            f" allowed_hosts: ['localhost:{place.port}'], secret_env: HOOK, options: {{timeout_seconds: 60}}}}"
            for name, place in (("慢", slow), ("快", fast))
        )
        configure(centre, channels=f"[{named}]")
        with serving(Console(centre.folder, {**centre.environment, "HOOK": "loopback"}), "serve") as service:
            service.until(lambda said: said.get("started"))
            for number in (10, 11):
                export(centre.folder / f"in-{number}.csv", range(number, number + 1), real_now(), red)
                assert service.until(lambda said: said.get("sent"))["sent"] == 1
            assert (len(fast.keys), len(slow.keys)) == (2, 1)
            over.set()
            told = 0
            while told < 2:
                told += service.until(lambda said: said.get("sent"))["sent"]
            service.send(signal.SIGTERM)
            assert service.end() == 0
        assert len(set(slow.keys)) == len(slow.keys) == 2


def test_red_is_told_before_a_long_file_is_read_to_its_end(centre: Console) -> None:
    configure(centre, batch_size="5", channels="[{name: 屏幕, type: console, colours: [red]}]")
    export(centre.folder / "in-1.csv", range(10, 11), real_now(), "有人拿着菜刀砍人，快来救命")
    export(centre.folder / "in-2.csv", range(11, 31), days_ago(1))
    with serving(centre, "serve") as service:
        service.until(polled)
        assert [said["sent"] for said in service.said if "sent" in said] == [1]


def test_what_a_gateway_answers_at_last_is_taken_in_with_its_cursor(centre: Console) -> None:
    cases = [
        {"工单编号": f"H{n}", "来电时间": f"{days_ago(1):%Y-%m-%d} 08:00:0{n}", "诉求内容": "路灯不亮"}
        for n in range(3)
    ]
    with site(lambda _: Answer(cases)) as place:
        gateway = (
            f"{{name: 慢, kind: hotline_12345, type: http, location: '{place.url}', every: 1s,"
            f" allowed_hosts: ['localhost:{place.port}'], options: {{private_hosts: [localhost]}}}}"
        )
        configure(centre, sources=f"[{gateway}]")
        with serving(centre, "serve") as service:
            told = service.until(lambda said: said.get("job") == "poll:慢")
            assert (told["well"], "新增 3" in told["said"]) == (True, True)
            again = service.until(lambda said: said.get("job") == "poll:慢")
            assert (again["well"], "未变 3" in again["said"]) == (True, True)


def test_whoever_may_see_it_sees_how_it_does_while_it_runs(centre: Console) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    configure(centre, service=f"{{tick: 1s, lease: 3s, listen: '127.0.0.1:{port}'}}")
    export(centre.folder / "in-1.csv", range(10, 12), days_ago(1))
    with serving(centre, "serve") as service:
        service.until(lambda said: said.get("reviewed"))
        told = httpx.get(f"http://127.0.0.1:{port}/health", timeout=30)
        assert (told.status_code, told.json()["health"]) == (200, "ok"), told.text
        assert set(told.json()["signs"]) == {
            "rounds", "rules", "disk", "database", "jobs", "due", "messages", "backup",
        }  # fmt: skip
        figures = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
        assert 'sanse_job_failures{job="poll:日报"} 0.0' in figures
        assert 'sanse_matters{colour="yellow",status="open"} 10.0' in figures
        service.send(signal.SIGTERM)
        assert service.end() == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/health")


def test_killed_at_any_moment_and_begun_again_it_loses_nothing(centre: Console) -> None:
    configure(centre, batch_size="5")
    export(centre.folder / "in-1.csv", range(10, 120), days_ago(1))
    draw = random.Random(5)
    for _ in range(5):
        with serving(centre, "serve") as service:
            service.until(lambda said: said.get("started"))
            time.sleep(draw.uniform(0.0, 1.5))
            service.send(signal.SIGKILL)
    while centre.process("serve", "--once", "--json").lines[-1]["reviewed"] or len(matters(centre)) < 120:
        time.sleep(1)
    rows = matters(centre)
    assert [row["matter"] for row in rows] == [f"police_110:A{number:04d}" for number in range(120)]
    assert sorted(row["code"][-6:] for row in rows) == [f"{number:06d}" for number in range(1, 121)]
    for number in range(10):
        page = centre.ok("matters", "show", f"police_110:A{number:04d}", "--json").only
        assert [review["trigger"] for review in page["reviews"] if review["due_at"]] == ["limit"]
    assert centre.ok("db", "verify", "--deep")
    assert centre.ok("audit", "verify")


def test_a_helper_shares_the_work_on_postgresql_only(centre: Console, request: pytest.FixtureRequest) -> None:
    if "sqlite" in request.node.name:
        refused = centre.process("worker")
        assert (refused.code, "PostgreSQL" in refused.err) == (2, True)
        return
    export(centre.folder / "in-1.csv", range(10, 20), days_ago(1))
    with serving(centre, "worker") as one, serving(centre, "worker") as other:
        for helper in (one, other):
            helper.until(lambda said: "reviewed" in said)
            helper.send(signal.SIGINT)
        assert [one.end(), other.end()] == [0, 0]
        reviewed = sum(said.get("reviewed", 0) for said in (*one.said, *other.said))
    assert reviewed == 10
    assert len(matters(centre)) == 20
