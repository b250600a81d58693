"""Reading: lists and pages of what stands now.

In: filters and references (code, former codes, matter id, record id). Out: plain records for a screen; narratives masked, contacts not
shown at all, confidential records as code and colour only. Not here: why (`explaining`), changing anything (`acting`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from engine.casework import OPEN
from engine.desk.opening import Desk
from engine.errors import UsageError
from engine.masking import mask_reference, mask_text
from engine.model import Action, Colour, Incident, Link, Moment, SetAside
from engine.normalise.contacts import person_names
from engine.settlement import MATTER
from engine.store import Reading
from engine.store.retention import RECORDS, Purged
from engine.store.rows import DecisionRow, HotspotRow, MatterFilter, MatterRow, Review

SEALED, SEALED_PLACE = "（保密件，内容不显示）", "（保密）"
PURGED = "（已按保存期限清除）"
_SPOKEN = {"红": "red", "黄": "yellow", "绿": "green", "红色": "red", "黄色": "yellow", "绿色": "green"}


@dataclass(frozen=True, slots=True)
class RecordShown:
    """One record of a matter. `links`: what ties it to others, with score and reason; `lines`: its own reasons."""

    id: str
    kind: str
    at: datetime
    cause: str
    colour: Colour
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    flags: tuple[str, ...]
    text: str
    area: str
    place: str
    counts: bool
    resend_of: str | None
    person: str | None
    hotspot: str | None
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class ProcessReason:
    """What a rule of the process last said of a matter, and when it did."""

    rule: str
    colour: Colour
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MatterShown:
    """A matter's page. `process`: what rules of the process said of it, the highest colour first.

    `reviews`: every time it was looked at again, oldest first; `next_review`: when it will be though nothing happens.
    """

    row: MatterRow
    codes: tuple[str, ...]
    records: tuple[RecordShown, ...]
    process: tuple[ProcessReason, ...]
    actions: tuple[Action, ...]
    set_asides: tuple[SetAside, ...]
    decisions: tuple[DecisionRow, ...]
    route: str
    receivers: tuple[str, ...]
    reviews: tuple[Review, ...]
    next_review: Moment | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands in the database, counted. `history`: of the open matters those that were never dispatched; the rest stand on a route."""

    matters: Mapping[Colour, int]
    open_matters: Mapping[Colour, int]
    history: Mapping[Colour, int]
    records: int
    routes: Mapping[str, int]
    quarantine: Mapping[str, int]
    reddest: tuple[MatterShown, ...]
    hotspots: tuple[HotspotRow, ...]
    defects: int
    reasons: Mapping[str, int] = field(default_factory=dict)


def colour_named(word: str) -> Colour:
    """The colour of a word, red or 红; raises UsageError for any other."""
    try:
        return Colour.named(_SPOKEN.get(word, word))
    except KeyError:
        raise UsageError(f"没有这个颜色：{word}", hint="可用：红、黄、绿（red、yellow、green）") from None


def matters_filter(colour: str = "", *, open_only: bool, history: bool = False) -> MatterFilter:
    """Which matters a list shows: open live ones, or all, history too; with `history` the open ones that nobody dispatched."""
    chosen = colour_named(colour) if colour else None
    if history:
        return MatterFilter(status="open", colour=chosen, history=True)
    return MatterFilter(status="open", colour=chosen, history=False) if open_only else MatterFilter(colour=chosen)


def waiting_history(desk: Desk) -> int:
    """How many open red matters came as history: offered to a person, never dispatched by the machine (ruling 14)."""
    with desk.store.read() as view:
        return view.matters_count(MatterFilter(status="open", colour=Colour.RED, history=True))


def matters(desk: Desk, chosen: MatterFilter, *, limit: int = 50, offset: int = 0) -> tuple[list[MatterRow], int]:
    """A page of matters, the highest colour first, and how many there are in all."""
    with desk.store.read() as view:
        rows = _open(view, view.matters(chosen, limit=limit, offset=offset))
        urgent = view.for_110([row.state.id for row in rows if row.state.status == OPEN and not row.state.history])
        return [replace(row, for_110=row.state.id in urgent) for row in rows], view.matters_count(chosen)


