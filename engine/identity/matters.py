"""Matters: connected records about one dispute (ruling 5).

In: sightings with their persons, and what people decided. Out: candidate links with scores 0-100, and the components they make.
(a) an explicit number: 100. (b) the same person on either side, the same topic (of one group), places not contradictory, within
`matter_within`; or the same person with exactly the same words within `resend_within`. (c) different persons: the same fine place and topic, like words or the same opponent, within `fine_within`.
Links are applied in the order (score descending, ids); a cut is never bridged, nor are two contradictory places joined by anything
less than a number or a person's decision. A record links to the last of its kind that passes, not to all: cost stays near-linear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.identity.places import is_road
from engine.identity.settings import Settings
from engine.identity.sighting import NAMED
from engine.identity.wording import overlap
from engine.model import Cut, Link, Sighting, Union

CERTAIN = 100
_PERSON, _PLACE = 50, 45
_MOST_PERSON, _MOST_PLACE = 99, 95
_SAME_PLACE, _SAME_FINE, _SAME_OPPONENT = 20, 10, 25
_WORDS_OF_PERSON, _WORDS_OF_PLACE = 6, 5

Persons = Mapping[str, str | None]


def candidates(
    ordered: Sequence[Sighting], persons: Persons, unions: Iterable[Union], settings: Settings
) -> list[Link]:
    """Every link that the rules propose, once per pair with its highest score. `ordered`: by time and id."""
    best: dict[tuple[str, str], Link] = {}
    for proposed in (
        _explicit(ordered, unions),
        _of_words(ordered, persons, settings),
        _of_person(ordered, persons, settings),
        _of_other_side(ordered, settings),
        _of_place(ordered, persons, settings),
    ):
        for link in proposed:
            pair = (link.left, link.right)
            held = best.get(pair)
            if held is None or (link.score, link.why) > (held.score, held.why):
                best[pair] = link
    return sorted(best.values(), key=lambda link: (-link.score, link.left, link.right))


def _link(score: int, a: Sighting, b: Sighting, why: str) -> Link:
    return Link(score, a.id, b.id, why) if a.id < b.id else Link(score, b.id, a.id, why)


def _explicit(ordered: Sequence[Sighting], unions: Iterable[Union]) -> Iterator[Link]:
    """Records that name each other's number, or the same number of a record that has not come."""
    naming = [sighting for sighting in ordered if sighting.numbers]
    unions = tuple(unions)
    if not naming and not unions:
        return
    known = {sighting.id: sighting for sighting in ordered}
    first: dict[str, Sighting] = {}
    for sighting in naming:
        for number in sighting.numbers:
            if number == sighting.id:
                continue
            other = known.get(number)
            if other is not None:
                yield _link(CERTAIN, sighting, other, "a:number")
            elif first.setdefault(number, sighting) is not sighting:
                yield _link(CERTAIN, sighting, first[number], "a:same number")
    for union in unions:
        if union.left in known and union.right in known:
            yield _link(CERTAIN, known[union.left], known[union.right], "person")


def _of_words(ordered: Sequence[Sighting], persons: Persons, settings: Settings) -> Iterator[Link]:
    """Records of one person in exactly the same words, each to the one before it: what is a resend is so whatever else is looked at."""
    last: dict[tuple[str, str], Sighting] = {}
    for now in ordered:
        person = persons[now.id]
        if person is None or not now.text_digest or not now.cause.counts:
            continue
        before = last.get((person, now.text_digest))
        if before is not None and now.at - before.at <= settings.resend_within:
            yield _link(_MOST_PERSON, now, before, "b:same words")
        last[person, now.text_digest] = now


def _of_person(ordered: Sequence[Sighting], persons: Persons, settings: Settings) -> Iterator[Link]:
    """Records that one person made, by topic."""
    streams: dict[tuple[str, str | None], list[Sighting]] = defaultdict(list)
    for sighting in ordered:
        person = persons[sighting.id]
        if person is not None:
            streams[person, _group(sighting, settings)].append(sighting)
    for (_, topic), stream in streams.items():
        if len(stream) > 1:
            yield from _alike(stream, settings) if topic is None else _along(stream, settings)


def _of_other_side(ordered: Sequence[Sighting], settings: Settings) -> Iterator[Link]:
    """Records of which one complains of a phone or ID number, and another complains of it too or was made by it."""
    wanted = {s.opponent for s in ordered if s.opponent and not s.opponent.startswith(NAMED)}
    if not wanted:
        return
    streams: dict[tuple[str, str | None], list[Sighting]] = defaultdict(list)
    for sighting in ordered:
        for party in {sighting.opponent, sighting.phone, sighting.id_number} & wanted:
            streams[str(party), _group(sighting, settings)].append(sighting)
    for (party, topic), stream in streams.items():
        for index, now in enumerate(stream):
            for earlier in reversed(stream[:index]):
                if now.at - earlier.at > settings.matter_within:
                    break
                like = overlap(now.gist, earlier.gist)
                told = party in (now.opponent, earlier.opponent)
                if told and (topic is not None or like >= settings.echo) and not _apart(now, earlier):
                    yield _same_person(now, earlier, like)
                    break


