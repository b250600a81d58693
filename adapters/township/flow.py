"""The flow: rows without end for benchmarks, over as many simulated years as it takes.

In: a seed, how many, the first day. Out: raw records of 110 and 12345 in order of time. Not here: files (`exports`).
A county of 36 townships of the demo's size, each with its own estates, villages, shops and firms: 2,000 records a day. People grow with
the number of rows, so that everybody still calls about four times: a bigger database is a longer time, not a busier caller.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from adapters.township.people import citizen
from adapters.township.stories import tale, told
from adapters.township.vocabulary import ESTATES, FIRMS, SHOPS, VILLAGES
from engine.model import RawRecord

_PER_PERSON = 4
_A_DAY = 2_000
_TOWNSHIPS = 36
_NUMERALS = "一二三四五六"
_NAMES = re.compile("|".join(sorted((*ESTATES, *VILLAGES, *SHOPS, *FIRMS), key=len, reverse=True)))


def stream(seed: int, count: int, start: date = date(2019, 1, 1), *, first: int = 0) -> Iterator[RawRecord]:
    """`count` raw rows from number `first` on; the same seed and number give the same row."""
    begin = datetime(start.year, start.month, start.day, tzinfo=UTC)
    for number in range(first, first + count):
        draw = random.Random(seed * 1_000_003 + number)
        crowd = max(50, number // _PER_PERSON)
        who_number = draw.randrange(crowd)
        who = citizen(random.Random(seed * 7 + who_number), who_number)
        at = begin + timedelta(seconds=number * 86_400 // _A_DAY)
        kind = tale(random.Random(who_number * 31 + draw.randrange(3)))
        line = draw.choice(kind.lines)
        township = _NUMERALS[who_number % _TOWNSHIPS // 6] + _NUMERALS[who_number % 6]
        text = _moved(told(draw, line, who), township)
        address = _moved(f"{who.estate}{who.unit}", township)
        if draw.random() < 0.5:
            yield RawRecord("bench_110", "police_110", number + 2, {
                "接警单编号": f"JJ{number:010d}", "报警时间": f"{at:%Y-%m-%d %H:%M:%S}", "报警人": who.name, "报警电话": who.phone,
                "警情类别": kind.police, "警情地址": address, "报警内容": text, "关联类型": "",
            })  # fmt: skip
        else:
            yield RawRecord("bench_12345", "hotline_12345", number + 2, {
                "工单编号": f"RX{number:010d}", "来电时间": f"{at:%Y-%m-%d %H:%M:%S}", "来电人": who.name, "来电号码": who.phone,
                "工单标题": kind.hotline, "诉求内容": text, "诉求类型": kind.hotline, "事发地址": address,
            })  # fmt: skip


def _moved(text: str, township: str) -> str:
    """The text with its places named as those of another township: 翠湖花园 is 翠湖三二花园 there."""
    return _NAMES.sub(lambda name: f"{name[0][:2]}{township}{name[0][2:]}", text)
