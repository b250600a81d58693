"""The shipped rules as a survey, with the places of their parts."""

from __future__ import annotations

import pytest

from engine.ruleset import loader
from engine.workbench.places import Places


@pytest.fixture(scope="module")
def survey() -> loader.Survey:
    return loader.survey(loader.read_folder(loader.shipped()))


@pytest.fixture(scope="module")
def places(survey: loader.Survey) -> Places:
    return Places(survey.documents)
