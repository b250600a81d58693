"""Windows in plain Python: the live reader of the feature definitions, for one record up to a few hundred (ruling 90).

In: subjects, every record that can be in their windows, and the actions of their matters. Out: all facts of every subject.
Windows look back from the subject's own time, both ends included; records of the same second see each other; the clock plays no
part (ruling 4). Not here: the same by columns (`columns`), facts of one record (`base`), the facts of a process (`process`).

What a record shares with others is looked up once for each group, the lines of `where` once for each kind of record, and a record
that shares its groups with nobody, as most do, takes ready-made values.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from engine.features.definitions import OCCURRED, Definitions, seconds
from engine.features.process import action_ids, counted, process_facts
from engine.features.subjects import Member, Subject
from engine.model import Action, FeatureSet, Links, Sighting, Value
from engine.ruleset.tree import Feature, FeatureKind, Rulebook

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_MOST_KINDS = 20_000

_Row = tuple[int, str, int, Sighting, Links]
"""A counting record in a group: its time, its id, the windows whose `where` it passes as bits, and itself."""
_Ids = tuple[str, ...]
_Facts = dict[str, Value | None]
_Key = str | tuple[str, str] | None
_Groups = Sequence[Mapping[_Key, "_Group"]]


class LiveFeatures:
    """The window, action and process facts of one rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        definitions = Definitions.of(rulebook)
        self._wheres = _Wheres(definitions)
        spaces: dict[tuple[str, str], list[_Window]] = defaultdict(list)
        for feature in definitions.windows:
            spaces[feature.same, feature.by].append(_Window(feature, self._wheres.bit(feature)))
        self._spaces = [_Space(same, by, windows) for (same, by), windows in sorted(spaces.items())]
        self._actions, self._process = definitions.actions, definitions.process
        self._idle: _Facts = {feature.name: 0 for feature in (*definitions.windows, *definitions.actions)}

    def compute(
        self, subjects: Sequence[Subject], history: Sequence[Member], actions: Sequence[Action]
    ) -> dict[str, FeatureSet]:
        """All facts of every subject, by its id. `history` holds, once each, the subjects and all that their windows can hold."""
        groups = self._grouped(subjects, history)
        done = _by_matter(actions, history) if actions and self._actions else {}
        return {
            subject.member.sighting.id: self._of(subject, groups, done.get(subject.member.links.matter, ()))
            for subject in subjects
        }

    def _grouped(self, subjects: Sequence[Subject], history: Sequence[Member]) -> _Groups:
        """For each space the groups of the subjects, each with its counting records in order of time and id."""
        shared = [_shared(subject.member) for subject in subjects]
        groups = [{keys[space.index]: _Group() for keys in shared} for space in self._spaces]
        for of_space in groups:
            of_space.pop(None, None)
        plan = [(space.index, space.by_occurrence, of) for space, of in zip(self._spaces, groups, strict=True)]
        for member in history:
            if not member.links.counts:
                continue
            keys, row = _shared(member), None
            for index, by_occurrence, of_space in plan:
                group = of_space.get(keys[index])
                if group is not None:
                    row = row or self._row(member)
                    if by_occurrence:
                        group.rows.append(row)
                    elif member.sighting.closed_at is not None:
                        group.rows.append((_epoch(member.sighting.closed_at), *row[1:]))
        for of_space in groups:
            for group in of_space.values():
                group.rows.sort()
        return groups

    def _row(self, member: Member) -> _Row:
        sighting = member.sighting
        return (_epoch(sighting.at), sighting.id, self._wheres.of(sighting), sighting, member.links)

    def matter(
        self,
        matter: str,
        actions: Sequence[Action],
        as_of: datetime,
        yellow_since: datetime | None,
    ) -> FeatureSet:
        """Action and process facts of one matter at `as_of`; `actions` are all of that matter."""
        values: _Facts = {feature.name: 0 for feature in self._actions}
        ids: dict[str, _Ids] = {}
        self._acted(actions, as_of, values, ids)
        known = process_facts(actions, as_of, yellow_since)
        values.update({feature.name: known[feature.of] for feature in self._process if feature.of in known})
        return FeatureSet(values, ids, {}, tuple(f.name for f in self._process if f.of not in known))

    def _of(self, subject: Subject, groups: _Groups, actions: Sequence[Action]) -> FeatureSet:
        base, member = subject.base, subject.member
        values: _Facts = {**base.values, **self._idle}
        ids: dict[str, _Ids] = {}
        keys, row = _shared(member), self._row(member)
        for space, of_space in zip(self._spaces, groups, strict=True):
            key = keys[space.index]
            group = of_space[key] if key is not None else None
            if group is None or (len(group.rows) == 1 and group.rows[0][1] == row[1]):
                if member.links.counts and space.by_occurrence:
                    values.update(space.alone(row[2]))
            elif group.rows:
                for window in space.windows:
                    window.count(group, row[0], row[1], values, ids)
        earlier = [action for action in actions if action.at < member.sighting.at]
        if earlier:
            self._acted(earlier, member.sighting.at, values, ids)
        return FeatureSet(values, ids, base.spans, base.absent)

    def _acted(self, actions: Sequence[Action], at: datetime, values: _Facts, ids: dict[str, _Ids]) -> None:
        for feature in self._actions:
            done = counted(feature, actions, at)
            if done:
                values[feature.name] = len(done)
                ids[feature.name] = action_ids(done)


