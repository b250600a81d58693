"""The shapes of `rules/` files as pydantic models: which keys there are and of what type.

In: plain data of one file. Out: checked models, or pydantic's errors with their paths. The JSON Schemas for editors come from
these same models (`schema`). Not here: whether names exist and comparisons make sense (`build`).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

_YEAR = re.compile(r"20\d\d", re.ASCII)
Scalar = StrictBool | StrictInt | StrictStr


def _wanted(words: str) -> WrapValidator:
    """Says in words what is wanted, where a pattern or a type is not met."""

    def said(written: object, handler: ValidatorFunctionWrapHandler) -> object:
        try:
            return handler(written)
        except ValidationError:
            raise ValueError(words) from None

    return WrapValidator(said)


Duration = Annotated[
    str,
    Field(pattern=r"^\d{1,5}[smhd]$"),
    _wanted("时长写成 30d、72h、90m 或 45s：整数后面带单位，d 天、h 小时、m 分、s 秒"),
]
Text = Annotated[str, Field(min_length=1)]
Identifier = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9_\-]{1,40}$"),
    _wanted("编号写成字母、数字、下划线、短横，1 到 40 个；全是数字的加引号"),
]
FactName = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$"),
    _wanted("事实的名称写成小写字母、数字、下划线，分成几段，中间用点，例如 record.heads"),
]
TimeOfDay = Annotated[
    str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$"), _wanted("时刻写成 08:00 或 22:30：两位的时和分，加引号")
]


def _year(written: object) -> object:
    """Raises ValueError for what is no year of this century, in words instead of a pattern."""
    if isinstance(written, str) and not _YEAR.fullmatch(written):
        raise ValueError("年份要写成 2026 这样的四位数")
    return written


Year = Annotated[str, Field(pattern=r"^20\d\d$"), BeforeValidator(_year)]


class Shape(BaseModel):
    """Unknown keys are faults everywhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Open(BaseModel):
    """A document whose entries may carry further text keys."""

    model_config = ConfigDict(extra="allow", frozen=True)


class LeafShape(Shape):
    """One line of `let`."""

    feature: str
    is_: Scalar | None = Field(None, alias="is")
    in_: list[Scalar] | None = Field(None, alias="in")
    not_in: list[Scalar] | None = None
    at_least: Scalar | None = None
    at_most: Scalar | None = None
    more_than: Scalar | None = None
    less_than: Scalar | None = None
    between: list[Scalar] | None = None
    has_any: list[Scalar] | None = None
    exists: StrictBool | None = None


class FlagShape(Shape):
    """A review flag."""

    title: Text
    expires: Duration
    unless: dict[str, LeafShape] = Field(default_factory=dict)


class RuleShape(Shape):
    """One rule."""

    id: Identifier
    title: Text
    status: Literal["draft", "shadow", "live", "retired"]
    colour: Literal["yellow", "red"] | None = None
    points: Annotated[int, Field(ge=1, le=100)] | None = None
    conclude: dict[FactName, Literal[True]] | None = Field(None, min_length=1, max_length=1)
    flag: FlagShape | None = None
    let: Annotated[dict[str, LeafShape], Field(min_length=1)]
    when: str = ""
    on_missing: dict[str, Literal["yes", "no", "review"]] = Field(default_factory=dict)
    because: str = ""
    advice: str = ""
    basis: str = ""
    handback: StrictBool = False
    tests: list[dict[str, Any]] = Field(default_factory=list)


class NeverShape(Shape):
    """One invariant."""

    id: Identifier
    title: Text
    let: Annotated[dict[str, LeafShape], Field(min_length=1)]
    when: str = ""
    colour: Annotated[list[Literal["green", "yellow"]], Field(min_length=1)]


class StatedShape(Shape):
    """What an author knows of the facts."""

    id: Identifier
    title: Text
    let: Annotated[dict[str, LeafShape], Field(min_length=1)]
    when: str = ""
    then: Text


class FeatureShape(Shape):
    """One fact."""

    title: Text
    field: str | None = None
    words: str | None = None
    count: Literal["incidents", "actions"] | None = None
    count_distinct: str | None = None
    process: str | None = None
    same: Literal["matter", "caller", "place", "pair", "hotspot", "phone"] | None = None
    within: Duration | None = None
    where: dict[str, Scalar | list[Scalar]] = Field(default_factory=dict)
    including_this: StrictBool = True
    by: Literal["occurred_at", "closed_at"] = "occurred_at"
    unit: Literal["", "fen", "seconds"] = ""
    type: Literal["bool", "int", "code", "list"] | None = None
    mutable: Literal["yes", "no"] = "yes"


