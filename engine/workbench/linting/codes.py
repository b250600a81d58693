"""Codes of what is wrong with a rulebook that loads: stable, with words in Chinese and English and a hint.

In: a code, a place and what fills the words. Out: a `Fault`. Not here: codes of what does not load (`ruleset.faults`), finding anything (`lint`, `logic`).
Codes are never reused; docs/lint.md has a chapter for each group.
"""

from __future__ import annotations

from engine.ruleset.faults import worded
from engine.ruleset.tree import Fault, Place

CODES: dict[str, tuple[str, str, str]] = {
    "L102": ("参数 {name} 没有规则使用", "unused parameter", "删去，或检查规则里的写法"),
    "L103": ("事实 {name} 没有规则使用", "unused fact", "删去，或检查规则里的写法"),
    "L104": ("{why}", "mapping that cannot be used", "对照 rules/mappings/common.yaml 修改"),
    "L105": ("{why}", "routes that leave a colour out", "{hint}"),
    "L106": ("词表 {name} 没有事实使用", "unused word list", "删去，或在 features 里写 words: {name}"),
    "L107": (
        "参数 {name} 的起用日 {day} 在日历写到的 {year} 年以后",
        "threshold begins after the last year of the calendar",
        "核对年份；真是以后的，先把那一年写进 calendar.yaml",
    ),
    "L108": (
        "{file} 里什么也没有：它原来写的规则、词表、设置都不在了",
        "file without content",
        "误删了就从 rules history 里的上一套取回；不要了就删掉这个文件",
    ),
    "L109": (
        "“{what}”说的是什么人，不是发生了什么",
        "word for who somebody is",
        "改写这一次说了什么、做了什么；要保护的人（未成年、老人、怀孕、残疾、重病）另有词表，只能用来上调",
    ),
    "L111": ("规则 {id} 缺少命中的测试", "rule without a test that fires", "在 tests 里写一个 match: true"),
    "L112": ("规则 {id} 缺少不命中的测试", "rule without a negative test", "在 tests 里写一个 match: false"),
    "L113": (
        "规则 {id} 的“{name}”没有试过边上：{edges}",
        "edge of a bound is not tested",
        "补两个测试，一个正好到线，一个差一点",
    ),
    "L114": ("不命中的测试“{name}”没有写因为哪一行", "negative test without because", "写 because: 那一行的名称"),
    "L115": (
        "{name} 没有例句守着：少了它，没有测试会发现",
        "entry or context that no sentence shows",
        "在词表的 tests 里补一句",
    ),
    "L116": ("sayings 里的“{name}”不是词表", "sayings kept of no word list", "{near}"),
    "L117": ("来源 {kind} 的码 {table} {text} 没有测试", "code that no test names", "写进映射的 tests.{table}"),
    "L118": ("测试“{name}”写得不对：{why}", "test that cannot be read", "对照 docs/rule-tests.md 的表改"),
    "L121": ("规则 {id} 永远不会命中，也不会请人核实", "condition is never true", "检查 when 和各行的数"),
    "L122": ("规则 {id} 总是命中", "condition is always true", "检查 when 和各行的数"),
    "L123": ("“{name}”永远{truth}：{fact} 能取到的值{why}", "bound outside the domain of the fact", "检查比较和数"),
    "L124": ("规则 {id} 与 {other} 的条件和颜色一样", "identical rules", "删掉一条，或写出它们的不同"),
    "L125": ("规则 {id} 命中时 {other} 一定命中，颜色不低于它", "rule subsumed by another", "放宽这一条，或删掉"),
    "L126": (
        "规则 {id} 命中时 {others} 总有一条命中，颜色不低于它",
        "rule masked by several others",
        "放宽这一条，或删掉",
    ),
    "L127": ("规则 {id} 与 {other} 同名", "duplicate title", "经办人看到的是标题，写出它们的不同"),
    "L128": (
        "规则 {id} 永远不会命中，只会在{facts}不知道时请人核实",
        "never fires, asks for review at most",
        "检查 when 和各行的数：两行是不是不能同时成立",
    ),
    "L131": ("“{value}”不是已知的{what}", "code that nothing has", "{near}"),
    "L132": (
        "窗口 {days} 天比归并时往前看的 {reach} 天长：更早的数不到",
        "window longer than the reach of linking",
        "缩短窗口，或调大 settings.reach_days",
    ),
    "L133": (
        "理由里的“{{{name}}}”可能未知，on_missing 也没有说到",
        "placeholder may be unknown",
        "写进方括号，让它不知道时不印；或写明 on_missing",
    ),
    "L134": ("结论 {name} 没有一条运行中的规则会得出", "conclusion that no live rule draws", "{near}"),
    "L135": ("危险规则“{id}”不是一条运行中的规则", "danger_rules names no live rule", "{near}"),
    "L136": (
        "规则 {id} 的理由里写了“{{{name}}}”，条件里没有用到它",
        "reason prints what its rule does not ask for",
        "改成条件里读的那一个，或删掉",
    ),
    "L137": ("理由里的 {signs} 不成对", "brackets of a reason do not pair", "补上或删掉一个"),
    "L138": (
        "reach_days 是 {reach} 天，归并和计数最多用到 {days} 天",
        "linking reaches further than anything needs",
        "改成 {days}；真要看得更远，先调大窗口或 matter_days",
    ),
    "L139": (
        "{year} 年放假通知的日期 {day} 不在 {before} 年或 {year} 年",
        "notice of holidays dated in another year",
        "对照国务院办公厅的通知：多半是上一年十月、十一月发的",
    ),
    "L140": (
        "规则 {id} 的理由里，同一处写了两次“{{{name}}}”",
        "reason prints a fact twice in one place",
        "多半有一个该是别的事实",
    ),
    "L141": ("路线 {id} 永远走不到：{other} 总在它前面", "route that is never taken", "删掉，或改条件"),
    "L142": (
        "路线 {id} 的条件和 root 对不上",
        "root and conditions of a route contradict each other",
        "没有条件的兜底路线写 root: true；有条件的不写",
    ),
    "L143": (
        "路线 {id} 的接收单位“{name}”别处没有，很像“{near}”",
        "receiver is nearly another",
        "写错了就改成“{near}”",
    ),
    "L144": (
        "{colour} 的时限 {name}（{value}）比 {other} {why}",
        "deadlines out of order",
        "核对单位：h 是小时，d 是天",
    ),
    "L145": ("来源 {kind} 没有写 {name} 在哪一列", "mapping without a needed field", "在 columns 里写上 {name}"),
    "L151": (
        "词条“{text}”里已经有词条“{other}”，永远轮不到它",
        "entry contains another entry of its list",
        "删掉一条，或给短的写上下文",
    ),
    "L152": ("词条“{text}”太常见：{why}", "entry is too common a word", "写长一点，或写 only_near、not_before"),
    "L153": (
        "“{text}”里有全角的“{sign}”，会当成一个词",
        "sign of the Chinese keyboard inside a word",
        "换成半角的，顿号换成逗号；词条里真要有它就写成 pattern",
    ),
    "L154": (
        "{side} 里的“{words}”在别的词条里都写在 {other}",
        "contexts on the wrong side",
        "写在前面的话是 not_after，后面的是 not_before",
    ),
    "L155": (
        "词条“{text}”里有空着的一项（||、(|、|)）",
        "alternative of a pattern that is empty",
        "删掉多余的一竖；可有可无的写 ?",
    ),
}


def finding(code: str, place: Place, **words: object) -> Fault:
    """The finding of a code at a place, its words filled in."""
    return worded(CODES, code, place, **words)
