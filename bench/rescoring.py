"""Rescoring: all of a stored database judged again by columns, each part of it timed apart.

In: how many records are stored, how many rules. Out: rates, seconds of each part, memory, and that nothing came out otherwise. Each size is a process
of its own: `python -m bench.rescoring SIZE [RULES]`. Not here: loading (`loading`), the live path (`measuring`).

In the same run the same is asked by hand (`by_hand`), from the same file, and both must say the same of every record. Held against it is the way from the
file to colours and rule ids, making the queries included; what a rescore does besides, reading former decisions and comparing, is told apart.
With RULES the shipped rules are repeated under other names and bounds until there are so many: then only features and rules are timed.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from itertools import cycle, islice
from typing import Any
from unittest.mock import patch

import numpy as np

from bench import by_hand, county
from bench.loading import place
from bench.stages import Shares, _timed
from engine.evaluate.plan import Scope, judged
from engine.model import Value
from engine.rescore import Label, Questions, scan, scanning, workspace
from engine.rescore.answers import FLAG, HANDBACK, HIT, REVIEW, WORD, Answers, Ints
from engine.ruleset.parameters import values_at
from engine.ruleset.tree import Leaf, Rule, Rulebook
from engine.store.history import History

PARTS = {
    "read": ((scanning, "read"),),
    "windows": ((scanning, "windows"),),
    "read base facts": ((History, "facts"),),
    "base facts and rules": ((scanning, "decide"),),
    "read decisions": ((History, "verdicts"), (scanning, "stored")),
    "compare": ((scanning, "aligned"), (scanning, "compare")),
}
_BESIDES = ("read decisions", "compare")


def measure(size: int, rules: int = 0) -> dict[str, object]:
    """The figures of one size; raises AssertionError where a record would come out otherwise under the rules that judged it."""
    work = county.OUT / f"rescored-{size}.db"
    shutil.copyfile(place(size), work)
    made = county.install(f"sqlite:///{work}")
    rulebook = repeated(made.stages.rulebook, rules) if rules else made.stages.rulebook
    decided: list[Answers] = []
    began = time.perf_counter()
    questions = Questions(rulebook)
    compiled = time.perf_counter() - began
    shares = Shares()
    with ExitStack() as stack:
        for label, places in PARTS.items():
            for owner, name in places:
                stack.enter_context(patch.object(owner, name, _timed(getattr(owner, name), label, shares)))
        stack.enter_context(patch.object(scanning, "decide", _kept(scanning.decide, decided)))
        began = time.perf_counter()
        with workspace() as space, made.store.history() as history:
            found = scan(history, questions, space)
            took, disk = time.perf_counter() - began, space.size
    assert rules or found.changed == 0, f"{found.changed} records would come out otherwise"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    made.store.close()
    hand = None if rules else Hand(str(work), values_at(rulebook, date.max))
    if hand is not None:
        hand.check(decided, questions.labels)
    work.unlink()
    own = compiled + sum(held for part, held in shares.seconds.items() if part not in _BESIDES)
    return {
        "stored": size,
        "rules": sum(len(layer) for layer in judged(rulebook, Scope.RECORD)),
        "per_second": round(found.records / took),
        "seconds": {"compile": round(compiled, 2), **{part: round(held, 2) for part, held in shares.seconds.items()}},
        "peak_mib": peak,
        "disk_mib": disk >> 20,
        "to_colours_and_rules": round(own, 2),
        **({} if hand is None else {"by_hand": hand.told(), "times_by_hand": round(own / hand.seconds, 2)}),
    }


class Hand:
    """The same by hand, after the product, whose memory is measured before."""

    def __init__(self, path: str, limits: Mapping[str, Value]) -> None:
        began = time.perf_counter()
        tables = by_hand.read(path)
        read = time.perf_counter()
        self._answers = by_hand.judge(tables, limits)
        self._parts = (read - began, time.perf_counter() - read)

    @property
    def seconds(self) -> float:
        """From the file to colours and rule ids."""
        return sum(self._parts)

    def told(self) -> dict[str, object]:
        """Seconds of reading and of the query."""
        read, query = self._parts
        return {"seconds": round(self.seconds, 2), "read": round(read, 2), "query": round(query, 2)}

    def check(self, decided: Sequence[Answers], labels: Sequence[Label]) -> None:
        """Raises AssertionError where one record has another colour, or one rule more or less, than the product says."""
        table = self._answers.sort_by("n")
        numbers = np.concatenate([made.numbers for made in decided])
        order = np.argsort(numbers)
        assert np.array_equal(table["n"].to_numpy(), numbers[order]), "not the same records"
        colours = np.concatenate([made.colours for made in decided])[order]
        assert np.array_equal(table["colour"].to_numpy(), colours), "another colour than by hand"
        said = _in_order_of_hand(decided, labels)[order]
        other = np.flatnonzero(table["said"].to_numpy() != said)
        assert not len(other), f"other rules than by hand: {len(other)}, first row {other[:1]}"


def _in_order_of_hand(decided: Sequence[Answers], labels: Sequence[Label]) -> Ints:
    """Bits as the query by hand orders them; what it never says must not be said."""
    places = {name: place for place, name in enumerate(by_hand.names())}
    words = [np.concatenate([made.words[word] for made in decided]) for word in range(len(decided[0].words))]
    said = np.zeros(len(words[0]), np.int64)
    for bit, label in enumerate(labels):
        held = words[bit // WORD] >> bit % WORD & 1
        name = _NAMES[label.what] + label.rule
        assert name in places or not held.any(), f"not asked by hand: {name}"
        said |= held << places.get(name, 0)
    return said


_NAMES = {HIT: "", REVIEW: "?", FLAG: "!", HANDBACK: "back"}


def _kept(inner: Callable[..., Answers], decided: list[Answers]) -> Callable[..., Answers]:
    def kept(*given: Any) -> Answers:
        decided.append(inner(*given))
        return decided[-1]

    return kept


def repeated(rulebook: Rulebook, count: int) -> Rulebook:
    """The rulebook with its rules of colour repeated, each time with numbers one higher, until there are `count`."""
    return replace(rulebook, rules=(*rulebook.rules, *islice(_more(rulebook), max(0, count - len(rulebook.rules)))))


def _more(rulebook: Rulebook) -> Iterator[Rule]:
    coloured = [rule for layer in judged(rulebook, Scope.RECORD) for rule in layer if rule.colour is not None]
    for turn, rule in enumerate(cycle(coloured)):
        higher = turn // len(coloured) + 1
        yield replace(
            rule, id=f"{rule.id}x{turn}", let={name: _raised(leaf, higher) for name, leaf in rule.let.items()}
        )


def _raised(leaf: Leaf, by: int) -> Leaf:
    number = isinstance(leaf.bound, int) and not isinstance(leaf.bound, bool)
    return replace(leaf, bound=leaf.bound + by) if number else leaf  # type: ignore[operator]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(*map(int, sys.argv[1:]))) + "\n")
