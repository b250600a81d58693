"""JUnit: results of tests beside rules as the XML that build servers read.

In: results, or goals of coverage. Out: one document as bytes. Not here: running anything (`examples`, `coverage`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from engine.workbench.testing.coverage import Goal, State
from engine.workbench.testing.results import Result

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def of_results(results: Sequence[Result]) -> bytes:
    """A suite for each file, a case for each test; a todo test that still fails is skipped."""
    root = ET.Element("testsuites")
    for file, of_file in groupby(results, key=lambda result: result.file):
        cases = list(of_file)
        suite = _suite(root, file, len(cases), sum(not case.passed for case in cases))
        for result in cases:
            case = _case(suite, result.rule, result.name, file, result.line)
            if not result.passed:
                _inside(case, "failure", result.message)
            elif result.todo:
                _inside(case, "skipped", "todo")
    return _written(root)


def of_goals(goals: Iterable[Goal]) -> bytes:
    """A suite for each rule, a case for each goal; what is proved impossible is skipped."""
    root = ET.Element("testsuites")
    for rule, of_rule in groupby(goals, key=lambda goal: goal.rule):
        cases = list(of_rule)
        suite = _suite(root, rule, len(cases), sum(goal.state is State.MISSED for goal in cases))
        for goal in cases:
            case = _case(suite, rule, f"{goal.line} {goal.want}", goal.place.file, goal.place.line)
            if goal.state is State.MISSED:
                _inside(case, "failure", "没有测试")
            elif goal.state is State.IMPOSSIBLE:
                _inside(case, "skipped", "证明不可能")
    return _written(root)


def _suite(root: ET.Element, name: str, tests: int, failures: int) -> ET.Element:
    return ET.SubElement(root, "testsuite", name=_clean(name), tests=str(tests), failures=str(failures))


def _case(suite: ET.Element, rule: str, name: str, file: str, line: int) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=rule, name=_clean(name), file=file, line=str(line))


def _inside(case: ET.Element, tag: str, message: str) -> None:
    ET.SubElement(case, tag, message=_clean(message))


def _clean(text: str) -> str:
    return _NOT_XML.sub("?", text)


def _written(root: ET.Element) -> bytes:
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written
