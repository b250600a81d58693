"""Hotspots from free text: fifty-six neighbours who each say it in their own words are one demand among a thousand other complaints (rulings 5, 44).

No address column tells where; one estate stands in the gazetteer, the other in no list at all.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from adapters.township.year import Year
from engine.model import RawRecord
from engine.score import score
from tests.installation import Installation, stages

pytest_plugins = ["tests.places"]

NOW = datetime(2026, 1, 2, tzinfo=UTC)
LISTED, UNLISTED = "星河国际", "澜岸名苑"
LEAST_HELD, MOST_OTHERS = 0.80, 0.25

VOICES = (
    "您好，我在{e}买了房子，合同写的去年十二月底交房，到现在大门都不让进，请问到底什么时候能拿钥匙？",
    "{e}延期交房已经九个月了，开发商一句解释都没有，我们还着贷款又交着房租，日子没法过。",
    "我是{e}三栋的业主，开发商说三月交房，三月推六月，六月推十月，现在工地上一个工人都看不到。",
    "请领导关注{e}逾期交房的问题，孩子等着落户上学，拿不到房子就办不了入学。",
    "{e}停工快半年了，塔吊都不转，我们首付是父母一辈子的积蓄，怕它烂尾。",
    "咨询一下，{e}什么时候复工？我们全家等着收房结婚，婚期改了两次。",
    "反映{e}不按合同约定交房，问销售，销售说不归她管，问物业，物业说没有接到通知。",
    "投诉{e}开发商，逾期交房不给违约金，还让我们签补充协议放弃赔偿。",
    "{e}的房子我买了三年，一直没有交，每个月房贷四千多，工资一半都给了银行。",
    "{e}项目烂尾了吗？路过看见围挡都倒了，里面长了草，心里慌得很。",
    "我们老两口卖了老屋买的{e}，说好前年秋天入住，现在租房子住，希望政府帮忙催一催交房。",
    "{e}这个楼盘一拖再拖，交房日期从国庆拖到春节，又从春节拖到端午，没有一次算数。",
    "建议住建局查一下{e}的预售资金，工程款不到位才停工，业主的钱到哪里去了？",
    "在外地打工，攒钱在{e}买了商品房，说今年过年住新房，结果又没有交房，不知道找谁。",
    "{e}二期业主，合同过了交房期一百八十天，按约定可以退房，开发商不退钱也不答复。",
    "请问{e}交房的手续批下来没有？售楼部关门了，置业顾问电话也停机。",
    "{e}说是精装修交付，现在毛坯都没有弄完，电梯井还是空的，怎么交房？",
    "我家买的是{e}五栋，去看了一次，楼只盖到十二层，合同写的是二十六层，交房早就过期了。",
    "领导好，{e}拖了一年多不交房，我们组织业主跟开发商谈了三次，每次都说资金紧张。",
    "{e}延期交付，我妈妈腿脚不好住六楼老房子，就盼着搬进电梯房，希望早点有个说法。",
    "想问{e}逾期交房怎么算违约金，开发商说因为疫情和环保天数要扣掉三百天，这合理吗？",
    "{e}收房时间又变了，短信通知说延到明年六月，这已经是第四次通知延期。",
    "一家四口挤在出租屋，就因为{e}迟迟不交房，房东还要涨房租，实在扛不住。",
    "{e}交不了房，开发商却还在卖剩下的几套，这样的销售行为有没有人管？",
    "我是{e}的购房人，签的网签合同，备案都做了，现在开发商老板找不到人，工地停了。",
    "请督促{e}尽快复工交房，业主群里五百多户，大家都急。",
    "{e}今年说水电没有接通不能交房，去年说是绿化没有做完，年年有理由。",
    "关于{e}交房一事，十月份回复说年底前一定交付，现在年底了，工地还是静悄悄。",
    "{e}买房的人太难了，白天上班，晚上到工地看有没有亮灯，就想知道房子还建不建。",
    "孩子明年九月上小学，{e}再不交房，房产证办不下来，学区就没有了，请帮帮我们。",
    "我们要求{e}公布施工进度，延期交房可以理解，但是要给一个准话。",
    "{e}开发商把我们的房款挪去别的地方了吧？不然怎么会停工这么久不交房？",
    "打过开发商客服十几次，每次都说登记了会回电，{e}交房的事从来没有人回过。",
    "退伍回来买的第一套房就在{e}，满心欢喜等交房，等来的是停工通知。",
    "{e}逾期两年没有交房，银行照样扣款，断供又怕影响征信，左右为难。",
    "麻烦问一下{e}还能不能交房，如果不能，首付能不能退？我们需要一个明白话。",
    "{e}三期，承诺的学校没有影子，房子也不按时交房，当初的宣传都是假的吗？",
    "{e}工地门口贴了欠工程款的条子，施工队撤走了，我们的房子没有人盖，交房遥遥无期。",
    "本人购买{e}一套住房，合同交房日为去年六月三十日，至今未交付，请责令开发商履行合同。",
    "替父母反映，他们在{e}买的养老房延期交房，两位老人每天念叨，睡不好觉。",
    "{e}交房前验房发现墙体开裂、窗户漏风，开发商说先收房再修，不收就算我们违约。",
    "同一个开发商别的楼盘都交了，只有{e}不交房，这是为什么？",
    "{e}的业主们去售楼部问交房时间，大门锁着，保安说经理出差一个月了。",
    "结婚三年了还没有住进新房，{e}交房时间一变再变，岳父岳母都有意见。",
    "希望住建部门约谈{e}开发商，给全体业主一个交房时间表，并且公开监管账户余额。",
    "{e}延期交房，我租的房子到期了，房东要卖房，下个月住哪里都不知道。",
    "上个月留言问{e}交房，回复说正在协调，请问协调到哪一步了？",
    "{e}这边楼栋封顶以后就没有动静，外墙没有刷，路没有修，怎么可能按期交房？",
    "买{e}的时候销售拍着胸口说绝不会烂尾，现在人都离职了，我们找谁去收房？",
    "{e}业主，独自带孩子，房租加房贷压得喘不过气，请帮我们问问交房的准确日期。",
    "{e}不交房也不赔钱，我们按合同主张违约金，开发商让我们去法院告，说告赢了也没有钱。",
    "在{e}给儿子买的婚房，女方看房子交不了就要退婚，急死人了，请政府出面催促开发商交房。",
    "请问{e}是不是已经列入保交楼名单？交房有没有希望？",
    "{e}电表水表都没有装，开发商却发短信让我们去办收房，这不是骗人签字吗？",
    "刚刚又收到{e}的延期通知，理由写的是天气原因，下雨能下一年吗？什么时候交房给句实话。",
    "{e}交房拖延，公积金贷款利息白白还了两年，希望有关部门核查开发商资金去向。",
)


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one estate's records: the hotspots they are in, and all members of the largest."""

    records: int
    hotspots: Counter[str | None]
    members: Sequence[str]

    @property
    def held(self) -> int:
        return max(count for hotspot, count in self.hotspots.items() if hotspot)


