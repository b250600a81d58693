"""The order itself: the table of contents of the product.

    raw rows ─ normalise ─▶ incidents ─ sight ─▶ sightings ─ resolve ─▶ links ─ triage ─▶ decisions ─ casework ─▶ matters ─▶ store

In: raw records of any source. Out: everything a batch means, written in one transaction, and a `Tally` that accounts for every row.
Not here: how a step works (its room), stateless scoring (`score`), what a person does (`desk`), when it runs (`cli`, the scheduler).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

import orjson

from engine import notify
from engine.assessment import Outline
from engine.collector import collector_paused
from engine.errors import SourceError
from engine.features.base import made_by
from engine.features.subjects import Member, Subject
from engine.identity.affected import affected, regrouped
from engine.identity.keys import BlockKeys, block_keys
from engine.identity.resolve import resolve
from engine.identity.settings import Settings
from engine.identity.sighting import Sighter
from engine.model import (
    Action,
    Colour,
    FeatureSet,
    Incident,
    Links,
    MatterState,
    Notice,
    RawRecord,
    Rejected,
    Sighting,
    Source,
    digest,
)
from engine.normalise import Normaliser
from engine.occasion import ACTION, ARRIVAL, RULE_CHANGE, WINDOW, Occasion, of_arrivals, of_moves
from engine.ruleset.tree import FeatureKind, Rulebook
from engine.settlement import MACHINE, HotspotState, Settlement, Terms, hits_had, hotspots
from engine.store import Batch, Store
from engine.store.rows import Reach
from engine.triage import Decision, Triage

BESIDE = "（其他列）"
_VERSION = 32


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages for one rulebook, made once and used for every batch."""

    rulebook: Rulebook
    normaliser: Normaliser
    sighter: Sighter
    triage: Triage
    reach: Reach
    terms: Terms
    longest: Mapping[str, timedelta]
    made_by: str
    topics: tuple[str | None, ...]

    @classmethod
    def of(
        cls, rulebook: Rulebook, *, index_key: bytes, engine: str = "durable", zone: str = "Asia/Shanghai"
    ) -> Stages:
        """Build every stage from a rulebook and the key of the person digests."""
        settings = rulebook.documents.get("settings", {})
        sighter, longest = Sighter(rulebook, index_key), _longest(rulebook)
        return cls(
            rulebook,
            Normaliser(rulebook, zone),
            sighter,
            Triage(rulebook, engine=engine, zone=zone),
            _reach(timedelta(days=settings.get("reach_days", 180)), sighter.settings, longest),
            Terms.of(rulebook, zone),
            longest,
            made_by(rulebook),
            (None, *rulebook.documents.get("topics", {})) if "place" in longest else (),
        )

    @property
    def named(self) -> dict[str, str]:
        """What decides here, by name, for the audit log: the rulebook's digest and the live engine."""
        return {"rulebook": self.rulebook.digest, "engine": self.triage.live_engine}

    def normalise(self, raw: RawRecord, known_at: datetime) -> Incident | Rejected:
        """One row in our words, or rejected with its reason and, when its text is dangerous, in red (ruling 13)."""
        parsed = self.normaliser.normalise(raw, known_at)
        if isinstance(parsed, Rejected) and parsed.text and self.triage.danger(parsed.text, known_at):
            return _in_red(parsed)
        return parsed if isinstance(parsed, Rejected) else self._searched(raw, parsed)

    def _searched(self, raw: RawRecord, incident: Incident) -> Incident:
        """The incident with the words of columns that nobody reads, where they are dangerous; told by its version, too."""
        beside = self.normaliser.beside(raw, incident)
        if not beside or not self.triage.danger(beside, incident.occurred_at):
            return incident
        narrative = f"{incident.narrative}\n{BESIDE}{beside}" if incident.narrative else f"{BESIDE}{beside}"
        return replace(incident, narrative=narrative, version=digest([incident.version, beside])[:_VERSION])

    def keys(self, sighting: Sighting) -> BlockKeys:
        """What the neighbourhood of a record is looked up by: all of its place, where windows count over places."""
        return block_keys(sighting, self.topics)

    def sight(self, incident: Incident) -> Seen:
        """What identity and windows see of an incident, and its base facts."""
        bare = self.sighter.sight(incident)
        base = self.triage.base(incident, bare)
        return Seen(incident, self.sighter.marked(bare, self.triage.marks(base)), base)


