"""Callers: who comes again and again, what for, and what we ourselves left undone; for help and for a look at our own work.

In: an installation, since when, how often at least. Out: `CallerShown`, names and phones masked. Not here: flags on a pattern (rules of `flag:`), any
judgement of a person: nothing here colours, ranks or blocks anybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine import casework
from engine.desk.opening import Desk
from engine.errors import UsageError
from engine.masking import mask_name, mask_phone
from engine.model import Action, Colour, Incident, MatterState
from engine.settlement import MACHINE
from engine.store import Reading
from engine.store.rows import CallRow

LATE, IN_TIME, WAITING, UNKNOWN = "late", "in_time", "waiting", "unknown"
_TRIES = frozenset(
    {"mediation_tried", "mediation_failed", "mediation_succeeded", "joint_departments", "agreement", "measure"}
)
_SPARE = 2


@dataclass(frozen=True, slots=True)
class MatterOfCaller:
    """One thing that somebody came for: how often, where it stands, and what was done about it, by kind of action."""

    matter: str
    code: str
    colour: Colour
    status: str
    history: bool
    records: int
    done: Mapping[str, int]

    @property
    def untried(self) -> bool:
        """Whether it is open and nobody has tried to solve it."""
        return self.status == casework.OPEN and not self.done.keys() & _TRIES


@dataclass(frozen=True, slots=True)
class CallerShown:
    """Somebody who came again and again. `replies`: how our answers to the records stand; `help`: what may help, by name of a label."""

    person: str
    name: str
    phone: str
    records: int
    counted: int
    kinds: Mapping[str, int]
    matters: tuple[MatterOfCaller, ...]
    replies: Mapping[str, int]
    help: tuple[str, ...]
    first_at: datetime
    last_at: datetime


def repeat_callers(desk: Desk, *, days: int = 180, least: int = 3, most: int = 50) -> list[CallerShown]:
    """Whoever sent at least `least` records in the last `days` days, the most frequent first; records that are confidential or purged are left out."""
    if days < 1 or least < 2:
        raise UsageError("天数至少 1，次数至少 2", hint="例如 --days 180 --at-least 3")
    now = desk.clock()
    since = now - timedelta(days=days)
    with desk.store.read() as view:
        persons = view.repeat_callers(since, least=least, most=most * _SPARE)
        calls = view.calls_of(persons, since)
        incidents = view.incidents([call.id for call in calls])
        open_ = [call for call in calls if call.id in incidents and not incidents[call.id].confidential]
        shown = [_shown(view, [call for call in open_ if call.person == one], incidents, now) for one in persons]
    found = [caller for caller in shown if caller and caller.records >= least]
    return sorted(found, key=lambda caller: -caller.records)[:most]


def _shown(
    view: Reading, calls: Sequence[CallRow], incidents: Mapping[str, Incident], now: datetime
) -> CallerShown | None:
    if not calls:
        return None
    own = [incidents[call.id] for call in calls]
    matters, replies = _matters(view, calls), Counter(reply(incident, now) for incident in own)
    names = [incident.caller.name for incident in own if incident.caller.name]
    phones = [incident.caller.phone for incident in own if incident.caller.phone]
    return CallerShown(
        person=calls[0].person,
        name=mask_name(names[-1]) if names else "",
        phone=mask_phone(phones[-1]) if phones else "",
        records=len(calls),
        counted=sum(call.counts for call in calls),
        kinds=Counter(call.kind for call in calls),
        matters=matters,
        replies=replies,
        help=_help(matters, replies),
        first_at=calls[0].at,
        last_at=calls[-1].at,
    )


def reply(incident: Incident, now: datetime) -> str:
    """How our answer to a record stands: late, in time, still to come in time, or not known because the source does not say."""
    due, given = incident.reply_due_at, incident.replied_at
    if due is None:
        return UNKNOWN
    if given is None:
        return LATE if now > due else WAITING
    return LATE if given > due else IN_TIME


def _matters(view: Reading, calls: Sequence[CallRow]) -> tuple[MatterOfCaller, ...]:
    """The matters of a caller, the one that was come for most often first."""
    often = Counter(call.matter for call in calls)
    states = view.matter_states(often)
    members = view.member_ids(often)
    done = {matter: view.actions_of(ids, evidence=False) for matter, ids in members.items()}
    found = [_of_caller(states[matter], count, done.get(matter, ())) for matter, count in often.items()]
    return tuple(sorted(found, key=lambda one: (-one.records, one.matter)))


def _of_caller(state: MatterState, count: int, actions: Sequence[Action]) -> MatterOfCaller:
    done = Counter(action.kind for action in actions if action.actor != MACHINE)
    return MatterOfCaller(state.id, state.code, state.standing, state.status, state.history, count, done)


def _help(matters: Sequence[MatterOfCaller], replies: Mapping[str, int]) -> tuple[str, ...]:
    """What to look at first: our own replies, then what nobody tried, then whether one matter comes back or several need one contact."""
    found = []
    if replies.get(LATE):
        found.append("reply_late")
    if any(matter.untried for matter in matters):
        found.append("untried")
    if len(matters) > 1:
        found.append("several")
    elif matters[0].done:
        found.append("review_measures")
    if not replies.keys() - {UNKNOWN}:
        found.append("reply_unknown")
    return tuple(found)