def chorus(estate: str, prefix: str, begin: datetime) -> list[RawRecord]:
    """Everybody's message on the board, over two months; each a person of his own, no phone, no address, no category."""
    draw = random.Random(estate)
    days = sorted(draw.triangular(0, 60, 15) for _ in VOICES)
    return [
        RawRecord("message_board", "message_board", number, {
            "留言编号": f"{prefix}{number}",
            "留言用户": f"{prefix}_user_{number:03d}",
            "留言主题": draw.choice(("交房问题", "请回复", "求助", f"{estate}业主", "反映一个问题", "业主的心声")),
            "留言时间": f"{begin + timedelta(days=day):%Y-%m-%d %H:%M:%S}",
            "留言详情": voice.format(e=estate),
        })
        for number, (voice, day) in enumerate(zip(VOICES, days, strict=True), start=2)
    ]  # fmt: skip


def ordinary(records: int = 1_400) -> list[RawRecord]:
    """Everyday complaints as the board's users would leave them: the words of a township's year, without its columns."""
    events = Year(44, records, date(2025, 1, 1)).events()
    return [
        RawRecord("message_board", "message_board", row, {
            "留言编号": f"o{row}",
            "留言用户": event.who.account if event.who else "匿名网友",
            "留言主题": event.title,
            "留言时间": f"{event.at:%Y-%m-%d %H:%M:%S}",
            "留言详情": event.text,
        })
        for row, event in enumerate(events, start=2)
    ]  # fmt: skip


