"""Settlement: a matter recomputed whole inside the transaction that touched it, and dispatched when it is live.

In: an open batch, the triage, the members of the touched matters. Out: matter states, dispatch actions, hits of the process rules.
Not here: what a standing colour is (`casework`), why it is settled (`occasion`), who handles it (`routing`), linking and judging of records (`pipeline`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from engine import casework, notify
from engine.model import (
    Action,
    Assessment,
    Colour,
    HitHad,
    MatterState,
    Moment,
    Notice,
    SetAside,
    Sighting,
    digest,
    duration,
)
from engine.occasion import ARRIVAL, WINDOW, Occasion
from engine.ruleset.tree import Rulebook
from engine.store import Batch
from engine.store.events import once_more
from engine.store.rows import Review
from engine.triage import Decision, Triage

MACHINE = "sanse"
REFLOW = "回流（办结后又来件）："
MATTER = "matter"
"""The kind of due row that a matter has while there is a moment at which it must be looked at again."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the policy says of matters: how new a record must be to be acted on, when each colour is looked at again, who is told how."""

    newer_than: timedelta
    looks: Mapping[Colour, casework.Looks]
    messages: notify.Policy

    @classmethod
    def of(cls, rulebook: Rulebook, zone: str) -> Terms:
        """As `settings.yaml`, `deadlines.yaml`, `calendar.yaml` and `routes.yaml` have it."""
        acts = rulebook.documents.get("settings", {}).get("act_on", {})
        deadlines = rulebook.documents.get("deadlines", {})
        days = {
            colour: {
                name: tuple(map(duration, deadlines.get(colour.word, {}).get(name, ())))
                for name in ("review", "follow_up")
            }
            for colour in Colour
        }
        looks = {colour: casework.Looks(**of_colour) for colour, of_colour in days.items()}
        return cls(timedelta(days=acts.get("newer_than_days", 7)), looks, notify.Policy.of(rulebook, zone))


class _OfRecord(Protocol):
    @property
    def incident(self) -> str: ...


_Row = TypeVar("_Row", bound=_OfRecord)


@dataclass(frozen=True, slots=True)
class _Case:
    """All that is known of one matter before it is settled."""

    id: str
    records: tuple[casework.RecordView, ...]
    hits: tuple[HitHad, ...]
    asides: tuple[SetAside, ...]
    actions: tuple[Action, ...]
    former: tuple[MatterState, ...]
    codes: Mapping[str, str]

    def inputs(self, as_of: datetime) -> list[Any]:
        """All that the matter's standing is made from, as plain data for a digest."""
        return [
            as_of.isoformat(),
            sorted((r.id, r.at.isoformat(), r.counts, r.colour, r.supplier_closed) for r in self.records),
            sorted((hit.incident, hit.key, hit.colour) for hit in self.hits),
            sorted((aside.incident, sorted(aside.keys), aside.expires_at.isoformat()) for aside in self.asides),
            sorted((a.id, a.kind, a.level, a.at.isoformat()) for a in self.actions),
        ]

    @property
    def before(self) -> MatterState | None:
        """What stood before: under the same id, else what the oldest record of a former matter stood in."""
        states = sorted(self.former, key=lambda state: (state.id != self.id, state.first_at, state.id))
        return states[0] if states else None

    @property
    def code(self) -> str:
        """The code of the oldest former state that had one, else the first given to any of its records: it never changes (ruling 6)."""
        coded = sorted((state.first_at, state.code) for state in self.former if state.code)
        return coded[0][1] if coded else min(self.codes.values(), default="")


