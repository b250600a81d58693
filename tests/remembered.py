"""What is made of rules, made once in a run of tests: reading them takes half a second, their queries over history take two.

In: rules. Out: what the product makes of them. Not here: who puts these in the place of what makes them (`conftest`, `console`, `warm`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from engine.pipeline import Stages
from engine.rescore.questions import Questions
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook

_load, _make, _ask = loader.load, Stages.of, Questions.__init__


def read_once(files: Mapping[str, bytes]) -> Rulebook:
    """What `loader.load` makes of files, which it reads once in a run."""
    return _remembered(tuple(sorted(files.items())))


def made_once(rulebook: Rulebook, *, index_key: bytes, engine: str = "durable", zone: str = "Asia/Shanghai") -> Stages:
    """What `Stages.of` makes of a rulebook, which it does once in a run for each key, engine and zone."""
    made = _STAGES.get(asked := (rulebook.digest, index_key, engine, zone))
    if made is None or made.rulebook is not rulebook:
        if len(_STAGES) >= _KEPT:
            _STAGES.clear()
        made = _STAGES[asked] = _make(rulebook, index_key=index_key, engine=engine, zone=zone)
    return made


def asked_once(questions: Questions, rulebook: Rulebook, **how: Any) -> None:
    """What `Questions` makes of a rulebook, which takes it two seconds, once in a run for each rulebook and way of asking."""
    key = (id(rulebook), repr(sorted(how.items())))
    if key not in _QUESTIONS:
        if len(_QUESTIONS) >= _KEPT:
            _QUESTIONS.clear()
        _ask(questions, rulebook, **how)
        _QUESTIONS[key] = rulebook, dict(vars(questions))
    vars(questions).update(_QUESTIONS[key][1])


_QUESTIONS: dict[tuple[int, str], tuple[Rulebook, dict[str, Any]]] = {}
"""The rulebook is held beside what was made of it, so its id is nobody else's."""
_STAGES: dict[tuple[str, bytes, str, str], Stages] = {}
_KEPT = 8
"""Every office has a key of its own: only those of the last few tests are asked for again."""


@cache
def _remembered(files: tuple[tuple[str, bytes], ...]) -> Rulebook:
    return _load(dict(files))
