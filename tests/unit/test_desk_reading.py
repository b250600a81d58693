"""Lists and pages: what is counted, in which order, and what is never shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.desk import acting
from engine.desk.reading import colour_named, matters, matters_filter, reasons_by_rule, show, summary, waiting_history
from engine.errors import UsageError
from engine.model import Colour
from engine.store.rows import MatterFilter
from tests.installation import Installation

pytest_plugins = ["tests.places"]
pytestmark = pytest.mark.xdist_group("reading")

LAMP = "村口的路灯坏了一个多星期没有人来修理"
LEAK = "楼上漏水把天花板泡坏了，双方为赔偿争吵不休"
NOW = "楼下有人拿着菜刀追着邻居跑，快来人"
KNIFE = "邻居拿着菜刀上门扬言要砍死我们一家人"


@pytest.fixture(scope="module")
def busy(shared_place: Installation) -> Iterator[Installation]:
    """A few matters of every colour, one closed, one of long ago, one row nobody can read."""
    place = shared_place
    place.ingest(
        *(place.call(f"G{n}", f"{LAMP}{n}", caller=n, hours=n) for n in range(1, 5)),
        place.call("Y1", f"{LEAK}，还互相推搡", caller=6, hours=9),
        place.call("R1", KNIFE, caller=7, hours=8),
        place.call("R2", KNIFE, caller=8, hours=1),
        place.call("OLD", KNIFE, caller=9, days=60),
        place.call("BAD", LAMP) | {"报警时间": "某日"},
    )
    acting.close(place.desk, place.person(), "police_110:G1", means="调解", evidence="维修单8号")
    return place


class TestLists:
    def test_the_reddest_and_newest_come_first(self, busy: Installation) -> None:
        rows, total = matters(busy.desk, matters_filter(open_only=True))
        assert [row.state.id.split(":")[1] for row in rows] == ["R2", "R1", "Y1", "G2", "G3", "G4"]
        assert total == 6

    def test_what_is_for_110_is_marked_while_it_is_open_and_new(self, place: Installation) -> None:
        place.ingest(
            place.call("NOW", NOW, caller=1),
            place.call("OLD", NOW, caller=2, days=60),
            place.call("DONE", NOW, caller=3),
            place.call("R1", KNIFE, caller=4),
        )
        acting.close(place.desk, place.person(), "police_110:DONE", means="调解", evidence="出警单8号")
        rows, total = matters(place.desk, matters_filter(open_only=False))
        assert total == 4
        assert [row.state.id for row in rows if row.for_110] == ["police_110:NOW"]

    def test_pages_join_without_gap_or_overlap(self, busy: Installation) -> None:
        chosen = matters_filter(open_only=False)
        whole = [row.state.id for row in matters(busy.desk, chosen, limit=100)[0]]
        pages = [
            row.state.id for start in range(0, 9, 2) for row in matters(busy.desk, chosen, limit=2, offset=start)[0]
        ]
        assert pages == whole
        assert len(whole) == 8

    def test_a_colour_chooses(self, busy: Installation) -> None:
        rows, total = matters(busy.desk, matters_filter("red", open_only=False), limit=1)
        assert (len(rows), total) == (1, 3)
        assert matters(busy.desk, matters_filter("yellow", open_only=True))[1] == 1
        assert [colour_named(word) for word in ("green", "黄", "红色")] == list(Colour)
        with pytest.raises(UsageError, match="没有这个颜色：蓝"):
            colour_named("蓝")

    def test_open_history_is_a_list_of_its_own(self, busy: Installation) -> None:
        rows, _ = matters(busy.desk, matters_filter(open_only=True, history=True))
        assert [row.state.id for row in rows] == ["police_110:OLD"]
        assert waiting_history(busy.desk) == 1

    def test_closed_ones_are_found_by_their_status(self, busy: Installation) -> None:
        rows, _ = matters(busy.desk, MatterFilter(status="closed"))
        assert [row.state.id for row in rows] == ["police_110:G1"]


class TestPages:
    def test_a_page_shows_text_reasons_route_and_no_contact(self, busy: Installation) -> None:
        page = show(busy.desk, "police_110:R1")
        (record,) = page.records
        assert record.text == KNIFE
        assert record.place == "柳树村"
        assert any(reason.startswith("R1") for reason in record.reasons)
        assert page.route == "报党工委成立工作专班"
        assert page.receivers[0] == "党工委"
        shown = str(page)
        assert "1380000" not in shown
        assert "陈" not in shown.replace("陈述", "")

    def test_code_matter_and_record_lead_to_the_same_page(self, busy: Installation) -> None:
        code = show(busy.desk, "police_110:Y1").row.state.code
        assert show(busy.desk, code) == show(busy.desk, "police_110:Y1") == show(busy.desk, "matter:police_110:Y1")

    def test_a_confidential_matter_is_a_code_and_a_colour(self, small_place: Installation) -> None:
        small_place.ingest(small_place.call("S1", KNIFE, 是否保密="是"), small_place.call("A1", LAMP, caller=2))
        (sealed, other), _ = matters(small_place.desk, matters_filter(open_only=True))
        assert sealed.state.code.startswith("SS2025-")
        assert sealed.state.standing is Colour.RED
        assert (sealed.area, sealed.place, sealed.topic) == ("", "（保密）", "")
        assert other.place == "柳树村"
        assert "柳树村" not in str(show(small_place.desk, "police_110:S1"))

    def test_an_unknown_reference_is_refused(self, busy: Installation) -> None:
        with pytest.raises(UsageError, match="没有找到事项或来件：SS"):
            show(busy.desk, "SS")

    def test_an_unknown_reference_that_names_somebody_is_not_repeated(self, busy: Installation) -> None:
        with pytest.raises(UsageError) as refused:
            show(busy.desk, "police_110:陈一一19900000001")
        assert "陈一一" not in str(refused.value) and "19900000001" not in str(refused.value)

    def test_urges_and_resends_say_that_they_do_not_count(self, small_place: Installation) -> None:
        place = small_place
        place.ingest(
            place.call("A1", LEAK, hours=5), place.call("A2", LEAK, hours=4), place.call("A3", LEAK, 关联类型="催办")
        )
        records = {record.id: record for record in show(place.desk, "police_110:A1").records}
        assert [records[f"police_110:A{n}"].counts for n in (1, 2, 3)] == [True, False, False]
        assert records["police_110:A2"].resend_of == "police_110:A1"
        assert records["police_110:A3"].cause == "urge"


class TestSummary:
    def test_everything_is_counted_once(self, busy: Installation) -> None:
        found = summary(busy.desk, reddest=2)
        assert found.matters == {Colour.GREEN: 4, Colour.YELLOW: 1, Colour.RED: 3}
        assert found.open_matters == {Colour.GREEN: 3, Colour.YELLOW: 1, Colour.RED: 3}
        assert sum(found.open_matters.values()) == sum(found.history.values()) + sum(found.routes.values())
        assert (found.records, found.quarantine, found.defects) == (8, {"open": 1}, 0)
        assert {matter.row.state.standing for matter in found.reddest} == {Colour.RED}
        assert len(found.reddest) == 2
        assert sum(found.routes.values()) >= 6

    def test_rules_are_counted_by_matter(self, busy: Installation) -> None:
        counted = reasons_by_rule([show(busy.desk, f"police_110:{n}") for n in ("R1", "R2", "G2")])
        assert counted["R1"] == 2

    def test_an_empty_place_is_all_zeros(self, small_place: Installation) -> None:
        found = summary(small_place.desk)
        assert set(found.matters.values()) == {0}
        assert (found.records, found.reddest, found.hotspots) == (0, (), ())


def test_what_people_wrote_is_shown_without_the_contacts_of_the_matter(small_place: Installation) -> None:
    place = small_place
    place.ingest(
        place.call("A1", LAMP, caller=3) | {"报警人": "陈一一", "对方当事人": "周二二"},
        place.call("A2", KNIFE, caller=4),
    )
    wrote, person = "陈一一（19900000001）和周二二都同意", place.person()
    acting.close(place.desk, person, "police_110:A1", means="调解", evidence=wrote)
    acting.merge(place.desk, person, "police_110:A2", "police_110:A1", reason=wrote)
    shown = show(place.desk, "police_110:A2")
    told = repr((shown.actions, shown.set_asides, shown.decisions))
    assert "都同意" in told
    for secret in ("陈一一", "周二二", "19900000001"):
        assert secret not in told
