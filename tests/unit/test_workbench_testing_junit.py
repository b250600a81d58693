"""JUnit: a build server sees which test failed, where, and what waits."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from engine.ruleset.tree import Place
from engine.workbench.testing.coverage import Goal, State
from engine.workbench.testing.junit import of_goals, of_results
from engine.workbench.testing.results import Result


def test_results_become_suites_of_files() -> None:
    root = ET.fromstring(
        of_results(
            [
                Result("R1", "过", "a.yaml", 3, passed=True),
                Result("R1", "没过", "a.yaml", 4, passed=False, message="应命中\x00<b>"),
                Result("R2", "待办", "b.yaml", 5, passed=True, todo=True),
            ]
        )
    )
    suites = root.findall("testsuite")
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in suites] == [
        ("a.yaml", "2", "1"),
        ("b.yaml", "1", "0"),
    ]
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "应命中?<b>"
    assert root.find(".//testcase[@name='待办']/skipped") is not None
    assert root.find(".//testcase[@name='没过'][@line='4'][@file='a.yaml']") is not None


def test_goals_become_suites_of_rules() -> None:
    place = Place("a.yaml", 7, 9)
    states = {"true": State.REACHED, "false": State.MISSED, "unknown": State.IMPOSSIBLE}
    root = ET.fromstring(of_goals(Goal("R1", "many", want, place, state) for want, state in states.items()))
    (suite,) = root.findall("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    assert root.find(".//testcase[@name='many false']/failure") is not None
    assert root.find(".//testcase[@name='many unknown']/skipped") is not None
