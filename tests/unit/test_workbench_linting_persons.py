"""Persons: words that say who somebody is are found however they are written; parts of other words and whom to protect are not."""

from __future__ import annotations

import pytest

from engine.workbench.linting.lint import lint

RULE = """
features:
  words.said: {title: 说到, words: said}
rules:
  - id: Z1
    title: 一条
    status: live
    colour: yellow
    let: {said: {feature: words.said, is: true}}
    because: '{words.said}'
"""
TOPIC = "{title: 农机, strong: [%s], dispute: true}"


def told(text: str) -> list[str]:
    return [str(fault.place) for fault in lint({"a.yaml": (text + RULE).encode()}) if fault.code == "L109"]


def entries(one: str) -> list[str]:
    return told(f"words:\n  said:\n    title: 话\n    entries: [{one}]")


@pytest.mark.parametrize(
    "entry",
    [
        *(
            "信教",
            "回族",
            "回 族",
            "'回\u200b族'",
            "回　族",
            "听藏民的",
            "有前科",
            "重点人员",
            "HIV感染者",
            "坐过牢",
            "新疆人",
            "上访户",
            "精神障碍",
        ),
        *("{text: 刀, only_near: [吸毒人员]}", "{text: 刀, unless_near: [汉族]}", "{text: 刀, not_after: [劳改犯]}"),
        *("{pattern: '(回|藏)族'}", "{pattern: '.族'}", "{pattern: '信(佛|主)'}", "{pattern: '刑(满)?释(放|人员)'}"),
    ],
)
def test_words_that_say_who_somebody_is(entry: str) -> None:
    assert entries(entry) == ["a.yaml:4:15"]


@pytest.mark.parametrize(
    "entry",
    [
        *(
            "家族",
            "族谱",
            "水族馆",
            "苗族长",
            "返回民政局",
            "收藏民间",
            "轻信主播",
            "通信教学",
            "目前科室",
            "不满族人",
            "民族路",
            "宗教局",
            "精神病院",
        ),
        *("吸毒", "精神恍惚", "坐牢也认", "未成年", "孕妇", "癌症", "残疾", "抑郁", "重点人员密集", "无犯罪记录证明"),
        *("{pattern: '.{2}'}", "{pattern: '[一-龥]{2,3}'}", "{pattern: '艾滋.{0,6}扎'}", "{pattern: '(刀'}"),
    ],
)
def test_words_of_what_happened_and_of_whom_to_protect_are_lawful(entry: str) -> None:
    assert entries(entry) == []


def test_examples_are_asked_as_a_whole() -> None:
    def examples(*like: str) -> list[str]:
        said = "words:\n  said:\n    title: 话\n    examples: {at_least: 700, like: [%s], unlike: [下水道堵了]}"
        return told(said % ", ".join(like))

    others = ("天天敲墙", "半夜放歌", "楼道堆物", "泼水淋人")
    assert examples("对门那家是回族", "他是藏族人", *others) == ["a.yaml:4:5"]
    assert examples("对门那家是回族", *others) == []
    assert examples("对门那家是回族", "他是藏族人", *others, "车位被占", "电梯停了", "垃圾乱扔") == []


@pytest.mark.parametrize("key", ["title", "strong", "words", "weak"])
def test_topics(key: str) -> None:
    held = "重点人员" if key == "title" else "[拖拉机, 有前科]"
    topic = f"topics:\n  farm: {{title: 农机, dispute: true, {key}: {held}}}"
    words = "words: {said: {title: 话, entries: [菜刀]}}"
    found = told(f"{topic.replace('title: 农机, ', '') if key == 'title' else topic}\n{words}")
    assert [place.split(":")[:2] for place in found] == [["a.yaml", "2"]]


@pytest.mark.parametrize("line", ["basis: 对前科人员从严", "advice: 按重点人员稳控"])
def test_basis_and_advice(line: str) -> None:
    rule = RULE.replace("    because", f"    {line}\n    because")
    found = lint({"a.yaml": f"words: {{said: {{title: 话, entries: [菜刀]}}}}\n{rule}".encode()})
    assert [str(fault.place) for fault in found if fault.code == "L109"] == ["a.yaml:11:5"]


def test_receivers() -> None:
    route = "routes: [{id: all, title: 全部, colour: green, receivers: [调解员, 前科人员管控专班], root: true}]"
    assert told(f"words: {{said: {{title: 话, entries: [菜刀]}}}}\n{route}") == ["a.yaml:2:10"]
