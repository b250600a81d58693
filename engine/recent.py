"""Recent: a bounded memory that forgets what nobody has asked for lately.

In: keys with values. Out: those that are still held. Not here: what may be remembered at all (`store.memory`, `evaluate.durable`).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """At most `most` values, young and old. Asked for, an old one is young again; the young grow old together, and then the old are forgotten."""

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._young: dict[Key, Value] = {}
        self._old: dict[Key, Value] = {}

    def get(self, key: Key) -> Value | None:
        """What is held under this key."""
        held = self._young.get(key)
        if held is None and (held := self._old.pop(key, None)) is not None:
            self.put(key, held)
        return held

    def put(self, key: Key, value: Value) -> None:
        """Hold a value; where half of all are young, they grow old."""
        if self._half:
            self._young[key] = value
            if len(self._young) >= self._half:
                self.grow_old()

    def pop(self, key: Key) -> Value | None:
        """Forget one; what was held."""
        young, old = self._young.pop(key, None), self._old.pop(key, None)
        return old if young is None else young

    def clear(self) -> None:
        """Forget everything."""
        self._young.clear()
        self._old.clear()

    def grow_old(self) -> None:
        """The young are old, and the old are forgotten."""
        self._young, self._old = {}, self._young

    @property
    def young(self) -> int:
        """How many were asked for since the young last grew old."""
        return len(self._young)

    def __len__(self) -> int:
        return len(self._young) + len(self._old)
