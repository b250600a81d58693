"""Review flags: each of A1-A5 is raised by its own made pattern, and none of forty heavy but honest writers is flagged (rulings 26, 66)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from ruamel.yaml import YAML

from engine.desk import acting
from engine.desk.reading import show
from engine.model import Colour, RawRecord
from engine.pipeline import Stages
from engine.ruleset import loader
from engine.score import score
from tests.conftest import KEYS
from tests.installation import Installation, stages
from tests.orders import card_number

pytest_plugins = ["tests.places"]

DAY0 = datetime(2025, 5, 1, 1, tzinfo=UTC)
NOW = datetime(2025, 9, 1, tzinfo=UTC)
_NUMBERS = count(1)
SHOPS = (
    "鸿运餐馆",
    "四季超市",
    "星辉烧烤店",
    "丽人美容院",
    "百姓药店",
    "顺风汽修店",
    "力健健身房",
    "好再来棋牌室",
    "福满理发店",
    "金龙水果店",
    "长顺茶馆",
    "永安酒吧",
)
ESTATES = (
    "翠湖花园",
    "星河国际",
    "云河湾",
    "金桂苑",
    "御景湾",
    "学府华庭",
    "桃源山庄",
    "阳光水岸",
    "枫丹公馆",
    "东方名城",
)


def at(day: float) -> str:
    return f"{DAY0 + timedelta(days=day, hours=8):%Y-%m-%d %H:%M:%S}"


def hotline(who: int, day: float, text: str, *, replied: float | None = 2, **more: Any) -> RawRecord:
    """A hotline order; `replied`: days after the call, due after five; None: nobody knows."""
    number = f"RX{next(_NUMBERS):06d}"
    values = {"工单编号": number, "来电时间": at(day), "来电号码": f"1380001{who:04d}", "诉求内容": text, **more}
    if replied is not None:
        values |= {"办理时限": at(day + 5), "答复时间": at(day + replied)}
    return RawRecord("hotline_12345", "hotline_12345", 2, values)


def petition(who: int, day: float, text: str, *, replied: float | None = 2, **more: Any) -> RawRecord:
    number = f"XF{next(_NUMBERS):06d}"
    values = {"信访编号": number, "信访日期": at(day), "联系电话": f"1380001{who:04d}", "信访内容": text, **more}
    if replied is not None:
        values |= {"限办时间": at(day + 5), "答复时间": at(day + replied)}
    return RawRecord("petition", "petition", 2, values)


def board(who: int, day: float, text: str) -> RawRecord:
    values = {"留言编号": f"LY{next(_NUMBERS):06d}", "留言时间": at(day), "留言用户": f"writer_{who}", "留言详情": text}
    return RawRecord("message_board", "message_board", 2, values)


def police(who: int, day: float, text: str) -> RawRecord:
    values = {
        "接警单编号": f"JJ{next(_NUMBERS):06d}",
        "报警时间": at(day),
        "报警电话": f"1380001{who:04d}",
        "报警内容": text,
    }
    return RawRecord("police_110", "police_110", 2, values)


def flags(raws: Sequence[RawRecord], with_: Stages | None = None) -> list[list[str]]:
    """The flags of every row, in the order of the rows."""
    lines = list(score(raws, stages=with_ or stages(), now=NOW))
    assert not [line for line in lines if "quarantined" in line]
    return [[flag["rule"] for flag in line["flags"]] for line in lines]


OIL = "翠湖花园楼下鸿运餐馆的油烟直接排到我家窗户，味道刺鼻，请再处理"


class TestEachFires:
    def test_a1_the_same_over_two_channels_within_a_week_though_answered(self) -> None:
        assert flags([hotline(1, 0, OIL), petition(1, 4, f"再次反映：{OIL}")]) == [[], ["A1"]]

    def test_a1_not_after_seven_days(self) -> None:
        assert flags([hotline(1, 0, OIL), petition(1, 7.01, f"再次反映：{OIL}")]) == [[], []]

    def test_a2_the_third_time_after_two_answers_in_time(self) -> None:
        texts = [OIL, f"还是那件事，{OIL}", f"第三次说，{OIL}"]
        assert flags([hotline(1, day, text) for day, text in zip((0, 9, 18), texts, strict=True)]) == [[], [], ["A2"]]

    def test_a2_is_silent_where_answers_are_unknown_or_late(self) -> None:
        texts = [OIL, f"还是那件事，{OIL}", f"第三次说，{OIL}"]
        for replied in (None, 6):
            raws = [hotline(1, day, text, replied=replied) for day, text in zip((0, 9, 18), texts, strict=True)]
            assert flags(raws) == [[], [], []]

    def test_a3_ten_matters_of_many_shops_within_a_month(self) -> None:
        raws = [
            hotline(1, n * 2, f"{shop}没有明码标价，结账多收了钱", 事发地址=f"{ESTATES[n % 10]}{shop}")
            for n, shop in enumerate(SHOPS)
        ]
        raised = flags(raws)
        assert raised[:9] == [[]] * 9
        assert raised[-1] == ["A3"]

    def test_a4_one_phone_with_three_id_numbers(self) -> None:
        raws = [
            hotline(1, n, f"反映{shop}没有明码标价", 证件号码=card_number(n + 1)) for n, shop in enumerate(SHOPS[:3])
        ]
        assert flags(raws) == [[], [], ["A4"]]
        assert flags(raws[:2]) == [[], []], "a couple shares a phone"

    def test_a5_after_the_third_and_last_decision(self, small_place: Installation) -> None:
        small_place.now = DAY0 + timedelta(days=1)
        first, again = (
            petition(1, 0, "不服征收补偿安置的处理意见", 问题发生地="柳塘村3组"),
            petition(1, 90, "仍然不服征收补偿安置的处理意见", 问题发生地="柳塘村3组"),
        )
        small_place.ingest(first.values, kind="petition")
        reference = f"petition:{first.values['信访编号']}"
        acting.act(
            small_place.desk,
            small_place.person(),
            reference,
            kind="terminated",
            level="county",
            evidence="复核意见书3号",
        )
        small_place.later(days=91)
        small_place.ingest(again.values, kind="petition")
        records = show(small_place.desk, reference).records
        assert [[flag.rule for flag in _flags(small_place, record.id)] for record in records] == [[], ["A5"]]

    def test_a_flag_expires_after_ninety_days_and_never_colours(self) -> None:
        raws = [hotline(1, day, text) for day, text in zip((0, 9, 18), (OIL, f"又{OIL}", f"三次{OIL}"), strict=True)]
        flagged = list(score(raws, stages=stages(), now=NOW))[-1]
        (flag,) = flagged["flags"]
        assert flag["expires"] == (DAY0 + timedelta(days=108)).isoformat()
        assert not {"A1", "A2", "A3", "A4", "A5"} & set(flagged["rules"])
        assert flag["checked"]


def _flags(place: Installation, id_: str) -> Sequence[Any]:
    import orjson

    with place.desk.store.read() as view:
        newest = view.assessments_of(id_)[-1]
    return [type("Raised", (), {"rule": rule}) for rule, *_ in orjson.loads(newest.record)["flags"]]


TROUBLES = (
    "电梯又停了，老人下不了楼", "门禁坏了没有人修", "地下车库积水漫过脚背", "垃圾三天没有清运", "楼道灯全部不亮", "顶楼漏水一直没有修好",
    "消防通道停满了车", "公共收益从来没有公示", "绿化带里堆着装修垃圾", "水管爆了半夜没有水",
)  # fmt: skip
IDEAS = (
    "建议在{e}门口设一个公交站牌", "请问{e}旁边的公园什么时候建成", "建议{e}路口装红绿灯", "咨询{e}的学区怎么划", "建议给{e}的老人设一个助餐点",
    "能否在{e}加几个充电桩", "建议{e}门前那条路种树", "请问{e}加装电梯怎么申请", "建议把{e}后面的空地改成停车场", "想问{e}附近什么时候建菜市场",
    "建议{e}设快递柜", "咨询{e}的医保报销点在哪里",
)  # fmt: skip


def full_of_ideas(who: int) -> list[RawRecord]:
    """Twelve suggestions and questions in a month, about many places, all answered in time."""
    return [hotline(who, n * 2.3, idea.format(e=ESTATES[(who + n) % 10])) for n, idea in enumerate(IDEAS)]


def unsolved(who: int) -> list[RawRecord]:
    """A real trouble that nobody answered: told to the hotline, then to the petition office, then again and again."""
    where, what = ESTATES[who % 10] + f"{who}栋2单元30{who % 9}室", TROUBLES[who % 10]
    return [
        hotline(who, 0, f"{where}，{what}", replied=None),
        hotline(who, 3, f"{where}，{what}，打过一次电话没有人来", replied=None),
        petition(who, 5, f"我家住{where}，{what}，打了两次热线没有回音", replied=None),
        hotline(who, 11, f"{where}，{what}，信访也登记了，还是老样子", replied=None),
        hotline(who, 20, f"{where}，{what}，一个月了，请给个说法", replied=None),
    ]


def answered_late(who: int) -> list[RawRecord]:
    """A trouble that was answered each time, always after the date due."""
    where, what = ESTATES[who % 10] + f"{who}栋1单元10{who % 9}室", TROUBLES[who % 10]
    return [
        hotline(who, day, f"{where}，{what}，第{n}次反映", replied=9) for n, day in enumerate((0, 2, 8, 16, 25))
    ] + [petition(who, 9, f"{where}，{what}，热线回复太慢", replied=9)]


def of_a_hotspot(who: int) -> list[RawRecord]:
    """A neighbour among many who say the same, patiently, though each was answered politely and in time."""
    said = (
        "外墙砖掉下来砸了车，业主要求维修",
        "外墙砖又掉了一块，差点伤到孩子",
        "外墙砖松动，业主天天绕着走",
        "外墙砖掉落，业主们盼着早点修",
    )
    return [hotline(who, n * 7 + who % 5 / 10, f"桂月湾小区{text}") for n, text in enumerate(said)] + [
        petition(who, 22, "桂月湾小区外墙砖掉落，业主要求动用维修基金")
    ]


def in_danger(who: int) -> list[RawRecord]:
    """Somebody who is beaten and threatened, calls every time, and is answered every time."""
    said = (
        "老公又喝了酒打我，脸上都是伤",
        "老公家暴，掐我脖子，我不敢回家",
        "老公说我敢离婚就弄死我全家",
        "丈夫又动手打我，孩子吓得直哭",
    )
    where = f"{ESTATES[who % 10]}{who}栋1单元50{who % 9}室"
    return [hotline(who, n * 6, f"{where}，{text}") for n, text in enumerate(said)] + [
        petition(who, 19, f"{where}，丈夫打我，求助")
    ]


def busy_on_the_board(who: int) -> list[RawRecord]:
    """Twenty messages in a month about everything that is broken, on a board that knows no answers."""
    return [board(who, n * 1.4, f"{ESTATES[(who + n) % 10]}{TROUBLES[n % 10]}，请看一看（{n}）") for n in range(20)]


def couple_on_one_phone(who: int) -> list[RawRecord]:
    """Two people of one household, one phone, different troubles."""
    cards = (card_number(who * 2), card_number(who * 2 + 1))
    return [
        hotline(who, n * 5, f"{ESTATES[(who + n) % 10]}{TROUBLES[(who + n) % 10]}", 证件号码=cards[n % 2])
        for n in range(5)
    ]


def called_thrice(who: int) -> list[RawRecord]:
    """A quarrel that the police were called to three times: their visits are no answers of ours."""
    where = f"{ESTATES[who % 10]}{who}栋3单元20{who % 9}室"
    return [
        police(who, n * 6, f"{where}，楼上漏水泡坏天花板，双方{how}")
        for n, how in enumerate(("争吵", "又吵起来", "还没谈拢"))
    ]


WRITERS: Mapping[str, tuple[Callable[[int], list[RawRecord]], int]] = {
    "full of ideas": (full_of_ideas, 7),
    "unsolved": (unsolved, 8),
    "answered late": (answered_late, 6),
    "of a hotspot": (of_a_hotspot, 7),
    "in danger": (in_danger, 5),
    "busy on the board": (busy_on_the_board, 4),
    "a couple on one phone": (couple_on_one_phone, 3),
    "called thrice": (called_thrice, 3),
}


@cache
def honest() -> Sequence[tuple[str, RawRecord]]:
    """Every record of the honest writers, beside what kind of writer sent it."""
    numbers = count(1)
    return [
        (kind, raw) for kind, (write, people) in WRITERS.items() for _ in range(people) for raw in write(next(numbers))
    ]


def flagged(with_: Stages | None = None) -> list[tuple[str, list[str], str]]:
    raised = flags([raw for _, raw in honest()], with_)
    return [(kind, rules, str(raw.values)) for (kind, raw), rules in zip(honest(), raised, strict=True) if rules]


def test_none_of_the_heavy_but_honest_writers_is_flagged() -> None:
    assert sum(people for _, people in WRITERS.values()) >= 40
    assert len(honest()) > 280
    assert flagged() == []


def test_they_would_be_flagged_if_nobody_looked_for_what_excuses_them() -> None:
    """The checks are what keeps them clear: with the checks taken out the same writers are flagged."""
    kinds = {kind for kind, _, _ in flagged(_without_checks())}
    assert kinds >= {"full of ideas", "of a hotspot", "in danger", "unsolved", "answered late"}


def _without_checks() -> Stages:
    import io

    files = dict(loader.read_folder(loader.shipped()))
    name = next(name for name in files if name.endswith("flags.yaml"))
    document = YAML(typ="safe", pure=True).load(files[name])
    for rule in document["rules"]:
        rule["flag"].pop("unless")
        rule["tests"] = []
    out = io.BytesIO()
    YAML().dump(document, out)
    return Stages.of(loader.load({**files, name: out.getvalue()}), index_key=KEYS.index, engine="trace")


def test_danger_is_seen_though_the_writer_writes_much(small_place: Installation) -> None:
    lines = list(score([raw for kind, raw in honest() if kind == "in danger"], stages=stages(), now=NOW))
    assert {line["colour"] for line in lines} <= {"red", "yellow"}
    assert max(Colour.named(line["colour"]) for line in lines) is Colour.RED
