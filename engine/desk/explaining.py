"""Explaining: why a record or matter has its colour, and why a rule did not fire.

In: a reference and perhaps a rule. Out: the newest decision of every record asked for, with each rule line by line, on the facts that
were recorded. Not here: what lines mean (`evaluate.trace`), the nearest other colour (the workbench).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from engine.desk.opening import Desk
from engine.desk.reading import matters_of, sealed_record, seen_text
from engine.errors import UsageError
from engine.evaluate.plan import Scope
from engine.evaluate.trace import Explanation
from engine.masking import mask_reference
from engine.model import Colour, FeatureSet
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.store import Reading
from engine.store.retention import RECORDS
from engine.triage import Triage


@dataclass(frozen=True, slots=True)
class Explained:
    """One decision as a tree. `rules`: rule id, title, explanation; `record`: the decision record as data; `sealed`: confidential, nothing of it is shown."""

    subject: str
    code: str
    colour: Colour
    standing: Colour
    known_at: datetime
    text: str
    record: dict[str, Any]
    rules: tuple[tuple[str, str, Explanation], ...]
    sealed: bool = False


def explain(desk: Desk, reference: str, *, why_not: str = "") -> list[Explained]:
    """The decisions of a record, or of every record of a matter (oldest first); raises UsageError for an unknown id or rule."""
    with desk.store.read() as view:
        row = view.matter(reference)
        if row is None:
            raise UsageError(
                f"没有找到事项或来件：{mask_reference(reference)}", hint="用 sanse matters list --all 查看编号"
            )
        ids = [member.sighting.id for member in view.members(row.state.id)]
        chosen = [reference] if reference in ids and reference != row.state.id else ids
        incidents, gone = view.incidents(chosen), view.purged(RECORDS, chosen)
        triages = Triages(desk, view)
        explained = []
        matters = matters_of(row.state.id, view.reviews_of(ids))
        for subject in (*chosen, *(f"matter:{matter}" for matter in sorted(matters))):
            held = view.assessments_of(subject)
            if not held:
                continue
            record = orjson.loads(held[-1].record)
            text, sealed = seen_text(incidents.get(subject), gone.get(subject))
            explained.append(
                Explained(
                    subject,
                    row.state.code,
                    Colour.named(record["colour"]),
                    row.state.standing,
                    held[-1].known_at,
                    text,
                    sealed_record(record) if sealed else record,
                    () if sealed else _rules(triages.of(record["rulebook"]), record, why_not),
                    sealed,
                )
            )
        return explained


@dataclass(frozen=True, slots=True)
class Given:
    """What a decision rests on: its rulebook, its facts, its scope and its day; for whoever asks what else it could have been."""

    rulebook: Rulebook
    features: FeatureSet
    scope: Scope
    day: date


def given(desk: Desk, record: dict[str, Any]) -> Given:
    """What a decision record rests on; raises UsageError when its rulebook was not stored."""
    scope = Scope[record["scope"]]
    with desk.store.read() as view:
        triage = Triages(desk, view).of(record["rulebook"])
    day = datetime.fromisoformat(record["as_of"]).astimezone(ZoneInfo(desk.config.zone)).date()
    return Given(triage.rulebook, triage.restore(record["facts"], scope), scope, day)


class Triages:
    """The middle for every rulebook that a decision names: the live one, or one opened from what was stored."""

    def __init__(self, desk: Desk, view: Reading) -> None:
        self._desk, self._view = desk, view
        self._held: dict[str, Triage] = {desk.rulebook.digest: desk.stages.triage}

    def of(self, digest: str) -> Triage:
        """The middle of the rulebook with this digest; raises UsageError when it was not stored."""
        held = self._held.get(digest)
        if held is None:
            files = self._view.rulebook(digest)
            if not files:
                raise UsageError(f"没有存下规则集 {digest[:12]}", hint="运行 sanse db verify 检查数据库")
            held = self._held[digest] = Triage(loader.load(files), engine="trace", zone=self._desk.config.zone)
        return held


def _rules(triage: Triage, record: dict[str, Any], why_not: str) -> tuple[tuple[str, str, Explanation], ...]:
    rules = {rule.id: rule for rule in triage.rulebook.rules}
    if why_not and why_not not in rules:
        raise UsageError(f"没有规则 {why_not}", hint=f"可用：{'、'.join(sorted(rules))}")
    wanted: Sequence[str] = [why_not] if why_not else [hit[0] for hit in record["hits"] if hit[0] in rules]
    return tuple((rule, rules[rule].title, triage.explain(rule, record)) for rule in wanted)
