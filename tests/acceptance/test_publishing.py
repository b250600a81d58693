"""Publishing while records come in: taken up between two batches, no record lost; killed anywhere, it is done or not done; one person is not two."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from cli.jobs import poll
from cli.wiring import desk_of
from engine.desk import Desk, publishing
from engine.desk.opening import authenticate, renewed
from engine.ruleset import loader
from tests.console import ACTOR, OTHER, SECRET, Console, both
from tests.serving import FEED, ROOT, configure, days_ago, export, serving

REASON = "镇综治中心例会"
SECOND = {**ACTOR, "SANSE_SECOND_SECRET": OTHER}


@pytest.fixture(params=["sqlite", "postgresql"])
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Console]:
    """An office whose rules must be published, and where those that came with it were."""
    for console in both(request, tmp_path / "office"):
        configure(console, publish="{required: true}", service="{tick: 1s, lease: 3s}", sources=FEED, batch_size="5")
        publish(console)
        yield console


def publish(console: Console) -> publishing.Published:
    """What stands in the folder, by two persons; its gate is tried elsewhere."""
    with desk_of(console.folder / "config.yaml") as desk:
        files = loader.read_folder(desk.config.rules_folder)
        author, second = authenticate(desk, "王主任", SECRET), authenticate(desk, "李所长", OTHER)
        return publishing.publish(desk, author, second, files, reason=REASON, gate=lambda _: ())


def edit(console: Console, mark: str = "改") -> str:
    """Another rulebook in the folder; its digest."""
    file = console.folder / "rules" / "quality.yaml"
    file.write_text(file.read_text(encoding="utf-8") + f"# {mark}\n", encoding="utf-8")
    return loader.digest_of(loader.read_folder(console.folder / "rules"))


def digests(console: Console) -> list[str]:
    """By which rulebook each batch was judged, in order."""
    with desk_of(console.folder / "config.yaml") as desk, desk.store.read() as view:
        return [str(row.payload["rulebook"]) for row in view.audit_rows(limit=100_000) if row.what == "ingest"]


def test_it_is_taken_up_between_two_batches_and_no_record_is_lost(centre: Console) -> None:
    """In the middle of one poll: what is published after the second batch judges the third."""
    before, after, beats = loader.digest_of(loader.read_folder(centre.folder / "rules")), [], []
    export(centre.folder / "in-1.csv", range(23), days_ago(1))
    with desk_of(centre.folder / "config.yaml") as desk:
        held = [desk]

        def renew() -> Desk:
            held[0] = renewed(held[0])
            return held[0]

        def beat() -> None:
            beats.append("")
            if len(beats) == 2:
                after.append(edit(centre))
                assert publish(centre).digest == after[0]

        assert "新增 23" in poll(desk, "日报", beat, renew)
    assert [(digest, len(list(run))) for digest, run in groupby(digests(centre))] == [(before, 2), (after[0], 3)]
    rows = centre.ok("matters", "list", "--all", "--json").lines
    assert sum(row["records"] for row in rows) == 23
    assert centre.ok("db", "verify", "--deep")


def test_a_running_service_takes_it_up_and_loses_no_record(centre: Console) -> None:
    before = loader.digest_of(loader.read_folder(centre.folder / "rules"))
    export(centre.folder / "in-1.csv", range(10), days_ago(1))
    with serving(centre, "serve") as service:
        service.until(lambda said: "新增 10" in str(said.get("said")))
        after = edit(centre)
        publish(centre)
        assert service.until(lambda said: said.get("event") == "renewed")["rulebook"] == after
        export(centre.folder / "in-2.csv", range(10, 20), days_ago(1))
        service.until(lambda said: "新增 10" in str(said.get("said")))
        service.send(signal.SIGTERM)
        assert service.end() == 0
    assert sorted(set(digests(centre))) == sorted({before, after})
    rows = centre.ok("matters", "list", "--all", "--json").lines
    assert sum(row["records"] for row in rows) == 20


def test_a_changed_folder_is_told_once_and_not_taken_until_it_is_published(centre: Console) -> None:
    before = loader.digest_of(loader.read_folder(centre.folder / "rules"))
    after = edit(centre)
    export(centre.folder / "in-1.csv", range(3), days_ago(1))
    with serving(centre, "serve") as service:
        told = service.until(lambda said: said.get("event") == "unpublished")
        assert (told["folder"], told["rulebook"]) == (after, before)
        service.until(lambda said: said.get("job") == "poll:日报")
        assert set(digests(centre)) == {before}
        publish(centre)
        assert service.until(lambda said: said.get("event") == "renewed")["rulebook"] == after
        service.send(signal.SIGTERM)
        service.end()
    assert sum(said.get("event") == "unpublished" for said in service.said) == 1


def test_faulty_rules_that_were_kept_leave_the_old_ones_in_force(centre: Console) -> None:
    """As a later release might find: what was published is no rulebook to this one."""
    before = loader.digest_of(loader.read_folder(centre.folder / "rules"))
    with serving(centre, "serve") as service:
        service.until(lambda said: said.get("started"))
        with desk_of(centre.folder / "config.yaml") as desk, desk.store.batch() as tx:
            broken = loader.survey({"rules.yaml": b"rules: ["}).rulebook
            tx.write_publication(broken, by="甲", second="乙", reason=REASON, at=desk.clock())
            tx.append_audit("甲", publishing.PUBLISH, {}, desk.clock())
        assert before[:12] in service.until(lambda said: said.get("event") == "fault")["fault"]
        export(centre.folder / "in-1.csv", range(3), days_ago(1))
        service.until(lambda said: "新增 3" in str(said.get("said")))
        service.send(signal.SIGTERM)
        service.end()
    with desk_of(centre.folder / "config.yaml", steadfast=True) as desk, desk.store.read() as view:
        assert {row.payload["rulebook"] for row in view.audit_rows(limit=1000) if row.what == "ingest"} == {before}


_KILLED = """
import os, pathlib, signal, sys
import cli
from engine.desk import publishing
from engine.store import opening
from tests.acceptance import test_publishing as here
def die(*_, **__):
    print("here", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
place = sys.argv[1]
if place == "in the transaction":
    from engine.store.audit import Audit
    Audit.append_audit = die
elif place == "before the folder":
    publishing.place = die
else:
    rename, seen = pathlib.Path.rename, []
    def dying(self, target):
        seen.append(target)
        return die() if len(seen) == int(place[-1]) else rename(self, target)
    pathlib.Path.rename = dying
here.by_hand(here.Console(pathlib.Path(".")), sys.argv[2])
"""


def by_hand(console: Console, folder: str) -> publishing.Published:
    """Publish the rules of another folder."""
    with desk_of(console.folder / "config.yaml", steadfast=True) as desk:
        author, second = authenticate(desk, "王主任", SECRET), authenticate(desk, "李所长", OTHER)
        files = loader.read_folder(console.folder / folder)
        return publishing.publish(desk, author, second, files, reason=REASON, gate=lambda _: ())


@pytest.mark.parametrize("place", ["in the transaction", "before the folder", "at rename 1", "at rename 2"])
def test_killed_while_publishing_it_is_published_or_not_and_the_same_again_ends_it(centre: Console, place: str) -> None:
    rules, draft = centre.folder / "rules", centre.folder / "draft"
    held = loader.read_folder(rules)
    publishing.write_to(draft, {**held, "quality.yaml": held["quality.yaml"] + b"# x\n"})
    wanted = loader.read_folder(draft)
    child = subprocess.run(
        [sys.executable, "-c", _KILLED, place, "draft"],
        cwd=centre.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **centre.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (child.returncode, child.stdout) == (-signal.SIGKILL, "here\n"), child.stderr
    with desk_of(centre.folder / "config.yaml", steadfast=True) as desk:
        assert desk.rulebook.files == (held if place == "in the transaction" else wanted)
        assert len(publishing.editions(desk)) == (1 if place == "in the transaction" else 2)
    assert publishing._held(rules) in (held, {} if place == "at rename 2" else held), "never half of it"
    assert by_hand(centre, "draft").digest == loader.digest_of(wanted)
    assert loader.read_folder(rules) == wanted
    with desk_of(centre.folder / "config.yaml") as desk:
        assert [one.digest for one in publishing.editions(desk)][-1] == loader.digest_of(wanted)
        assert len(publishing.editions(desk)) == 2
    assert centre.ok("audit", "verify")


def test_one_person_is_not_two_at_a_terminal_either(centre: Console) -> None:
    edit(centre)
    told = ("rules", "publish", "--reason", REASON, "--second")
    refused = centre.run(*told, "王主任", **ACTOR, SANSE_SECOND_SECRET=SECRET)
    assert (refused.code, "复核人不能是本人" in refused.err) == (2, True)
    wrong = centre.run(*told, "李所长", **ACTOR, SANSE_SECOND_SECRET=SECRET)
    assert (wrong.code, "姓名或口令不对" in wrong.err) == (2, True)
    assert len(centre.ok("rules", "history", "--json").lines) == 1
