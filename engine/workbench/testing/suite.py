"""Suite: every test that stands in `rules/`, whatever it stands beside.

In: a rulebook. Out: a `Result` for each, in the order rules, word lists, mappings, settings. Not here: how each kind is run.
"""

from __future__ import annotations

from engine.ruleset.strict_yaml import read
from engine.ruleset.tree import Rulebook
from engine.workbench.places import Places
from engine.workbench.testing import examples, linking, readings, sayings, sentences
from engine.workbench.testing.results import Result

_MAY_HAVE_TESTS = {b"mapping:", b"settings:"}
"""Of what stands in these no place is kept once it is loaded: their files are read once more."""


def run(rulebook: Rulebook) -> list[Result]:
    """Every test of every part."""
    return [*examples.run(rulebook), *beside_the_rest(rulebook)]


def beside_the_rest(rulebook: Rulebook) -> list[Result]:
    """Every test that stands beside no rule."""
    places = Places(read(name, data) for name, data in rulebook.files.items() if _MAY_HAVE_TESTS & set(data.split()))
    return [
        *sentences.run(rulebook),
        *sayings.run(rulebook),
        *readings.run(rulebook, places),
        *linking.run(rulebook, places),
    ]