class _Space:
    """The windows over one kind of group by one of its records' times."""

    def __init__(self, same: str, by: str, windows: Sequence[_Window]) -> None:
        self.index, self.by_occurrence, self.windows = _SAMES.index(same), by == OCCURRED, windows
        self._alone: dict[int, _Facts] = {}

    def alone(self, bits: int) -> _Facts:
        """Values of a counting record that has only itself; the same for all that pass the same lines."""
        made = self._alone.get(bits)
        if made is None:
            made = self._alone[bits] = {w.name: 1 for w in self.windows if w.itself and bits & w.bit}
        return made


class _Group:
    """Counting records that share a key, in order of time and id; what passes a `where` is picked out once."""

    __slots__ = ("_ids", "_picked", "rows")

    def __init__(self) -> None:
        self.rows: list[_Row] = []
        self._picked: dict[int, tuple[list[int], list[_Row]]] = {}
        self._ids: dict[tuple[int, int, int], _Ids] = {}

    def picked(self, bit: int) -> tuple[list[int], list[_Row]]:
        """Times and records that pass the lines of a bit."""
        held = self._picked.get(bit)
        if held is None:
            rows = [row for row in self.rows if row[2] & bit]
            held = self._picked[bit] = ([row[0] for row in rows], rows)
        return held

    def ids(self, bit: int, low: int, high: int) -> _Ids:
        """The sorted ids of a stretch of what passes the lines of a bit."""
        ids = self._ids.get((bit, low, high))
        if ids is None:
            ids = self._ids[bit, low, high] = tuple(sorted([row[1] for row in self.picked(bit)[1][low:high]]))
        return ids


class _Window:
    """One window fact, ready to count."""

    def __init__(self, feature: Feature, bit: int) -> None:
        self.name, self.bit = feature.name, bit
        self.itself = feature.including_this and feature.by == OCCURRED
        self._seconds = seconds(feature)
        self._distinct = _DISTINCT[feature.of] if feature.kind is FeatureKind.COUNT_DISTINCT else None

    def count(self, group: _Group, at: int, own: str, values: _Facts, ids: dict[str, _Ids]) -> None:
        """The value for a subject, if it is not zero, and the ids that made it, if they are not the subject alone."""
        times, rows = group.picked(self.bit)
        low, high = bisect_left(times, at - self._seconds), bisect_right(times, at)
        held = rows[low:high]
        if not self.itself:
            held = [row for row in held if row[1] != own]
        if not held:
            return
        of = self._distinct
        values[self.name] = len(held) if of is None else len({of(row[3], row[4]) for row in held})
        if len(held) == high - low:
            if len(held) > 1 or held[0][1] != own:
                ids[self.name] = group.ids(self.bit, low, high)
        else:
            ids[self.name] = tuple(sorted([row[1] for row in held]))


