"""Open311 GeoReport v2 over HTTP against a real server, and the same JSON as a file."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.sources.files import FileSource
from adapters.sources.open311 import Open311Source
from adapters.sources.web import JsonDoor
from engine.errors import SourceError
from engine.model import SourceSpec
from tests.source_server import Answer, Request, Site, site

START, UNTIL = "2025-01-01T00:00:00Z", "2025-08-01T00:00:00Z"
FORM = "%Y-%m-%dT%H:%M:%SZ"


def requests(count: int) -> list[dict[str, Any]]:
    """Requests a day apart, the newest first as many endpoints give them."""
    first = datetime(2025, 1, 1, 8, tzinfo=UTC)
    return [
        {
            "service_request_id": str(n),
            "status": "open",
            "service_name": "noise",
            "description": "楼上通宵放音乐",
            "requested_datetime": (first + timedelta(days=n)).strftime(FORM),
            "updated_datetime": "2025-07-31T00:00:00Z",
            "lat": 30.5,
        }
        for n in reversed(range(count))
    ]


class Endpoint:
    """An endpoint as the specification has it; `paging` off gives every page alike."""

    def __init__(self, rows: list[dict[str, Any]], *, largest: int = 100, paging: bool = True) -> None:
        self.rows, self.largest, self.paging = rows, largest, paging

    def __call__(self, request: Request) -> Answer:
        query = request.query
        start, end = query["start_date"], query["end_date"]
        assert datetime.strptime(end, FORM) - datetime.strptime(start, FORM) <= timedelta(days=90)
        found = [r for r in self.rows if start <= r["requested_datetime"] <= end]
        size = min(int(query["page_size"]), self.largest)
        at = (int(query["page"]) - 1) * size if self.paging else 0
        return Answer(found[at : at + size])


def source(place: Site, *, cursor: str = "", **options: Any) -> Open311Source:
    spec = place.spec(kind="open311", cursor=cursor, **{"start": START, "until": UNTIL, **options})
    return Open311Source(spec, JsonDoor(spec, pause=lambda _: None))


def ids(feed: Open311Source) -> list[int]:
    return sorted(int(r.values["service_request_id"]) for r in feed.read())


def test_every_request_in_spans_of_ninety_days() -> None:
    with site(Endpoint(requests(200))) as place:
        rows = list(source(place).read())
        assert {r.path for r in place.asked} == {"/api/requests.json"}
        spans = dict.fromkeys((r.query["start_date"], r.query["end_date"]) for r in place.asked)
    assert sorted(int(r.values["service_request_id"]) for r in rows) == list(range(200))
    assert [r.row for r in rows] == list(range(1, 201))
    assert list(spans) == [
        ("2025-01-01T00:00:00Z", "2025-04-01T00:00:00Z"),
        ("2025-04-01T00:00:00Z", "2025-06-30T00:00:00Z"),
        ("2025-06-30T00:00:00Z", "2025-08-01T00:00:00Z"),
    ]


@pytest.mark.parametrize("largest", [1, 7, 30, 100])
def test_an_endpoint_with_smaller_pages_than_asked_loses_nothing(largest: int) -> None:
    with site(Endpoint(requests(60), largest=largest)) as place:
        assert ids(source(place)) == list(range(60))


def test_an_endpoint_without_paging_is_read_once_per_span() -> None:
    with site(Endpoint(requests(60), paging=False)) as place:
        assert ids(source(place)) == list(range(60))


def test_an_endpoint_without_paging_that_may_have_cut_its_answer_is_refused() -> None:
    with site(Endpoint(requests(60), largest=10, paging=False)) as place:
        with pytest.raises(SourceError, match="可能没有给全") as refused:
            ids(source(place, page_size=10))
        assert "span_days" in refused.value.hint
        assert ids(source(place, page_size=10, span_days=9)) == list(range(60))


def test_spans_are_never_longer_than_the_specification_allows() -> None:
    with site(Endpoint(requests(10))) as place:
        assert ids(source(place, span_days=1000)) == list(range(10))


def test_pages_without_end_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.sources.open311._MAX_PAGES", 12)
    with site(lambda request: Answer([{"service_request_id": request.query["page"]}])) as place:
        with pytest.raises(SourceError, match="12 页还没有完"):
            ids(source(place))
        assert len(place.asked) == 12


class TestCursor:
    """Where the next read begins."""

    def test_it_is_the_newest_time_of_request_and_the_next_read_looks_back(self) -> None:
        with site(Endpoint(requests(60))) as place:
            feed = source(place)
            assert len(ids(feed)) == 60
            assert feed.cursor() == "2025-03-01T08:00:00Z"
            again = source(place, cursor=feed.cursor(), look_back_days=7)
            assert ids(again) == list(range(52, 60))
            assert again.cursor() == feed.cursor()

    def test_it_moves_with_the_last_request_of_a_span(self) -> None:
        with site(Endpoint(requests(100))) as place:
            feed = source(place)
            seen = [feed.cursor() for _ in feed.read()]
        assert seen == [""] * 89 + ["2025-03-31T08:00:00Z"] * 10 + ["2025-04-10T08:00:00Z"]

    def test_times_that_cannot_be_are_passed_over(self) -> None:
        rows = [
            {"service_request_id": "1", "requested_datetime": "2099-01-01T00:00:00Z"},
            {"service_request_id": "2", "requested_datetime": "yesterday"},
            {"service_request_id": "3", "requested_datetime": None},
            {"service_request_id": "4", "requested_datetime": "2025-01-05T08:00:00+08:00"},
            {"service_request_id": "5", "requested_datetime": "2025-01-05T01:00:00+02:00"},
        ]
        with site(lambda r: Answer([*rows, 7] if r.query["page"] == "1" else [])) as place:
            feed = source(place, span_days=90, until="2025-02-01T00:00:00Z")
            assert len(list(feed.read())) == 6
        assert feed.cursor() == "2025-01-05T00:00:00Z"

    def test_nothing_new_leaves_it_where_it_is(self) -> None:
        with site(lambda _: Answer(b"", 204)) as place:
            feed = source(place, cursor="2025-07-01T00:00:00Z")
            assert ids(feed) == []
        assert feed.cursor() == "2025-07-01T00:00:00Z"

    def test_after_the_end_there_is_nothing_to_ask(self) -> None:
        with site(Endpoint(requests(5))) as place:
            assert ids(source(place, start=UNTIL)) == []
            assert place.asked == []


@pytest.mark.parametrize(("start", "until"), [("", UNTIL), ("去年", UNTIL), (START, ""), (START, "2025-13-01")])
def test_bounds_that_are_no_times_are_refused(start: str, until: str) -> None:
    with site(Endpoint([])) as place, pytest.raises(SourceError, match="start、until 写得不对") as refused:
        ids(source(place, start=start, until=until))
    assert refused.value.where == "config.yaml"


def test_an_endpoint_that_refuses_says_why() -> None:
    with (
        site(lambda _: Answer([{"code": 403, "description": "key"}], 403)) as place,
        pytest.raises(SourceError, match="没有权限"),
    ):
        ids(source(place))


@pytest.mark.parametrize(
    "wrap", [lambda rows: rows, lambda rows: {"service_requests": rows}, lambda rows: {"requests": rows}]
)
def test_the_same_json_as_a_file(tmp_path: Path, wrap: Any) -> None:
    rows = requests(3)
    path = tmp_path / "requests.json"
    path.write_text(json.dumps(wrap(rows)), encoding="utf-8")
    read = [r.values for r in FileSource(SourceSpec("export", "open311", location=str(path))).read()]
    assert read == rows


def test_the_door_is_its_own_when_none_is_given() -> None:
    with site(Endpoint(requests(2))) as place:
        spec = place.spec(kind="open311", start=START, until="2025-01-03T00:00:00Z")
        assert len(list(Open311Source(spec).read())) == 2
