"""Results: how one test beside a rule, a word list, a mapping or a setting went.

In: nothing. Out: the record. Not here: running tests (`suite`), the XML of build servers (`junit`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """How one test went; the line is the test's own. `message` says what was expected and what came; empty when it passed.

    `rule`: the rule, word list, mapping or setting that is tested. `todo`: a case that the rule is known to miss; it passes while it still fails, and fails once it would pass.
    """

    rule: str
    name: str
    file: str
    line: int
    passed: bool
    message: str = ""
    todo: bool = False
