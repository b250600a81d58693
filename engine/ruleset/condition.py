"""`when`: a short text becomes a tree.

In: the text and the names that may stand in it. Out: a `Tree`, or ConditionError with the column (from 1) and a hint.
Not here: what a tree means (`engine.evaluate`). Grammar: `or` of `and` of `not` of name, bracket or `N of [..]`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from engine.ruleset.tree import All, Name, Not, Some, Tree

RESERVED = frozenset({"and", "or", "not", "of"})
_TOKEN = re.compile(r"\s*(?:(?P<number>\d+)(?=\s+of\b)|(?P<word>[A-Za-z_0-9]+)|(?P<mark>[()\[\],]))")
_MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    column: int
    number: bool = False


class ConditionError(ValueError):
    """A `when` that cannot be read: what is wrong in Chinese, where, and a hint."""

    def __init__(self, message: str, column: int, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.column, self.hint = message, column, hint


def parse(text: str, names: Collection[str]) -> Tree:
    """The tree of a condition; raises ConditionError."""
    reader = _Reader(list(_tokens(text)), names, len(text) + 1)
    tree = reader.either(0)
    reader.expect_end()
    return tree


def leaves(tree: Tree) -> tuple[str, ...]:
    """Names in a tree, in order, each once."""
    return tuple(dict.fromkeys(_names(tree)))


def written(tree: Tree) -> str:
    """The text of a tree; parsing it gives the tree again."""
    match tree:
        case Name(name):
            return name
        case Not(part):
            return f"not ({written(part)})"
        case All(parts):
            return " and ".join(f"({written(part)})" for part in parts)
        case Some(1, parts) if len(parts) > 1:
            return " or ".join(f"({written(part)})" for part in parts)
        case Some(least, parts):
            return f"{least} of [{', '.join(f'({written(part)})' for part in parts)}]"


def _names(tree: Tree) -> Iterator[str]:
    match tree:
        case Name(name):
            yield name
        case Not(part):
            yield from _names(part)
        case All(parts) | Some(_, parts):
            for part in parts:
                yield from _names(part)


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text.rstrip()):
        found = _TOKEN.match(text, position)
        if found is None:
            column = position + len(text[position:]) - len(text[position:].lstrip()) + 1
            raise ConditionError(
                f"看不懂的符号“{text[column - 1]}”", column, "只能用名称、and、or、not、括号和“2 of [a, b]”"
            )
        number = found.group("number")
        yield _Token(
            number or found.group("word") or found.group("mark"),
            found.end() - len(found.group().lstrip()) + 1,
            bool(number),
        )
        position = found.end()


class _Reader:
    def __init__(self, tokens: list[_Token], names: Collection[str], end: int) -> None:
        self._tokens, self._names, self._end, self._at = tokens, names, end, 0

    def _peek(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _Token("", self._end)

    def _take(self, text: str) -> bool:
        if self._peek().text == text and not self._peek().number:
            self._at += 1
            return True
        return False

    def expect_end(self) -> None:
        token = self._peek()
        if token.text:
            raise ConditionError(f"“{token.text}”之前缺 and 或 or", token.column, "两个名称之间写 and 或 or")

    def either(self, depth: int) -> Tree:
        parts = [self._both(depth)]
        while self._take("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Some(1, tuple(parts))

    def _both(self, depth: int) -> Tree:
        parts = [self._negated(depth)]
        while self._take("and"):
            parts.append(self._negated(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _negated(self, depth: int) -> Tree:
        if depth > _MAX_DEPTH:
            raise ConditionError(f"条件嵌套超过{_MAX_DEPTH}层", self._peek().column, "拆成几条规则")
        if self._take("not"):
            return Not(self._negated(depth + 1))
        return self._atom(depth)

    def _atom(self, depth: int) -> Tree:
        token = self._peek()
        if self._take("("):
            inner = self.either(depth + 1)
            self._close(")")
            return inner
        if token.number:
            self._at += 1
            return self._some(int(token.text), token, depth)
        if not token.text or token.text in RESERVED or not re.fullmatch(r"[A-Za-z_0-9]+", token.text):
            raise ConditionError(
                "这里应当是一个名称" + (f"，而不是“{token.text}”" if token.text else ""),
                token.column,
                "名称写在 let 里",
            )
        self._at += 1
        if token.text not in self._names:
            near = difflib.get_close_matches(token.text, list(self._names), 1)
            raise ConditionError(
                f"let 里没有“{token.text}”", token.column, f"是不是“{near[0]}”" if near else "先在 let 里写这一行"
            )
        return Name(token.text)

    def _some(self, least: int, token: _Token, depth: int) -> Tree:
        self._at += 1  # the `of` that the token looked ahead to
        if not self._take("["):
            raise ConditionError("“of”之后要写方括号", self._peek().column, f"写成 {least} of [a, b, c]")
        parts = [self.either(depth + 1)]
        while self._take(","):
            parts.append(self.either(depth + 1))
        self._close("]")
        if not 1 <= least <= len(parts):
            raise ConditionError(
                f"{least} of {len(parts)} 项：数目不在 1 到 {len(parts)} 之间", token.column, "改数目或加名称"
            )
        return Some(least, tuple(parts))

    def _close(self, mark: str) -> None:
        if not self._take(mark):
            raise ConditionError(f"缺“{mark}”", self._peek().column, "数一数括号是否成对")
