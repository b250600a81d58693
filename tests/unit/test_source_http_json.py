"""Interfaces that give JSON in pages, against a real server: every way of paging, cursors, and pages that never end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapters.sources.http_json import HttpJsonSource
from adapters.sources.web import JsonDoor
from engine.errors import SourceError
from engine.model import SourceSpec
from tests.source_server import Answer, Request, Site, site

CASES = [{"编号": f"J{n}", "更新": f"2025-01-{n:02d}T08:00:00Z"} for n in range(1, 8)]


def source(spec: SourceSpec) -> HttpJsonSource:
    return HttpJsonSource(spec, JsonDoor(spec, pause=lambda _: None))


def read(place: Site, **options: Any) -> list[str]:
    return [record.values["编号"] for record in source(place.spec(**options)).read()]


def refusal(place: Site, **options: Any) -> SourceError:
    with pytest.raises(SourceError) as refused:
        list(source(place.spec(**options)).read())
    assert refused.value.where
    assert refused.value.hint
    return refused.value


def paged(rows: list[Any], size: int = 3) -> Callable[[Request], Answer]:
    def answer(request: Request) -> Answer:
        page = int(request.query.get("page", "1"))
        return Answer({"code": 0, "data": {"records": rows[(page - 1) * size : page * size]}})

    return answer


NUMBERS = [f"J{n}" for n in range(1, 8)]


def test_one_answer_without_paging() -> None:
    with site(lambda _: Answer(CASES)) as place:
        rows = list(source(place.spec()).read())
        assert len(place.asked) == 1
    assert [(r.source, r.kind, r.row, r.values) for r in rows] == [
        ("gateway", "hotline_12345", n, case) for n, case in enumerate(CASES, start=1)
    ]


def test_numbered_pages_until_an_empty_one() -> None:
    with site(paged(CASES)) as place:
        assert read(place, page_param="page", page_size_param="size", page_size=3, params={"town": 5}) == NUMBERS
        assert [(r.query["page"], r.query["size"], r.query["town"]) for r in place.asked] == [
            (str(n), "3", "5") for n in (1, 2, 3, 4)
        ]


def test_a_server_that_gives_smaller_pages_than_asked_loses_nothing() -> None:
    with site(paged(CASES, size=2)) as place:
        assert read(place, page_param="page", page_size_param="size", page_size=500) == NUMBERS


@pytest.mark.parametrize("end", [{"data": {"records": None}}, {"data": {"records": []}}])
def test_each_way_to_say_that_there_is_no_more(end: object) -> None:
    pages = iter([{"data": {"records": CASES}}, end])
    with site(lambda _: Answer(next(pages))) as place:
        assert read(place, page_param="page", list_key="data.records") == NUMBERS


def test_no_content_ends_the_pages() -> None:
    pages = iter([Answer(CASES), Answer(b"", 204)])
    with site(lambda _: next(pages)) as place:
        assert read(place, page_param="page") == NUMBERS


@pytest.mark.parametrize("link", ["?from={}", "/api?from={}", "http://localhost:{port}/api?from={}"])
def test_links_to_the_next_page(link: str) -> None:
    def answer(request: Request) -> Answer:
        start = int(request.query.get("from", "0"))
        following = link.format(start + 3, port=place.port) if start + 3 < len(CASES) else None
        return Answer({"records": CASES[start : start + 3], "links": {"next": following}})

    with site(answer) as place:
        assert read(place, next_key="links.next", params={"key": "k"}) == NUMBERS
        assert [(r.query.get("from"), r.query["key"]) for r in place.asked] == [(None, "k"), ("3", "k"), ("6", "k")]


def test_tokens_of_the_next_page() -> None:
    def answer(request: Request) -> Answer:
        start = int(request.query.get("after", "t0")[1:])
        return Answer({"records": CASES[start : start + 3], "next": f"t{start + 3}" if start + 3 < len(CASES) else ""})

    with site(answer) as place:
        assert read(place, next_key="next", next_param="after") == NUMBERS


def test_a_fault_between_pages_is_tried_again() -> None:
    inner = paged(CASES)
    faults = iter([False, True, False, True, True, False, False])
    with site(lambda request: Answer({}, 500) if next(faults) else inner(request)) as place:
        assert read(place, page_param="page") == NUMBERS
        assert len(place.asked) == 7


def test_a_link_to_another_host_is_refused() -> None:
    for target in ("http://169.254.169.254/", "http://127.0.0.1/", "https://evil.test/?a=1", "//evil.test/"):
        with site(lambda _, target=target: Answer({"records": CASES, "next": target})) as place:
            assert "不在 allowed_hosts 里" in refusal(place, next_key="next").what
            assert len(place.asked) == 1


def test_pages_that_are_all_the_same_are_stopped() -> None:
    with site(lambda _: Answer(CASES)) as place:
        fault = refusal(place, page_param="page")
        assert len(place.asked) == 2
    assert "第 2 页和前一页完全相同" in fault.what
    assert "page_param" in fault.hint


def test_links_in_a_circle_are_stopped() -> None:
    def answer(request: Request) -> Answer:
        turn = int(request.query.get("n", "0"))
        return Answer({"records": [{"编号": turn}], "next": f"/api?n={(turn + 1) % 3}"})

    with site(answer) as place:
        assert "绕回了" in refusal(place, next_key="next", location=place.url + "?n=0").what
        assert len(place.asked) == 3


def test_a_token_that_stays_the_same_is_stopped() -> None:
    count = iter(range(1000))
    with site(lambda _: Answer({"records": [{"编号": next(count)}], "next": "again"})) as place:
        assert "绕回了" in refusal(place, next_key="next", next_param="after").what
        assert len(place.asked) == 2


def test_pages_without_end_are_stopped_and_told() -> None:
    with site(lambda request: Answer([{"编号": request.query["page"]}])) as place:
        assert "读了 20 页还没有完" in refusal(place, page_param="page", max_pages=20).what
        assert len(place.asked) == 20


def test_an_answer_without_the_list_is_no_empty_page() -> None:
    with site(lambda _: Answer({"code": 401, "msg": "令牌过期"})) as place:
        fault = refusal(place, list_key="data.records")
    assert fault.what == "接口的回答里没有 data.records，只有：code、msg"
    with site(lambda _: Answer([1])) as place:
        assert "只有：list" in refusal(place, list_key="data").what


class TestCursor:
    """Where the next read begins."""

    def test_it_is_sent_and_moves_to_the_latest(self) -> None:
        rows = [{"id": n} for n in (9, 10, 2)]
        with site(lambda _: Answer(rows)) as place:
            feed = source(place.spec(cursor="8", cursor_param="since", cursor_field="id", look_back=0))
            assert len(list(feed.read())) == 3
            assert feed.cursor() == "10"
            assert place.asked[0].query == {"since": "8"}

    def test_a_reading_looks_back_and_the_cursor_stays_where_it_was(self) -> None:
        with site(lambda _: Answer([{"id": 4900}])) as place:
            feed = source(place.spec(cursor="5000", cursor_param="since", cursor_field="id", look_back=200))
            assert [row.values["id"] for row in feed.read()] == [4900]
            assert (feed.cursor(), place.asked[0].query) == ("5000", {"since": "4800"})

    def test_it_is_not_sent_on_the_first_read(self) -> None:
        with site(lambda _: Answer(CASES)) as place:
            feed = source(place.spec(cursor_param="since", cursor_field="更新"))
            list(feed.read())
            assert feed.cursor() == "2025-01-07T08:00:00Z"
            assert place.asked[0].query == {}

    def test_it_never_goes_back(self) -> None:
        with site(lambda _: Answer(CASES)) as place:
            feed = source(place.spec(cursor="2026-01-01T00:00:00Z", cursor_field="更新"))
            list(feed.read())
        assert feed.cursor() == "2026-01-01T00:00:00Z"

    def test_it_stays_until_the_last_record_is_handed_over(self) -> None:
        with site(paged(CASES[::-1])) as place:
            feed = source(place.spec(cursor="old", page_param="page", cursor_field="更新"))
            seen = [feed.cursor() for _ in feed.read()]
        assert seen == ["old"] * 6 + [feed.cursor()]

    def test_it_stays_when_the_reading_breaks_off(self) -> None:
        inner = paged(CASES)
        with site(lambda r: Answer({}, 500) if r.query["page"] == "3" else inner(r)) as place:
            feed = source(place.spec(page_param="page", cursor_field="更新"))
            with pytest.raises(SourceError):
                list(feed.read())
        assert feed.cursor() == ""

    def test_without_a_field_there_is_none(self) -> None:
        with site(lambda _: Answer([*CASES, 7])) as place:
            feed = source(place.spec())
            assert len(list(feed.read())) == 8
        assert feed.cursor() == ""


def test_the_door_is_its_own_when_none_is_given() -> None:
    with site(lambda _: Answer(CASES)) as place:
        assert len(list(HttpJsonSource(place.spec()).read())) == 7
