"""Phones, ID numbers and names of people in one spelling, so that equal ones are equal.

In: cells of contact columns. Out: normalised values in plain text, for memory only; "" for what is blank, hidden or no such thing.
Not here: digests and masks (`engine.masking`), whether two people are one (`identity`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from engine.masking import card_number, plain_digits

_SPLIT = re.compile(r"[;；、，,|]|\s/\s|(?<=\d{7})\s*/\s*(?=[0-9+(])|或|\n")
_EXTENSION = re.compile(r"(?:转|分机|ext\.?|#|x).*$", re.IGNORECASE)
_NOISE = re.compile(r"[^\d+]")
_HIDDEN = re.compile(r"[*＊xX×#]{2,}")
_MOBILE = re.compile(r"(?:(?:\+|00)?86|0|17951|12593)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"(?:(?:\+|00)86)?0?((?:10|2[0-57-9]|[3-9]\d\d)[2-9]\d{6,7})")
_SERVICE = re.compile(r"(?:(?:\+|00)86)?([48]00\d{7})")
_LOCAL = re.compile(r"[2-9]\d{6,7}")
_FOREIGN = re.compile(r"(?:\+|00)(?!86)([1-9]\d{7,14})")
_DOCUMENT = re.compile(r"[A-Z]{1,3}\d{6,10}")
_COUNTED = re.compile(r"等?\d*人?$|\(.*\)$")
_NAME_SPLIT = re.compile(r"[、,，;；/|\n]|(?<=..)和(?=..)")


def phone(text: str, *, area_code: str = "", placeholders: Collection[str] = ()) -> str:
    """The first usable number: mobiles as 11 digits, landlines with area code, 400 as 10, foreign ones with +.

    Hidden (138****5678), short (110) and placeholder numbers give "".
    """
    if len(text) == 11 and text.isascii() and text.isdigit() and text[0] == "1" and text[1] > "2":
        return "" if text in placeholders or _flat(text) else text
    for part in _SPLIT.split(unicodedata.normalize("NFKC", text)):
        found = _one_phone(part, area_code)
        if found and found not in placeholders and not _flat(found):
            return found
    return ""


def _flat(digits: str) -> bool:
    """One digit all the way: what a clerk types to get past a required field."""
    return len(set(digits[1:])) == 1


def _one_phone(text: str, area_code: str) -> str:
    if _HIDDEN.search(text):
        return ""
    digits = _NOISE.sub("", plain_digits(_EXTENSION.sub("", text)))
    if match := _MOBILE.fullmatch(digits):
        return match[1]
    if match := _SERVICE.fullmatch(digits):
        return match[1]
    if _LOCAL.fullmatch(digits):
        return area_code + digits
    if digits.startswith(("0", "+86", "86")) and (match := _LANDLINE.fullmatch(digits)):
        return f"0{match[1]}"
    if match := _FOREIGN.fullmatch(digits):
        return f"+{match[1]}"
    return ""


def id_number(text: str) -> str:
    """A resident's number with a right check digit (15 digits completed to 18), or a passport-like number; else ""."""
    if len(text) == 18 and text.isascii() and text.isalnum():
        return card_number(text) or ""
    bare = "".join(plain_digits(unicodedata.normalize("NFKC", text)).split()).replace("-", "").upper()
    return card_number(bare) or (bare if _DOCUMENT.fullmatch(bare) else "")


def person_names(text: str) -> tuple[str, ...]:
    """The names in one cell: 张三、李四等3人 -> 张三, 李四."""
    parts = (_COUNTED.sub("", part).strip() for part in _NAME_SPLIT.split(unicodedata.normalize("NFKC", text)))
    return tuple(part for part in parts if part)
