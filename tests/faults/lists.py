"""Mistakes in lists: words and what surrounds them, a supplier's columns and codes.

In: the lines of the rulebook. Out: for each class every `Edit` that would be this mistake.
Not here: context of a word that is lost altogether (`conditions.lost_negation`), punctuation (`layout`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from tests.faults.book import Book, Edit, Site
from tests.faults.names import misspelt

_PATTERN = r"^      - pattern: '(.*)'$"
_EVERYDAY = ("的", "了", "有", "人", "说", "去")
_NEEDED = r"^    (?:source_id|occurred_at|narrative): \["
_CAUSES = ("new", "repeat", "urge", "feedback", "nuisance")


def word_list_slip(book: Book, rng: Random) -> Iterator[Edit]:
    """An entry of a word list is spoilt: a bracket lost, a bar too many, an everyday word, a word lost, the contexts exchanged."""
    for site in book.sites(_PATTERN, "words/"):
        pattern = site.match[1]
        closing = [at for at, sign in enumerate(pattern) if sign == ")"]
        bars = [at for at, sign in enumerate(pattern) if sign == "|"]
        if closing:
            at = rng.choice(closing)
            yield from site.put("bracket lost", pattern[:at] + pattern[at + 1 :], 1)
        if bars:
            at = rng.choice(bars)
            yield from site.put("bar too many", pattern[:at] + "|" + pattern[at:], 1)
            yield from site.put("everyday word", f"{pattern}|{rng.choice(_EVERYDAY)}", 1)
        yield from _word_lost(site, rng)
    for site in book.sites(r"^        (not_after|not_before): ", "words/"):
        yield from site.put(
            "contexts exchanged", {"not_after": "not_before", "not_before": "not_after"}[site.match[1]], 1
        )
    for site in book.sites(r"^        distance: (\d+)", "words/"):
        yield from site.put("distance", f"{site.match[1]}0", 1)


def _word_lost(site: Site, rng: Random) -> Iterator[Edit]:
    pattern = site.match[1]
    words = [found.span() for found in re.finditer(r"(?<=\|)[\u4e00-\u9fff]{2,}\|", pattern)]
    if words:
        begin, end = rng.choice(words)
        yield from site.put("word lost", pattern[:begin] + pattern[end:], 1)


def mapping_slip(book: Book, rng: Random) -> Iterator[Edit]:
    """A supplier's columns or codes go to the wrong place: a field misspelt, one column for two fields, a code that is another, a needed field lost."""
    folder = "mappings/"
    for site in book.sites(r"^    ([a-z_]+(?:\.\w+)?): \[", folder):
        if site.file != "mappings/common.yaml":
            yield from site.put("field misspelt", misspelt(rng, site.match[1]), 1)
    for site in book.sites(r"^    \w+: \[([^,\]]+)[,\]]", folder):
        yield from _second_field(book, site)
    for site in book.sites(_NEEDED, folder):
        yield site.drop("needed field lost")
    for site in book.sites(rf": ({'|'.join(_CAUSES)})(?=$|[,}}])", folder):
        yield from site.put("another code", rng.choice([code for code in _CAUSES if code != site.match[1]]), 1)
        yield from site.put("code misspelt", misspelt(rng, site.match[1]), 1)
    for site in book.sites(r"^    - YYYY[-/.年](M)", folder):
        yield from site.put("minutes for months", "m", 1)
    for site in book.sites(r"^  based_on: (common)", folder):
        yield from site.put("base misspelt", misspelt(rng, site.match[1]), 1)


def _second_field(book: Book, site: Site) -> Iterator[Edit]:
    """The first column of this field also stands under the next field of the file."""
    lines = book.files[site.file]
    after = site.index + 1
    if after < len(lines) and re.match(r"    [\w.]+: \[", lines[after]):
        changed = lines[after].replace("[", f"[{site.match[1]}, ", 1)
        yield Edit(
            "column of two fields",
            site.file,
            after + 1,
            lines[after].split(":")[0].strip(),
            (lines[after],),
            (changed,),
        )
