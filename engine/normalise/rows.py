"""The cells of one row by field: a plan per set of headers, made once.

In: a raw record's values and its `Supplier`. Out: `Row`: clean texts by field and what the version digest covers.
Not here: what the texts mean (`reading`), other shapes of files (`adapters.sources`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from engine.model import TORN
from engine.normalise.cells import cell_text, folded, header_forms
from engine.normalise.suppliers import CONTACT, NUMBERS, TIMES, Supplier

_HELPERS = {
    "narrative_more": "narrative",
    "void": "cause",
    "repeated": "cause",
    "feedback_at": "updated_at",
    "updated": "updated_at",
}
_HELPERS |= dict.fromkeys(CONTACT, "caller")
_LONGEST_BLANK = 10
_MYRIAD_YUAN = "万元"
_FIRST_COLUMN = "（第"


@dataclass(frozen=True, slots=True)
class Plan:
    """Which header feeds which field, in order of the aliases; made once per set of headers.

    `unknown`: headers that nobody knows; `surplus`: cells beyond the last header, where an unquoted comma pushes the end of a text;
    `beside`: all others that feed nothing, those without a name among them.
    """

    columns: tuple[tuple[str, str], ...]
    times: tuple[tuple[str, tuple[str, ...]], ...]
    numbers: tuple[tuple[str, tuple[str, ...]], ...]
    headers: Mapping[str, tuple[str, ...]]
    declared: frozenset[str]
    unknown: tuple[str, ...]
    surplus: tuple[str, ...]
    beside: tuple[str, ...]
    amount_unit: int
    blanks: frozenset[str]

    def read(self, values: Mapping[str, Any]) -> Row:
        """The row's cells: the first that is not blank speaks for a field."""
        first: dict[str, str] = {}
        covered: list[str] = []
        blanks = self.blanks
        for name, header in self.columns:
            cell = values[header]
            text = "" if cell is None else cell_text(cell)
            if not text or (len(text) < _LONGEST_BLANK and text.lower() in blanks):
                continue
            if name not in first:
                first[name] = text
            covered += (name, text)
        covered += self.beyond(values)
        return Row(self, values, first, covered)

    def beyond(self, values: Mapping[str, Any]) -> list[str]:
        """The texts of the cells that stand beyond the last header."""
        return [text for header in self.surplus if (text := cell_text(values[header]))]


@dataclass(slots=True)
class Row:
    """One row by field: `first` holds the first cell of each field that is not blank, `covered` what the version digest is made of."""

    plan: Plan
    values: Mapping[str, Any]
    first: dict[str, str]
    covered: list[str]

    def get(self, name: str) -> str:
        """The text of a field; empty where blank or not carried."""
        return self.first.get(name, "")

    def every(self, name: str) -> list[str]:
        """All texts of a field, in order of its aliases."""
        headers = self.plan.headers.get(name, ())
        if len(headers) == 1 and name in self.first:
            return [self.first[name]]
        texts = (cell_text(self.values[header]) for header in headers)
        return [text for text in texts if text and text.lower() not in self.plan.blanks]


def plan(supplier: Supplier, headers: tuple[str, ...]) -> Plan:
    """The plan for one set of headers."""
    fields = {header: supplier.field_of(header) for header in headers}
    named: dict[str, list[str]] = {}
    for header, name in fields.items():
        if name:
            named.setdefault(name, []).append(header)
    by_field = {
        name: tuple(sorted(listed, key=lambda header: _order(supplier, header)))
        for name, listed in sorted(named.items())
    }
    surplus = _surplus(headers)
    return Plan(
        columns=tuple((name, header) for name, listed in by_field.items() if name not in TIMES for header in listed),
        times=tuple((name, listed) for name, listed in by_field.items() if name in TIMES),
        numbers=tuple((name, listed) for name, listed in by_field.items() if name.startswith(NUMBERS)),
        headers=by_field,
        declared=frozenset(_declared(name) for name in by_field) | frozenset(supplier.constants),
        unknown=tuple(
            header
            for header, name in fields.items()
            if name is None and header != TORN and not header.startswith(_FIRST_COLUMN)
        ),
        surplus=surplus,
        beside=tuple(header for header, name in fields.items() if name is None and header not in surplus),
        amount_unit=10_000 if any(_MYRIAD_YUAN in folded(header) for header in by_field.get("amount", ())) else 1,
        blanks=supplier.blanks,
    )


def _surplus(headers: Sequence[str]) -> tuple[str, ...]:
    beyond = tuple(takewhile(lambda header: header.startswith(_FIRST_COLUMN), reversed(headers)))
    return beyond[::-1]


def _order(supplier: Supplier, header: str) -> int:
    return min(supplier.order[form] for form in header_forms(header) if form in supplier.order)


def _declared(name: str) -> str:
    """The field of Incident that a column feeds."""
    return "numbers" if name.startswith(NUMBERS) else _HELPERS.get(name, name)
