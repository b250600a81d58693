"""Proposals for unknown headers: by alias, by pinyin, by the shape of the values (ruling 60)."""

from __future__ import annotations

import pytest

from engine.normalise import Normaliser
from engine.normalise.propose import accepted, propose, read_by
from tests.mappings import KNOWN_AT, row, rulebook, shipped_mappings
from tests.mappings import accepted as incident_of

ROWS = [
    {
        "jjdbh": f"43012120250102{n:04}",
        "bao_jing_shi_jian": "2025-01-02 03:04:05",
        "机主": f"138123456{n:02}",
        "情况": "楼上长期漏水，多次沟通没有结果，今天又吵了起来，请民警到场",
        "zjhm": "430121199001011237",
        "诉求标题": "漏水",
        "天气": "晴",
    }
    for n in range(20)
]


def _fields() -> dict[str, str]:
    return {p.header: p.field for p in propose(shipped_mappings(), "police_110", list(ROWS[0]), ROWS)}


def test_pinyin_shape_and_aliases() -> None:
    assert _fields() == {
        "bao_jing_shi_jian": "occurred_at",
        "机主": "phone",
        "情况": "narrative",
        "zjhm": "id_number",
        "诉求标题": "title",
    }


@pytest.mark.parametrize(
    ("header", "account"),
    [("警情简述", True), ("概述", True), ("案件经过", True), ("处理情况描述", False), ("人员受伤情况描述", False)],
)
def test_a_header_of_the_account_is_known_however_short_its_cells_are(header: str, account: bool) -> None:
    found = propose(shipped_mappings(), "police_110", [header], [{header: "两家争吵"}])
    assert (header in {p.header for p in found if p.field == "narrative"}) is account


def test_what_a_mapping_finds_and_what_is_left() -> None:
    mapping = {"columns": {"phone": ["电话"]}, "known": ["点赞数"]}
    assert read_by(mapping, ["电话", "点赞数", "天气"]) == ({"phone"}, ["天气"])


def test_known_headers_and_their_fields_are_not_proposed_again() -> None:
    proposals = propose(shipped_mappings(), "police_110", ["报警时间", "报警时刻"], [])
    assert "occurred_at" not in {p.field for p in proposals}


def test_values_that_contradict_a_name_win() -> None:
    rows = [{"报警时间段": "很久很久以前"}] * 5
    proposals = propose(shipped_mappings(), "police_110", ["报警时间段"], rows)
    assert not proposals or proposals[0].field != "occurred_at"


def test_every_proposal_says_why_in_chinese_and_shows_no_value() -> None:
    for proposal in propose(shipped_mappings(), "police_110", list(ROWS[0]), ROWS):
        assert any("\u4e00" <= c <= "\u9fff" for c in proposal.why)
        assert not any(ROWS[0][proposal.header] in text for text in (proposal.why, proposal.usual))


def test_an_accepted_mapping_reads_the_file() -> None:
    mapping = shipped_mappings()["police_110"]
    changed = accepted(mapping, propose(shipped_mappings(), "police_110", list(ROWS[0]), ROWS))
    assert mapping == shipped_mappings()["police_110"]
    incident = incident_of(Normaliser(rulebook(police_110=changed)).normalise(row("police_110", ROWS[3]), KNOWN_AT))
    assert incident.caller.phone == "13812345603"
    assert incident.narrative == ROWS[3]["情况"]
