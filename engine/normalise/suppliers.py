"""One supplier's mapping file, checked and ready to use: headers, codes, wording, limits.

In: `Rulebook.mappings` (plain data of `rules/mappings/*.yaml`) and the category table. Out: `Supplier`; every fault at once otherwise.
Not here: reading a row (`rows`), YAML itself (`ruleset.loader`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import RuleError, shape_fault
from engine.model import Cause
from engine.normalise.categories import CategoryTable
from engine.normalise.cells import cell_text, folded, header_forms
from engine.normalise.quantities import QuantityReader
from engine.normalise.times import TimeReader, compiled
from engine.normalise.truths import TruthReader
from engine.ruleset.faults import nearest
from engine.ruleset.tree import Fault, Place

TIMES = ("occurred_at", "closed_at", "reply_due_at", "replied_at", "feedback_at", "updated")
TRUTHS = ("repeated", "void", "confidential", "visit", "weapon", "injury")
COUNTS = ("heads", "people", "stated_repeats", "returns")
TEXTS = ("title", "narrative", "narrative_more", "feedback", "category", "area", "address", "opponent")
CONTACT = ("name", "phone", "id_number", "account")
FIELDS = frozenset(("source_id", "cause", "amount", "status", *TIMES, *TRUTHS, *COUNTS, *TEXTS, *CONTACT))
NUMBERS = "numbers."
_MERGED = ("codes", "readings")


class MappingFile(BaseModel):
    """The shape of `mapping:`; keys that nobody reads are faults."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = ""
    based_on: str = ""
    columns: dict[str, list[str]] = {}
    codes: dict[str, dict[str, str | bool | None]] = {}
    readings: dict[str, dict[str, list[str]]] = {}
    time_patterns: list[str] = []
    blanks: list[str] = []
    nothing: list[str] = []
    words: dict[str, list[str]] = {}
    heads: dict[str, Any] = {}
    repeats: dict[str, Any] = {}
    money: dict[str, list[str]] = {}
    phones: dict[str, Any] = {}
    limits: dict[str, int] = {}
    constants: dict[str, bool] = {}
    known: list[str] = []
    tests: dict[str, dict[str, list[str]]] = {}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing wrong with the mapping of a kind, and the keys that lead to it."""

    kind: str
    path: tuple[str | int, ...]
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class Supplier:
    """A kind of source: what its headers, codes and words mean."""

    kind: str
    headers: Mapping[str, str]
    known_headers: frozenset[str]
    order: Mapping[str, int]
    times: TimeReader
    categories: CategoryTable
    quantities: QuantityReader
    codes: Mapping[str, Mapping[str, Any]]
    truths: TruthReader
    blanks: frozenset[str]
    nothing: frozenset[str]
    anonymous: frozenset[str]
    anonymous_start: tuple[str, ...]
    general: frozenset[str]
    organisations: tuple[str, ...]
    area_code: str
    placeholders: frozenset[str]
    limits: Mapping[str, int]
    constants: Mapping[str, bool]
    ignored: frozenset[str] = frozenset()
    usual: Mapping[str, str] = field(default_factory=dict)

    def field_of(self, header: str) -> str | None:
        """The field a header stands for; "" for one that is known and not read; None for an unknown one."""
        for form in header_forms(header):
            if form in self.headers:
                return self.headers[form]
            if form in self.ignored:
                return ""
        return None


def suppliers(
    mappings: Mapping[str, Mapping[str, Any]], categories: Mapping[str, Any], zone: tzinfo
) -> dict[str, Supplier]:
    """Every supplier by kind; raises RuleError with all faults of all files."""
    faults = check(mappings)
    if faults:
        raise RuleError("来源映射有误", faults=faults, hint="改正 rules/mappings 里的文件")
    merged = {kind: _merged(mappings, kind) for kind, data in mappings.items() if data.get("columns")}
    return {kind: _supplier(MappingFile.model_validate(data), categories, zone) for kind, data in merged.items()}


def check(mappings: Mapping[str, Mapping[str, Any]]) -> tuple[Fault, ...]:
    """What is wrong with the mapping files: shape, unknown fields, headers claimed twice, codes and patterns that mean nothing."""
    return tuple(Fault("mapping", Place(f"mappings/{w.kind}.yaml", 1, 1), w.message) for w in wrongs(mappings))


def wrongs(mappings: Mapping[str, Mapping[str, Any]]) -> Iterator[Wrong]:
    """The same, each with the part of its file that is wrong."""
    for kind, data in mappings.items():
        try:
            file = MappingFile.model_validate(_texted(data))
        except ValidationError as refusal:
            for error in refusal.errors():
                yield Wrong(kind, error["loc"], f"{'.'.join(map(str, error['loc']))}：{shape_fault(error)}")
            continue
        for path, message in _faults(file, mappings):
            yield Wrong(kind, path, message)


def coded(mappings: Mapping[str, Mapping[str, Any]], kind: str) -> dict[str, dict[str, str | bool | None]]:
    """What every code of a kind means, by table and folded code, those of the file it is based on among them."""
    tables = _merged(mappings, kind).get("codes") or {}
    return {name: {folded(raw): value for raw, value in table.items()} for name, table in tables.items()}


def _faults(file: MappingFile, mappings: Mapping[str, object]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if file.based_on and file.based_on not in mappings:
        yield ("based_on",), f"根本没有来源“{file.based_on}”"
    numbered = {f"{NUMBERS}{kind}" for kind in mappings}
    for name in file.columns:
        if name.startswith(NUMBERS) and name not in numbered:
            yield ("columns", name), f"来源“{name[len(NUMBERS) :]}”没有映射，{nearest(name, numbered)}"
        elif name not in FIELDS and name not in numbered:
            yield ("columns", name), f"没有字段“{name}”，{nearest(name, {*FIELDS, *numbered})}"
    yield from _claimed_twice(file)
    for index, pattern in enumerate(file.time_patterns):
        fault = _pattern_fault(pattern)
        if fault:
            yield ("time_patterns", index), str(fault)
    causes = {cause.value for cause in Cause}
    for raw, value in file.codes.get("cause", {}).items():
        if value not in causes:
            yield ("codes", "cause", raw), f"关联类型“{raw}”的值“{value}”不是来件性质"


def _claimed_twice(file: MappingFile) -> Iterator[tuple[tuple[str | int, ...], str]]:
    claimed: dict[str, str] = {}
    for name, aliases in file.columns.items():
        for index, alias in enumerate(aliases):
            before = claimed.setdefault(folded(alias), name)
            if before != name:
                yield ("columns", name, index), f"列名“{alias}”同时归了 {before} 和 {name}"


def _pattern_fault(pattern: str) -> ValueError | None:
    try:
        compiled(pattern)
    except ValueError as fault:
        return fault
    return None


def _texted(data: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of codes as text: YAML reads an unquoted 0 as a number."""
    codes = {
        name: {cell_text(raw): value for raw, value in table.items()}
        for name, table in (data.get("codes") or {}).items()
    }
    return {**data, "codes": codes}


