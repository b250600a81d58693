"""Rescoring history (issue 4): by columns as live records are judged; written where it comes out otherwise; killed anywhere, whole in the end.

In: a township taken in in no order, with late, corrected and merged records, on SQLite and on PostgreSQL. Not here: queries (`unit/test_rescore_*`).
"""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from engine import casework
from engine.desk import Desk, rescoring
from engine.desk.rebuilding import rebuild
from engine.desk.replaying import sample
from engine.desk.rescoring import Which, apply, refreshed, rescored
from engine.errors import UsageError
from engine.features.base import made_by
from engine.features.subjects import Member, Subject
from engine.model import Action, Colour
from engine.rescore import Scan
from engine.rescore import scanning as rescore_scanning
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.store import history as store_history
from engine.store import tables
from engine.triage import Decision, Triage
from tests.installation import Installation, shipped
from tests.orders import KNOWN_AT, in_order, take_in, township

pytest_plugins = ["tests.places"]

RECORDS, SEED = 180, 10
_CHANGED = (
    ("parameters.yaml", "value: 3, source: 长沙县“3次以上", "value: 2, source: 长沙县“3次以上"),
    ("parameters.yaml", "value: 2, source: 公安“二次报警”", "value: 3, source: 公安“二次报警”"),
    ("parameters.yaml", "value: 3, source: 长沙县跨渠道", "value: 1, source: 长沙县跨渠道"),
    ("parameters.yaml", "value: 5, source: 实测群体诉求簇", "value: 2, source: 实测群体诉求簇"),
)


@cache
def other_rules() -> Rulebook:
    """The shipped rules with four thresholds moved, one of them the milder way, and one rule of colour retired."""
    files = dict(shipped().files)
    for name, text, instead in _CHANGED:
        held = files[name].decode()
        assert held.count(text) == 1, text
        files[name] = held.replace(text, instead).encode()
    text = "  - id: Y7\n"
    (name,) = (name for name, held in files.items() if text in held.decode())
    before, after = files[name].decode().split(text)
    files[name] = (before + text + after.replace("status: live", "status: retired", 1)).encode()
    return loader.load(files)


def under(place: Installation, rulebook: Rulebook) -> Desk:
    """The same installation with other live rules."""
    return replace(place.desk, rulebook=rulebook, _stages=[])


@pytest.fixture
def lived(place: Installation) -> Installation:
    """A township whose records came in shuffled, in small batches, and about one matter of which something was done."""
    place.now = KNOWN_AT
    assert take_in(place.url, in_order(township(RECORDS, SEED), 7), 40) < RECORDS // 10
    with place.desk.store.batch() as tx:
        rows = tx.sightings(_ids(place))
        first = min(rows.values(), key=lambda row: row.sighting.at)
        done = Action(first.links.matter, casework.DISPATCH, "yellow", "李四", first.sighting.at, KNOWN_AT, "")
        tx.write_actions([done, replace(done, kind="returned")])
    place.desk.store.close()
    return place


def _ids(place: Installation) -> list[str]:
    with place.desk.store.read() as view:
        return [row[0] for row in view._connection.execute(select(tables.sightings.c.id))]


def live(place: Installation, rulebook: Rulebook) -> dict[str, Decision]:
    """What the live reader says of every record, from everything that is stored."""
    with place.desk.store.read() as view:
        held = view.sightings(_ids(place))
        bases, actions = view.bases(held), view.actions_of(list(held), evidence=False)
    members = [Member(row.sighting, row.links) for row in held.values()]
    subjects = [Subject(member, bases[member.sighting.id]) for member in members]
    decided = Triage(rulebook, engine="trace").assess_records(subjects, members, actions, trigger="rule_change")
    return {decision.assessment.subject: decision for decision in decided}


def told(decision: Decision) -> dict[str, Any]:
    made = decision.assessment
    return {
        "colour": made.colour.word,
        "rules": sorted({hit.rule for hit in made.hits}) or ["G0"],
        "review": sorted(hit.rule for hit in made.hits if hit.review),
        "flags": sorted(flag.rule for flag in made.flags),
        "handback": made.handback,
    }


def stored(place: Installation) -> dict[str, dict[str, Any]]:
    """The newest decision record of every record."""
    with place.desk.store.read() as view:
        return {id_: orjson.loads(record) for id_, record in view.newest_records(_ids(place)).items()}