class _Wheres:
    """The lines of every `where`, as one bit each; looked up once for each kind of record that there is."""

    def __init__(self, definitions: Definitions) -> None:
        self._disputes = definitions.disputes
        self._bits: dict[tuple[object, ...], int] = {}
        self._tests: list[tuple[int, tuple[_Test, ...]]] = []
        self._areas = any("area" in feature.where for feature in definitions.windows)
        self._known: dict[tuple[object, ...], int] = {}

    def bit(self, feature: Feature) -> int:
        """The bit that a record has if the feature counts it: it passes every line, and has the value whose kinds are counted."""
        needed = feature.of if feature.kind is FeatureKind.COUNT_DISTINCT and feature.of in _NEEDED else ""
        asked = (needed, *sorted(feature.where.items()))
        bit = self._bits.get(asked)
        if bit is None:
            bit = self._bits[asked] = 1 << len(self._bits)
            tests = [_test(key, frozenset(wanted), self._disputes) for key, wanted in feature.where.items()]
            self._tests.append((bit, (*tests, _NEEDED[needed]) if needed else tuple(tests)))
        return bit

    def of(self, sighting: Sighting) -> int:
        """The bits of a record."""
        looks = (
            sighting.kind,
            id(sighting.cause),
            sighting.topic,
            sighting.marks,
            sighting.place is None,
            sighting.id_number is None,
            sighting.area if self._areas else "",
        )
        bits = self._known.get(looks)
        if bits is None:
            if len(self._known) >= _MOST_KINDS:
                self._known.clear()
            bits = self._known[looks] = sum(bit for bit, tests in self._tests if all(test(sighting) for test in tests))
        return bits


_Test = Callable[[Sighting], bool]


def _test(key: str, wanted: frozenset[Value], disputes: frozenset[str]) -> _Test:
    """One line of `where`; any other key is a base fact, which is false unless it is surely true."""
    match key:
        case "kind":
            return lambda sighting: sighting.kind in wanted
        case "cause":
            return lambda sighting: sighting.cause.value in wanted
        case "topic":
            return lambda sighting: sighting.topic in wanted
        case "area":
            return lambda sighting: sighting.area in wanted
        case "topic_is":
            return lambda sighting: sighting.topic is None or sighting.topic in disputes
    return lambda sighting: (key in sighting.marks) in wanted


def _by_matter(actions: Iterable[Action], history: Iterable[Member]) -> Mapping[str, Sequence[Action]]:
    """Actions by the matter that the record they name belongs to now; those of other neighbourhoods are left out."""
    matters = {member.sighting.id: member.links.matter for member in history}
    done: dict[str, list[Action]] = defaultdict(list)
    for action in actions:
        if action.matter in matters:
            done[matters[action.matter]].append(action)
    return done


_SAMES = ("matter", "caller", "place", "hotspot", "phone", "pair")
"""What the records of a group may share, in the order of `_shared`."""

_READ = attrgetter("links.matter", "links.person", "sighting.place", "links.hotspot", "sighting.phone")


def _shared(member: Member) -> tuple[_Key, ...]:
    """What a record shares with others; where it is None the record has only itself."""
    matter, person, *rest = _READ(member)
    return (matter, person, *rest, None if person is None else (person, matter))


def _epoch(moment: datetime) -> int:
    return (moment - _EPOCH) // _SECOND


_DISTINCT: Mapping[str, Callable[[Sighting, Links], str | None]] = {
    "kind": lambda sighting, _: sighting.kind,
    "person": lambda _, links: links.person or "",
    "place": lambda sighting, _: sighting.place,
    "topic": lambda sighting, _: sighting.topic,
    "matter": lambda _, links: links.matter,
    "identity": lambda sighting, _: sighting.id_number,
}
"""What is counted; all records without a person are one person."""

_NEEDED: Mapping[str, _Test] = {
    "place": lambda sighting: sighting.place is not None,
    "topic": lambda sighting: sighting.topic is not None,
    "identity": lambda sighting: sighting.id_number is not None,
}
"""What a record must have to be counted; the rest every record has."""
