"""Mistakes of the fingers: signs of a Chinese keyboard, indentation, brackets and quotes that do not close.

In: the lines of the rulebook. Out: for each class every `Edit` that would be this mistake.
Not here: brackets inside the patterns of words (`lists`), inside messages (`names.message_slip`).
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.faults.book import Book, Edit

_ANYWHERE = (
    "features.yaml",
    "parameters.yaml",
    "routes.yaml",
    "deadlines.yaml",
    "settings.yaml",
    "mappings/",
    "topics.yaml",
)


def full_width(book: Book, rng: Random) -> Iterator[Edit]:
    """A sign comes from the Chinese keyboard: （ ， ： ｜ where the file wants ( , : |."""
    for site in book.sites(r"^    when: .*?([()])"):
        yield from site.put("bracket", {"(": "（", ")": "）"}[site.match[1]], 1)
    for site in book.sites(r"^      \w+(: +)\{feature"):
        yield from site.put("colon", "：", 1)
    for site in book.sites(r"^      \w+: +\{feature: [\w.]+(, )"):
        yield from site.put("comma of a condition", "，", 1)
    for site in book.sites(r"^        (?:not_after|not_before|unless_near): \[[^,]+(, )", "words/"):
        yield from site.put("comma of a list of words", "，", 1)
    for site in book.sites(r": \[[^,\]]+(, )", "mappings/", "routes.yaml", "topics.yaml"):
        yield from site.put("comma of a list", "，", 1)
    for site in book.sites(r"^      - pattern: '[^|]*(\|)", "words/"):
        yield from site.put("bar", "｜", 1)
    for site in book.sites(r": (\$)[\w.]+\}$"):
        yield from site.put("dollar", "＄", 1)
    del rng


def broken_layout(book: Book, rng: Random) -> Iterator[Edit]:
    """A line is a space too far in or out, a bracket or a quote does not close, a colon has no space behind it."""
    for files in ((), _ANYWHERE):
        for site in book.sites(r"^( {2,})[\w.]+: ?", *files):
            yield from site.put("a space too few", site.match[1][1:], 1)
            yield from site.put("a space too many", f"{site.match[1]} ", 1)
            yield from site.put("tab", "\t", 1)
        for site in book.sites(r"[^}](\})$", *files):
            yield from site.put("brace not closed", "", 1)
        for site in book.sites(r"^ +\w+(: )\S", *files):
            yield from site.put("no space behind the colon", ":", 1)
    for site in book.sites(r"^    because: '.*(')$"):
        yield from site.put("quote not closed", "", 1)
    del rng
