"""People: who may act, each with a secret (ruling 29).

In: names, secrets, roles. Out: a `Person` when the secret is right. Not here: what a role may do (`engine.desk`), asking for the secret.

Secrets are kept as argon2id hashes; an unknown name costs as much time as a wrong secret.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import bindparam, select

from engine.errors import UsageError
from engine.store import cells
from engine.store.dialects import Insert, Query
from engine.store.rows import Person
from engine.store.session import Session
from engine.store.tables import people

_SHORTEST = 8
_HASHER = PasswordHasher()

_ONE = Query(select(people).where(people.c.name == bindparam("name")))
_ALL = Query(select(people).where(people.c.active == 1).order_by(people.c.name))
_RETIRE = Query(people.update().where(people.c.name == bindparam("who")).values(active=0))
_WRITE = Insert(people, keys=("name",), keep=("added_at",))


class People(Session):
    """Actors."""

    def add_person(self, name: str, secret: str, *, role: str, at: datetime) -> None:
        """Add an actor, or give a known one a new secret and role; raises UsageError for a short secret."""
        if len(secret) < _SHORTEST:
            raise UsageError(f"口令至少 {_SHORTEST} 个字符", hint="换一个更长的口令")
        self._each(_WRITE, [(name, _HASHER.hash(secret), role, cells.seconds(at), 1)])

    def retire_person(self, name: str) -> bool:
        """An actor who may no longer act; the row stays, for the audit log names it."""
        return self._change(_RETIRE, who=name) > 0

    def person(self, name: str, secret: str) -> Person | None:
        """The actor, if name and secret belong together."""
        held = next(iter(self._rows(_ONE, name=name)), None)
        try:
            _HASHER.verify(held.secret if held else _nobody(), secret)
        except VerifyMismatchError:
            return None
        return Person(held.name, held.role, cells.moment(held.added_at)) if held and held.active else None

    def people(self) -> list[Person]:
        """Everybody who may act."""
        return [Person(row.name, row.role, cells.moment(row.added_at)) for row in self._rows(_ALL)]


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this secret")
