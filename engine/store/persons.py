"""Persons: which stored records settle who the persons of a batch are, whatever their age.

In: what the records of a batch, and their former versions, say of persons. Out: row numbers to be read, and keys of persons of whom
every record must be read. Not here: who is who (`engine.identity`); this only makes sure that it is decided on enough.

A person is an ID number with the phones that are seen with no other, or a phone, or an account, and is named by the oldest record
(rulings 6 and 86). So two things beyond any window matter: which ID numbers a phone was ever seen with, for which one record each is
read; and which record is the oldest. Where the batch may change either answer, all records of that person may change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import or_, select

from engine.store import block_keys
from engine.store.dialects import Query, among
from engine.store.filing import Filing
from engine.store.tables import founders, identities

Told = tuple[str | None, str | None, str | None]
"""Phone, ID number and account that one record tells of."""
Pair = tuple[str, str]
_ROUNDS = 3
_WITNESSES = 8
"""A phone seen with so many ID numbers has no person of its own, whatever the rest say."""

_PAIRS = Query(
    select(identities).where(or_(among(identities.c.phone, "phones"), among(identities.c.id_number, "id_numbers")))
)
_FOUNDERS = Query(select(founders.c.key, founders.c.at, founders.c.record).where(among(founders.c.key, "keys")))


@dataclass(frozen=True, slots=True)
class Settling:
    """`records`: row numbers that tell who is who; `kin`: party keys of the batch's persons; `moved`: of those of whom every record may change."""

    records: frozenset[int]
    kin: frozenset[int]
    moved: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Someone:
    """A person as the batch may see it: under which keys its founder stands, under which its records, which phones may be its own."""

    bases: frozenset[int]
    parties: frozenset[int]
    phones: frozenset[str]


class Persons(Filing):
    """Looking up what settles persons."""

    def _settling(self, told: Collection[Told], before: Mapping[int, Told], earliest: int) -> Settling:
        """For records that tell this and happen from `earliest` on; `before`: what stored ones of them told, by row number."""
        everything = [*told, *before.values()]
        held = self._pairs_around(everything)
        pairs = _Pairs.of(held, told, before.values())
        someones = list(_someones(everything, pairs))
        bases = {key for someone in someones for key in someone.bases}
        first = {row.key: (row.at, row.record) for row in self._rows(_FOUNDERS, keys=bases)} if bases else {}
        records = set(_witnesses(held))
        moved: set[int] = set()
        for someone in someones:
            founded = [first[key] for key in someone.bases if key in first]
            if not founded:
                continue
            oldest = min(founded)[0]
            records.update(record for at, record in founded if at == oldest)
            corrected = any(record in before for _, record in founded)
            if earliest <= oldest or corrected or someone.phones & pairs.split:
                moved |= someone.parties
        kin = frozenset(key for someone in someones for key in someone.parties)
        return Settling(frozenset(records), kin, frozenset(moved))

    def _pairs_around(self, told: Iterable[Told]) -> dict[Pair, int]:
        """Phones and ID numbers seen together, each with a record that says so: the batch's, their partners', and those' partners'."""
        phones = {phone for phone, _, _ in told if phone}
        id_numbers = {id_number for _, id_number, _ in told if id_number}
        held: dict[Pair, int] = {}
        asked: set[str] = set()
        for _ in range(_ROUNDS):
            if not phones and not id_numbers:
                break
            rows = self._rows(_PAIRS, phones=phones, id_numbers=id_numbers)
            asked |= phones | id_numbers
            held.update(((row.phone, row.id_number), row.record) for row in rows)
            partners = _by_phone(held)
            id_numbers = {i for p in phones for i in partners.get(p, ()) if len(partners[p]) <= _WITNESSES} - asked
            phones = {row.phone for row in rows} - asked
        return held


@dataclass(frozen=True, slots=True)
class _Pairs:
    """ID numbers by phone as they were and as they may be: corrected records may or may not have been the only ones that said so."""

    variants: tuple[Mapping[str, frozenset[str]], ...]
    split: frozenset[str]

    @classmethod
    def of(cls, held: Mapping[Pair, int], told: Iterable[Told], before: Iterable[Told]) -> _Pairs:
        paired = {(phone, id_number) for phone, id_number, _ in told if phone and id_number}
        unpaired = {(phone, id_number) for phone, id_number, _ in before if phone and id_number} - paired
        split = frozenset(phone for phone, _ in (paired - held.keys()) | unpaired)
        grown = {*held, *paired}
        return cls((_by_phone(held), _by_phone(grown), _by_phone(grown - unpaired)), split)

    def alone_with(self, phone: str) -> set[str]:
        """The ID numbers of which this phone is, or may become, a phone that is seen with no other."""
        return {next(iter(ids)) for by_phone in self.variants if len(ids := by_phone.get(phone, frozenset())) == 1}

    def separate(self, phone: str) -> bool:
        """Whether this phone is, or may become, a person of its own."""
        return any(len(by_phone.get(phone, ())) != 1 for by_phone in self.variants)

    def phones(self) -> set[str]:
        """Every phone that is seen with an ID number."""
        return {phone for by_phone in self.variants for phone in by_phone}


def _someones(told: Iterable[Told], pairs: _Pairs) -> Iterator[_Someone]:
    """Every person that a record of the batch is of, or may be of."""
    own: dict[str, set[str]] = defaultdict(set)
    for phone in pairs.phones():
        for id_number in pairs.alone_with(phone):
            own[id_number].add(phone)
    phones = {phone for phone, _, _ in told if phone}
    id_numbers = {id_number for _, id_number, _ in told if id_number}
    for id_number in id_numbers.union(*(pairs.alone_with(phone) for phone in phones)):
        yield _someone(id_number, own[id_number])
    for phone in phones:
        if pairs.separate(phone):
            yield _someone(None, {phone})
    for account in {account for phone, id_number, account in told if account and not phone and not id_number}:
        key = block_keys.person(None, None, account)
        yield _Someone(frozenset({key}), frozenset({block_keys.party(account)}), frozenset())


def _someone(id_number: str | None, phones: Collection[str]) -> _Someone:
    of_phones = {block_keys.person(phone, None, None) for phone in phones}
    of_id = {block_keys.person(None, id_number, None)} if id_number else set()
    parties = {block_keys.party(value) for value in (*phones, *([id_number] if id_number else []))}
    return _Someone(frozenset(of_id | of_phones), frozenset(parties), frozenset(phones))


def _by_phone(pairs: Iterable[Pair]) -> dict[str, frozenset[str]]:
    grouped: dict[str, set[str]] = defaultdict(set)
    for phone, id_number in pairs:
        grouped[phone].add(id_number)
    return {phone: frozenset(id_numbers) for phone, id_numbers in grouped.items()}


def _witnesses(held: Mapping[Pair, int]) -> Iterator[int]:
    """A record for each ID number of each phone, of no more than settle it."""
    counted: dict[str, int] = defaultdict(int)
    for (phone, _), record in sorted(held.items()):
        counted[phone] += 1
        if counted[phone] <= _WITNESSES:
            yield record