@dataclass(frozen=True, slots=True)
class Seen:
    """An incident with its sighting and base facts."""

    incident: Incident
    sighting: Sighting
    base: FeatureSet


@dataclass(slots=True)
class Tally:
    """Every row accounted for: read = new + unchanged + updated + quarantined, always."""

    read: int = 0
    new: int = 0
    unchanged: int = 0
    updated: int = 0
    quarantined: int = 0
    colours: Counter[Colour] = field(default_factory=Counter)
    handbacks: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    reflows: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    surplus: int = 0
    settled: int = 0
    unknown_headers: set[str] = field(default_factory=set)

    def add(self, other: Tally) -> None:
        """Sum of two tallies, in place."""
        for name in ("read", "new", "unchanged", "updated", "quarantined", "surplus", "settled"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.colours.update(other.colours)
        self.handbacks += other.handbacks
        self.defects += other.defects
        self.reflows += other.reflows
        self.beside += other.beside
        self.unknown_headers |= other.unknown_headers


def ingest(
    source: Source,
    *,
    store: Store,
    stages: Stages,
    clock: Callable[[], datetime],
    batch_size: int = 1000,
    renewed: Callable[[], Stages] | None = None,
) -> Iterator[Tally]:
    """A source through the whole order, a batch and a transaction at a time; yields each batch's tally when it is committed.

    `renewed` gives the stages of the rules that are in force by then, asked before each batch: a batch is judged by one rulebook (ruling 24).
    Where the source breaks, what it gave before is taken in, and then its SourceError goes on; its cursor stays where the last whole batch left it.
    """
    broke: list[SourceError] = []
    stream = _until_broken(source.read(), broke)
    while batch := list(islice(stream, batch_size)):
        read_to = "" if broke else source.cursor()
        held = renewed() if renewed else stages
        yield ingest_batch(batch, store=store, stages=held, known_at=clock(), read_to=read_to)
    for fault in broke:
        raise fault


def _until_broken(rows: Iterator[RawRecord], broke: list[SourceError]) -> Iterator[RawRecord]:
    """Rows up to a break, which is noted: what came before it is taken in, then it goes on."""
    try:
        yield from rows
    except SourceError as fault:
        broke.append(fault)


def ingest_batch(
    raws: Sequence[RawRecord], *, store: Store, stages: Stages, known_at: datetime, read_to: str = ""
) -> Tally:
    """One batch end to end in one transaction; on any error nothing of it is kept and the error goes on.

    `read_to`: where the source was read up to, kept in the same transaction.
    """
    with collector_paused():
        parsed = [(raw, stages.normalise(raw, known_at)) for raw in raws]
        seen = {i.id: stages.sight(i) for _, i in parsed if isinstance(i, Incident)}
        keys = [stages.keys(s.sighting) for s in seen.values()]
        with store.batch(keys) as tx:
            tx.note_rulebook(stages.rulebook, known_at)
            tally, current = _accept(tx, parsed, known_at)
            tally.unknown_headers = _unknown_headers(stages, raws)
            tally.beside = [i.id for _, i in parsed if isinstance(i, Incident) and BESIDE in i.narrative]
            tally.surplus = sum(stages.normaliser.has_surplus(raw) for raw in raws)
            fresh = {i.id: seen[i.id] if seen[i.id].incident is i else stages.sight(i) for i in current}
            if fresh:
                _Middle(tx, stages, fresh, known_at, tally).run()
            if read_to:
                tx.write_cursor(raws[0].source, read_to, known_at)
            tx.append_audit(MACHINE, "ingest", {**_audited(tally), **stages.named}, known_at)
        return tally


def reconsider(
    tx: Batch, stages: Stages, records: Collection[str], *, known_at: datetime, occasion: Occasion | None = None
) -> Tally:
    """Link and judge stored records again inside a transaction, after a person's action, merge or split, or under new rules."""
    tx.note_rulebook(stages.rulebook, known_at)
    incidents = tx.incidents(records)
    tally = Tally()
    fresh = {i.id: stages.sight(i) for i in incidents.values()}
    if fresh:
        _Middle(tx, stages, fresh, known_at, tally, occasion or Occasion(ACTION)).run()
    return tally


def rejudge(tx: Batch, stages: Stages, records: Collection[str], *, known_at: datetime) -> list[str]:
    """Judge stored records again by new rules, where they belong already, and settle their matters; only decisions that say something else are written.

    The ids of those records.
    """
    tx.note_rulebook(stages.rulebook, known_at)
    return _Middle(tx, stages, {}, known_at, Tally(), Occasion(RULE_CHANGE)).again(records)


def remake(tx: Batch, stages: Stages, records: Collection[str]) -> list[str]:
    """Make base facts, marks and areas of stored records again by the words and fields of these rules; where they belong and what was decided stay as they are.

    The ids of those that were made again: of what was purged nothing can be.
    """
    held = tx.sightings(records)
    seen = {incident.id: stages.sight(incident) for incident in tx.incidents(held).values()}
    tx.write_bases([(id_, one.base) for id_, one in seen.items()], stages.made_by)
    again = {
        id_: replace(held[id_].sighting, marks=one.sighting.marks, area=one.sighting.area) for id_, one in seen.items()
    }
    changed = [(now, held[id_].links) for id_, now in again.items() if now != held[id_].sighting]
    if changed:
        tx.write_sightings(changed)
    return sorted(seen)


def resettle(
    tx: Batch, stages: Stages, matters: Collection[str], *, known_at: datetime, occasion: Occasion | None = None
) -> dict[str, MatterState]:
    """Say again where matters stand: after an action that no stored record can see because all of them happened before it, or when due."""
    tx.note_rulebook(stages.rulebook, known_at)
    members = tx.member_ids(matters)
    first = {id_: row.sighting for id_, row in tx.sightings(members).items()}
    why = occasion or Occasion(ACTION)
    settlement = Settlement(tx, stages.triage, known_at, terms=stages.terms, occasion=why)
    return settlement.settle(members, gone=(), sightings=first)


def _accept(
    tx: Batch, parsed: Sequence[tuple[RawRecord, Incident | Rejected]], known_at: datetime
) -> tuple[Tally, list[Incident]]:
    """Which versions are new, and which of them are current from now on (ruling 17); bad rows to quarantine."""
    tally = Tally(read=len(parsed))
    known = tx.known([i.id for _, i in parsed if isinstance(i, Incident)])
    stamp = {id_: record.updated_at for id_, record in known.items()}
    versions = {id_: set(record.versions) for id_, record in known.items()}
    current: dict[str, Incident] = {}
    kept: list[tuple[RawRecord, Incident]] = []
    rejected = [p for _, p in parsed if isinstance(p, Rejected)]
    for raw, incident in parsed:
        if isinstance(incident, Rejected):
            continue
        seen = versions.setdefault(incident.id, set())
        if incident.version in seen:
            tally.unchanged += 1
            continue
        tally.updated, tally.new = tally.updated + bool(seen), tally.new + (not seen)
        if not seen or supersedes(incident.updated_at, stamp.get(incident.id)):
            current[incident.id], stamp[incident.id] = incident, incident.updated_at
        seen.add(incident.version)
        kept.append((raw, incident))
    tally.quarantined = len(rejected)
    tally.settled = tx.write_quarantine(rejected, known_at)
    tx.write_notices(_alarms(tx, rejected, known_at))
    tx.write_versions(kept, frozenset(incident.version for incident in current.values()), known_at)
    return tally, list(current.values())


def _alarms(tx: Batch, rejected: Sequence[Rejected], known_at: datetime) -> list[Notice]:
    """What is to be told of rows that cannot be read and whose text is dangerous (ruling 13)."""
    return [
        notify.alarm(number, source, row_digest, known_at)
        for (source, row_digest), number in tx.quarantine_numbers([row for row in rejected if row.colour]).items()
    ]


def supersedes(updated_at: datetime | None, held: datetime | None) -> bool:
    """The later supplier time wins; equal or none: the one known last."""
    return updated_at is None or held is None or updated_at >= held


class _Middle:
    """Linking, judging and casework of one transaction: `fresh` records and everything they touch."""

    def __init__(
        self,
        tx: Batch,
        stages: Stages,
        fresh: Mapping[str, Seen],
        known_at: datetime,
        tally: Tally,
        occasion: Occasion | None = None,
    ) -> None:
        self.tx, self.stages, self.fresh, self.known_at, self.tally = tx, stages, fresh, known_at, tally
        self.occasion, self.trigger = occasion, occasion.trigger if occasion else ARRIVAL
        self.sightings: dict[str, Sighting] = {}
        self.old: dict[str, Links] = {}
        self.former: dict[str, Sighting] = {}
        self.links: dict[str, Links] = {}
        self.surveyed: set[str] = set()
        self.actions: Sequence[Action] = ()
        self.decisions: dict[str, Decision] = {}

    def run(self) -> None:
        """The order inside a batch."""
        self.link()
        moved = self.moved()
        self.judge(moved)
        self.write()
        self.settle()

    def again(self, records: Collection[str]) -> list[str]:
        """The same order for stored records that stay where they are; those of which something else is decided now."""
        held = self.tx.sightings(records)
        self.sightings = {id_: row.sighting for id_, row in held.items()}
        self.links = {id_: row.links for id_, row in held.items()}
        self.old = dict(self.links)
        self.judge(sorted(held), self.trigger)
        before = {id_: Outline.recorded(orjson.loads(body)) for id_, body in self.tx.newest_records(held).items()}
        self.decisions = {
            id_: decision
            for id_, decision in self.decisions.items()
            if before.get(id_) != Outline.of(decision.assessment)
        }
        if self.decisions:
            self.write()
            self.settle()
        return sorted(self.decisions)

    def link(self) -> None:
        """Persons, matters and hotspots of the batch and its neighbourhood, resolved as one set."""
        fresh = [seen.sighting for seen in self.fresh.values()]
        stored = self.tx.neighbourhood([self.stages.keys(s) for s in fresh], *_span(fresh), self.stages.reach)
        self.old = {row.sighting.id: row.links for row in stored}
        self.sightings = {row.sighting.id: row.sighting for row in stored}
        self.former = {s.id: self.sightings[s.id] for s in fresh if s.id in self.sightings}
        self.sightings.update({s.id: s for s in fresh})
        cuts, unions = self.tx.decisions_about(list(self.sightings))
        self.links = resolve(
            list(self.sightings.values()),
            cuts,
            unions,
            settings=self.stages.sighter.settings,
            known=self.old,
            changed=[*fresh, *self.former.values()],
        )

    def moved(self) -> list[str]:
        """Stored records whose windows gained or lost a member: judged again in this transaction (ruling 4).

        A stored record that is of another matter now may stand in windows of records that have nothing in common with the batch.
        """
        self.survey(regrouped(self.old, self.links) - self.fresh.keys())
        touched = affected(
            self.old,
            self.links,
            self.sightings,
            frozenset(self.fresh),
            longest=self.stages.longest,
            former=self.former,
        )
        return sorted(touched - self.fresh.keys())

    def survey(self, records: Collection[str]) -> None:
        """Know the neighbourhood of stored records as well; whoever is met there stays where it is."""
        around = [self.sightings[id_] for id_ in sorted(records) if id_ not in self.surveyed]
        self.surveyed.update(records)
        if not around:
            return
        for row in self.tx.neighbourhood([self.stages.keys(s) for s in around], *_span(around), self.stages.reach):
            id_ = row.sighting.id
            if id_ not in self.sightings:
                self.sightings[id_], self.old[id_], self.links[id_] = row.sighting, row.links, row.links

    def judge(self, moved: Sequence[str], moved_by: str = WINDOW) -> None:
        """Decisions of the batch and of the moved records, each as of its own time; `moved_by`: the trigger of these."""
        self.survey(moved)
        members = [Member(sighting, self.links[id_]) for id_, sighting in self.sightings.items()]
        judged = {self.links[id_].matter for id_ in (*self.fresh, *moved)}
        concerned = [id_ for id_, links in self.links.items() if links.matter in judged]
        self.actions = self.tx.actions_of(concerned, evidence=False)
        bases = {**self.tx.bases(moved), **{id_: seen.base for id_, seen in self.fresh.items()}}
        # The same facts say the same, but under new rules they may mean something else.
        standing = self.tx.input_digests(moved) if moved_by == WINDOW else {}
        for trigger, ids in ((self.trigger, list(self.fresh)), (moved_by, moved)):
            subjects = [Subject(Member(self.sightings[id_], self.links[id_]), bases[id_]) for id_ in ids]
            decided = self.stages.triage.assess_records(
                subjects, members, self.actions, trigger=trigger, standing=standing
            )
            self.decisions.update((decision.assessment.subject, decision) for decision in decided)

    def write(self) -> None:
        """Sightings, links, base facts, decisions and hits."""
        relinked = [id_ for id_ in self.old if self.links.get(id_) != self.old[id_] and id_ not in self.fresh]
        rows = [*self.fresh, *relinked]
        # What is new, or judged by new rules, is always kept.
        unchanged = self.tx.input_digests(self.fresh if self.trigger == ACTION else ())
        decided = {
            id_: decision
            for id_, decision in self.decisions.items()
            if unchanged.get(id_) != decision.assessment.input_digest
        }
        self.tx.write_bases([(id_, seen.base) for id_, seen in self.fresh.items()], self.stages.made_by)
        self.tx.write_sightings([(self.sightings[id_], self.links[id_]) for id_ in rows])
        self.tx.write_assessments([(d.assessment, d.record) for d in decided.values()], self.known_at)
        self.tx.write_hits(hits_had(decided.values(), self.known_at))
        self.tx.write_shadow([(id_, line) for id_, d in decided.items() for line in d.shadow], self.known_at)
        self.tx.write_defects([line for d in decided.values() for line in d.defects], self.known_at)
        for id_ in self.fresh:
            decision = self.decisions[id_]
            self.tally.colours[decision.assessment.colour] += 1
            self.tally.defects += decision.defects
            self.tally.handbacks += [id_] if decision.assessment.handback else []

    def settle(self) -> None:
        """Where every touched matter stands now, dispatched where it is live; groups that vanished are dropped."""
        touched = {self.links[id_].matter for id_ in self.decisions}
        touched |= {links.matter for id_, links in self.links.items() if id_ in self.old and links != self.old[id_]}
        members = self.tx.member_ids(touched)
        first = {id_: self.sightings[id_] for id_ in members if id_ in self.sightings}
        first.update((id_, row.sighting) for id_, row in self.tx.sightings(members.keys() - first.keys()).items())
        gone = {links.matter for links in self.old.values()} - {links.matter for links in self.links.values()}
        why = self.happened()
        settlement = Settlement(self.tx, self.stages.triage, self.known_at, terms=self.stages.terms, occasion=why)
        settlement.settle(members, gone=gone - members.keys(), sightings=first)
        self.tally.reflows += settlement.reflows
        self.tx.write_hotspots(self.hotspots(), self.known_at)

    def happened(self) -> Occasion:
        """What the records of the batch, or a person, did to each matter."""
        if self.occasion is None:
            times = {id_: sighting.at for id_, sighting in self.sightings.items()}
            return of_arrivals({id_: times[id_] for id_ in self.fresh}, self.old, self.links, times)
        return of_moves(self.old, self.links) if self.trigger == ACTION else self.occasion

    def hotspots(self) -> list[HotspotState]:
        """The hotspots that a record came to, or was judged anew in."""
        stirred = {
            links.hotspot
            for id_, links in self.links.items()
            if links.hotspot and (id_ in self.decisions or links != self.old.get(id_))
        }
        first = {id_: self.sightings[id_] for id_ in stirred if id_ in self.sightings}
        first.update((id_, row.sighting) for id_, row in self.tx.sightings(stirred - first.keys()).items())
        return hotspots(self.tx.hotspot_members(stirred), first)


def _longest(rulebook: Rulebook) -> Mapping[str, timedelta]:
    """The longest window over each kind of group."""
    longest: dict[str, timedelta] = {}
    for feature in rulebook.features.values():
        if feature.kind in (FeatureKind.COUNT, FeatureKind.COUNT_DISTINCT) and feature.within is not None:
            longest[feature.same] = max(longest.get(feature.same, feature.within), feature.within)
    return longest


def _reach(parties: timedelta, settings: Settings, longest: Mapping[str, timedelta]) -> Reach:
    """Places concern records no longer than a link, a silence in a chain or a window over a place or hotspot lasts."""
    of_places = (longest[kind] for kind in ("place", "hotspot") if kind in longest)
    return Reach(parties, max(settings.fine_within, settings.hotspot_gap, *of_places))


def _span(sightings: Sequence[Sighting]) -> tuple[datetime, datetime]:
    times = [sighting.at for sighting in sightings]
    return min(times), max(times)


def _in_red(rejected: Rejected) -> Rejected:
    return replace(rejected, colour=Colour.RED)


def _unknown_headers(stages: Stages, raws: Sequence[RawRecord]) -> set[str]:
    shapes = {(raw.kind, tuple(raw.values)): raw for raw in raws}
    return {header for raw in shapes.values() for header in stages.normaliser.unknown_headers(raw)}


def _audited(tally: Tally) -> dict[str, object]:
    return {
        "read": tally.read,
        "new": tally.new,
        "unchanged": tally.unchanged,
        "updated": tally.updated,
        "quarantined": tally.quarantined,
        "colours": {colour.word: count for colour, count in sorted(tally.colours.items())},
    }
