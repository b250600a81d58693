"""CSV and its relatives to rows of cells: the separator is found, and one stray quote does not swallow the file.

In: the path of a text file. Out: numbered rows; what cannot be taken apart comes as `Unreadable` with its text.
Not here: decoding (`text`), finding the header (`rows`).
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from adapters.sources.rows import NumberedRow, Unended, Unreadable
from adapters.sources.text import lines

FIELD_LIMIT = 4 * 1024 * 1024
_SEPARATORS = ",\t;|"
_SNIFFED = 5
_ENDS = ("\n", "\r")


def separated_rows(path: Path) -> Iterator[NumberedRow]:
    """Rows numbered as a spreadsheet shows them: a cell with line breaks is one row, a blank line is a row."""
    with path.open("rb") as file:
        text = (line.replace("\0", "") for line in lines(file))
        head = list(islice(text, _SNIFFED))
        stream = _Stream(chain(head, text), _separator(head))
        yield from enumerate(stream, start=1)


def _separator(head: list[str]) -> str:
    """The candidate that splits most within the first lines, indents of a text that runs over lines left out; a comma when nothing splits."""
    text = "\n".join(line.strip() for line in head)
    return max(_SEPARATORS, key=lambda mark: (text.count(mark), mark == ","))


class _Stream:
    """Rows of a stream of lines. `held` are the lines of the row in hand: when they make no row, the first of them is
    unreadable and reading goes on at the second.
    """

    def __init__(self, text: Iterator[str], separator: str) -> None:
        csv.field_size_limit(FIELD_LIMIT)
        self._text, self._separator = text, separator
        self._held: list[str] = []
        self._again: deque[str] = deque()
        self._ended = False
        self._reader = self._opened()

    def __iter__(self) -> Iterator[list[str] | Unreadable]:
        while True:
            self._held.clear()
            try:
                row = next(self._reader)
                yield row if self._held[-1].endswith(_ENDS) else Unended(row)
            except StopIteration:
                return
            except csv.Error:
                yield self._saved()

    def _opened(self) -> Iterator[list[str]]:
        self._ended = False
        return csv.reader(self._lines(), delimiter=self._separator, strict=True)

    def _lines(self) -> Iterator[str]:
        while (line := self._again.popleft() if self._again else next(self._text, None)) is not None:
            self._held.append(line)
            yield line
        self._ended = True

    def _saved(self) -> list[str] | Unreadable:
        """What can be had of lines that make no row. A quote within one line (`"甲"乙,丙`) is taken as it comes; one that
        runs on into other rows is a stray.
        """
        first, *others = self._held
        self._again.extendleft(reversed(others))
        stray = bool(others) or self._ended
        self._reader = self._opened()
        try:
            return Unreadable(first.strip("\r\n")) if stray else next(csv.reader([first], delimiter=self._separator))
        except csv.Error:
            return Unreadable(first.strip("\r\n"))
