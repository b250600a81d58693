"""What holds for any row: nothing is raised, nothing depends on order, masks keep their length."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.masking import MASK, mask_text
from engine.model import Incident, Rejected
from engine.normalise.numerals import number
from engine.normalise.times import TimeReader
from tests.mappings import KNOWN_AT, normaliser, row, shipped_mappings

KINDS = sorted(kind for kind, mapping in shipped_mappings().items() if mapping["columns"])
HEADERS = sorted(
    {alias for mapping in shipped_mappings().values() for listed in mapping["columns"].values() for alias in listed}
)
MESSY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=60),
    st.text(alphabet="0123456789一二三万元人户报警年月日-: ＊１.，", max_size=40),
    st.sampled_from(
        [
            "2025-01-02 03:04:05",
            "13812345678",
            "430121199001011237",
            "我们9个会员",
            "是",
            "匿名",
            "无",
            "=1+1",
            "\ud800",
        ]
    ),
)
ROWS = st.dictionaries(st.one_of(st.sampled_from(HEADERS), st.text(max_size=8)), MESSY, max_size=12)
QUICK = settings(max_examples=80, deadline=None)


@QUICK
@given(kind=st.sampled_from(KINDS), values=ROWS)
def test_any_row_becomes_an_incident_or_is_refused_with_a_reason(kind: str, values: dict[str, Any]) -> None:
    outcome = normaliser().normalise(row(kind, values), KNOWN_AT)
    if isinstance(outcome, Rejected):
        assert outcome.code
        assert outcome.reason
    else:
        assert outcome.occurred_at <= KNOWN_AT + timedelta(days=1)
        assert outcome.source_id
        assert outcome.narrative.encode()


@QUICK
@given(values=ROWS, seed=st.randoms(use_true_random=False))
def test_the_order_of_columns_and_unmapped_ones_change_nothing(values: dict[str, Any], seed: Any) -> None:
    base = {"接警单编号": "A1", "报警时间": "2025-01-02 03:04:05", **values}
    shuffled = list(base.items())
    seed.shuffle(shuffled)
    one = normaliser().normalise(row("police_110", base), KNOWN_AT)
    other = normaliser().normalise(row("police_110", {**dict(shuffled), "谁也不认得的列": "x"}), KNOWN_AT)
    if isinstance(one, Incident):
        assert one == other
    else:
        assert isinstance(other, Rejected)
        assert (one.code, one.source_id) == (other.code, other.source_id)


@QUICK
@given(
    text=st.text(alphabet="电话联系卡号零一二三八1234567890１８ -—.，()湘Aaq@\n元万户", max_size=120),
    names=st.lists(st.text(max_size=4), max_size=3),
)
def test_a_mask_keeps_length_and_every_other_character(text: str, names: list[str]) -> None:
    masked = mask_text(text, names)
    assert len(masked) == len(text)
    assert all(now in (was, MASK) for now, was in zip(masked, text, strict=True))
    assert len(mask_text(masked, names)) == len(text)


@QUICK
@given(
    before=st.text(alphabet="报警人称漏水请打，。 ", max_size=10),
    after=st.text(alphabet="，。请尽快来谢 ", max_size=10),
    digits=st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    gap=st.sampled_from(["", " ", "-", ".", "\u200b", "  ", " - ", "—", "，"]),
)
def test_no_mobile_survives_in_any_grouping_by_one_gap(before: str, after: str, digits: str, gap: str) -> None:
    spelled = f"{digits[:3]}{gap}{digits[3:7]}{gap}{digits[7:]}"
    assert not any(c.isdigit() for c in mask_text(f"{before}{spelled}{after}"))


SECONDS = st.integers(min_value=946_684_800, max_value=1_748_000_000)


@QUICK
@given(seconds=SECONDS)
def test_a_time_is_the_same_in_every_pattern(seconds: int) -> None:
    reader = TimeReader(shipped_mappings()["common"]["time_patterns"], ZoneInfo("Asia/Shanghai"))
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    local = moment.astimezone(ZoneInfo("Asia/Shanghai"))
    serial = (local.replace(tzinfo=None) - datetime.fromisoformat("1899-12-30")) / timedelta(days=1)
    written = [
        f"{local:%Y-%m-%d %H:%M:%S}",
        f"{local.year}/{local.month}/{local.day} {local.hour}:{local:%M:%S}",
        f"{local:%Y%m%d%H%M%S}",
        f"{local.year}年{local.month}月{local.day}日 {local.hour}时{local.minute}分{local.second}秒",
        local.isoformat(),
        moment.isoformat().replace("+00:00", "Z"),
        repr(serial),
    ]
    assert [reader.read(text) for text in written] == [moment] * len(written)


@QUICK
@given(value=st.integers(min_value=1, max_value=99_999_999))
def test_a_number_is_the_same_in_characters(value: int) -> None:
    assert number(_spoken(value)) == value
    assert number(f"{value:,}") == value


def _spoken(value: int) -> str:
    """A whole number below a hundred million in characters, as schools teach it."""
    high, low = divmod(value, 10_000)
    if high:
        gap = "零" if 0 < low < 1000 else ""
        return f"{_section(high)}万{gap}{_section(low) if low else ''}"
    return _section(low)


def _section(value: int) -> str:
    text, zero = "", False
    for place, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // place % 10
        if digit:
            text += ("零" if zero and text else "") + "零一二三四五六七八九"[digit] + unit
            zero = False
        else:
            zero = True
    return text