def counted(place: Installation) -> dict[str, int]:
    """How many rows every table has."""
    with place.desk.store.read() as view:
        return {
            name: view._connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in tables.metadata.tables.items()
        }


@pytest.fixture(params=["adbc", "driver"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to read columns."""
    if request.param == "driver":
        monkeypatch.setattr(store_history, "find_spec", lambda _: None)
    else:
        assert store_history.find_spec("adbc_driver_manager"), "ADBC is not installed: run `make setup`"
    return str(request.param)


def test_nothing_changes_under_the_rules_that_judged(lived: Installation, reader: str) -> None:
    before = counted(lived)
    with rescored(lived.desk, Which()) as found:
        assert (found.records, found.changed, list(found.lines())) == (len(_ids(lived)), 0, [])
        assert sum(found.matrix.values()) == found.records
        assert {was for was, _ in found.matrix} == set(Colour)
    assert counted(lived) == before


def test_columns_say_of_every_record_what_the_live_reader_says(
    lived: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In stretches so short that most windows reach over several of them."""
    monkeypatch.setattr(rescore_scanning, "SPAN", 17)
    monkeypatch.setattr(rescore_scanning, "STRETCH", 23)
    before, expected = stored(lived), live(lived, other_rules())
    rows = counted(lived)
    with rescored(lived.desk, Which(), rulebook=other_rules()) as found:
        changed = {line["id"]: line for line in found.lines()}
        assert found.changed == len(changed) > 20
        assert +found.gained
        assert +found.lost
        _matrix(found, before, expected)
    for id_, decision in expected.items():
        was = _recorded(before[id_])
        assert (id_ in changed) == (was != told(decision)), id_
        if id_ in changed:
            assert (changed[id_]["before"], changed[id_]["after"]) == (was, told(decision))
    assert counted(lived) == rows, "nothing is written without --apply"


def _recorded(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "colour": record["colour"],
        "rules": sorted({hit[0] for hit in record["hits"]}) or ["G0"],
        "review": sorted(hit[0] for hit in record["hits"] if hit[5]),
        "flags": sorted(flag[0] for flag in record["flags"]),
        "handback": record["handback"],
    }


def _matrix(found: Scan, before: dict[str, dict[str, Any]], expected: dict[str, Decision]) -> None:
    for was in Colour:
        for now in Colour:
            count = sum(
                before[id_]["colour"] == was.word and decision.assessment.colour is now
                for id_, decision in expected.items()
            )
            assert found.matrix[was, now] == count, (was, now)


def test_what_is_applied_is_what_was_shown_and_nothing_is_left(lived: Installation) -> None:
    desk, person = under(lived, other_rules()), lived.person()
    before, expected = stored(lived), live(lived, other_rules())
    with lived.desk.store.read() as view:
        standing = {id_: state.standing for id_, state in view.matter_states(_ids(lived)).items()}
    rows = counted(lived)
    with rescored(desk, Which()) as found:
        changed = {line["id"] for line in found.lines()}
        assert sum(apply(desk, person, found)) == len(changed) > 20
    after = stored(lived)
    for id_, record in after.items():
        assert _recorded(record) == told(expected[id_])
        if id_ in changed:
            assert (record["trigger"], record["rulebook"]) == ("rule_change", other_rules().digest)
        else:
            assert record == before[id_]
    with desk.store.read() as view:
        for id_, state in view.matter_states(_ids(lived)).items():
            assert state.standing >= standing[id_], "law 2: the machine lowers nothing"
            assert state.machine <= state.standing
    assert counted(lived)["assessments"] - rows["assessments"] >= len(changed)
    with rescored(desk, Which()) as again:
        assert (again.records, again.changed) == (len(after), 0)
        assert list(apply(desk, person, again)) == []
    assert all(one.same for one in sample(desk, 1_000_000))


def test_decisions_of_a_rescore_are_made_again_from_raw_rows(small_place: Installation) -> None:
    small_place.now = KNOWN_AT
    take_in(small_place.url, in_order(township(120, SEED), 3), 40)
    small_place.desk.store.close()
    desk = under(small_place, other_rules())
    with rescored(desk, Which()) as found:
        assert sum(apply(desk, small_place.person(), found))
    rebuilt = list(rebuild(desk))
    assert any(one.rulebook == other_rules().digest for one in rebuilt)
    assert [one for one in rebuilt if not one.same] == []


def test_only_what_is_asked_for_is_looked_at(lived: Installation) -> None:
    with lived.desk.store.read() as view:
        held = view.sightings(_ids(lived))
    some = next(row for row in held.values() if row.links.person and row.links.matter != row.sighting.id)
    middle = sorted(row.sighting.at for row in held.values())[RECORDS // 2]
    colours = [record["colour"] for record in stored(lived).values()]
    for which, expected in (
        (Which(since=middle), sum(row.sighting.at >= middle for row in held.values())),
        (Which(until=middle), sum(row.sighting.at <= middle for row in held.values())),
        (Which(matter=some.links.matter), sum(row.links.matter == some.links.matter for row in held.values())),
        (Which(caller=some.sighting.id), sum(row.links.person == some.links.person for row in held.values())),
        (Which(colour=Colour.RED), colours.count("red")),
    ):
        with rescored(lived.desk, which) as found:
            assert (found.records, found.changed) == (expected, 0), which
            assert expected
    for which in (Which(matter="SS2020-999999"), Which(caller="police_110:none")):
        with pytest.raises(UsageError, match="没有找到"), rescored(lived.desk, which):
            pass


def test_thresholds_of_today_judge_the_past_by_what_holds_now(lived: Installation) -> None:
    files = dict(shipped().files)
    old = "value: 3, source: 长沙县“3次以上重复纠纷警情”统计口径}"
    text = files["parameters.yaml"].decode()
    assert text.count(old) == 1
    files["parameters.yaml"] = text.replace(old, f"{old}, {{from: 2025-12-31, value: 2, source: 试}}").encode()
    newer = loader.load(files)
    with rescored(lived.desk, Which(), rulebook=newer) as dated:
        assert dated.gained["R6"] == 0
    with rescored(lived.desk, Which(), rulebook=newer, thresholds="today") as today:
        assert today.gained["R6"] > 0


@cache
def other_words() -> Rulebook:
    """The shipped rules with a word for violence at home that many records of the township have."""
    files = dict(shipped().files)
    name, held = "words/people.yaml", "  dv:\n    title: 家庭暴力迹象\n    entries:\n".encode()
    assert files[name].count(held) == 1
    files[name] = files[name].replace(held, held + "      - text: 漏水\n      - text: 噪音\n".encode())
    return loader.load(files)


def _facts(place: Installation) -> dict[str, tuple[str, bytes, str]]:
    query = select(tables.facts.c.incident, tables.facts.c.made_by, tables.facts.c.body, tables.sightings.c.marks)
    with place.desk.store.read() as view:
        rows = view._connection.execute(query.join(tables.sightings, tables.sightings.c.id == tables.facts.c.incident))
        return {row[0]: (row[1], bytes(row[2]), row[3]) for row in rows}


def test_other_words_make_base_facts_again_before_history_is_judged(
    lived: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed half-way it goes on where it was: what made a fact stands beside it."""
    monkeypatch.setattr(rescoring, "PIECE", 60)
    desk, person, before = under(lived, other_words()), lived.person(), _facts(lived)
    assert {made for made, *_ in before.values()} == {made_by(shipped())}
    with rescored(desk, Which()) as found:
        assert found.worded
        foretold = {line["id"]: line["after"] for line in found.lines()}
    assert _facts(lived) == before, "what is made again to look at is not written"
    first = next(refreshed(desk, person))
    half = [id_ for id_, (made, *_) in _facts(lived).items() if made == made_by(other_words())]
    assert 0 < len(half) == first < len(before)
    assert sum(refreshed(desk, person)) == len(before) - first
    assert list(refreshed(desk, person)) == []
    after = _facts(lived)
    assert {made for made, *_ in after.values()} == {made_by(other_words())}
    newly = [id_ for id_ in after if after[id_][2] != before[id_][2]]
    assert len(newly) > 3
    assert all("words.dv" in after[id_][2] for id_ in newly)
    with rescored(desk, Which()) as found:
        assert found.worded
        assert found.gained["Y1"] >= len(newly)
        changed = {line["id"]: line["after"] for line in found.lines()}
        assert changed == foretold
        assert sum(apply(desk, person, found)) == len(changed)
    expected = live(lived, other_words())
    assert all(changed[id_] == told(expected[id_]) for id_ in changed)
    assert set(newly) <= set(changed)
    assert [one for one in rebuild(desk) if not one.same] == []


_SERVED = """
import sys
from pathlib import Path
from engine.pipeline import ingest_batch
from tests.acceptance.test_rescore import SEED, other_rules, under
from tests.installation import Installation
from tests.orders import KNOWN_AT, in_order, township

place = Installation(Path("."), sys.argv[1], now=KNOWN_AT)
desk, rows = under(place, other_rules()), in_order(township(100, SEED), 7)[40:]
for start in range(0, len(rows), 4):
    ingest_batch(rows[start : start + 4], store=desk.store, stages=desk.stages, known_at=KNOWN_AT)
    print(start, flush=True)
"""


def test_written_while_others_take_records_in_nothing_is_lost(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both write to the same database at the same time, a few records at a time; in the end all is as the new rules have it."""
    place.now = KNOWN_AT
    take_in(place.url, in_order(township(100, SEED), 7)[:40], 40)
    person = place.person()
    with place.desk.store.read() as view:
        standing = {id_: state.standing for id_, state in view.matter_states(_ids(place)).items()}
    monkeypatch.setattr(rescoring, "PIECE", 1)
    desk, written = under(place, other_rules()), 0
    command = [sys.executable, "-c", _SERVED, place.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as other:
        assert other.stdout is not None
        assert other.stdout.readline(), "the other process takes records in"
        with rescored(desk, Which()) as found:
            for count in apply(desk, person, found):
                written += count
                assert other.stdout.readline() or other.poll() == 0
        other.stdout.read()
    assert (other.returncode, written > 3) == (0, True)
    with rescored(desk, Which()) as found:
        sum(apply(desk, person, found))
    expected, after = live(place, other_rules()), stored(place)
    assert len(expected) == len(after) > 60
    assert all(_recorded(after[id_]) == told(decision) for id_, decision in expected.items())
    with desk.store.read() as view:
        now = view.matter_states(list(standing))
        assert all(state.standing >= standing[id_] for id_, state in now.items()), "law 2"
    assert desk.store.verify(deep=True).sound


_KILLED = """
import os, signal, sys
from pathlib import Path
from engine.desk.rescoring import Which, apply, rescored
from engine.desk import rescoring
from engine.store.batch import Batch
from tests.acceptance.test_rescore import other_rules, under
from tests.installation import Installation
from tests.orders import KNOWN_AT

place = Installation(Path(sys.argv[1]).parent, f"sqlite:///{sys.argv[1]}", now=KNOWN_AT)
rescoring.PIECE = 3
appended, entry = [0], Batch.append_audit

def die(self, *given):
    appended[0] += 1
    entry(self, *given)
    if appended[0] == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

Batch.append_audit = die
desk = under(place, other_rules())
with rescored(desk, Which()) as found:
    print(sum(apply(desk, place.person(), found)))
"""


def test_killed_inside_a_transaction_it_goes_on_to_the_same_end(small_place: Installation, tmp_path: Path) -> None:
    small_place.now = KNOWN_AT
    take_in(small_place.url, in_order(township(100, SEED), 7), 40)
    small_place.person()
    small_place.desk.store.close()
    database = Path(small_place.url.removeprefix("sqlite:///"))
    unbroken = tmp_path / "unbroken.db"
    unbroken.write_bytes(database.read_bytes())
    ran = _run(database, 3)
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    desk = under(small_place, other_rules())
    with rescored(desk, Which()) as found:
        left = found.changed
    assert int(_run(database, 0).stdout) == left
    whole = int(_run(unbroken, 0).stdout)
    assert whole > left > 0, "what was written before stays written, the rest is written later"
    other = Installation(tmp_path, f"sqlite:///{unbroken}", now=KNOWN_AT)
    assert _end(small_place) == _end(other)
    other.close()


def _run(database: Path, transaction: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _KILLED, str(database), str(transaction)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])


def _end(place: Installation) -> tuple[Any, ...]:
    with place.desk.store.read() as view:
        states = view.matter_states(_ids(place))
        return stored(place), states, sorted(view.hits_of(_ids(place)), key=repr), view.hotspots()
