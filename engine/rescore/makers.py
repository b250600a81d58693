"""Makers: by which words and fields stored base facts were made, and whether they hold under a rulebook.

In: a view of the store, a rulebook. Out: digests. Not here: making facts again (`engine.pipeline.remake`).
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import RuleError
from engine.features.base import made_by
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.store import Reading


def makers(books: Sequence[Rulebook] | None, rulebook: Rulebook) -> frozenset[str]:
    """What base facts that hold under a rulebook were made by; `books`: every one that was ever live, None where one cannot be read.

    Facts of the first releases do not say what made them; they hold if no rulebook ever had other words or fields.
    """
    now = made_by(rulebook)
    always = books is not None and all(made_by(book) == now for book in books)
    return frozenset({now, ""} if always else {now})


def former(view: Reading, at_hand: Rulebook) -> Sequence[Rulebook] | None:
    """Every rulebook that was ever live, `at_hand` as it is; None where one cannot be read by this release."""
    try:
        return [
            at_hand if digest == at_hand.digest else loader.load(view.rulebook(digest))
            for digest, _ in view.rulebooks()
        ]
    except RuleError:
        return None