def _merged(mappings: Mapping[str, Mapping[str, Any]], kind: str) -> dict[str, Any]:
    """A file over the one it is based on: its keys win, codes and readings entry by entry."""
    data = _texted(mappings[kind])
    base = data.get("based_on")
    if not base or base == kind:
        return data
    below = _merged({name: held for name, held in mappings.items() if name != kind}, base)
    merged = {**below, **data}
    for key in _MERGED:
        names = {*below.get(key, {}), *data.get(key, {})}
        merged[key] = {name: {**below.get(key, {}).get(name, {}), **data.get(key, {}).get(name, {})} for name in names}
    return merged


def _supplier(file: MappingFile, categories: Mapping[str, Any], zone: tzinfo) -> Supplier:
    aliases = [(alias, name) for name, listed in file.columns.items() for alias in listed]
    words = {name: frozenset(map(folded, listed)) for name, listed in file.words.items()}
    yes_no = file.codes.get("yes_no", {})
    codes = {name: yes_no | file.codes.get(name, {}) for name in TRUTHS} | {
        name: file.codes.get(name, {}) for name in ("cause", "status")
    }
    coded = {name: {folded(raw): value for raw, value in table.items()} for name, table in codes.items()}
    return Supplier(
        kind=file.kind,
        headers={folded(alias): name for alias, name in aliases},
        known_headers=frozenset((*(alias for alias, _ in aliases), *file.known)),
        order={folded(alias): place for place, (alias, _) in enumerate(aliases)},
        times=TimeReader(file.time_patterns, zone),
        categories=CategoryTable(categories, _strings(file.codes.get("category", {}))),
        quantities=QuantityReader(file.model_dump(include={"limits", "heads", "repeats", "money"})),
        codes=coded,
        truths=TruthReader(coded, {name: _wording(answers) for name, answers in file.readings.items()}),
        blanks=frozenset(map(folded, file.blanks)),
        nothing=frozenset(map(folded, file.nothing)),
        anonymous=words.get("anonymous", frozenset()),
        anonymous_start=tuple(words.get("anonymous_start", ())),
        general=words.get("general", frozenset()),
        organisations=tuple(words.get("organisations", ())),
        area_code=str(file.phones.get("area_code", "")),
        placeholders=frozenset(file.phones.get("placeholders", ())),
        limits=file.limits,
        constants=file.constants,
        ignored=frozenset(map(folded, file.known)),
        usual={name: listed[0] for name, listed in file.columns.items() if listed},
    )


def _wording(answers: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """Denials longest first, so that none leaves half of another behind."""
    return {answer: tuple(sorted(map(folded, words), key=len, reverse=True)) for answer, words in answers.items()}


def _strings(table: Mapping[str, str | bool | None]) -> dict[str, str]:
    return {raw: str(value) for raw, value in table.items() if value}
