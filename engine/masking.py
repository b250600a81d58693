"""What may be seen of a person: keyed digests to search by, masks in free text and on screen.

In: plain values and texts in memory. Out: fingerprints (HMAC-SHA-256), texts of the same length in which identifiers are `＊`
(ruling 10), short display forms. Amounts, head counts, ages, dates, room and order numbers stay readable, for rules read them.
Not here: how a supplier writes a phone (`normalise.contacts`), encryption (`store.sealing`), who may unmask (`desk`).
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from operator import mul

MASK = "＊"

_FINGERPRINT = 32
_PROVINCES = frozenset(
    str(code)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for code in range(first, last + 1)
)
_SHORTEST, _LONGEST, _REACH = 7, 23, 12  # digits of a local phone, of the longest card, characters of context
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
# 430121202501020001 is an area, a day and a counter: what looks like a birthday this late is an order number's date, unless the
# word 身份证 stands before it (from 2020 on), or the check digit is right (from 2010 on).
_YOUNGEST, _ORDERS_FROM = 2010, 2020

_SPOKEN = "零〇一二两三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_SPOKEN_DIGITS = dict(zip(_SPOKEN, "0012234567891123456789", strict=True))
_CIRCLED = "①-⑨⓪⑴-⑼⒈-⒐❶-❾➀-➈➊-➒"
_WRITTEN = rf"\d{_CIRCLED}"
_GAP = r"[\s\-‐-―−－*＊_.．·•・‧,，、/／\\|~～()（）\[\]【】+＋\u00ad\u200b-\u200f\u2060\ufeff]"
_RUN = re.compile(rf"[{_WRITTEN}{_SPOKEN}](?:{_GAP}{{0,3}}[{_WRITTEN}{_SPOKEN}]){{6,}}")
_SEGMENT = re.compile(rf"[{_WRITTEN}]+|[{_SPOKEN}]+")
_THOUSANDS = re.compile(r"\d{1,3}(?:[,，]\d{3})+")
_SPOKEN_MOBILE = re.compile(r"1[3-9]\d{9}")

_PLAIN_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_MOBILE = re.compile(r"(?:(?:00)?86|0)?1[3-9]\d{9}")
_LANDLINE = re.compile(r"(?:(?:00)?860?|0)(?:10|2[0-57-9]|[3-9]\d\d)[2-9]\d{6,7}")
_AREA = re.compile(r"0?(?:10|2[0-57-9]|[3-9]\d\d)")
_SERVICE = re.compile(r"[48]00\d{7}")
_LOCAL = re.compile(r"[2-9]\d{6,7}")
_DAY = re.compile(r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_ISSUED = re.compile(r"62\d{14,17}|9558\d{15}|(?:4\d|5[1-5]|35)\d{14}")

_IDENTITY_BEFORE = re.compile(r"(?:身份证|证件|居民证)[^，。；,;]{0,6}$")
_PHONE_BEFORE = re.compile(r"(?:电话|座机|固话|手机|号码|联系方式|拨打|致电|来电|(?i:tel))[^，。；,;]{0,4}$")
_CARD_BEFORE = re.compile(r"(?:卡号|银行卡|储蓄卡|信用卡|[账帐][号户]|存折|[工建农中]行|一卡通)[^，。；,;]{0,6}$")
_ORDER_BEFORE = re.compile(
    r"(?<!证件)(?<!身份证)(?:单号|工单|订单|单|编号|案号|流水号?|合同号?|受理号|工号|文号|户号|表号|学号|批号|执照号?|代码|车架号|"
    r"发票号?|条码|快递|运单|警情号?)[^，。；,;]{0,3}$"
)
_ORDER = "单号"  # 18 digits of an area and a day are no ID number behind this word
_PERHAPS = re.compile(
    r"1[3-9]\d{9}|\d{6}(?:19|200)\d", re.ASCII
)  # a mobile phone; the area and year of one born before 2010
_APART = re.compile(
    r"(?<!\d)0(?:10|2[0-57-9]|[3-9]\d\d)[- ](?!20\d{6})[2-9]\d{6,7}(?!\d)", re.ASCII
)  # not 0512-20250102
_NO_DIGIT = re.compile(r"\D+")
_MONEY_AFTER = re.compile(r"\s*(?:元|块|万|亿|圆|人民币)")
_CHECK_AFTER = re.compile(rf"{_GAP}{{0,3}}([xXｘＸ])(?![A-Za-z0-9])")

_HAN_WORD = re.compile(r"[\u4e00-\u9fff\u3400-\u4dbf\U00020000-\U0003ffff]{2,}")
_LETTERED = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ@＠]|扣扣|企鹅|微信|薇信")
_FULL_WIDTH = re.compile(r"[Ａ-Ｚａ-ｚ０-９＠．＿－]")
_NARROW = {ord(c): ord(c) - 0xFEE0 for c in map(chr, range(0xFF01, 0xFF5F))}
_EMAIL = re.compile(
    r"(?<![\w.%+\-])[A-Za-z0-9_.%+\-]++ ?@ ?[A-Za-z0-9\-]++(?: ?\. ?[A-Za-z0-9\-]{2,63}+){1,4}", re.ASCII
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z](?=[\s·•.\-]{0,2}(?:[A-HJ-NP-Z][\s·•.\-]?){0,2}[0-9])"
    r"(?:[\s·•.\-]{0,2}[A-HJ-NP-Z0-9]){4,5}[\s·•.\-]{0,2}[A-HJ-NP-Z0-9挂学警港澳](?![A-Z0-9])",
    re.IGNORECASE,
)
_ACCOUNT_WORD = (
    r"(?:qq|扣扣|企鹅|微信|薇信|威信|wechat|weixin|(?<![a-z])wx|(?<![a-z])vx|v信|抖音|快手|支付宝|陌陌|小红书)"
)
_ACCOUNT = re.compile(
    rf"{_ACCOUNT_WORD}\s*(?:号码?|群号?|[账帐]号|id)?\s*[:;：；是为]?\s*([a-z][a-z0-9_\-]{{4,29}}|[1-9](?:[\s\-]?\d){{4,11}})(?![a-z0-9_])",
    re.IGNORECASE | re.ASCII,
)
_PASSPORT = re.compile(
    r"(?:护照|通行证|军官证|台胞证|回乡证)[^，。；,;\w]{0,4}(?:号码?|编号)?[:： ]{0,2}([A-Za-z]{0,2}\d{7,10})", re.ASCII
)


def fingerprint(key: bytes, kind: str, value: str) -> str:
    """HMAC-SHA-256 of a normalised value, 32 hex digits; `kind` keeps equal texts of different kinds apart."""
    return hmac.digest(key, f"{kind}\0{value}".encode(), "sha256").hex()[:_FINGERPRINT]


def mask_name(name: str) -> str:
    """张三 -> 张＊: the first character stays."""
    return name[:1] + MASK * (len(name) - 1)


def mask_phone(phone: str) -> str:
    """13812345678 -> 138＊＊＊＊5678: the last four digits stay, and three before the hidden ones where enough are hidden."""
    lead = 3 if len(phone) >= 10 else 0
    return phone[:lead] + MASK * max(len(phone) - lead - 4, 0) + phone[lead:][-4:]


def mask_id(number: str) -> str:
    """The last four characters stay: with area and birthday in sight the rest could be guessed."""
    return MASK * max(len(number) - 4, 0) + number[-4:]


def mask_reference(text: str) -> str:
    """A code or id as somebody typed it: a name or number of a person in it is masked, for a slip of the hand must not print one."""
    return _HAN_WORD.sub(lambda word: mask_name(word.group()), mask_text(text))


def mask_text(text: str, names: Sequence[str] = ()) -> str:
    """The text with identifiers and the given names as the same number of `＊`; every other character stays in place."""
    spans = [*_named(text, names), *_numbered(text)]
    if _LETTERED.search(text):
        spans += _lettered(text)
    for start, end in spans:
        text = f"{text[:start]}{MASK * (end - start)}{text[end:]}"
    return text


def holds_number(text: str) -> bool:
    """Whether a phone, an ID number or a bank card stands in a text."""
    return next(_numbered(text), None) is not None


def names_one_of(text: str, names: Sequence[str]) -> bool:
    """Whether one of the names stands in a text, also with white space between its characters, in either of them."""
    return next(_named(text, ["".join(name.split()) for name in names]), None) is not None


def tells_of_somebody(number: str) -> bool:
    """Whether the number of a record holds a mobile phone, a phone with its area code apart, an ID number or an address of mail.

    Of other digits nobody can say more than that they are a number; letters before them (WX20250102) are no chat account here.
    """
    if number.isascii() and not _PERHAPS.search(_NO_DIGIT.sub("", number)):
        return _APART.search(number) is not None or ("@" in number and _EMAIL.search(number) is not None)
    return holds_number(f"{_ORDER}{number}") or _EMAIL.search(number.translate(_NARROW)) is not None


def card_number(text: str) -> str | None:
    """A resident's ID number (GB 11643) as 18 characters; one of 15 digits is completed; None if area, birthday or check is wrong."""
    if len(text) == 15 and text.isascii() and text.isdigit():
        text = f"{text[:6]}19{text[6:]}"
        return text + _check(text) if _born(text) else None
    if len(text) != 18 or not (text.isascii() and text[:17].isdigit()):
        return None
    text = text.upper()
    return text if _born(text) and text[17] == _check(text) else None


