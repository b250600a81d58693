"""The page of a back-test: one file of HTML with its charts inside, that asks for nothing from anywhere.

In: a `Backtest`, its weeks, what is proved. Out: HTML. Not here: charts (`charts`), the plain data (`told`). Matters stand there by their code, as on the screen:
no name, no number, no text of anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from zoneinfo import ZoneInfo

from engine.model import Colour
from engine.workbench.backtest import charts
from engine.workbench.backtest.charts import WORDS
from engine.workbench.backtest.told import (
    APART,
    BRIEFLY,
    LEFT_OUT,
    OF_RECORDS,
    THRESHOLDS,
    apart_lines,
    imagined,
    late,
    left_out,
    lines,
    recoloured_count,
    said_of,
    steps,
    undone,
)
from engine.workbench.backtest.trying import Backtest
from engine.workbench.backtest.weeks import Band, Weeks
from engine.workbench.proof.meaning import Change

_SHORT = 12
_STYLE = """
body { font: 15px/1.6 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", SimHei, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #1d1d1d }
h1 { font-size: 1.4em } h2 { font-size: 1.1em; margin-top: 2em } table { border-collapse: collapse } td, th { padding: .2em .8em; border-bottom: 1px solid #ddd; text-align: left }
.charts { display: flex; flex-wrap: wrap; gap: 2em } figure { margin: 0 } figcaption { font-weight: bold }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html(found: Backtest, load: Weeks, changes: Sequence[Change] = (), *, thresholds: str = "dated") -> str:
    """The whole page."""
    parts = (
        _head(found, thresholds),
        _colours(found, changes),
        _weekly(load),
        _matters(found),
        _apart(found),
        _hits(found),
    )
    body = "\n".join(line for part in parts for line in part)
    return (
        f'<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>规则回测</title><style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _head(found: Backtest, thresholds: str) -> Iterator[str]:
    yield "<h1>规则回测</h1>"
    old, new = found.old.digest[:_SHORT], found.new.digest[:_SHORT]
    now = found.now.astimezone(ZoneInfo(found.zone))
    yield f"<p>原来的规则 {old}，新的规则 {new}；事项看到 {now:%Y-%m-%d %H:%M}；{THRESHOLDS[thresholds]}。</p>"
    if said := late(found):
        yield f"<p>{escape(said)}</p>"
    changed = f"{found.records.changed} 件的颜色或规则会变"
    yield f"<p>来件 {found.records.records} 件，{changed}；比较事项 {found.parts.get('view', 0)} 个。另计，不在下面的数里：</p>"
    yield _list(f"{what} {found.parts.get(part, 0)} 个" for part, what in APART.items())
    if found.told:
        yield "<h2>历史不知道的</h2>"
        yield _list(found.told)


def _colours(found: Backtest, changes: Sequence[Change]) -> Iterator[str]:
    yield "<h2>颜色怎么变</h2>"
    yield '<div class="charts">'
    yield _figure("来件的颜色", charts.matrix(found.records.matrix))
    yield _figure("事项的机判", charts.matrix(found.matrix))
    yield "</div>"
    rows = [(f"{WORDS[s.before]}变{WORDS[s.after]}", said_of(s), s.records, s.counted) for s in steps(found, changes)]
    yield _table(("变化", "证明说", "历史上来件", "历史上事项"), rows)
    yield f"<p>{OF_RECORDS}。颜色会变的来件共 {recoloured_count(found)} 件，逐件列在 --json 里。</p>"


def _weekly(load: Weeks) -> Iterator[str]:
    yield "<h2>每周各路线的件数</h2>"
    if not load.count:
        yield "<p>历史不满一周，算不出。</p>"
        return
    yield (
        f"<p>按 {load.first} 起的 {load.count} 个整周算。横线是范围：四周一段重抽两千次，均值落在其中的有九成；不满八周不给范围。"
        "红竖线是写明的承办能力。</p>"
    )
    yield _figure("每条路线", charts.loads(load))
    yield _figure("每周", charts.courses(load))
    rows = [
        (
            one.title,
            one.area or "全部",
            _band(one.before),
            _band(one.after),
            one.most_after,
            one.capacity or "",
            left_out(one),
        )
        for one in load.loads
    ]
    yield _table(("路线", "辖区", "原来每周", "新的每周", "最多的一周", "承办能力", "不在数里"), rows)
    yield f"<p>{LEFT_OUT}。</p>"
    if said := undone(load):
        yield f"<p>{escape(said)}。</p>"


def _matters(found: Backtest) -> Iterator[str]:
    yield "<h2>机判会变的事项</h2>"
    rows = [
        (
            _step(one["before"]["colour"], one["after"]["colour"]),
            one["matter"],
            one["area"],
            "、".join(one["before"]["reasons"]),
            "、".join(one["after"]["reasons"]),
            imagined(one),
        )
        for one in lines(found)
    ]
    headers = ("变化", "事项", "辖区", "原来的理由", "新的理由", "说明")
    yield _table(headers, sorted(rows)) if rows else "<p>没有。</p>"


def _apart(found: Backtest) -> Iterator[str]:
    yield "<h2>没有比较、但有来件颜色会变的事项</h2>"
    rows = [
        (one["matter"], BRIEFLY[one["why"]], record["id"], _step(record["before"], record["after"]))
        for one in apart_lines(found)
        for record in one["records"]
    ]
    yield _table(("事项", "为什么没有比较", "来件", "来件怎么变"), rows) if rows else "<p>没有。</p>"


def _step(before: str, after: str) -> str:
    return f"{WORDS[Colour.named(before)]}变{WORDS[Colour.named(after)]}"


def _hits(found: Backtest) -> Iterator[str]:
    yield "<h2>每条规则新命中和不再命中的来件</h2>"
    rows = found.records.moved(found.old, found.new)
    yield _table(("规则", "名称", "新命中", "不再命中"), rows) if rows else "<p>没有变化。</p>"


def _band(band: Band) -> str:
    return f"{band.mean:g}" if band.low is None else f"{band.mean:g}（{band.low:g}–{band.high:g}）"


def _figure(title: str, svg: str) -> str:
    return f"<figure><figcaption>{escape(title)}</figcaption>{svg}</figure>"


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"


def _table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(header)}</th>" for header in headers)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