def show(desk: Desk, reference: str) -> MatterShown:
    """The page of the matter that a code, matter id or record id names; raises UsageError for an unknown one."""
    with desk.store.read() as view:
        return page(desk, view, reference)


def page(desk: Desk, view: Reading, reference: str) -> MatterShown:
    """The same inside a view that is open."""
    held = view.matter(reference)
    if held is None:
        raise UsageError(
            f"没有找到事项或来件：{mask_reference(reference)}", hint="用 sanse matters list --all 查看编号"
        )
    (row,) = _open(view, [held])
    members = view.members(row.state.id)
    ids = [member.sighting.id for member in members]
    incidents, gone = view.incidents(ids), view.purged(RECORDS, ids)
    records = []
    for member in members:
        s, links = member.sighting, member.links
        text, confidential = seen_text(incidents.get(s.id), gone.get(s.id))
        newest = view.assessments_of(s.id)
        record = orjson.loads(newest[-1].record) if newest else {}
        if confidential:
            record = sealed_record(record)
        records.append(
            RecordShown(
                id=s.id,
                kind=s.kind,
                at=s.at,
                cause=s.cause.value,
                colour=Colour.named(record["colour"]) if record else Colour.GREEN,
                reasons=tuple(record.get("reasons", ())),
                missing=tuple(record.get("missing", ())),
                flags=tuple(flag[1] for flag in record.get("flags", ())),
                text=text,
                area="" if confidential else s.area,
                place="" if confidential else s.place or "",
                counts=links.counts,
                resend_of=links.resend_of,
                person=links.person,
                hotspot=links.hotspot,
                links=links.links,
            )
        )
    masked = _masking(desk, incidents.values())
    decided = view.decision_rows(ids)
    parties = view.incidents({*ids, *(record for one in decided for record in (*one.left, *one.right))})
    told = _masking(desk, parties.values())
    routes = {route["id"]: route for route in desk.rulebook.documents.get("routes", ())}
    route = routes.get(row.state.route, {})
    reviews = tuple(view.reviews_of(ids))
    return MatterShown(
        row=row,
        codes=tuple(view.codes_of(row.state.id)),
        records=tuple(records),
        process=_process(view, matters_of(row.state.id, reviews)),
        actions=tuple(replace(done, evidence=masked(done.evidence)) for done in view.actions_of(ids)),
        set_asides=tuple(replace(aside, reason=masked(aside.reason)) for aside in view.set_asides(ids)),
        decisions=tuple(replace(one, reason=told(one.reason)) for one in decided),
        route=route.get("title", ""),
        receivers=tuple(route.get("receivers", ())),
        reviews=reviews,
        next_review=view.due_of(MATTER, row.state.id),
    )


def matters_of(matter: str, reviews: Iterable[Review]) -> set[str]:
    """The matters that are now this one, as far as they were ever looked at again; `reviews`: those of its records."""
    return {matter, *(review.item for review in reviews)}


def _process(view: Reading, matters: Collection[str]) -> tuple[ProcessReason, ...]:
    """What each rule of the process last said of the matters that are now one."""
    last: dict[str, ProcessReason] = {}
    told = [held for matter in matters for held in view.assessments_of(f"matter:{matter}")]
    for held in sorted(told, key=lambda held: held.seq):
        for rule, _, colour, reason, *_ in orjson.loads(held.record)["hits"]:
            last[rule] = ProcessReason(rule, Colour.named(colour), reason, held.as_of)
    return tuple(sorted(last.values(), key=lambda said: (-said.colour, said.rule)))


def _masking(desk: Desk, incidents: Collection[Incident]) -> Callable[[str], str]:
    """How what people wrote about a matter is shown: without identifiers and names of its contacts, not at all where a record is confidential."""
    if any(incident.confidential for incident in incidents):
        return lambda text: SEALED if text else ""
    words = desk.rulebook.mappings.get("common", {}).get("words", {})
    nobody = {*words.get("anonymous", ()), *words.get("general", ())}
    cells = {cell for incident in incidents for cell in (incident.caller.name, incident.opponent) if cell}
    names = sorted({name for cell in cells for name in person_names(cell) if name not in nobody})
    return lambda text: mask_text(text, names)


