"""Units: the building, flat, shop or house number within a place, each in one spelling.

In: what stands behind a place in an address or text. Out: a short code (`b3u2r502`, `g5n12`) or "". 3栋2单元502室, 三幢二单元502 and 3-2-502 are one.
Not here: which place it is (`places`), its digest (`sighting`).
"""

from __future__ import annotations

import re
import unicodedata

_WINDOW = 30
_NUMERALS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_SIGNS = {
    "栋": "b", "幢": "b", "座": "b", "号楼": "b", "单元": "u", "室": "r", "房": "r", "组": "g", "号": "n",
    "号商铺": "s", "号门面": "s", "号铺": "s", "商铺": "s", "门面": "s", "铺": "s",
}  # fmt: skip
_UNIT = re.compile(
    r"(?P<number>\d{1,4}|[A-Za-z]\d{0,2}|[二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九])"
    r"(?P<sign>号楼|栋|幢|座|单元|组|号商铺|号门面|号铺|商铺|门面|铺|室|房|号(?!线))"
    r"|(?<=[栋幢座元楼-])(?P<room>\d{3,4})(?!\d)"
)
_DASHED = re.compile(r"(?<!\d)(\d{1,2})-(\d{1,2})-(\d{3,4})(?!\d)")
_ONE_BUILDING = frozenset("一")


def unit(text: str, *, address: bool) -> str:
    """The unit that a text begins with or soon names; a bare house number counts only in an `address` (elsewhere 5号 is a day)."""
    text = unicodedata.normalize("NFKC", text[:_WINDOW])
    if dashed := _DASHED.search(text):
        return f"b{dashed[1]}u{dashed[2]}r{dashed[3]}"
    parts: dict[str, str] = {}
    for match in _UNIT.finditer(text):
        if match["room"]:
            parts.setdefault("r", match["room"])
        elif not (match["number"] in _ONE_BUILDING and _SIGNS[match["sign"]] == "b"):
            parts.setdefault(_SIGNS[match["sign"]], _digits(match["number"]))
    return _code(parts, address=address)


def _code(parts: dict[str, str], *, address: bool) -> str:
    if "b" in parts and "r" not in parts and "n" in parts:
        parts["r"] = parts.pop("n")
    if not parts.keys() & {"b", "r", "s"} and not ("n" in parts and (address or "g" in parts)):
        return ""
    order = "bursgn" if "b" in parts else "gnurs"
    return "".join(f"{sign}{parts[sign]}" for sign in order if sign in parts)


def _digits(number: str) -> str:
    """3, 三 and 十三 as digits; letters in lower case."""
    if "十" in number:
        tens, ones = number.split("十")
        return str(_NUMERALS.get(tens, 1) * 10 + _NUMERALS.get(ones, 0))
    return str(_NUMERALS[number]) if number in _NUMERALS else number.lower()
