"""Makers: by which words, fields and marks stored base facts were made, and whether they hold under a rulebook.

In: a view of the store, a rulebook. Out: digests. Not here: making facts again (`engine.pipeline.remake`).
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import RuleError
from engine.features.base import facts_by, made_by, marked
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.store import Reading


def makers(books: Sequence[Rulebook] | None, rulebook: Rulebook) -> frozenset[str]:
    """What base facts and marks that hold under a rulebook were made by; `books`: every one that was ever live, None where one cannot be read.

    Those of a rulebook with the same words and fields hold, if it kept all the marks that are wanted. Earlier releases noted words and fields alone,
    the first nothing at all: such facts hold if those of every rulebook that may have made them would.
    """
    now, wanted = facts_by(rulebook), set(marked(rulebook))
    known = {made_by(rulebook)}
    if books is None:
        return frozenset(known)
    alike = [book for book in books if facts_by(book) == now]
    holding = [book for book in alike if wanted <= set(marked(book))]
    known.update(map(made_by, holding))
    if len(holding) == len(alike):
        known.add(now)
    if len(holding) == len(books):
        known.add("")
    return frozenset(known)


def former(view: Reading, at_hand: Rulebook) -> Sequence[Rulebook] | None:
    """Every rulebook that was ever live, `at_hand` as it is; None where one cannot be read by this release."""
    try:
        return [
            at_hand if digest == at_hand.digest else loader.load(view.rulebook(digest))
            for digest, _ in view.rulebooks()
        ]
    except RuleError:
        return None
