"""Words: entries that never get their turn, and those that stand anywhere."""

from __future__ import annotations

import pytest

from engine.ruleset import loader
from engine.workbench.linting.words import findings
from engine.workbench.places import Places


def codes(entries: str) -> list[str]:
    seen = loader.survey({"w.yaml": f"words:\n  list: {{title: 试, entries: {entries}}}\n".encode()})
    assert seen.faults == ()
    return [fault.code for fault in findings(seen.rulebook, Places(seen.documents))]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ("[菜刀, 斧头]", []),
        ("[菜刀, 大菜刀]", ["L151"]),
        ("[{text: 菜刀, not_before: [店]}, 大菜刀]", []),
        ("[{pattern: 菜刀}, 大菜刀]", []),
        ("[刀]", ["L152"]),
        ("[{text: 刀, not_before: [具]}]", []),
        ("[反映]", ["L152"]),
        ("[KTV, 去ktv]", ["L151"]),
        ("[{pattern: '菜刀|斧头|说'}]", ["L152"]),
        ("[{pattern: '菜刀|反映', not_before: [店]}]", ["L152"]),
        ("[{pattern: '(他|你)拿刀|铳'}]", []),
    ],
)
def test_entries(entries: str, expected: list[str]) -> None:
    assert codes(entries) == expected
