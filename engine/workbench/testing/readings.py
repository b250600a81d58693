"""Readings: the tests beside mappings, what each code of a supplier is to mean.

In: a rulebook, whose mappings have `tests`: table, meaning, codes. Out: how each code went, and which no test names. Not here: reading whole rows (`engine.normalise`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.normalise.cells import cell_text, folded
from engine.normalise.suppliers import coded
from engine.ruleset.tree import Rulebook
from engine.workbench.places import Places
from engine.workbench.testing.results import Result


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a table of a mapping."""

    kind: str
    table: str
    text: str


def run(rulebook: Rulebook, places: Places) -> Iterator[Result]:
    """Every code that a test names, at the code's own line where it has one."""
    for kind, mapping in rulebook.mappings.items():
        tables = coded(rulebook.mappings, kind) if mapping.get("tests") else {}
        for table, meanings in (mapping.get("tests") or {}).items():
            for wanted, texts in meanings.items():
                for text in texts:
                    actual = _spoken(tables.get(table, {}).get(folded(text), ""))
                    told = (
                        "" if actual == wanted else f"应读成 {wanted}，实际{f'读成 {actual}' if actual else '不认识'}"
                    )
                    place = places.of("mapping", kind, "codes", table, text)
                    yield Result(f"{kind}.codes.{table}", text, place.file, place.line, not told, told)


def untested(rulebook: Rulebook) -> Iterator[Code]:
    """Codes of mappings that have tests, which no test names."""
    for kind, mapping in rulebook.mappings.items():
        tests = mapping.get("tests") or {}
        for table, codes in (mapping.get("codes") or {}).items() if tests else ():
            named = {text for texts in tests.get(table, {}).values() for text in texts}
            yield from (Code(kind, table, cell_text(raw)) for raw in codes if cell_text(raw) not in named)


def _spoken(meaning: str | bool | None) -> str:
    """A meaning as tests write it."""
    return str(meaning).lower() if meaning is None or isinstance(meaning, bool) else meaning
