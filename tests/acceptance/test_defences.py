"""Defences that stand between rooms: rule files, identity, formulas, addresses; each is taken out once by `make sabotage`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import openpyxl
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from adapters.sheets import write_sheets
from adapters.sources.web import JsonDoor
from engine.desk import acting
from engine.desk.reading import show
from engine.errors import RuleError, UsageError
from engine.identity.resolve import resolve
from engine.identity.settings import Settings
from engine.model import Cause, Colour, Links, Sighting, SourceSpec
from engine.ruleset import loader, strict_yaml, wordlists
from engine.store.chain import Entry, Head, examine, head_seal, mac_of
from engine.store.dialects import refused
from tests.installation import Installation
from tests.rulebook_samples import rule, rulebook

pytest_plugins = ["tests.places"]

AT = datetime(2025, 3, 1, tzinfo=UTC)
_KEY = b"k" * 32
SETTINGS = Settings()

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abc", "bcd", strict=True)
)
TRAPS = {
    "alias bomb": (BOMB, "Y004"),
    "anchor": ("words: &w {x: 1}\n", "Y004"),
    "tag": ("words: !!python/object/apply:os.system [ls]\n", "Y005"),
    "own tag": ("words: !mine {x: 1}\n", "Y005"),
    "depth": ("[" * 21 + "]" * 21, "Y006"),
    "nodes": ("words: [" + "1," * 20_001 + "]\n", "Y007"),
    "size": ("# " + "x" * 256 * 1024 + "\nwords: {}\n", "Y002"),
    "documents": ("words: {}\n---\nwords: {}\n", "Y009"),
    "duplicate": ("words:\n  a: 1\n  a: 2\n", "Y008"),
    "float": ("limit: 1.5\n", "Y010"),
    "not UTF-8": (b"words: \xff\xfe\n", "Y001"),
    "torn": ("words: {a: [1,\n", "Y003"),
}


class TestRuleFiles:
    """The attack table, YAML and patterns."""

    @pytest.mark.parametrize("name", list(TRAPS))
    def test_a_bomb_or_a_trap_is_a_fault_with_its_place(self, name: str) -> None:
        text, code = TRAPS[name]
        document = strict_yaml.read("rules.yaml", text if isinstance(text, bytes) else text.encode())
        assert loader.check({"rules.yaml": text if isinstance(text, bytes) else text.encode()})[0] is None
        assert [found.code for found in document.faults] == [code]
        assert document.faults[0].place.file == "rules.yaml"

    @pytest.mark.parametrize(
        "text", ["a: yes\n", "a: 08\n", "a: on\n", "a: 0o10\n", "a: 2025-01-01\n", "a: ~\n", "a: 'x: y'\n"]
    )
    def test_honest_words_that_look_like_something_else_are_read(self, text: str) -> None:
        assert strict_yaml.read("x.yaml", text.encode()).faults == ()

    def test_what_is_at_the_limits_is_read(self) -> None:
        assert strict_yaml.read("x.yaml", b"[" * 20 + b"]" * 20).faults == ()
        assert strict_yaml.read("x.yaml", (b"words: {}\n" + b"#" * 256 * 1024)[: 256 * 1024]).faults == ()

    @pytest.mark.parametrize("pattern", [r"\b报警", r"打\w", r"打\B人", r"\W刀"])
    def test_a_pattern_that_may_mean_something_else_is_refused(self, pattern: str) -> None:
        assert "W102" in faults_of(pattern)

    @pytest.mark.parametrize("pattern", ["(?=刀)", r"(刀)\1", "(?<!没)刀", "刀(", "[刀", "(?P<a>刀)(?P=a)"])
    def test_a_pattern_that_re2_refuses_is_a_fault(self, pattern: str) -> None:
        assert "W101" in faults_of(pattern)

    @pytest.mark.parametrize(("more", "refused"), [(0, False), (1, True)])
    def test_a_pattern_has_a_longest_length(self, more: int, *, refused: bool) -> None:
        assert ("W103" in faults_of("刀" * (wordlists._MAX_PATTERN + more))) is refused
        assert wordlists._MAX_PATTERN <= 1_000

    @pytest.mark.parametrize("circle", [("a",), ("a", "b"), ("a", "b", "c")])
    def test_conclusions_in_a_circle_are_refused(self, circle: Sequence[str]) -> None:
        read = (circle[-1], *circle[:-1])
        rules = [
            rule(f"R{made}", {"x": (f"made.{asked}", "is", True)}, conclude={f"made.{made}": True})
            for made, asked in zip(circle, read, strict=True)
        ]
        with pytest.raises(RuleError) as refused:
            rulebook(*rules)
        assert "R113" in {found.code for found in refused.value.faults}

    def test_every_fault_of_every_file_is_told_at_once(self) -> None:
        files = {"a.yaml": b"words: {a: 1, a: 2}\n", "b.yaml": b"x: 1.5\n", "c.yaml": b"[" * 21 + b"]" * 21}
        with pytest.raises(RuleError) as refused:
            loader.load(files)
        assert {found.place.file for found in refused.value.faults} == set(files)


def faults_of(pattern: str) -> Sequence[str]:
    """The codes that a pattern in a word list is refused with."""
    try:
        rulebook(
            rule("R", {"w": ("words.own", "is", True)}),
            features={"words.own": {"words": "own"}},
            words={"own": [{"pattern": pattern}]},
        )
    except RuleError as refused:
        return [found.code for found in refused.faults]
    return []


class TestIdentity:
    """Who belongs together, and above all who does not."""

    def test_anonymous_callers_are_nobody_and_never_merged(self) -> None:
        made = linked(*(seen(f"police_110:{n}", n, place="柳塘村") for n in range(5)))
        assert {links.person for links in made.values()} == {None}
        assert len({links.matter for links in made.values()}) == 5

    def test_a_phone_of_two_id_numbers_joins_nobody(self) -> None:
        rows = [seen("police_110:1", 0, phone="p", id_number="i1"), seen("police_110:2", 1, phone="p", id_number="i2")]
        made = linked(*rows, seen("police_110:3", 2, phone="p"))
        assert len({links.person for links in made.values()}) == 3

    def test_an_exact_resend_within_a_day_counts_once(self) -> None:
        first = seen("police_110:1", 0, phone="p")
        hours = [timedelta(hours=h) for h in (1, 24, 24.1, 49)]
        more = [replace(first, id=f"police_110:{n}", at=AT + ago) for n, ago in enumerate(hours, start=2)]
        made = linked(first, *more)
        assert [id_[-1] for id_, links in sorted(made.items()) if links.counts] == ["1", "4", "5"]
        assert made["police_110:3"].resend_of == "police_110:1"

    def test_other_words_are_no_resend(self) -> None:
        made = linked(seen("police_110:1", 0, phone="p"), seen("police_110:2", 0, phone="p", text_digest="other"))
        assert all(links.counts for links in made.values())

    def test_a_call_handed_on_is_one_event(self) -> None:
        first, second = seen("police_110:1", 0, phone="p"), seen("hotline_12345:9", 1, numbers=("police_110:1",))
        made = linked(first, second)
        assert {id_: links.counts for id_, links in made.items()} == {first.id: True, second.id: False}
        assert made[second.id].matter == first.id

    def test_a_record_without_a_place_never_bridges_two_places(self) -> None:
        rows = [
            seen("police_110:1", 0, phone="p", place="柳塘村", topic="noise", text_digest="a"),
            seen("police_110:2", 1, phone="p", topic="noise", text_digest="b"),
            seen("police_110:3", 2, phone="p", place="大塘村", topic="noise", text_digest="c"),
        ]
        made = linked(*rows)
        assert made["police_110:1"].matter != made["police_110:3"].matter
        assert made["police_110:2"].matter in {"police_110:1", "police_110:2", "police_110:3"}


def seen(id_: str, day: int, **told: object) -> Sighting:
    kind = id_.split(":", 1)[0]
    base = Sighting(id=id_, kind=kind, at=AT + timedelta(days=day), cause=Cause.NEW, text_digest="same")
    return replace(base, **told)  # type: ignore[arg-type]


def linked(*rows: Sighting) -> dict[str, Links]:
    return resolve(rows, (), (), settings=SETTINGS)


@pytest.mark.parametrize("text", ["=1+1", "=HYPERLINK(0)", "+1", "-1", "@SUM(1)", "http://a.example", "＝1"])
def test_a_header_that_looks_like_a_formula_is_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "out.xlsx"
    write_sheets(path, {"导出": [{text: "x", "编号": 1}]})
    sheet = openpyxl.load_workbook(path)["导出"]
    assert (sheet["A1"].value, sheet["A1"].data_type, sheet["A1"].hyperlink) == (text, "s", None)


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=json.dumps([]).encode())

    spec = SourceSpec("gate", "open311", allowed_hosts=("localhost:8080",), options={"private_hosts": ["localhost"]})
    door = JsonDoor(spec, pause=lambda _: None)
    monkeypatch.setattr(door, "_client", lambda: httpx.Client(transport=httpx.MockTransport(answer)))
    assert door.get("http://localhost:8080/requests.json", {"page": "1"}) == []
    (request,) = asked
    assert request.url.host in {"127.0.0.1", "::1"}
    assert request.headers["host"] == "localhost:8080"
    assert request.url.query == b"page=1"


def test_an_entry_of_another_history_does_not_fit_into_the_chain() -> None:
    """Both were truly written, one before a backup was put back: each mac is right, only the link to the next is not."""
    ours, theirs = history("二", "三", "四"), history("二", "别的", "四")
    head = Head(3, ours[-1].mac, head_seal(_KEY, 3, ours[-1].mac))
    assert examine(_KEY, ours, head=head).sound
    mixed = [ours[0], theirs[1], ours[2]]
    assert not examine(_KEY, mixed, head=head).sound


def history(*payloads: str) -> list[Entry]:
    """A chain of these entries."""
    made: list[Entry] = []
    for seq, payload in enumerate(payloads, start=1):
        bare = Entry(seq, seq, "sanse", "ingest", payload.encode(), b"")
        made.append(replace(bare, mac=mac_of(_KEY, bare, made[-1].mac if made else b"")))
    return made


def test_an_error_of_the_database_quotes_no_parameter(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE kept (word text PRIMARY KEY)"))
        row = {"word": "张三的话，电话13800000001"}
        connection.execute(text("INSERT INTO kept VALUES (:word)"), row)
        with pytest.raises(DBAPIError) as failed:
            connection.execute(text("INSERT INTO kept VALUES (:word)"), row)
    engine.dispose()
    assert "张三" not in str(refused(failed.value))
    assert "13800000001" not in str(refused(failed.value))


class TestPeople:
    """What a person may see and do."""

    KNIFE = "邻居拿着菜刀上门扬言要砍死我们一家人"

    def test_a_confidential_record_shows_no_word_of_its_text(self, small_place: Installation) -> None:
        small_place.ingest(
            small_place.call("S1", self.KNIFE, 是否保密="是"), small_place.call("A1", self.KNIFE, caller=2)
        )
        sealed, plain = (show(small_place.desk, f"police_110:{id_}").records[0] for id_ in ("S1", "A1"))
        assert "菜刀" not in sealed.text
        assert "菜刀" in plain.text
        assert sealed.colour is plain.colour is Colour.RED

    def test_red_never_falls_to_green_in_one_step(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(place.call("A1", self.KNIFE))
        place.later(days=15)
        person, second = place.person(), place.person("李副主任", "lead")
        acting.act(place.desk, person, "police_110:A1", kind="agreement")
        acting.act(place.desk, person, "police_110:A1", kind="opinion", level="police")
        with pytest.raises(UsageError) as refused:
            acting.override(place.desk, person, "police_110:A1", to=Colour.GREEN, reason="已和好", second=second)
        assert refused.value.what == "还不能下调：一次只能下调一级"
        assert show(place.desk, "police_110:A1").row.state.standing is Colour.RED
