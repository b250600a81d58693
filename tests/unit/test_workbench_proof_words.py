"""Cases in words: what an incident says, not what any incident has."""

from __future__ import annotations

from engine.evaluate.plan import Scope
from engine.model import FeatureSet
from engine.ruleset.tree import Place
from engine.workbench.proof.codes import Verdict, answer
from engine.workbench.proof.confirming import Case
from engine.workbench.proof.words import state, told, witness
from tests.rulebook_samples import rule, rulebook

MADE = rulebook(
    rule("R1", {"many": ("record.heads", "at_least", 3)}),
    features={
        "matter.n": {"count": "incidents", "same": "matter", "within": "7d"},
        "record.amount": {"field": "amount", "unit": "fen"},
    },
)


def test_a_case_says_what_is_true_counted_or_unknown() -> None:
    values = {
        "record.heads": None,
        "record.amount": 10_000_000,
        "matter.n": 2,
        "words.knife": False,
        "matter.failed": 0,
    }
    text = witness(Case(FeatureSet(values), Scope.RECORD), MADE)
    assert text == "record.heads 不知道；record.amount 10万元；matter.n 2"
    assert "什么都没有" in witness(Case(FeatureSet({"matter.n": 1}), Scope.RECORD), MADE)


def test_states_of_a_fact() -> None:
    case = Case(FeatureSet({"record.weapon": True, "record.injury": None}, absent=("record.heads",)), Scope.RECORD)
    names = ("record.weapon", "record.injury", "record.heads")
    assert [state(case, name, MADE) for name in names] == ["是", "不知道", "来源没有"]


def test_an_answer_is_one_line_with_its_place() -> None:
    place = Place("a.yaml", 3, 5)
    found = answer("P203", Verdict.PROVED, "R8", place, finding=True, name="joint")
    assert told(found).startswith("a.yaml:3:5 [P203] 已证明：规则 R8 的“joint”从来不起作用（建议：")
    undecided = answer("P201", Verdict.UNDECIDED, "R8", place, finding=True, reason="时间用完了")
    assert told(undecided) == "a.yaml:3:5 [P201] 未能判定：规则 R8 永远不命中，也不请人核实，因为时间用完了"