def neighbours_with_other_troubles(estate: str, prefix: str, begin: datetime) -> list[RawRecord]:
    """People of the same estate, in the same weeks, about something else."""
    troubles = (
        "{e}门口的路灯坏了三盏，晚上看不见路",
        "{e}旁边的烧烤店油烟太大，窗户不敢开",
        "{e}外面那条街违停的车太多，公交都过不去",
        "{e}楼下有人养狗不牵绳，吓到小孩",
        "{e}附近工地半夜还在施工，噪音吵得睡不着",
    )
    return [
        RawRecord("message_board", "message_board", number, {
            "留言编号": f"{prefix}x{number}",
            "留言用户": f"{prefix}_other_{number:03d}",
            "留言主题": "反映一个问题",
            "留言时间": f"{begin + timedelta(days=number * 3):%Y-%m-%d %H:%M:%S}",
            "留言详情": trouble.format(e=estate),
        })
        for number, trouble in enumerate(troubles * 2, start=2)
    ]  # fmt: skip


BEGIN = datetime(2025, 4, 2, 9, tzinfo=UTC)


def everything() -> list[RawRecord]:
    """Both estates, their other troubles and everybody else, in a drawn order."""
    raws = [
        *ordinary(),
        *chorus(LISTED, "l", BEGIN),
        *chorus(UNLISTED, "u", BEGIN + timedelta(days=9)),
        *neighbours_with_other_troubles(LISTED, "l", BEGIN),
        *neighbours_with_other_troubles(UNLISTED, "u", BEGIN),
    ]
    random.Random(5).shuffle(raws)
    return raws


@cache
def scored() -> Sequence[Mapping[str, Any]]:
    return tuple(score(everything(), stages=stages(), now=NOW))


def found(prefix: str) -> Found:
    ids = {str(raw.values["留言编号"]) for raw in chorus("某小区", prefix, BEGIN)}
    spots = {row["source_id"]: row.get("hotspot") for row in scored()}
    hotspots = Counter(spots[id_] for id_ in ids)
    largest = max((spot for spot in hotspots if spot), key=lambda spot: hotspots[spot], default=None)
    return Found(len(ids), hotspots, [id_ for id_, spot in spots.items() if spot is not None and spot == largest])


def test_there_is_enough_to_hide_in() -> None:
    assert len(VOICES) == len(set(VOICES)) > 50
    others = [row for row in scored() if row["source_id"].startswith("o")]
    assert len(others) >= 1_000
    assert not [row for row in scored() if "quarantined" in row]


@pytest.mark.parametrize("prefix", ["l", "u"], ids=["in the gazetteer", "in no list"])
def test_more_than_fifty_people_come_out_as_one_hotspot(prefix: str) -> None:
    spot = found(prefix)
    others = len(spot.members) - spot.held
    told = f"{spot.held} of {spot.records} in the largest, {others} others in it: {spot.hotspots}"
    assert spot.held >= LEAST_HELD * spot.records, told
    assert others <= MOST_OTHERS * len(spot.members), told


def test_the_two_estates_are_two_hotspots_and_their_other_troubles_are_in_neither() -> None:
    listed, unlisted = set(found("l").members), set(found("u").members)
    assert not listed & unlisted
    elsewhere = [id_ for id_ in listed | unlisted if id_[1] == "x"]
    assert len(elsewhere) <= 4, elsewhere


def test_no_other_hotspot_is_large_enough_to_pass_by_swallowing_everything() -> None:
    sizes = Counter(row["hotspot"] for row in scored() if row.get("hotspot"))
    assert max(sizes.values()) < len(scored()) / 10


def test_the_same_hotspot_whatever_the_order_of_the_file() -> None:
    by_id = {row["source_id"]: (row["hotspot"], row["matter"]) for row in scored()}
    again = score(sorted(everything(), key=lambda raw: str(raw.values["留言编号"])), stages=stages(), now=NOW)
    assert {row["source_id"]: (row["hotspot"], row["matter"]) for row in again} == by_id


def test_neighbours_of_a_hotspot_are_yellow_or_red_and_are_many_matters_in_one_demand() -> None:
    rows = {row["source_id"]: row for row in scored()}
    members = [rows[id_] for id_ in found("u").members]
    last = sorted(members, key=lambda row: row["row"])[len(members) // 2 :]
    assert {row["colour"] for row in last} <= {"yellow", "red"}
    assert any("R7" in row["rules"] for row in last)
    assert len({row["matter"] for row in members}) > len(members) / 2


def test_a_database_keeps_the_same_one_hotspot(small_place: Installation) -> None:
    raws = chorus(UNLISTED, "u", BEGIN)
    path = small_place.write([raw.values for raw in raws])
    small_place.now = NOW
    assert small_place.read(path, "message_board").new == len(raws)
    with small_place.desk.store.read() as view:
        (spot,) = [spot for spot in view.hotspots() if spot.records > 3]
    assert spot.records >= LEAST_HELD * len(raws)
    assert (spot.place, spot.persons) == (UNLISTED, spot.records)
