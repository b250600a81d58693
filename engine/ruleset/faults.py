"""Every fault `rules/` can have: a stable code with its words in Chinese and English and a hint.

In: a code, a place and what fills the words. Out: a `Fault`. Not here: finding faults (`strict_yaml`, `shapes`, `checks`).
Codes are never reused. Y: the file as YAML. S: keys and types. R: rules. F: facts. W: words. P: parameters. C: calendar. L: law 3.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

from engine.ruleset.tree import Fault, Place

CODES: dict[str, tuple[str, str, str]] = {
    "Y001": ("不是 UTF-8 编码", "not UTF-8", "用编辑器另存为 UTF-8"),
    "Y002": ("文件有 {size} 字节，超过 {limit}", "file too large", "按主题拆成几个文件"),
    "Y003": ("不是合格的 YAML：{why}", "malformed YAML", "检查缩进、冒号后的空格和引号"),
    "Y004": ("不能用锚点和引用（& 和 *）", "anchors and aliases are not allowed", "把内容完整写出来"),
    "Y005": ("不能用标签（!）", "tags are not allowed", "去掉以 ! 开头的标签；要写感叹号就加引号"),
    "Y006": ("嵌套超过 {limit} 层", "nested too deeply", "拆开来写"),
    "Y007": ("节点超过 {limit} 个", "too many nodes", "按主题拆成几个文件"),
    "Y008": ("键“{key}”写了两次", "duplicate key", "删掉一个；后写的不会悄悄盖掉先写的"),
    "Y009": ("一个文件里只能有一份文档（---）", "several documents", "拆成几个文件"),
    "Y010": ("不能用小数“{text}”", "no floating point", "用整数：金额写分，时长写秒，或给文字加引号"),
    "Y011": ("不能用 % 指令", "no directives", "删掉以 % 开头的行"),
    "Y012": ("整数“{text}”写法不对或太大", "not a whole number of 64 bits", "写成十进制整数；要当文字就加引号"),
    "Y013": ("文字里有半个字符（\\ud800 一类的转义）", "half of a character", "改成正常的文字"),
    "S001": ("不认识的键“{key}”", "unknown key", "{near}"),
    "S002": ("“{key}”：{why}", "wrong value", "对照 docs/rule-language.zh-CN.md"),
    "S003": ("缺“{key}”", "missing key", "补上这个键"),
    "S004": ("“{key}”在别的文件里已经有了", "defined twice", "每个名称只写一处"),
    "R101": ("规则编号“{id}”已经用过", "duplicate rule id", "编号永不重用，换一个新的"),
    "R102": ("规则要有且只有一种效果：colour、points、conclude、flag", "exactly one effect", "留下一种"),
    "R103": ("条件看不懂：{why}", "bad condition", "{hint}"),
    "R104": ("没有事实“{name}”", "unknown fact", "{near}"),
    "R105": ("没有参数“${name}”", "unknown parameter", "{near}"),
    "R106": ("“{name}”要有且只有一个比较：{operators}", "exactly one operator", "例如 {{feature: x, at_least: 3}}"),
    "R107": ("“{feature}”是{type}，不能用 {operator}", "operator does not fit the fact", "{hint}"),
    "R108": ("“{feature}”是{type}，与“{bound}”不能比较", "bound does not fit the fact", "改成同一种类型"),
    "R109": ("between 要写两个从小到大的整数", "between needs two ordered integers", "例如 between: [2, 5]"),
    "R110": ("理由里的“{{{name}}}”不是事实也不是参数", "unknown placeholder", "{near}"),
    "R111": (
        "on_missing 说到“{name}”，但 let 没有读它",
        "on_missing for a fact that is not read",
        "删掉，或在 let 里读它",
    ),
    "R112": ("let 里的“{name}”没有在 when 里用到", "unused line", "删掉这一行，或写进 when"),
    "R113": ("结论互相依赖，成了圈：{names}", "cyclic conclusions", "打断其中一环"),
    "R114": (
        "给颜色的规则不能读来件人事实“{name}”",
        "colour rules may not read caller facts",
        "改读 matter 或 hotspot 的事实；来件人事实只供复核提示",
    ),
    "R115": (
        "读过程事实的规则只能读过程和办理动作，不能读“{name}”",
        "process rules read only process and actions",
        "拆成两条规则",
    ),
    "R116": ("缺理由 because", "missing because", "写一句给经办人看的理由"),
    "R117": ("“{name}”不能用作名称", "reserved name", "换一个，不能是 and、or、not、of"),
    "R118": ("结论“{name}”与 features 里的事实同名", "conclusion shadows a fact", "换一个名称"),
    "R119": ("红色规则缺建议 advice", "red rule without advice", "写清楚该做什么"),
    "F101": (
        "事实“{name}”要有且只有一种来历：field、words、count、count_distinct、process",
        "exactly one origin",
        "留下一种",
    ),
    "F102": ("没有字段“{value}”", "unknown field", "{near}"),
    "F103": ("没有词表“{value}”", "unknown word list", "{near}"),
    "F104": ("“{value}”不能这样数", "cannot be counted", "{near}"),
    "F105": ("窗口“{value}”看不懂或超过366天", "bad window", "写成 30d、72h、90m 或 45s"),
    "F106": ("where 里的“{value}”不是可用的条件", "unknown where key", "{near}"),
    "F107": ("窗口事实要写 same", "window without same", "same: matter、caller、place、pair、hotspot、phone"),
    "F108": ("“{value}”不能当作{type}", "type does not fit the field", "去掉 type，按字段本来的类型"),
    "F109": ("事实之间的关系不能说到结论“{name}”", "a statement about facts reads a conclusion", "只写给定的事实"),
    "F110": (
        "“{name}”没有高低，不能写进 monotone_in",
        "a colour cannot be monotone in this fact",
        "只能写真假和整数的事实，结论不能写",
    ),
    "W101": ("RE2 不接受这个写法：{why}", "RE2 refuses the pattern", "RE2 没有前后查看和反向引用"),
    "W102": ("不能用 {what}", "not allowed in patterns", "用 not_after、not_before、unless_near 写上下文"),
    "W103": ("模式超过{limit}字符", "pattern too long", "拆成几条"),
    "W104": ("词条“{text}”写了两次", "duplicate entry", "删掉一条"),
    "W105": ("distance 要在 0 到 40 之间", "distance out of range", "改成 0 到 40"),
    "W107": (
        "模式太大：展开后有{size}步，超过{limit}",
        "pattern too large when compiled",
        "减少 {{m,n}} 的次数，或拆成几条",
    ),
    "W108": ("词表要么写 entries，要么写 examples", "entries or examples", "只留一种"),
    "W109": ("例句“{text}”两边都有", "an example on both sides", "只留在 like 或 unlike 一边"),
    "W110": (
        "例句表要么有 like 和 unlike，要么用 same_as 借前面一张例句表的",
        "examples of its own, or those of a list before it",
        "补上例句，或只写 same_as 和 at_least",
    ),
    "W106": ("词条不能为空", "empty entry", "写上文字"),
    "T101": ("用语里没有“{key}”这一项", "unknown label", "{near}"),
    "T102": ("用语“{key}”的花括号里写了不认识的名称，或花括号不成对", "unknown place in a label", "可用：{near}"),
    "P101": ("起用日没有按先后写", "dates out of order", "从早到晚写，旧的不删"),
    "P102": ("参数至少要有一个值", "no value", "加一行 {{from: 2025-01-01, value: 3}}"),
    "P103": ("起用日“{value}”不是日期", "bad date", "写成 2025-01-01"),
    "P104": ("“{name}”的值要写整数", "value must be a whole number", "积分线是整数"),
    "C101": ("“{value}”不是日期", "not a date", "写成 2026-10-01"),
    "C102": ("{day} 不在{year}年", "a day of another year", "写到它那一年下面；年底跨年的假，两年各写各的"),
    "C103": ("从 {first} 到 {last}，前后写反了", "the last day is before the first", "from 写早的一天，to 写晚的一天"),
    "C104": ("{day} 写了两次", "a day named twice", "一天只写一处"),
    "C105": ("{day} 又放假又上班", "both a day off and a workday", "对照国务院办公厅的通知，只留一处"),
    "C106": ("{day} 是{weekday}，本来就上班", "a workday anyway", "调休上班只写周六、周日；对照国务院办公厅的通知"),
    "C107": ("一段有 {days} 天，超过{limit}天", "too long a stretch", "核对年份和月份；真要停办这么久，分几段写"),
    "L101": (
        "规则只看发生了什么，不看是什么人：不能涉及“{what}”",
        "law 3: rules never judge who somebody is",
        "删掉；保护性事实只能用来上调",
    ),
}


def fault(code: str, place: Place, **words: object) -> Fault:
    """The fault of a code at a place, its words filled in."""
    return worded(CODES, code, place, **words)


def worded(codes: Mapping[str, tuple[str, str, str]], code: str, place: Place, **words: object) -> Fault:
    """The same of any table of codes: Chinese, English, hint."""
    chinese, english, hint = codes[code]
    return Fault(code, place, chinese.format(**words), english, hint.format(**{"near": "", "hint": "", **words}))


def nearest(word: str, known: Collection[str]) -> str:
    """A hint that names the nearest valid word, or lists a few."""
    close = difflib.get_close_matches(word, list(known), 1, 0.5)
    if close:
        return f"是不是“{close[0]}”"
    listed = "、".join(sorted(known)[:12])
    return f"可用：{listed}" if listed else "先定义它"
