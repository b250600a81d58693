"""Patterns of word lists that are slow, or that a text makes slow.

In: nothing. Out: `EVIL`, pairs of a pattern and the 100,000 characters that suit it worst, and the row: the loader refuses the pattern, or the
word matcher of the product is soon through. Not here: what word lists mean (`engine.features.words`).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from engine.errors import RuleError
from engine.features.words import WordMatcher
from engine.ruleset.tree import Rulebook
from tests.attacks.measure import ENDLESS, Outcome, cpu_seconds
from tests.rulebook_samples import rule, rulebook

LENGTH = 100_000
_SEED = 20

_CAREFUL = (
    r"(?:(?:\"|'|\]|\}|\\|\d|(?:nan|infinity|true|false|null|undefined|symbol|math)|`|\-|\+)+[)]*;?"
    r"((?:\s|-|~|!|{}|\|\||\+)*.*(?:.*=.*)))"
)
"""The pattern that stopped a large content network for half an hour."""

Evil = tuple[str, str]
"""A pattern and its worst text."""


def _filled(unit: str, end: str = "") -> str:
    """A text of the whole length."""
    return (unit * (LENGTH // len(unit) + 1))[: LENGTH - len(end)] + end


def _nested() -> list[Evil]:
    """Quantifiers in quantifiers: the classic ones, on texts that nearly match."""
    loops = ("(a+)+", "(a*)*", "(a|aa)+", "(a|a?)+", "([a-z]+)*", "(a+){2,}", "(?:a+)+?", "(a+|b+)*", "((a+)+)+")
    return [(f"{loop}{end}", _filled("a", "!")) for loop in loops for end in ("$", "b")]


def _famous() -> list[Evil]:
    """Patterns that once stopped somebody's servers, each with its text."""
    return [
        (_CAREFUL, _filled("x=x")),
        (r"\s+$", _filled(" ", "x")),
        (r"^(([a-z])+.)+[A-Z]([a-z])+$", _filled("a")),
        (r"^([a-zA-Z0-9_\-\.]+)@(([a-zA-Z0-9\-]+\.)+)([a-zA-Z]{2,4})$", _filled("a", "@")),
        (r"^(https?://)?(www\.)?([-a-z0-9]{1,63}\.)*?[a-z0-9][-a-z0-9]{0,61}\.[a-z]{2,6}(/.*)*$", _filled("a.", "/")),
        (r"<!--.*?-->", _filled("<!--")),
        (r"\{\{[^}]*\}\}", _filled("{{")),
        (r"(x+x+)+y", _filled("x")),
        (r".*.*.*=.*", _filled("x")),
        (r"(.*?,){30}P", _filled("1,")),
        (r"^(\w+\s?)*$".replace(r"\w", "[a-z]"), _filled("aaa ", "!")),
        (r"(打[^人]*人)+死", _filled("打人")),
        (r"(?:没|没有)*刀刃", _filled("没有")),
    ]  # fmt: skip


def _counted() -> list[Evil]:
    """Repetitions that count: large automata, and as many states as there are positions."""
    drawn = "".join(Random(_SEED).choices("ab", k=LENGTH))
    return [
        ("a{1000}b", _filled("a")),
        ("(a{1,30}){1,30}b", _filled("a")),
        ("((a{1,10}){1,10}){1,9}b", _filled("a")),
        ("((a{1,10}){1,10}){1,10}b", _filled("a")),
        ("(((a{1,9}){1,9}){1,9}){1,9}b", _filled("a")),
        ("[ab]*a[ab]{400}c", drawn),
        ("[ab]*a[ab]{30}c", drawn),
        ("(?:.?){400}a{400}b", _filled("a")),
        ("(?:a?){300}a{300}", _filled("a", "b")),
        ("[刀枪]{0,900}棍", _filled("刀枪")),
        ("a.{900}b", drawn),
    ]


def _greedy() -> list[Evil]:
    """Patterns that match at every place, at none that has a length, or look to the end of the text from every place."""
    return [
        (".", _filled("刀")),
        ("刀", _filled("刀")),
        ("a*", _filled("b")),
        ("(?:)", _filled("刀")),
        ("^|$", _filled("刀\n")),
        ("a.*b|a", _filled("a")),
        ("a[^b]*b|a", _filled("a")),
        ("刀(?:.*血)?", _filled("刀")),
        ("(?:打.*死)|打", _filled("打")),
    ]


def _folding() -> list[Evil]:
    """Texts that fold slowly: white space, and letters with more marks than anybody writes."""
    return [
        ("刀", "刀" + _filled(" ")[:-2] + "刀"),
        ("刀", _filled("刀 ")),
        ("刀", ("刀" + _filled("\ufdfa"))[:LENGTH]),
        ("刀", _filled("刀①")),
        ("刀", ("刀" + _filled("e" + "\u0301\u0327" * 500))[:LENGTH]),
        ("刀", ("刀" + _filled("e" + "\u0301" * 5_000))[:LENGTH]),
    ]


def _refusable() -> list[Evil]:
    """What RE2 cannot do without going back."""
    return [
        (r"(a+)\1+b", _filled("a")),
        (r"(?=(a+)+)b", _filled("a")),
        (r"(?<=a+)b", _filled("a")),
        (r"(?>a+)+b", _filled("a")),
        (r"(?P<x>a)(?P=x)+", _filled("a")),
        ("a{1001}", _filled("a")),
        ("(" * 1_000 + "a" + ")" * 1_000, _filled("a")),
        (r"(\w+)+$", _filled("a")),
    ]


EVIL: Sequence[Evil] = (*_nested(), *_famous(), *_counted(), *_greedy(), *_folding(), *_refusable())


def loaded(pattern: str) -> Rulebook | None:
    """A rulebook with the pattern in a word list; None when the loader refuses it."""
    try:
        return rulebook(
            rule("R", {"w": ("words.own", "is", True)}),
            features={"words.own": {"words": "own"}},
            words={"own": [{"pattern": pattern}]},
        )
    except RuleError:
        return None


def row() -> Outcome:
    """Every pattern on its text."""
    return len(EVIL), [fault for pattern, text in EVIL for fault in _violations(pattern, text)]


def _violations(pattern: str, text: str) -> list[str]:
    held = loaded(pattern)
    if held is None:
        return []
    matcher = WordMatcher(held)
    shown = f"{pattern[:40]!r} on {text[:12]!a} × {len(text):,}"
    seconds = cpu_seconds(f"ReDoS: {shown}", lambda: matcher.spans(text))
    return [f"{shown}: {seconds * 1000:.0f} ms of processor time"] if seconds > ENDLESS else []
