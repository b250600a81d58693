"""Options of the benchmark: lists with commas, refused before anything is measured."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable, Collection


def names(known: Collection[str]) -> Callable[[str], list[str]]:
    """Some of the known names."""

    def read(text: str) -> list[str]:
        asked = [part for part in text.split(",") if part]
        if strange := [name for name in asked if name not in known]:
            raise ArgumentTypeError(f"there is no {', '.join(strange)}; there are {', '.join(known)}")
        return asked

    return read


def numbers(least: int = 1) -> Callable[[str], list[int]]:
    """Whole numbers, none less than this."""

    def read(text: str) -> list[int]:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if strange := [part for part in parts if not part.isdecimal() or int(part) < least]:
            raise ArgumentTypeError(f"no number of {least} or more: {', '.join(strange)}")
        return [int(part) for part in parts]

    return read