def plain_digits(text: str) -> str:
    """Full-width, circled and spoken digits (一二三, 幺, 壹) as ASCII digits; other characters stay."""
    return text if text.isascii() else "".join(map(_digit, text))


def _digit(character: str) -> str:
    if character.isascii():
        return character
    spoken = _SPOKEN_DIGITS.get(character)
    if spoken is not None:
        return spoken
    value = unicodedata.digit(character, None)
    return character if value is None else str(value)


def _check(body: str) -> str:
    return _CHECKS[sum(map(mul, map(int, body[:17]), _WEIGHTS)) % 11]


def _born(number: str) -> int:
    """The year of birth in an 18-character number; 0 where its province or day does not exist."""
    if number[:2] not in _PROVINCES:
        return 0
    try:
        day = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return 0
    return day.year if 1900 <= day.year < 2100 else 0


def _named(text: str, names: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the record's own names stand, also with white space between the characters."""
    for name in names:
        if len(name) < 2:
            continue
        start = text.find(name)
        if start < 0 and name[0] in text:
            yield from (match.span() for match in re.finditer(r"\s{0,2}".join(map(re.escape, name)), text))
        while start >= 0:
            end = start + len(name)
            if not (name.isdigit() and (text[end : end + 1].isdigit() or text[start - 1 : start].isdigit())):
                yield start, end
            start = text.find(name, end)


def _lettered(text: str) -> list[tuple[int, int]]:
    """E-mail addresses, plates, chat accounts and passports; full-width letters count as letters."""
    if _FULL_WIDTH.search(text):
        text = text.translate(_NARROW)
    spans = [match.span() for pattern in (_EMAIL, _PLATE) for match in pattern.finditer(text)]
    return spans + [match.span(1) for pattern in (_ACCOUNT, _PASSPORT) for match in pattern.finditer(text)]


@dataclass(frozen=True, slots=True)
class _Segment:
    """Digits that stand together, with their place in the text."""

    start: int
    end: int
    digits: str


@dataclass(frozen=True, slots=True)
class _Before:
    """What the words before a number say it is."""

    phone: bool
    card: bool
    identity: bool
    order: bool


def _words_before(text: str, start: int) -> _Before:
    words = text[max(start - _REACH, 0) : start]
    found = (
        pattern.search(words) is not None for pattern in (_PHONE_BEFORE, _CARD_BEFORE, _IDENTITY_BEFORE, _ORDER_BEFORE)
    )
    return _Before(*found)


def _numbered(text: str) -> Iterator[tuple[int, int]]:
    """Phones, ID numbers and bank cards, also split, spoken or full-width; the longest reading from the left wins."""
    for run in _RUN.finditer(text):
        if _PLAIN_MOBILE.fullmatch(run.group()) and not _MONEY_AFTER.match(text, run.end()):
            yield run.span()
            continue
        segments = [
            _Segment(run.start() + part.start(), run.start() + part.end(), plain_digits(part.group()))
            for part in _SEGMENT.finditer(run.group())
        ]
        yield from _identifiers(text, segments)


def _identifiers(text: str, segments: Sequence[_Segment]) -> Iterator[tuple[int, int]]:
    first = 0
    while first < len(segments):
        found = _longest(text, segments, first + 1) if _is_word(text, segments, first) else None
        found = found or _longest(text, segments, first)
        if found:
            yield found[1]
            first = found[0]
        else:
            yield from _within(text, segments[first])
            first += 1


def _is_word(text: str, segments: Sequence[_Segment], place: int) -> bool:
    """Whether a lone numeral touches written digits: the 一 of 电话统一138… belongs to the word before it."""
    here = segments[place]
    alone = len(here.digits) == 1 and text[here.start] in _SPOKEN_DIGITS and place + 1 < len(segments)
    return alone and segments[place + 1].start == here.end


def _longest(text: str, segments: Sequence[_Segment], first: int) -> tuple[int, tuple[int, int]] | None:
    """The longest identifier that begins with segment `first`: the segment after it, and its span."""
    best = None
    before = None
    digits = ""
    start = segments[first].start
    for last in range(first, len(segments)):
        digits += segments[last].digits
        if len(digits) > _LONGEST:
            break
        if len(digits) < _SHORTEST:
            continue
        before = before or _words_before(text, start)
        end = segments[last].end
        checked = _CHECK_AFTER.match(text, end) if len(digits) == 17 else None
        if checked and _is_card(digits + "X", before):
            best = (last + 1, (start, checked.end()))
        elif _is_identifier(digits, segments[first : last + 1], before) and _is_plausible(text, start, end, before):
            best = (last + 1, (start, end))
    return best


def _within(text: str, segment: _Segment) -> Iterator[tuple[int, int]]:
    """An identifier inside a longer row of spoken digits (电话统一一三八…): a numeral word may touch it."""
    digits, start = segment.digits, segment.start
    if len(digits) < 12 or text[start] not in _SPOKEN_DIGITS:
        return
    before = _words_before(text, start)
    for match in _SPOKEN_MOBILE.finditer(digits):
        yield start + match.start(), start + match.end()
    for place in range(len(digits) - 17):
        if _is_card(digits[place : place + 18], before):
            yield start + place, start + place + 18
    checked = _CHECK_AFTER.match(text, segment.end)
    if checked and _is_card(f"{digits[-17:]}X", before):
        yield segment.end - 17, checked.end()


def _is_plausible(text: str, start: int, end: int, before: _Before) -> bool:
    """Not a sum of money (138000元 behind no word for a phone) and not thousands (13,812,345,678)."""
    if not before.phone and _MONEY_AFTER.match(text, end):
        return False
    return _THOUSANDS.fullmatch(text, start, end) is None


def _is_identifier(digits: str, segments: Sequence[_Segment], before: _Before) -> bool:
    size = len(digits)
    if size <= 8:
        return before.phone and len(segments) <= 2 and bool(_LOCAL.fullmatch(digits)) and not _DAY.fullmatch(digits)
    if digits[0] in "018" and _MOBILE.fullmatch(digits):
        return _grouped_as_phone(_sizes(segments))
    if (size in (15, 18) and _is_card(digits, before)) or (size >= 10 and before.card):
        return True
    if before.order or not 10 <= size <= 19:
        return False
    if digits[0] in "08" and _LANDLINE.fullmatch(digits):
        return _grouped_as_landline(digits, _sizes(segments))
    return (len(segments) <= 4 and bool(_SERVICE.fullmatch(digits))) or _is_bank_card(digits)


def _sizes(segments: Sequence[_Segment]) -> list[int]:
    return [len(segment.digits) for segment in segments]


def _grouped_as_phone(groups: Sequence[int]) -> bool:
    """One piece, single digits, or pieces as people say them; not a row of dates and counts that adds up to eleven."""
    body = [size for index, size in enumerate(groups) if not (index == 0 and size in (1, 2, 4) and sum(groups) > 11)]
    return len(body) <= 2 or body.count(1) > 5 or (body[0] > 2 and len(body) < 5)


def _grouped_as_landline(digits: str, groups: Sequence[int]) -> bool:
    """One piece, single digits, or the area code apart: not the end of a time and a date."""
    body = list(groups[1:]) if groups[0] in (2, 4) and digits.startswith(("86", "0086")) else list(groups)
    area = _AREA.match(digits.removeprefix("00").removeprefix("86"))
    return len(body) == 1 or max(body) == 1 or (area is not None and body[0] in (area.end(), area.end() - 1))


def _is_card(digits: str, before: _Before) -> bool:
    """An ID number, or 18 digits that are one but for a slip of the pen; not an order number made of area and date."""
    if len(digits) not in (15, 18):
        return False
    born = _born(digits if len(digits) == 18 else f"{digits[:6]}19{digits[6:]}")
    if not born:
        return False
    if len(digits) == 15:
        return not before.order
    return (
        born < _YOUNGEST
        or before.identity
        or (born < _ORDERS_FROM and not before.order and card_number(digits) is not None)
    )


def _is_bank_card(digits: str) -> bool:
    """An issuer's beginning and length, and the Luhn check."""
    if not _ISSUED.fullmatch(digits):
        return False
    doubled = [int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