class EntryShape(Shape):
    """One word entry."""

    text: str | None = None
    pattern: str | None = None
    not_after: list[str] = Field(default_factory=list)
    not_before: list[str] = Field(default_factory=list)
    unless_near: list[str] = Field(default_factory=list)
    only_near: list[str] = Field(default_factory=list)
    distance: int = 6


class ExamplesShape(Shape):
    """A word list by examples of its own, or by those of another list with another bound."""

    at_least: StrictInt
    like: list[Text] = []
    unlike: list[Text] = []
    same_as: str | None = None


class SentencesShape(Shape):
    """Sentences that a word list must find, and sentences that it must not find."""

    found: list[Text] = []
    not_found: list[Text] = []


class WordsShape(Shape):
    """One word list, by entries or by examples, with its tests."""

    title: Text
    entries: Annotated[list[str | EntryShape], Field(min_length=1)] | None = None
    examples: ExamplesShape | None = None
    tests: SentencesShape | None = None


class DatedShape(Shape):
    """One dated value."""

    from_: str = Field(alias="from")
    value: Scalar
    source: Text


class ParameterShape(Shape):
    """One parameter."""

    title: Text
    unit: str = ""
    values: list[DatedShape]


class RouteShape(Shape):
    """One route."""

    id: Identifier
    title: Text
    colour: Literal["green", "yellow", "red"] | list[Literal["green", "yellow", "red"]]
    area: str | list[str] | None = None
    topic: str | list[str] | None = None
    category: str | list[str] | None = None
    receivers: Annotated[list[Text], Field(min_length=1)]
    root: StrictBool = False


class DeadlineShape(Shape):
    """Deadlines of one colour, from dispatch; `follow_up` from closing. `review`: when it is looked at again though nothing happened."""

    sign: Duration
    contact: Duration
    mediate: Duration
    close: Duration
    follow_up: list[Duration]
    review: list[Duration] = []
    clock: Literal["working", "natural"]


class QuietShape(Shape):
    """Quiet hours, local time: messages that are not red wait for their end."""

    begin: TimeOfDay
    end: TimeOfDay


class NotifyShape(Shape):
    """What holds messages back."""

    quiet: QuietShape | None = None


class HolidayShape(Shape):
    """Days off of one holiday, weekends among them; without `to` one day."""

    name: Text
    from_: str = Field(alias="from")
    to: str | None = None


class ClosureShape(Shape):
    """Days on which this place is closed; without `to` one day."""

    from_: str = Field(alias="from")
    to: str | None = None
    reason: Text


class YearShape(Shape):
    """What the State Council's notice says of one year: its number, its date, days off, and weekends that are worked instead."""

    notice: Text
    dated: str
    holidays: Annotated[list[HolidayShape], Field(min_length=1)]
    workdays: list[str] = []


class CalendarShape(Shape):
    """Which days are worked."""

    years: dict[Year, YearShape] = Field(default_factory=dict)
    closures: list[ClosureShape] = []


class TopicShape(Open):
    """One topic."""

    title: Text
    dispute: StrictBool
    common: Literal["everywhere", "small", "nowhere"] = "everywhere"


class AreaShape(Open):
    """One area, estate or firm of the gazetteer."""

    name: Text


class MappingShape(Open):
    """One supplier's columns and codes; normalise reads the rest."""

    kind: Text
    title: Text
    columns: dict[str, list[str]]


class FileShape(Shape):
    """A file of `rules/`: one or more of these keys."""

    rules: list[RuleShape] | None = None
    never: list[NeverShape] | None = None
    features: dict[FactName, FeatureShape] | None = None
    facts: list[StatedShape] | None = None
    monotone_in: list[FactName] | None = None
    words: dict[str, WordsShape] | None = None
    sayings: dict[str, list[Text]] | None = None
    parameters: dict[str, ParameterShape] | None = None
    routes: list[RouteShape] | None = None
    deadlines: dict[Literal["green", "yellow", "red"], DeadlineShape] | None = None
    notify: NotifyShape | None = None
    calendar: CalendarShape | None = None
    categories: dict[str, Any] | list[Any] | None = None
    topics: dict[str, TopicShape] | None = None
    gazetteer: dict[str, Any] | None = None
    labels: dict[str, dict[str, str]] | None = None
    settings: dict[str, Any] | None = None
    mapping: MappingShape | None = None