def seen_text(incident: Incident | None, gone: Purged | None) -> tuple[str, bool]:
    """The text of a record as it may be seen, and whether the record is confidential; purged texts are gone, confidential ones stay so."""
    if incident is None:
        return PURGED if gone else "", gone is not None and gone.confidential
    return SEALED if incident.confidential else incident.text, incident.confidential


def _open(view: Reading, rows: Sequence[MatterRow]) -> list[MatterRow]:
    """Rows of a list, without place and topic where the oldest record is confidential (ruling 56)."""
    ids = [row.state.id for row in rows]
    sealed = {id_ for id_, incident in view.incidents(ids).items() if incident.confidential}
    sealed |= {id_ for id_, gone in view.purged(RECORDS, ids).items() if gone.confidential}
    return [replace(row, area="", place=SEALED_PLACE, topic="") if row.state.id in sealed else row for row in rows]


def sealed_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """What may be seen of the decision of a confidential record: its colour; reasons and facts quote the text (ruling 56)."""
    kept = {key: record[key] for key in ("subject", "as_of", "colour", "rulebook") if key in record}
    return {**kept, "reasons": [SEALED], "missing": []}


def summary(desk: Desk, *, reddest: int = 5) -> Summary:
    """Counts by colour and route, the reddest open matters with their reasons, quarantine, hotspots."""
    with desk.store.read() as view:
        every = {colour: view.matters_count(MatterFilter(colour=colour)) for colour in Colour}
        standing = {colour: view.matters_count(MatterFilter(status="open", colour=colour)) for colour in Colour}
        rows = view.matters(MatterFilter(status="open", colour=Colour.RED), limit=_most(standing[Colour.RED]))
        urgent = _most_urgent(desk, view, [row.state.id for row in rows])[:reddest]
        routes = {route["id"]: route["title"] for route in desk.rulebook.documents.get("routes", ())}
        counted = {title: view.matters_count(MatterFilter(status="open", route=id_)) for id_, title in routes.items()}
        return Summary(
            matters=every,
            open_matters=standing,
            history={c: view.matters_count(MatterFilter(status="open", colour=c, history=True)) for c in Colour},
            records=view.records_count(),
            routes=counted,
            quarantine=view.quarantine_counts(),
            reddest=tuple(page(desk, view, id_) for id_ in urgent),
            hotspots=tuple(view.hotspots()[:reddest]),
            defects=len(view.defects()),
        )


def _most_urgent(desk: Desk, view: Reading, ids: Sequence[str]) -> list[str]:
    """Matters by the gravest rule that ever made them red, then by how many did, then by id: danger rules first, then R3 before R10."""
    danger = tuple(desk.rulebook.documents.get("settings", {}).get("danger_rules", ()))
    others = sorted((rule.id for rule in desk.rulebook.rules if rule.id not in danger), key=lambda id_: (len(id_), id_))
    rank = {rule: place for place, rule in enumerate((*danger, *others))}
    members = {record: matter for matter, records in view.member_ids(ids).items() for record in records}
    ranks: dict[str, set[int]] = {id_: set() for id_ in ids}
    for hit in view.hits_of(members):
        if hit.colour is Colour.RED:
            ranks[members[hit.incident]].add(rank.get(hit.rule, len(rank)))
    return sorted(ids, key=lambda id_: (min(ranks[id_], default=len(rank)), -len(ranks[id_]), id_))


def reasons_by_rule(shown: Sequence[MatterShown]) -> Counter[str]:
    """How many matters each rule stands in."""
    return Counter(
        rule
        for matter in shown
        for rule in {
            *(reason.split("：", 1)[0] for record in matter.records for reason in record.reasons),
            *(said.rule for said in matter.process),
        }
    )


def _most(count: int) -> int:
    return max(1, min(count, 500))
