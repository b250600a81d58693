"""Barred: what somebody is, which no rule may judge by (law 3): nation, faith, health, record, tags.

In: names, titles, words and patterns of a rule file. Out: what in them speaks of it. Not here: faults (`parts`); what happened to a
possible victim (a child, an old, pregnant, disabled or seriously ill person), which may raise a colour.
"""

from __future__ import annotations

import re
from collections.abc import Callable


def _said(word: str) -> str:
    """A word as it is searched for: 水族馆, 族谱 and 族长 speak of no nation."""
    return f"{word}(?![谱长馆箱])" if word.endswith("族") else word


_NATIONS = (
    *(
        "汉",
        "蒙古",
        "回",
        "藏",
        "维吾尔",
        "苗",
        "彝",
        "壮",
        "布依",
        "朝鲜",
        "满",
        "侗",
        "瑶",
        "白",
        "土家",
        "哈尼",
        "哈萨克",
        "傣",
        "黎",
        "傈僳",
        "佤",
        "畲",
    ),
    *(
        "高山",
        "拉祜",
        "水",
        "东乡",
        "纳西",
        "景颇",
        "柯尔克孜",
        "土",
        "达斡尔",
        "仫佬",
        "羌",
        "布朗",
        "撒拉",
        "毛南",
        "仡佬",
        "锡伯",
        "阿昌",
        "普米",
    ),
    *(
        "塔吉克",
        "怒",
        "乌孜别克",
        "俄罗斯",
        "鄂温克",
        "德昂",
        "保安",
        "裕固",
        "京",
        "塔塔尔",
        "独龙",
        "鄂伦春",
        "赫哲",
        "门巴",
        "珞巴",
        "基诺",
    ),
    *("蒙", "维"),
)
"""The nations of GB/T 3304, and two that are said short."""
_WORDS = (
    *(f"{nation}族" for nation in _NATIONS),
    *(
        "回民",
        "藏民",
        "穆斯林",
        "伊斯兰教",
        "基督教",
        "天主教",
        "佛教",
        "道教",
        "基督徒",
        "天主教徒",
        "佛教徒",
        "道教徒",
    ),
    *("教徒", "信徒", "教友", "信教", "信佛", "信主", "阿訇", "民族", "少数民族", "宗教", "信仰"),
    *(
        "前科",
        "有前科",
        "犯罪记录",
        "犯罪史",
        "刑满释放",
        "刑释人员",
        "劳改犯",
        "吸毒人员",
        "涉毒人员",
        "瘾君子",
        "重点人员",
    ),
    *("精神病", "精神病人", "精神病患者", "精神分裂症", "精神障碍患者", "艾滋病", "艾滋病人", "艾滋感染", "健康状况"),
)
_ENGLISH = ("ethnic", "religio", "criminal_record", "key_person", "health_status", "hiv", "psychiatr")
_BARRED = re.compile("|".join(_said(word) for word in sorted((*_WORDS, *_ENGLISH), key=len, reverse=True)))


def spoken_of(text: str) -> str | None:
    """What in a text speaks of who somebody is."""
    found = _BARRED.search(text)
    return found.group() if found else None


def sought(matches: Callable[[str], object]) -> str | None:
    """The word for who somebody is that a pattern matches as a whole, however it is written, and not as it would any word so long."""
    return next((word for word in _WORDS if matches(word) and not matches("甲" * len(word))), None)
