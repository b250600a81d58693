"""Which field an unknown header probably is: by aliases of all suppliers, by pinyin, by the shape of its values (ruling 60).

In: the mappings, the headers of a file and some of its rows. Out: proposals to be shown, and the mapping with those that were accepted.
Not here: asking the person and writing the file (`cli`). Imported only by `ingest --map`: pypinyin is heavy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pypinyin import Style, lazy_pinyin
from rapidfuzz import fuzz

from engine.normalise.cells import cell_text, folded, header_forms
from engine.normalise.contacts import id_number, phone
from engine.normalise.suppliers import FIELDS, NUMBERS, TIMES
from engine.normalise.times import TimeReader

_EQUAL, _PINYIN, _INITIALS, _INSIDE, _SHAPE = 95, 90, 85, 80, 65
_LEAST, _ALIKE, _AGREES, _DISAGREES = 50, 60, 5, 30
_MOST_ROWS, _MOST_CELLS = 200, 0.6
_LONG_TEXT, _LONG_NAME = 20, 15
_NAMED = 70
_TELLS = re.compile(
    r"(警情|案情|案件|事件|事情|事项|问题|诉求|投诉|报警|来电|信访|纠纷|矛盾)?(简述|概述|描述|详情|详述|经过|摘要)"
)
"""Headers of the account itself, however short the cells below them are."""
_LATIN = re.compile(r"[a-z0-9]+")
_ORDER_NUMBER = re.compile(r"[A-Za-z]{0,6}\d{8,30}")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A header, the field it seems to be, how sure (0-100), why in Chinese; `usual` is the field's usual header."""

    header: str
    field: str
    score: int
    why: str
    usual: str


