"""Persons: words that say who somebody is, by which no rule may judge (law 3): nation, faith, record, health, tags.

In: a rulebook with its places. Out: findings. Not here: titles, which do not load (`ruleset.parts`); what happened, and whom it may have happened to (a child, an
old, pregnant, disabled or seriously ill person), which may raise a colour.

An installation's stored rulebooks are never asked: what was decided by them must be decided by them again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import re2

from engine.features.folding import fold, fold_pattern
from engine.ruleset.tree import Fault, Place, Rulebook, WordEntry, WordList
from engine.workbench.linting.codes import finding
from engine.workbench.places import Places

# fmt: off
_NATIONS = (
    "汉", "蒙古", "回", "藏", "维吾尔", "苗", "彝", "壮", "布依", "朝鲜", "满", "侗", "瑶", "白", "土家", "哈尼", "哈萨克", "傣", "黎", "傈僳", "佤", "畲", "高山", "拉祜", "水",
    "东乡", "纳西", "景颇", "柯尔克孜", "土", "达斡尔", "仫佬", "羌", "布朗", "撒拉", "毛南", "仡佬", "锡伯", "阿昌", "普米", "塔吉克", "怒", "乌孜别克", "俄罗斯", "鄂温克",
    "德昂", "保安", "裕固", "京", "塔塔尔", "独龙", "鄂伦春", "赫哲", "门巴", "珞巴", "基诺", "蒙", "维",
)
"""The nations of GB/T 3304, and two that are said short."""
_WORDS = (
    *(f"{nation}族" for nation in _NATIONS), "少数民族", "维吾尔", "哈萨克", "蒙古人", "新疆人", "西藏人", "汉民", "回民", "藏民", "彝人", "壮人", "满人",
    "信教", "信佛", "信主", "信基督", "宗教信仰", "教徒", "信徒", "教友", "教民", "穆斯林", "伊斯兰", "基督教", "天主教", "东正教", "佛教", "道教", "回教", "基督徒", "阿訇", "喇嘛",
    "前科", "案底", "坐过牢", "服过刑", "判过刑", "刑满释放", "刑释", "劳改犯", "劳改释放", "两劳人员", "犯罪记录", "犯罪史", "违法记录", "惯犯", "累犯", "缓刑人员", "社区矫正",
    "矫正对象", "吸毒史", "吸毒人员", "涉毒人员", "戒毒人员", "瘾君子", "精神病", "精神病人", "精神分裂", "精神障碍", "艾滋病", "艾滋病人", "艾滋感染", "hiv", "梅毒", "同性恋",
    "重点人员", "重点人口", "重点对象", "上访户", "缠访户", "信访老户", "老上访", "肇事肇祸", "社会闲散人员",
)
_NOT_AFTER = {
    "回民": "返退收召找驳", "藏民": "收窝躲隐埋储", "信主": "轻书短电来写通相微守诚", "信教": "通轻相书函短诚", "前科": "目以提之从当年日午", "满族": "不", "壮人": "健强",
    "满人": "不坐站挤住", "犯罪记录": "无", "违法记录": "无", "案底": "方个答图档草备", "道教": "街频渠管通步", "京族": "北南东", "教民": "助宗", "教友": "请",
}
_NOT_BEFORE = {
    "回民": "政房间办工警宅", "藏民": "间工居用", "信主": "播任管页要", "信教": "学育师室", "前科": "室普长学技员", "信徒": "步", "教徒": "手", "精神病": "院医专科", "基督教": "堂",
    "天主教": "堂", "佛教": "协寺", "道教": "协观", "重点人员": "密", "水族": "馆箱", "犯罪记录": "证", "教民": "事", "少数民族": "乡村学中小路", "满人": "为意",
}
"""Characters before and after a word with which it is a part of others: 返回民政局, 轻信主播, 前科长, 精神病院."""
# fmt: on
_EVERY_NATION = "谱长老规"
"""Nor does 族谱 or 族长 speak of a nation."""
_FEW, _SHARE = 2, 4


def _sought(word: str) -> str:
    before = _NOT_AFTER.get(word, "")
    after = _NOT_BEFORE.get(word, "") + (_EVERY_NATION if word.endswith("族") else "")
    return (f"(?<![{before}])" if before else "") + word + (f"(?![{after}])" if after else "")


_SPOKEN = re.compile("|".join(_sought(word) for word in sorted(_WORDS, key=len, reverse=True)))


def spoken_of(text: str) -> str | None:
    """What in a text speaks of who somebody is."""
    found = _SPOKEN.search(fold(text))
    return found.group() if found else None


def findings(rulebook: Rulebook, places: Places) -> Iterator[Fault]:
    """Of word lists, examples, topics, and of what rules and routes say."""
    for words in rulebook.words.values():
        for index, entry in enumerate(words.entries):
            yield from _told(_of_entry(entry), places.of("words", words.name, "entries", index))
        yield from _told(_of_examples(words), places.of("words", words.name, "examples"))
    for name, topic in (rulebook.documents.get("topics") or {}).items():
        for key in ("title", "strong", "words", "weak"):
            held = topic.get(key, ())
            texts = (held,) if isinstance(held, str) else held
            yield from _told(_first(map(str, texts)), places.of("topics", name, key))
    for rule in rulebook.rules:
        for key, text in (("advice", rule.advice), ("basis", rule.basis)):
            yield from _told(spoken_of(text), places.of("rules", rule.id, key))
    for route in rulebook.documents.get("routes") or ():
        texts = (str(route.get("title", "")), *map(str, route.get("receivers") or ()))
        yield from _told(_first(texts), places.of("routes", route["id"]))


def _told(word: str | None, place: Place) -> Iterator[Fault]:
    if word:
        yield finding("L109", place, what=word)


def _first(texts: Iterator[str] | tuple[str, ...]) -> str | None:
    return next((word for text in texts if (word := spoken_of(text))), None)


def _of_entry(entry: WordEntry) -> str | None:
    """By its text or context; by a pattern also where it only spells the word."""
    near = (entry.not_after, entry.not_before, entry.unless_near, entry.only_near)
    said = _first((entry.text, *(text for texts in near for text in texts)))
    return said or (_spelt(entry.text) if entry.pattern else None)


def _spelt(pattern: str) -> str | None:
    """The word that a pattern matches as a whole, and not as it would any word so long; of one that RE2 refuses, which is told elsewhere, none."""
    try:
        options = re2.Options()
        options.log_errors = False
        matches: Callable[[str], object] = re2.compile(fold_pattern(pattern), options).fullmatch
    except re2.error:
        return None
    return next((word for word in _WORDS if matches(word) and not matches("甲" * len(word))), None)


def _of_examples(words: WordList) -> str | None:
    """What a good part of the examples speaks of: a single one is what somebody said once."""
    like = words.examples.like if words.examples else ()
    said = [word for text in like if (word := spoken_of(text))]
    return said[0] if len(said) >= max(_FEW, len(like) / _SHARE) else None
