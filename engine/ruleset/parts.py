"""Parts: what the files hold, while it is being put together, and the faults met on the way.

In: faults with their places. Out: `Parts`. Not here: what is right (`facts`, `wordlists`, `lines`, `build`).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from engine.ruleset.faults import fault, nearest
from engine.ruleset.tree import Fault, Feature, Never, Parameter, Place, Rule, Stated, WordList

_BARRED = re.compile(
    r"民族|宗教|信仰|教徒|少数民族|前科|犯罪记录|犯罪史|重点人员|吸毒人员|精神病|艾滋|健康状况|ethnic|religio|criminal_record|"
    r"key_person|health_status|hiv|psychiatr"
)


@dataclass(slots=True)
class Parts:
    """What the files hold, while it is being put together.

    `elsewhere`: texts of what could not be read, where a name that is not known may be defined; None when not even its text is known.
    """

    rules: list[Rule] = field(default_factory=list)
    nevers: list[Never] = field(default_factory=list)
    features: dict[str, Feature] = field(default_factory=dict)
    words: dict[str, WordList] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    elsewhere: tuple[str, ...] | None = ()
    stated: list[Stated] = field(default_factory=list)
    rising: dict[str, Place] = field(default_factory=dict)

    def add(self, code: str, place: Place, **words: object) -> None:
        """Note one fault."""
        self.faults.append(fault(code, place, **words))

    def unknown(self, code: str, place: Place, name: str, known: Collection[str], *, key: str = "name") -> None:
        """Note a name that nothing defines, unless it may be defined in what could not be read."""
        if not self.excused(name):
            self.add(code, place, **{key: name}, near=nearest(name, known))

    def excused(self, name: str) -> bool:
        """Whether a name may be defined in what could not be read."""
        if self.elsewhere is None:
            return True
        defined = re.compile(rf"(?<![\w.]){re.escape(name)}[\"']?\s*:")
        return any(defined.search(text) for text in self.elsewhere)

    def lawful(self, text: str, place: Place) -> None:
        """Note a name or title that speaks of what no rule may judge by (nation, faith, record, health)."""
        barred = _BARRED.search(text)
        if barred:
            self.add("L101", place, what=barred.group())