class Settlement:
    """Settles matters inside one transaction, at the time we know of."""

    def __init__(self, tx: Batch, triage: Triage, known_at: datetime, *, terms: Terms, occasion: Occasion) -> None:
        self._tx, self._triage, self._known_at, self._terms, self._occasion = tx, triage, known_at, terms, occasion
        self._assessed: list[tuple[Assessment, bytes]] = []
        self._hits: list[HitHad] = []
        self._defects: list[str] = []
        self._shadow: list[tuple[str, str]] = []
        self._dispatched: list[Action] = []
        self._reviews: list[Review] = []
        self._notices: list[Notice] = []
        self._next: dict[str, Moment] = {}
        self._taken: set[tuple[str, datetime]] = set()
        self.reflows: list[str] = []

    def settle(
        self, members: Mapping[str, Sequence[str]], *, gone: Collection[str], sightings: Mapping[str, Sighting]
    ) -> dict[str, MatterState]:
        """The states of whole matters (id -> ids of all its records), written; `gone` ids no longer name a matter."""
        cases = self._cases(members, gone)
        self._taken = self._tx.taken([case.id for case in cases if case.code], self._known_at)
        states = {case.id: self._state(case, sightings[case.id]) for case in cases}
        self._tx.write_assessments(self._assessed, self._known_at)
        self._tx.write_hits(self._hits)
        self._tx.write_defects(self._defects, self._known_at)
        self._tx.write_shadow(self._shadow, self._known_at)
        self._tx.write_actions(self._dispatched)
        self._tx.write_matters(list(states.values()), gone=gone)
        self._tx.write_reviews(self._reviews)
        self._tx.write_notices(self._notices)
        self._tx.schedule(MATTER, self._next)
        self._tx.unschedule(MATTER, {*gone, *states} - self._next.keys())
        return states

    def _cases(self, members: Mapping[str, Sequence[str]], gone: Collection[str]) -> list[_Case]:
        everyone = [id_ for ids in members.values() for id_ in ids]
        views = self._tx.record_views(everyone)
        former = self._tx.matter_states({*everyone, *gone})
        codes = self._tx.codes_given(everyone)
        hits = _by_record(self._tx.hits_of(everyone))
        asides = _by_record(self._tx.set_asides(everyone))
        home = {id_: matter for matter, ids in members.items() for id_ in ids}
        actions: dict[str, list[Action]] = defaultdict(list)
        for action in self._tx.actions_of(everyone, evidence=False):
            actions[home[action.matter]].append(action)
        return [
            _Case(
                matter,
                tuple(casework.RecordView(id_, *views[id_]) for id_ in ids),
                tuple(hit for id_ in ids for hit in hits.get(id_, ())),
                tuple(aside for id_ in ids for aside in asides.get(id_, ())),
                tuple(actions.get(matter, ())),
                tuple(former[id_] for id_ in ids if id_ in former),
                {id_: codes[id_] for id_ in ids if id_ in codes},
            )
            for matter, ids in members.items()
        ]

    def _state(self, case: _Case, first: Sighting) -> MatterState:
        stands = self._stands(case)
        process, made = self._process(case, stands)
        if made or process is not Colour.GREEN:
            stands = self._stands(case, made, process)
        times = [record.at for record in case.records]
        taken_up = bool(case.code) or any(action.kind == casework.ACCEPT for action in case.actions)
        history = casework.is_history(max(times), self._known_at, self._terms.newer_than) and not taken_up
        code, route = case.code, next((state.route for state in case.former if state.route), "")
        if not history and stands.status == casework.OPEN:
            code, route = self._dispatch(case, stands, first, route)
        state = MatterState(
            id=case.id,
            code=code,
            status=stands.status,
            episode=stands.episode,
            standing=stands.standing,
            machine=stands.machine,
            records=len(case.records),
            route=route,
            history=history,
            first_at=min(times),
            last_at=max(times),
            updated_at=self._known_at,
            yellow_since=stands.yellow_since,
        )
        actions = [*case.actions, *(action for action in self._dispatched[-1:] if action.matter == case.id)]
        upcoming = self._upcoming(case, stands, actions)
        if upcoming is not None:
            self._next[case.id] = upcoming
        self._reviewed(case, state, made)
        notice = notify.decide(
            case.former,
            state,
            self._terms.messages,
            self._occasion.due.get(case.id),
            handback=self._triage.handed_back(case.hits, self._known_at),
        )
        self._notices += [notice] if notice else []
        return state

    def _stands(self, case: _Case, made: Sequence[HitHad] = (), process: Colour = Colour.GREEN) -> casework.Standing:
        return casework.standing(
            case.records,
            (*case.hits, *made),
            set_asides=case.asides,
            actions=case.actions,
            process=process,
            now=self._known_at,
            elapsed=self._triage.elapsed,
        )

    def _upcoming(self, case: _Case, stands: casework.Standing, actions: Sequence[Action]) -> Moment | None:
        """The next moment at which this matter must be looked at again although nothing happens; history has none but a lapsing."""
        now = self._known_at
        found = list(casework.moments(stands, actions, case.asides, self._terms.looks, now))
        if stands.status == casework.OPEN:
            limits = self._triage.limits(actions, now, stands.yellow_since)
            found += (Moment(at, casework.LIMIT) for at in limits)
        return min((moment for moment in found if (case.id, moment.at) not in self._taken), default=None)

    def _reviewed(self, case: _Case, state: MatterState, made: Sequence[HitHad]) -> None:
        """Note that a matter was looked at again; where a record or a window changed nothing there is nothing to tell."""
        due, trigger = self._occasion.due.get(case.id), self._occasion.trigger_of(case.id)
        changed = _changes(case, state, made, self._known_at)
        if not case.former or (not changed and trigger in (ARRIVAL, WINDOW)):
            return
        self._reviews.append(
            Review(
                case.id,
                due.at if due else None,
                self._known_at,
                trigger,
                self._triage.rulebook.digest,
                digest(case.inputs(self._known_at)),
                changed,
            )
        )

    def _process(self, case: _Case, before: casework.Standing) -> tuple[Colour, list[HitHad]]:
        """What the rules of the process say now; only matters somebody has acted on have a process."""
        if not case.actions:
            return Colour.GREEN, []
        decision = self._triage.assess_matter(
            case.id,
            case.actions,
            as_of=self._known_at,
            yellow_since=before.yellow_since,
            trigger="process",
        )
        if decision is None:
            return Colour.GREEN, []
        self._defects += decision.defects
        self._shadow += [(decision.assessment.subject, line) for line in decision.shadow]
        made = hits_had([decision], self._known_at, incident=case.id)
        if made:
            self._assessed.append((decision.assessment, decision.record))
            self._hits += made
        return decision.assessment.colour, made

    def _dispatch(self, case: _Case, stands: casework.Standing, first: Sighting, held: str) -> tuple[str, str]:
        """A dispatch action when the matter has none on this route, or in this episode, yet; the code is given once."""
        colour = max(stands.standing, stands.machine)
        route = self._triage.route(colour, area=first.area, topic=first.topic, category=None)
        code = case.code or self._tx.new_code(case.id, self._known_at)
        back = casework.flowed_back(case.actions)
        if route.id != held or not case.code or back:
            evidence = f"{REFLOW if back else ''}{route.why}：{'、'.join(route.receivers)}"
            now = self._known_at
            action = Action(case.id, casework.DISPATCH, colour.word, MACHINE, now, now, evidence)
            self._dispatched.append(once_more(action, case.actions))
        if back:
            self.reflows.append(code)
        return code, route.id


