"""Mistakes in names: misspelt, the neighbour's in the list of completions, another key, said twice.

In: the lines of the rulebook. Out: for each class every `Edit` that would be this mistake.
Not here: what the conditions come to (`conditions`), punctuation (`layout`).
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.faults.book import Block, Book, Edit

_FACT = r"feature: ([\w.]+)"
_KINDS_OF_KEYS = ("caller", "place", "matter", "pair", "hotspot", "phone")
_COUNTED = ("kind", "person", "matter", "place", "identity")
_ACTIONS = ("mediation_failed", "mediation_tried", "joint_departments", "returned", "close", "dispatch", "contact")
_LEVELS = ("village", "township", "county")


def misspelt(rng: Random, word: str) -> str:
    """A letter is left out, doubled, or changes places with the next: never the word itself."""
    places = [at for at in range(1, len(word) - 1) if word[at] != word[at + 1]] or [0]
    at = rng.choice(places)
    slips = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    return rng.choice(slips) if len(word) > 1 else word * 2


def misspelt_fact(book: Book, rng: Random) -> Iterator[Edit]:
    """The name of a fact is misspelt."""
    places = {"let": _FACT, "message": r"\{[?!]?([a-z]\w*\.\w+)\}", "on_missing": r"on_missing: .*?([a-z]\w*\.\w+): "}
    for kind, pattern in places.items():
        for site in book.sites(pattern):
            yield from site.put(kind, misspelt(rng, site.match[1]), 1)
    for site in book.sites(r"where: \{([a-z]\w*\.\w+): ", "features.yaml"):
        yield from site.put("where", misspelt(rng, site.match[1]), 1)
    for site in book.sites(r"field: (\w+)", "features.yaml"):
        yield from site.put("field", misspelt(rng, site.match[1]), 1)


def misspelt_name(book: Book, rng: Random) -> Iterator[Edit]:
    """Any other name is misspelt: a threshold, a list of words, an operator, a key, a topic, a status, a rule."""
    places = {
        "threshold": r"\$(\w+\.\w+)\}$",
        "threshold in a message": r"\{\$([\w.]+)\}",
        "operator": r", (\w+): [^}]+\}$",
    }
    places |= {"key": r"^    ([a-z_]+): ?", "status": r"^    status: (live)$", "value": r"is: (类别不明)\}"}
    for kind, pattern in places.items():
        for site in book.sites(pattern):
            yield from site.put(kind, misspelt(rng, site.match[1]), 1)
    elsewhere = {"list of words": (r"words: (\w+)\}", "features.yaml"), "topic": (r"topic: \[(\w+)", "routes.yaml")}
    elsewhere |= {"rule": (r"danger_rules: \[(\w+)", "settings.yaml"), "action": (r"action: (\w+)", "features.yaml")}
    elsewhere |= {"how common": (r"common: (\w+)", "topics.yaml"), "clock": (r"clock: (\w+)", "deadlines.yaml")}
    for kind, (pattern, file) in elsewhere.items():
        for site in book.sites(pattern, file):
            yield from site.put(kind, misspelt(rng, site.match[1]), 1)


def neighbour(book: Book, rng: Random) -> Iterator[Edit]:
    """The completion offered several names and the one above or below the right one was taken."""
    facts = book.names(r"^  ([\w.]+):", "features.yaml")
    thresholds = book.names(r"^  ([\w.]+):$", "parameters.yaml")
    for site in book.sites(_FACT):
        yield from site.put("fact", _beside(rng, facts, site.match[1]), 1)
    for site in book.sites(r": \$([\w.]+)\}$"):
        yield from site.put("threshold", _beside(rng, thresholds, site.match[1]), 1)
    lists = book.names(r"words: (\w+)\}", "features.yaml")
    for site in book.sites(r"words: (\w+)\}", "features.yaml"):
        yield from site.put("list of words", _beside(rng, lists, site.match[1]), 1)
    fields = book.names(r"field: (\w+)", "features.yaml")
    for site in book.sites(r"field: (\w+)", "features.yaml"):
        yield from site.put("field", _beside(rng, fields, site.match[1]), 1)


def swapped_key(book: Book, rng: Random) -> Iterator[Edit]:
    """Counted by the wrong key: the caller's instead of the matter's, persons instead of channels."""
    for site in book.sites(r"same: (\w+)", "features.yaml"):
        yield from site.put("same", rng.choice([key for key in _KINDS_OF_KEYS if key != site.match[1]]), 1)
    for site in book.sites(r"count_distinct: (\w+)", "features.yaml"):
        yield from site.put("count_distinct", rng.choice([key for key in _COUNTED if key != site.match[1]]), 1)


def wrong_filter(book: Book, rng: Random) -> Iterator[Edit]:
    """A window counts other records or actions than its title says: a kind too many or too few, another action, another level."""
    file = "features.yaml"
    for site in book.sites(r"\{action: (\w+)", file):
        yield from site.put("action", rng.choice([one for one in _ACTIONS if one != site.match[1]]), 1)
    for site in book.sites(r"level: (village|township|county)", file):
        yield from site.put("level", rng.choice([one for one in _LEVELS if one != site.match[1]]), 1)
    for site in book.sites(r"(, level: \w+)\}", file):
        yield from site.put("level lost", "", 1)
    for site in book.sites(r"cause: \[(new, repeat)\]", file):
        yield from site.put("causes", rng.choice(("new", "repeat", "new, repeat, urge")), 1)
    for site in book.sites(r"(, topic_is: \w+)\}", file):
        yield from site.put("topic lost", "", 1)
    for site in book.sites(r"(kind: \[police_110\], )", file):
        yield from site.put("channel lost", "", 1)
    for site in book.sites(r"kind: \[police_110(\])", file):
        yield from site.put("a channel too many", ", hotline_12345]", 1)
    for site in book.sites(r"(hotline_12345, |petition, |message_board, |, open311)", file):
        yield from site.put("a channel too few", "", 1)
    for site in book.sites(r"^    by: closed_at$", file):
        yield site.drop("counted by the wrong time")


def message_slip(book: Book, rng: Random) -> Iterator[Edit]:
    """The message says something else than the rule asks: another number, another threshold, a bracket lost."""
    facts = book.names(r"^  ([\w.]+):", "features.yaml")
    thresholds = book.names(r"^  ([\w.]+):$", "parameters.yaml")
    for site in book.sites(r"\{[?!]?([a-z]\w*\.\w+)\}"):
        yield from site.put("another fact", _beside(rng, facts, site.match[1]), 1)
    for site in book.sites(r"\{\$([\w.]+)\}"):
        yield from site.put("another threshold", _beside(rng, thresholds, site.match[1]), 1)
    for site in book.sites(r"^    because: .*?([\[\]])"):
        yield from site.put("bracket lost", "", 1)
    for site in book.sites(r"^    because: .*?\{[\w.$]+(\})"):
        yield from site.put("brace lost", "", 1)
    for site in book.sites(r"^    because: .*\{\w"):
        yield site.drop("line lost")


def pasted_twice(book: Book, rng: Random) -> Iterator[Edit]:
    """Something is pasted a second time and keeps its name."""
    for block in book.rules:
        yield block.pasted("rule", block.lines, block.name)
    for file in (
        "features.yaml",
        "parameters.yaml",
        "words/signs.yaml",
        "words/matters.yaml",
        "routes.yaml",
        "topics.yaml",
    ):
        for block in book.blocks(file):
            yield block.pasted(file, block.lines, block.name)
    for site in book.sites(r"^      \w+: +\{feature: .*"):
        yield Edit("let", site.file, site.index + 1, site.of, (), (site.text,))
    del rng


def dead_route(book: Book, rng: Random) -> Iterator[Edit]:
    """A route that nobody is ever sent by, or that ends nowhere: another topic, no fallback, a second one behind the first, a receiver that is none."""
    file = "routes.yaml"
    for site in book.sites(r"(, root: true)\}", file):
        yield from site.put("no fallback", "", 1)
    for site in book.sites(r"root: true.*|colour: (yellow|red)", file):
        if site.match[1]:
            yield from site.put("another colour", "red" if site.match[1] == "yellow" else "yellow", 1)
    for site in book.sites(r"topic: \[([\w, ]+)\]", file):
        yield from site.put("misspelt topic", misspelt(rng, site.match[1]), 1)
    for site in book.sites(r"receivers: \[(.*?)\]", file):
        receivers = site.match[1].split(", ")
        at = rng.randrange(len(receivers))
        wrong = [*receivers[:at], misspelt(rng, receivers[at]), *receivers[at + 1 :]]
        yield from site.put("misspelt receiver", ", ".join(wrong), 1)
        yield from site.put("no receiver", "", 1)
    for block in book.blocks(file):
        yield _shadowed(block)


def _shadowed(block: Block) -> Edit:
    copy = tuple(
        line.replace(f"id: {block.name}", f"id: {block.name}-2").replace(", root: true", "") for line in block.lines
    )
    return block.pasted("behind its like", copy, f"{block.name}-2")


def _beside(rng: Random, names: list[str], name: str) -> str:
    """One of the (up to four) names that stand next to this one."""
    at = names.index(name) if name in names else 0
    return rng.choice([one for one in names[max(0, at - 2) : at + 3] if one != name])
