"""Stateless scoring: the same order over one file, nothing stored.

In: raw records. Out: one plain mapping per row, in file order (DESIGN section 7 `score`, ruling 16). Windows see only this file.
Not here: keeping anything (`pipeline`), printing (`cli`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.features.subjects import Member, Subject
from engine.identity.resolve import resolve
from engine.model import Colour, Incident, Links, RawRecord, Rejected
from engine.pipeline import Seen, Stages, supersedes
from engine.triage import Decision

GREEN_RULE = "G0"


@dataclass(frozen=True, slots=True)
class _Scored:
    decision: Decision
    links: Links
    standing: Colour


def score(
    rows: Iterable[RawRecord], *, stages: Stages, now: datetime, as_of: datetime | None = None
) -> Iterator[dict[str, Any]]:
    """One line per row; `as_of` cuts off rows that happened later; `now` is only the bound of times in the future."""
    parsed = [(raw, stages.normalise(raw, now)) for raw in rows]
    current = _current(incident for _, incident in parsed if isinstance(incident, Incident))
    seen = [stages.sight(i) for i in current.values() if as_of is None or i.occurred_at <= as_of]
    scored = _scored(stages, seen)
    for raw, incident in parsed:
        if isinstance(incident, Rejected):
            yield _quarantined(raw, incident)
        elif incident.id in scored:
            yield _line(raw, incident, scored[incident.id])
        else:
            yield {"row": raw.row, "source_id": incident.source_id, "cut_off": True}


def _current(incidents: Iterable[Incident]) -> Mapping[str, Incident]:
    """The current version of every record in the file (ruling 17)."""
    current: dict[str, Incident] = {}
    for incident in incidents:
        held = current.get(incident.id)
        if held is None or supersedes(incident.updated_at, held.updated_at):
            current[incident.id] = incident
    return current


def _scored(stages: Stages, seen: Sequence[Seen]) -> Mapping[str, _Scored]:
    links = resolve([s.sighting for s in seen], (), (), settings=stages.sighter.settings)
    members = [Member(s.sighting, links[s.sighting.id]) for s in seen]
    subjects = [Subject(member, s.base) for member, s in zip(members, seen, strict=True)]
    decisions = stages.triage.assess_records(subjects, members, (), trigger="score")
    ordered = sorted(decisions, key=lambda d: (d.assessment.as_of, d.assessment.subject))
    standing: dict[str, Colour] = {}
    scored = {}
    for decision in ordered:
        subject = decision.assessment.subject
        matter = links[subject].matter
        standing[matter] = max(standing.get(matter, Colour.GREEN), decision.assessment.colour)
        scored[subject] = _Scored(decision, links[subject], standing[matter])
    return scored


def _line(raw: RawRecord, incident: Incident, scored: _Scored) -> dict[str, Any]:
    assessment, links = scored.decision.assessment, scored.links
    return {
        "row": raw.row,
        "source_id": incident.source_id,
        "colour": assessment.colour.word,
        "standing": scored.standing.word,
        "rules": [hit.rule for hit in assessment.hits] or [GREEN_RULE],
        "reasons": list(assessment.reasons),
        "handback": assessment.handback,
        "missing": list(assessment.missing),
        "matter": links.matter,
        "hotspot": links.hotspot,
        "person": links.person,
        "flags": [
            {
                "rule": flag.rule,
                "title": flag.title,
                "expires": flag.expires_at.isoformat(),
                "checked": list(flag.checked),
            }
            for flag in assessment.flags
        ],
    }


def _quarantined(raw: RawRecord, rejected: Rejected) -> dict[str, Any]:
    line: dict[str, Any] = {"row": raw.row, "source_id": rejected.source_id, "quarantined": rejected.reason}
    if rejected.colour is not None:
        line["colour"] = rejected.colour.word
    return line
