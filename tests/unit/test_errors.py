"""What went wrong, where, and what to do, with the exit code of who must act."""

from __future__ import annotations

import pytest

from engine.errors import (
    ConfigError,
    DeliveryError,
    RuleError,
    SanseError,
    SourceError,
    StoreError,
    Unreachable,
    UsageError,
    yaml_fault,
)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (UsageError, 2),
        (ConfigError, 2),
        (RuleError, 2),
        (SourceError, 2),
        (Unreachable, 3),
        (StoreError, 3),
        (DeliveryError, 3),
    ],
)
def test_the_exit_code_says_who_must_act(kind: type[SanseError], code: int) -> None:
    assert issubclass(kind, SanseError)
    assert kind("坏了").exit_code == code


def test_a_message_says_what_where_and_what_to_do() -> None:
    fault = UsageError("没有这个颜色：blue", where="--colour", hint="可用：red、yellow、green")
    assert str(fault) == "没有这个颜色：blue（--colour）\n  怎么办：可用：red、yellow、green"
    assert str(UsageError("没有这个颜色：blue")) == "没有这个颜色：blue"


def test_a_rule_error_lists_every_fault_on_its_own_line() -> None:
    fault = RuleError("规则有 2 处错误：", faults=("a.yaml:1:1 甲", "b.yaml:2:1 乙"), hint="改好后再试")
    assert str(fault).splitlines() == ["规则有 2 处错误：", "  怎么办：改好后再试", "a.yaml:1:1 甲", "b.yaml:2:1 乙"]
    assert len(fault.faults) == 2


def test_what_a_yaml_reader_says_is_told_in_chinese_with_its_words_behind() -> None:
    assert (
        yaml_fault("expected the node content, but found ']'")
        == "该写值的地方没有值（expected the node content, but found ']'）"
    )
    assert yaml_fault("something new") == "写法不对（something new）"
    assert yaml_fault("") == "写法不对"