def hits_had(decisions: Iterable[Decision], known_at: datetime, incident: str = "") -> list[HitHad]:
    """The hits of decisions as the standing colour remembers them."""
    return [
        HitHad(incident or decision.assessment.subject, hit.key, hit.rule, hit.colour, known_at)
        for decision in decisions
        for hit in decision.assessment.hits
    ]


@dataclass(frozen=True, slots=True)
class HotspotState:
    """A hotspot as it stands: id of its oldest record, size, colour of the hits its records have."""

    id: str
    records: int
    persons: int
    colour: Colour
    first_at: datetime
    last_at: datetime
    place: str
    topic: str


def hotspots(
    members: Iterable[tuple[str, str, datetime, str | None, Colour]], first: Mapping[str, Sighting]
) -> list[HotspotState]:
    """The states of whole hotspots from (hotspot, record, time, person, colour) of every member; all anonymous records are one person.

    `first`: the oldest record of each, by the hotspot's id.
    """
    grouped: dict[str, list[tuple[datetime, str | None, Colour]]] = defaultdict(list)
    for hotspot, _, at, person, colour in members:
        grouped[hotspot].append((at, person, colour))
    return [
        HotspotState(
            hotspot,
            len(rows),
            len({person for _, person, _ in rows}),
            max(colour for _, _, colour in rows),
            min(at for at, _, _ in rows),
            max(at for at, _, _ in rows),
            first[hotspot].place or "",
            first[hotspot].topic or "",
        )
        for hotspot, rows in grouped.items()
    ]


def _by_record(rows: Iterable[_Row]) -> Mapping[str, list[_Row]]:
    grouped: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        grouped[row.incident].append(row)
    return grouped


def _changes(case: _Case, state: MatterState, made: Sequence[HitHad], now: datetime) -> dict[str, Sequence[Any]]:
    """What is otherwise than before, by name: before and after; `rules`: those that newly hit; `matters`: the ids whose records are now one's."""
    former = case.before
    if former is None:
        return {}
    known = {hit.rule for hit in case.hits if hit.known_at < now}
    pairs: dict[str, Sequence[Any]] = {
        "standing": (former.standing.word, state.standing.word),
        "machine": (former.machine.word, state.machine.word),
        "status": (former.status, state.status),
        "route": (former.route, state.route),
        "records": (former.records, state.records),
        "matters": (sorted(held.id for held in case.former), [state.id]),
        "rules": ([], sorted({hit.rule for hit in (*case.hits, *made)} - known)),
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