def propose(
    mappings: Mapping[str, Mapping[str, Any]], kind: str, headers: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> tuple[Proposal, ...]:
    """One proposal at most for each header that the mapping does not know, the surest first; each field at most once."""
    taken, unknown = read_by(mappings.get(kind, {}), headers)
    shapes = _shapes(mappings)
    found: list[Proposal] = []
    for header in unknown:
        cells = [text for row in rows[:_MOST_ROWS] if (text := cell_text(row.get(header)))]
        found += _candidates(
            header, mappings, kind, {name: _share(cells, fits) for name, fits in shapes.items() if cells}
        )
    return _one_each(sorted(found, key=lambda p: (-p.score, p.header, p.field)), taken)


def read_by(mapping: Mapping[str, Any], headers: Iterable[str]) -> tuple[set[str], list[str]]:
    """The fields that a mapping finds among headers, and the headers that it neither reads nor knows."""
    known = {folded(alias): name for name, aliases in mapping.get("columns", {}).items() for alias in aliases}
    ignored = {folded(name) for name in mapping.get("known", ())}
    found, strange = set(), []
    for header in headers:
        forms = header_forms(header)
        found |= {known[form] for form in forms if form in known}
        if not any(form in known or form in ignored for form in forms):
            strange.append(header)
    return found, strange


def accepted(mapping: Mapping[str, Any], proposals: Iterable[Proposal]) -> dict[str, Any]:
    """The mapping with each proposed header added behind the aliases of its field."""
    columns = {name: list(aliases) for name, aliases in mapping.get("columns", {}).items()}
    for proposal in proposals:
        columns.setdefault(proposal.field, []).append(proposal.header)
    return {**mapping, "columns": columns}


def _one_each(proposals: Sequence[Proposal], taken: set[str]) -> tuple[Proposal, ...]:
    headers: set[str] = set()
    kept = []
    for proposal in proposals:
        if proposal.score >= _LEAST and proposal.header not in headers and proposal.field not in taken:
            headers.add(proposal.header)
            taken = taken | {proposal.field}
            kept.append(proposal)
    return tuple(kept)


def _candidates(
    header: str, mappings: Mapping[str, Mapping[str, Any]], kind: str, shares: Mapping[str, float]
) -> list[Proposal]:
    """Every field the header could be; the supplier's own aliases weigh a little more than others'."""
    best: dict[str, Proposal] = {}
    own = mappings.get(kind, {}).get("columns", {})
    for other, data in mappings.items():
        for name, aliases in data.get("columns", {}).items():
            if name not in own and name.startswith(NUMBERS):
                continue
            usual = (own.get(name) or aliases)[0]
            for alias in aliases:
                score, why = _alike(header, alias)
                score -= 2 if other != kind else 0
                if score > best.get(name, _NOTHING).score:
                    best[name] = Proposal(header, name, score, why, usual)
    return [_weighed(p, shares) for p in best.values()] + _by_shape(header, own, shares)


_NOTHING = Proposal("", "", 0, "", "")


def _alike(header: str, alias: str) -> tuple[int, str]:
    """How alike two headers are, and in what."""
    left, right = header_forms(header)[-1], folded(alias)
    if left == right:
        return _EQUAL, f"与“{alias}”同名"
    latin = left.replace("_", "").replace("-", "")
    if _LATIN.fullmatch(latin) and not right.isascii():
        if latin == "".join(lazy_pinyin(right)):
            return _PINYIN, f"是“{alias}”的拼音"
        initials = "".join(lazy_pinyin(right, style=Style.FIRST_LETTER))
        return (_INITIALS, f"是“{alias}”的拼音首字母") if latin == initials and len(latin) > 2 else (0, "")
    if min(len(left), len(right)) > 1 and (left in right or right in left):
        share = min(len(left), len(right)) / max(len(left), len(right))
        return int(_INSIDE * (1 + share) / 2), f"与“{alias}”相近"
    ratio = int(fuzz.ratio(left, right))
    return (ratio * _INSIDE // 100, f"与“{alias}”相近") if ratio >= _ALIKE else (0, "")


def _weighed(proposal: Proposal, shares: Mapping[str, float]) -> Proposal:
    """Values that look like the field speak for it, values that do not against it."""
    share = shares.get(proposal.field)
    if share is None or not proposal.score:
        return proposal
    change = _AGREES if share >= _MOST_CELLS else -_DISAGREES
    score = max(min(proposal.score + change, 100), 0)
    return Proposal(proposal.header, proposal.field, score, proposal.why, proposal.usual)


def _by_shape(header: str, own: Mapping[str, Sequence[str]], shares: Mapping[str, float]) -> list[Proposal]:
    found = [
        Proposal(header, name, _SHAPE, why, own[name][0])
        for name, why in _SHAPE_REASONS.items()
        if name in own and shares.get(name, 0) >= _MOST_CELLS
    ]
    if "narrative" in own and _TELLS.fullmatch(header_forms(header)[-1]):
        found.append(Proposal(header, "narrative", _NAMED, "列名是说事情经过的", own["narrative"][0]))
    return found


_SHAPE_REASONS = {
    "phone": "内容多是电话号码",
    "id_number": "内容多是身份证号",
    "occurred_at": "内容多是时间",
    "narrative": "内容多是长段文字",
    "source_id": "内容多是单号",
}


def _shapes(mappings: Mapping[str, Mapping[str, Any]]) -> dict[str, Callable[[str], bool]]:
    patterns = [pattern for data in mappings.values() for pattern in data.get("time_patterns", ())]
    times = TimeReader(patterns, ZoneInfo("UTC"))
    shapes: dict[str, Callable[[str], bool]] = dict.fromkeys(TIMES, lambda text: times.read(text) is not None)
    shapes |= {
        "phone": lambda text: phone(text) != "",
        "id_number": lambda text: id_number(text) != "",
        "name": lambda text: len(text) <= _LONG_NAME and not any(map(str.isdigit, text)),
        "narrative": lambda text: len(text) >= _LONG_TEXT and not text.isascii(),
        "source_id": lambda text: _ORDER_NUMBER.fullmatch(text) is not None and not phone(text) and not id_number(text),
    }
    return {name: fits for name, fits in shapes.items() if name in FIELDS}


def _share(cells: Sequence[str], fits: Callable[[str], bool]) -> float:
    return sum(map(fits, cells)) / len(cells)