def _group(sighting: Sighting, settings: Settings) -> str | None:
    return None if sighting.topic is None else settings.group(sighting.topic)


def _apart(one: Sighting, other: Sighting) -> bool:
    """Whether two records are at places that contradict each other."""
    left, right = _settled(one), _settled(other)
    return left is not None and right is not None and left != right


def _along(stream: Sequence[Sighting], settings: Settings) -> Iterator[Link]:
    """Each record to the last before it at its own place, and to the last of unknown place (or to the last of any, when its own is)."""
    last: dict[str | None, Sighting] = {}
    newest: Sighting | None = None
    for now in stream:
        place = _settled(now)
        before = {s.id: s for s in (last.get(place), last.get(None) if place else newest) if s is not None}
        for earlier in before.values():
            if now.at - earlier.at <= settings.matter_within:
                yield _same_person(now, earlier, overlap(now.gist, earlier.gist))
        last[place] = newest = now


def _alike(stream: Sequence[Sighting], settings: Settings) -> Iterator[Link]:
    """Records whose topic nobody knows: each to the last before it whose words echo in it."""
    for index, now in enumerate(stream):
        for earlier in reversed(stream[:index]):
            if now.at - earlier.at > settings.matter_within:
                break
            like = overlap(now.gist, earlier.gist)
            if like >= settings.echo and not _apart(now, earlier):
                yield _same_person(now, earlier, like)
                break


def _same_person(now: Sighting, earlier: Sighting, like: int) -> Link:
    same_place = now.place is not None and now.place == earlier.place
    same_fine = now.fine is not None and now.fine == earlier.fine
    score = _PERSON + _SAME_PLACE * same_place + _SAME_FINE * same_fine + like // _WORDS_OF_PERSON
    return _link(min(score, _MOST_PERSON), now, earlier, "b:person+topic+place" if same_place else "b:person+topic")


def _of_place(ordered: Sequence[Sighting], persons: Persons, settings: Settings) -> Iterator[Link]:
    """Records of different persons about one household, shop or building."""
    blocks: dict[tuple[str, str], list[Sighting]] = defaultdict(list)
    for sighting in ordered:
        if sighting.fine is not None and sighting.topic is not None:
            blocks[sighting.fine, sighting.topic].append(sighting)
    for block in blocks.values():
        for index, now in enumerate(block):
            person = persons[now.id]
            for earlier in reversed(block[:index]):
                if now.at - earlier.at > settings.fine_within:
                    break
                if person is not None and person == persons[earlier.id]:
                    continue
                same_opponent = now.opponent is not None and now.opponent == earlier.opponent
                like = overlap(now.gist, earlier.gist)
                if same_opponent or like >= settings.similar:
                    score = _PLACE + _SAME_OPPONENT * same_opponent + like // _WORDS_OF_PLACE
                    why = "c:fine+opponent" if same_opponent else "c:fine+words"
                    yield _link(min(score, _MOST_PLACE), now, earlier, why)
                    break


def _settled(sighting: Sighting) -> str | None:
    """The place that another place can contradict: none for a road."""
    return None if sighting.place is None or is_road(sighting.place) else sighting.place


class Components:
    """Union-find whose parts know their places and what they may not join."""

    def __init__(self, sightings: Sequence[Sighting], cuts: Sequence[Cut], *, heed: bool = True) -> None:
        self._parent = {sighting.id: sighting.id for sighting in sightings}
        self._places: dict[str, frozenset[str]] = {}
        self._marks: dict[str, frozenset[tuple[int, str]]] = {}
        if not heed:
            return
        self._places = {s.id: frozenset({place}) for s in sightings if (place := _settled(s))}
        for number, cut in enumerate(cuts):
            for side, ids in (("l", cut.left), ("r", cut.right)):
                for id_ in ids:
                    self._marks[id_] = self._marks.get(id_, _NOTHING) | {(number, side)}

    def root(self, id_: str) -> str:
        """The representative of a record's component."""
        parent = self._parent
        while parent[id_] != id_:
            parent[id_] = parent[parent[id_]]
            id_ = parent[id_]
        return id_

    def join(self, link: Link) -> bool:
        """Apply a link unless a cut or contradictory places forbid it; says whether it holds."""
        a, b = self.root(link.left), self.root(link.right)
        if a == b:
            return True
        if self._cut(a, b) or (link.score < CERTAIN and self._contradict(a, b)):
            return False
        self._parent[b] = a
        if b in self._places:
            self._places[a] = self._places.get(a, _NOWHERE) | self._places[b]
        if b in self._marks:
            self._marks[a] = self._marks.get(a, _NOTHING) | self._marks[b]
        return True

    def _cut(self, a: str, b: str) -> bool:
        left, right = self._marks.get(a), self._marks.get(b)
        if not left or not right:
            return False
        return any((number, "r" if side == "l" else "l") in right for number, side in left)

    def _contradict(self, a: str, b: str) -> bool:
        left, right = self._places.get(a), self._places.get(b)
        return bool(left and right and left.isdisjoint(right))


_NOTHING: frozenset[tuple[int, str]] = frozenset()
_NOWHERE: frozenset[str] = frozenset()
