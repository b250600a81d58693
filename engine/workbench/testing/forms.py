"""Forms: the keys that a test beside a rule may have (chapter 7 of the language).

In: plain data of one test. Out: what is wrong with its keys, in Chinese; models for the editor's schema. Not here: what the keys mean (`scenes`, `examples`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from engine.errors import shape_fault
from engine.ruleset.faults import nearest

_Fact = StrictBool | StrictInt | StrictStr | list[str] | None


class Form(BaseModel):
    """Unknown keys are faults everywhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Record(Form):
    """A record: its channel, cause and words, any field of chapter 2, and facts that are set outright."""

    kind: str = "police_110"
    cause: Literal["new", "repeat", "urge", "feedback", "nuisance", "void"] = "new"
    title: str | None = None
    narrative: str | None = None
    area: str | None = None
    topic: str | None = None
    category: str | None = None
    visit: StrictBool | None = None
    weapon: StrictBool | None = None
    injury: StrictBool | None = None
    heads: StrictInt | None = None
    people: StrictInt | None = None
    amount: StrictInt | None = None
    stated_repeats: StrictInt | None = None
    returns: StrictInt | None = None
    status: str | None = None
    at: str | None = None
    place: str | None = None
    person: str | None = None
    identity: str | None = None
    facts: dict[str, _Fact] = {}


class Given(Record):
    """A record before or after the incident, or an action of its matter."""

    at: str
    same: list[Literal["matter", "caller", "place", "hotspot", "phone"]] = []
    closed: str | None = None
    action: str | None = None
    level: str | None = None


class Expected(Form):
    """What is expected of the rule, of the colour and its reasons, of who is to handle it and when."""

    match: StrictBool | None = None
    review: StrictBool | None = None
    colour: Literal["green", "yellow", "red"] | None = None
    message_has: str | None = None
    because: str | None = None
    flagged: StrictBool | None = None
    concluded: dict[str, StrictBool | None] = {}
    route: str | None = None
    receivers: list[str] | None = None
    sign_by: str | None = None
    contact_by: str | None = None
    mediate_by: str | None = None
    close_by: str | None = None
    asked_again: list[str] | None = None
    reviewed_at: list[str] | None = None
    flag_until: str | None = None
    told_at: str | None = None
    look_again: list[str] | None = None


class Step(Form):
    """A moment of the scripted clock at which the matter is looked at."""

    as_of: str
    expect: Expected


class Example(Form):
    """One test: what is given, the incident, and what is expected, at once or at every step of a clock."""

    name: str
    given: list[Given] = []
    incident: Record = Record()
    facts: dict[str, _Fact] = {}
    as_of: str | None = None
    standing: Literal["green", "yellow", "red"] | None = None
    expect: Expected | None = None
    steps: list[Step] = Field([], min_length=1)
    todo: StrictBool = False
    generated: StrictBool = False


def wrong(test: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the keys of a test."""
    try:
        Example.model_validate(test)
    except ValidationError as problems:
        for error in problems.errors():
            path = ".".join(str(part) for part in error["loc"] if part not in _UNIONS)
            if error["type"] == "extra_forbidden":
                yield f"不认识的键“{path}”，{nearest(str(error['loc'][-1]), sorted(_keys(error['loc'])))}"
            elif error["type"] == "missing":
                yield f"缺“{path}”"
            else:
                yield f"“{path}”{shape_fault(error)}，见 docs/rule-language.zh-CN.md 第 7 章"
        return
    if test.get("expect") is None and not test.get("steps"):
        yield "缺“expect”"


_UNIONS = frozenset({"bool", "int", "str", "list[str]"})
_WITHIN: Mapping[str, type[Form]] = {"given": Given, "incident": Record, "expect": Expected, "steps": Step}


def _keys(path: tuple[int | str, ...]) -> Collection[str]:
    """The keys that may stand where an unknown one does."""
    around = [part for part in path[:-1] if part in _WITHIN]
    return (_WITHIN[str(around[-1])] if around else Example).model_fields
