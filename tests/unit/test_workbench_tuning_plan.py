"""What may be tried: numbers by parameter or by rule and line, as typed or as a file; what cannot be tried says why."""

from __future__ import annotations

from datetime import date

import pytest

from engine.errors import UsageError
from engine.ruleset.tree import Reference, Rulebook
from engine.workbench.tuning.plan import AT_MOST, Plan, knobs, loosened, of_file, of_words
from tests.installation import shipped
from tests.rulebook_samples import rule, rulebook

DAY = date(2025, 6, 15)
HELD = rulebook(
    rule("R1", {"heads": ("record.heads", "at_least", 5), "weapon": ("record.weapon", "is", True)}, "heads or weapon"),
    rule("R2", {"failed": ("matter.failed", "at_least", "$limit")}, colour="yellow"),
    rule("R3", {"heads": ("record.heads", "at_least", 9)}, status="shadow"),
    rule("R4", {"open": ("process.days_open", "at_least", "$days")}),
    rule("R5", {"heads": ("record.heads", "between", [2, 4])}, colour="yellow"),
    parameters={
        "limit": [("2025-01-01", 3), ("2025-06-15", 4), ("2025-06-16", 5)],
        "days": [("2025-01-01", 30)],
        "points.red": [("2025-01-01", 40)],
    },
)


def typed(*tried: str, keep: tuple[str, ...] = ()) -> Plan:
    return of_words(list(tried), list(keep), 400)


def test_numbers_are_named_by_parameter_or_by_rule_and_line() -> None:
    made = knobs(HELD, typed("limit=6, 2,4", "R1.heads=3..9/3", "points.red=30"), DAY)
    assert [(one.name, one.now, one.values, one.rule, one.line) for one in made] == [
        ("limit", 4, (2, 4, 6), "", ""),
        ("R1.heads", 5, (3, 6, 9), "R1", "heads"),
        ("points.red", 40, (30,), "", ""),
    ]


def test_a_line_that_asks_for_a_parameter_means_the_parameter() -> None:
    (one,) = knobs(HELD, typed("R2.failed=2,3"), DAY)
    assert (one.name, one.parameter, one.rule) == ("limit", "limit", "")


def test_the_number_of_the_day_holds_now() -> None:
    assert [knobs(HELD, typed("limit=1"), date(2025, 6, day))[0].now for day in (14, 15, 16)] == [3, 4, 5]


@pytest.mark.parametrize(
    ("tried", "told"),
    [
        ((), "没有写要试哪个数"),
        (("limt=1",), "是不是“limit”"),
        (("R1.head=1",), "是不是“R1.heads”"),
        (("R1.weapon=1",), "比的不是一个整数"),
        (("R5.heads=1",), "比的不是一个整数"),
        (("R3.heads=1",), "R3 不判来件"),
        (("days=10",), "没有一条判来件的现行规则用到 days"),
        (("R4.open=10",), "没有一条判来件的现行规则用到 days"),
        (("limit=1", "R2.failed=2"), "是同一个数"),
    ],
)
def test_what_cannot_be_tried_is_told(tried: tuple[str, ...], told: str) -> None:
    with pytest.raises(UsageError) as refused:
        knobs(HELD, typed(*tried), DAY)
    assert told in str(refused.value)


def test_more_numbers_than_anybody_can_look_at_are_refused() -> None:
    names = [name for name in shipped().parameters if "." in name]
    asked = [name for name in names if _may(shipped(), name)]
    assert len(asked) > 6
    assert len(knobs(shipped(), typed(*(f"{name}=1" for name in asked[:6])), DAY)) == 6
    with pytest.raises(UsageError, match="一次试了 7 个数"):
        knobs(shipped(), typed(*(f"{name}=1" for name in asked[:7])), DAY)


def _may(held: Rulebook, name: str) -> bool:
    try:
        return bool(knobs(held, typed(f"{name}=1"), DAY))
    except UsageError:
        return False


@pytest.mark.parametrize(
    "text", ["limit", "limit=", "limit=a", "limit=1.5", "limit=9..3", "limit=1..9/0", "limit=0..5000", "limit=\uff11"]
)
def test_numbers_are_whole_and_ranges_go_up(text: str) -> None:
    with pytest.raises(UsageError, match="写法不对"):
        typed(text)


def test_limits_have_names() -> None:
    assert typed("limit=1", keep=("reds_per_week<=8", " missed = 0 ")).keep == {"reds_per_week": 8, "missed": 0}
    with pytest.raises(UsageError, match="是不是“reds_per_week”"):
        typed("limit=1", keep=("reds_a_week<=8",))
    with pytest.raises(UsageError, match="可用：reds_per_week"):
        typed("limit=1", keep=("reds<=8",))
    with pytest.raises(UsageError, match="约束写法不对"):
        typed("limit=1", keep=("reds_per_week>=8",))


def test_a_plan_as_a_file_says_the_same() -> None:
    text = "try:\n  limit: [2, 6]\n  R1.heads: {from: 3, to: 9, step: 3}\nkeep: {reds_per_week: 8}\nmost: 50\n"
    assert of_file("plan.yaml", text.encode()) == Plan(
        {"limit": (2, 6), "R1.heads": (3, 6, 9)}, {"reds_per_week": 8}, 50
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("try: {limit: [1.5]}\n", "不能用小数"),
        ("tri: {limit: [1]}\n", "没有这个键"),
        ("try: {limit: [a]}\n", "应为整数"),
        ("try: {limit: {from: 1}}\n", "缺少这一项"),
        ("try: {limit: [1]}\nkeep: {misd: 0}\n", "是不是“missed”"),
        (f"try: {{limit: [1]}}\nmost: {AT_MOST + 1}\n", "不能大于"),
        ("- 1\n", "plan.yaml"),
    ],
)
def test_a_faulty_plan_says_what_and_where(text: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        of_file("plan.yaml", text.encode())
    assert told in str(refused.value)


def test_a_loosened_rulebook_asks_for_every_tried_number_by_name() -> None:
    made = knobs(HELD, typed("limit=1", "R1.heads=3"), DAY)
    held = loosened(HELD, made)
    (first, second, *others) = held.rules
    assert first.let["heads"].bound == Reference("tried.R1.heads")
    assert held.parameters["tried.R1.heads"].at(DAY) == 5
    assert first.let["weapon"] == HELD.rules[0].let["weapon"]
    assert (second, *others) == HELD.rules[1:]
    assert held.parameters["limit"] == HELD.parameters["limit"]
