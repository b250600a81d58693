"""Mistakes in what a rule asks: it can never hold, it never decides, it says two things, it lost a part.

In: the lines of the rulebook. Out: for each class every `Edit` that would be this mistake.
Not here: wrong names (`names`), wrong numbers (`numbers`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from tests.faults.book import Block, Book, Edit, Site, body

_LEAF = r"^      (?P<name>\w+): +\{feature: (?P<feature>[\w.]+), at_least: (?P<bound>\$?[\w.]+)\}"
_WHEN = re.compile(r"^    when: (?P<asked>[^#{]+)$")
_OTHER_COLOURS = {"red": ("yellow",), "yellow": ("red", "green")}


def unreachable(book: Book, rng: Random) -> Iterator[Edit]:
    """A second bound on the same number is put the wrong way round, so that no number can ever satisfy the condition."""
    for site in book.sites(_LEAF):
        bound = site.match["bound"]
        least = int(_value(book, bound))
        name, feature = site.match["name"], site.match["feature"]
        head = site.text[: site.match.start("feature") - len("{feature: ")]
        yield from site.put(
            "ends swapped", f"{head}{{feature: {feature}, between: [{least + rng.randint(1, 9)}, {least}]}}"
        )
        yield from site.put("less than none", f"{head}{{feature: {feature}, less_than: 0}}")
        yield from _crossed(book, site, name, f"      under: {{feature: {feature}, less_than: {bound}}}")


def _crossed(book: Book, site: Site, name: str, under: str) -> Iterator[Edit]:
    block = _rule(book, site)
    lines = list(block.lines)
    lines.insert(site.index - block.begin + 1, under)
    for index, line in enumerate(lines):
        asked = _WHEN.match(line)
        if asked:
            lines[index] = f"    when: ({asked['asked']}) and {name} and under"
    yield block.edit("bounds cross", tuple(lines))


def masked(book: Book, rng: Random) -> Iterator[Edit]:
    """A rule or a branch is copied and narrowed, and never decides anything: what it was copied from always holds already."""
    number = rng.randint(50, 99)
    for block in book.rules:
        colour = next((line for line in body(block) if line.startswith("    colour: red")), None)
        if colour and "    because:" in "".join(block.lines):
            milder = [
                line.replace("colour: red", "colour: yellow", 1) if line == colour else line for line in block.lines
            ]
            yield block.pasted("milder copy", _renamed(milder, f"Y{number}"), f"Y{number}")
            yield block.pasted("same again", _renamed(list(block.lines), f"R{number}"), f"R{number}")
    for site in book.sites(r"^    when: (?P<first>\w+) or (?P<second>\w+)(?= or|$)"):
        first, second = site.match["first"], site.match["second"]
        yield from site.put("covered branch", f"{site.match[0]} or ({first} and {second})")


def contradictory(book: Book, rng: Random) -> Iterator[Edit]:
    """Two lines of the rulebook cannot both be right: an invariant forbids the colour that a rule gives, a conclusion is turned round."""
    number = f"N{rng.randint(50, 99)}"
    nevers = [block for block in book.rules if block.name.startswith("N")]
    for block in book.rules:
        lines = body(block)
        colour = next((line.split()[1] for line in lines if line.startswith("    colour: ")), "")
        asked = [
            line for line in lines if line.startswith(("    let:", "      ", "    when:")) and "unless" not in line
        ]
        if colour in _OTHER_COLOURS and asked:
            never = (f"  - id: {number}", f"    title: 绝不为{colour}", *asked, f"    colour: [{colour}]")
            yield nevers[-1].pasted("never what a rule decides", never, number)
    for site in book.sites(r"^    conclude: \{[\w.]+: (true)\}"):
        yield from site.put("conclusion turned round", "false", 1)
    for site in book.sites(r"^    colour: \[(.*)\]"):
        for colours in ("red", "yellow, red", "green, yellow, red"):
            yield from site.put("never of the wrong colour", colours, 1)


def wrong_colour(book: Book, rng: Random) -> Iterator[Edit]:
    """The right rule gives the wrong colour."""
    for site in book.sites(r"^    colour: (red|yellow)$"):
        yield from site.put(f"{site.match[1]} no longer", rng.choice(_OTHER_COLOURS[site.match[1]]), 1)


def wrong_connective(book: Book, rng: Random) -> Iterator[Edit]:
    """`and` is written for `or` or the other way round, brackets are left out, or too few or too many of a group are asked for."""
    for site in book.sites(r"(?<=\w|\)) (and|or) (?=\w|\()"):
        if site.text.startswith("    when: "):
            yield from site.put("the other word", "or" if site.match[1] == "and" else "and", 1)
    for site in book.sites(r"^    when: .*?\((?P<inner>[^()]*)\)"):
        begin, end = site.match.span("inner")
        changed = site.text[: begin - 1] + site.match["inner"] + site.text[end + 1 :]
        yield Edit("brackets left out", site.file, site.index + 1, site.of, (site.text,), (changed,))
    for site in book.sites(r"(\d) of \["):
        for many in (int(site.match[1]) - 1, int(site.match[1]) + 1):
            yield from site.put("one of the group fewer or more", str(many), 1)
    del rng


def lost_condition(book: Book, rng: Random) -> Iterator[Edit]:
    """A part of what the rule asks gets lost: a name out of `when`, its line in `let` with it or not, a reason not to flag."""
    patterns = (
        r"(?<=[ (])(?P<part>\w+) (?:and|or) (?=[\w(])",
        r" (?:and|or) (?P<part>\w+)(?=$|\))",
        r"(?P<part>\w+), (?=\w+[,\]])",
    )
    for pattern in patterns:
        for site in book.sites(pattern):
            if not site.text.startswith("    when: ") or site.match["part"] in {"and", "or"}:
                continue
            yield from site.put("out of when", "")
            yield from _let_too(book, site)
    for site in book.sites(r"^        (\w+): +\{feature: "):
        yield site.drop("a reason not to flag")
    for block in book.rules:
        lines = body(block)
        if not any(line.startswith("    when:") for line in lines):
            lets = [at for at, line in enumerate(lines) if re.match(r"      \w+: +\{feature", line)]
            for at in lets if len(lets) > 1 else ():
                yield block.edit("one of all", block.lines[:at] + block.lines[at + 1 :])
    del rng


def _let_too(book: Book, site: Site) -> Iterator[Edit]:
    block, part = _rule(book, site), site.match["part"]
    asked = site.text[: site.match.start()] + site.text[site.match.end() :]
    if re.search(rf"\b{part}\b", asked.removeprefix("    when:")):
        return
    lines = [asked if line == site.text else line for line in block.lines]
    yield block.edit("out of let and when", tuple(line for line in lines if not line.startswith(f"      {part}:")))


def missing_policy(book: Book, rng: Random) -> Iterator[Edit]:
    """What to do where a fact is unknown is answered the other way, or not at all."""
    for site in book.sites(r"^    on_missing: \{.*\}"):
        yield site.drop("line lost")
        for answer in re.finditer(r": (yes|no|review)(?=[,}])", site.text):
            begin, end = answer.span(1)
            other = rng.choice([word for word in ("yes", "no", "review") if word != answer[1]])
            changed = site.text[:begin] + other + site.text[end:]
            yield Edit("other answer", site.file, site.index + 1, site.of, (site.text,), (changed,))
        for item in re.finditer(r"[\w.]+: \w+, |, [\w.]+: \w+(?=\})", site.text):
            changed = site.text[: item.start()] + site.text[item.end() :]
            yield Edit("one answer lost", site.file, site.index + 1, site.of, (site.text,), (changed,))


def lost_negation(book: Book, rng: Random) -> Iterator[Edit]:
    """The word that made it a "not" is lost: `is: false`, `is not counted`, the words before which a match is none."""
    for site in book.sites(r"\bis: (false)\}"):
        yield from site.put("is", "true", 1)
    for site in book.sites(r"where: \{.*: (false)\}", "features.yaml"):
        yield from site.put("where", "true", 1)
    for site in book.sites(r"including_this: (false)", "features.yaml"):
        yield from site.put("this one counts too", "true", 1)
        yield site.drop("line lost")
    for site in book.sites(r"\{(!)[\w.]+\}"):
        yield from site.put("message", "?", 1)
    for site in book.sites(r"^        (?:not_after|not_before|unless_near): ", "words/"):
        yield site.drop("context of a word")
    for site in book.sites(r"^        not_after: \[(没有, 没, |没有, )", "words/"):
        yield from site.put("没有 as the context of a word", "", 1)
    del rng


def _renamed(lines: list[str], name: str) -> tuple[str, ...]:
    return (re.sub(r"id: \w+", f"id: {name}", lines[0], count=1), *lines[1:])


def _rule(book: Book, site: Site) -> Block:
    return next(b for b in book.rules if b.file == site.file and b.begin <= site.index < b.begin + len(b.lines))


def _value(book: Book, bound: str) -> str:
    """The number a bound stands for."""
    if not bound.startswith("$"):
        return bound
    values = book.sites(r"value: (\d+)", "parameters.yaml")
    return next(site.match[1] for site in values if site.of == bound[1:])
