"""YAML read twice: what libyaml is trusted with reads as ruamel's YAML 1.2 reads it, value, place and fault."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ruleset import strict_yaml
from engine.ruleset.loader import read_folder, shipped
from engine.ruleset.strict_yaml import Document, read

_BAD = Path(__file__).parents[2] / "fixtures" / "bad_rules"
_WRITTEN = [*read_folder(shipped()).values(), *read_folder(_BAD).values()]
_ODD = (
    *" \t\n\r:-?,[]{}#&*!|>'\"%@`~.\\0189abnosyx中，。：😀\x85\u2028\u2029\ufeff\x00\x07",
    "\r\n", "---\n", "...\n", "%YAML 1.1\n", "!!str ", "<<: ", "? ", "- ", ": ", "\n  ", "''", '""', "|\n", ">+\n", "\\x41", "0o7", "1_0", "yes",
)  # fmt: skip


@st.composite
def _texts(draw: st.DrawFn) -> str:
    """A stretch of a file as it is written, with a few things put where they may not belong."""
    lines = draw(st.sampled_from(_WRITTEN)).decode("utf-8", "replace").splitlines(keepends=True)
    begin = draw(st.integers(0, max(0, len(lines) - 1)))
    text = "".join(lines[begin : begin + draw(st.integers(1, 12))])
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(_ODD)) + text[at + draw(st.integers(0, 2)) :]
    return text


def _by_ruamel(data: bytes) -> Document:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strict_yaml, "_READ_OTHERWISE", re.compile(""))
        return read("x.yaml", data)


@given(_texts())
def test_both_ways_it_reads_the_same(text: str) -> None:
    data = text.encode()
    assert read("x.yaml", data) == _by_ruamel(data)


@given(st.text(st.sampled_from("".join(_ODD)), max_size=40))
def test_both_ways_anything_reads_the_same(text: str) -> None:
    data = text.encode()
    assert read("x.yaml", data) == _by_ruamel(data)


@pytest.mark.parametrize("data", _WRITTEN, ids=range(len(_WRITTEN)))
def test_both_ways_whole_files_read_the_same(data: bytes) -> None:
    assert read("x.yaml", data) == _by_ruamel(data)


def test_most_of_what_ships_is_read_by_libyaml() -> None:
    texts = [data.decode() for data in read_folder(shipped()).values()]
    quick = sum(len(text) for text in texts if isinstance(strict_yaml._events(text), list))
    assert quick > 0.9 * sum(map(len, texts))
