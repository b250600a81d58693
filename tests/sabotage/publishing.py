"""Defences of rules that come into force, of shadow rules, and of blind grades.

In: nothing. Out: `PUBLISHING`. Not here: rules that do not load (`watching`), old records under new rules (`surviving`).
"""

from __future__ import annotations

from tests.sabotage.defence import defence

_DESK, _OPENING, _SAMPLING = "engine/desk/publishing.py", "engine/desk/opening.py", "engine/desk/sampling.py"
_UNIT, _RUNNING = "unit/test_desk_publishing.py", "acceptance/test_publishing.py"
_BLIND = "unit/test_desk_sampling.py"

PUBLISHING = (
    defence(
        "publish-second-person",
        "发布要另一个人复核",
        _DESK,
        "    if second.name == person.name:\n",
        instead="    if False:\n",
        tests=f"{_UNIT}::TestTwoPersons::test_the_same_person_is_refused[sqlite]",
    ),
    defence(
        "publish-reviewer",
        "复核人须是负责人或管理员",
        _DESK,
        "    if second.role not in _APPROVE:\n",
        instead="    if False:\n",
        tests=f"{_UNIT}::TestTwoPersons::test_who_may_publish_and_who_may_approve[sqlite]",
    ),
    defence(
        "publish-borrowed-secret",
        "口令是发布人重设的，不算第二个人",
        _DESK,
        "        if tx.reset_by(second.name) == person.name:\n",
        instead="        if False:\n",
        tests=f"{_UNIT}::TestTwoPersons::test_a_second_secret_that_the_first_person_set_is_not_another_person[sqlite]",
    ),
    defence(
        "publish-gate",
        "不过关的不发布",
        _DESK,
        "    if found:\n        raise RuleError(",
        instead="    if False:\n        raise RuleError(",
        tests=f"{_UNIT}::TestGate::test_every_finding_is_told_and_nothing_is_written[sqlite]",
    ),
    defence(
        "publish-invariants",
        "底线要规则自己守住",
        "engine/workbench/gate.py",
        "                if hit.rule in nevers:\n",
        instead="                if False:\n",
        tests="unit/test_workbench_gate.py::test_an_invariant_that_only_its_guard_keeps_is_told",
    ),
    defence(
        "published-not-the-folder",
        "须发布时，目录改了不起作用",
        _OPENING,
        "    if desk.config.publish.required:\n        return _published(desk)\n",
        instead="",
        tests=f"{_UNIT}::TestInForce::test_a_changed_folder_is_told_and_not_taken_where_rules_must_be_published[sqlite]",
    ),
    defence(
        "published-at-opening",
        "须发布时，重新起来也用发布的",
        _OPENING,
        "_kept(url, keys, published=True) if config.publish.required else {}",
        instead="{}",
        tests=f"{_UNIT}::TestInForce::test_opened_anew_it_has_what_was_published_and_not_the_folder",
    ),
    defence(
        "half-a-copy",
        "拷到一半的目录不读",
        _OPENING,
        " or files != loader.read_folder(desk.config.rules_folder)",
        instead="",
        tests=f"{_UNIT}::TestInForce::test_a_folder_that_changes_while_it_is_read_waits",
    ),
    defence(
        "published-between-batches",
        "发布的规则下一批来件就用，一批只用一套",
        "engine/pipeline.py",
        "        held = renewed() if renewed else stages\n",
        instead="        held = stages\n",
        tests=f"{_RUNNING}::test_it_is_taken_up_between_two_batches_and_no_record_is_lost[sqlite]",
    ),
    defence(
        "published-old-one-kept",
        "发布的读不懂，仍用原来的",
        "cli/service.py",
        "        except RuleError as fault:\n            if str(fault) != self._refused:",
        instead="        except ZeroDivisionError as fault:\n            if str(fault) != self._refused:",
        tests=f"{_RUNNING}::test_faulty_rules_that_were_kept_leave_the_old_ones_in_force[sqlite]",
    ),
    defence(
        "published-folder-whole",
        "目录整个换，不会换到一半",
        _DESK,
        "        _make(fresh, folder, files)\n        if folder.exists():\n            shutil.rmtree(aside, ignore_errors=True)\n            folder.rename(aside)\n        fresh.rename(folder)\n",
        instead="        _make(folder, aside, files)\n",
        tests=f"{_UNIT}::TestFolder::test_the_rest_of_the_folder_comes_along_and_the_former_one_is_kept",
    ),
    defence(
        "shadow-never-acts",
        "试运行的规则什么也不改",
        "engine/evaluate/trace.py",
        "            for status in (Status.LIVE, Status.SHADOW)\n        }",
        instead="            for status in (Status.LIVE, Status.SHADOW)\n        }\n"
        "        for scope in Scope:\n"
        "            held = (*self._layers[scope, Status.LIVE], *self._layers[scope, Status.SHADOW])\n"
        "            self._layers[scope, Status.LIVE] = held",
        tests="unit/test_desk_figures.py::test_shadow_rules_never_act_and_say_what_they_would_have_done[sqlite]",
    ),
    defence(
        "shadow-of-the-process",
        "办理过程的规则也能试运行",
        "engine/settlement.py",
        "        self._shadow += [(decision.assessment.subject, line) for line in decision.shadow]\n",
        instead="",
        tests="unit/test_desk_figures.py::test_shadow_rules_never_act_and_say_what_they_would_have_done[sqlite]",
    ),
    defence(
        "sample-colour-hidden",
        "盲评看不到颜色和理由",
        _SAMPLING,
        "BlindRecord(record.kind, record.at, record.text)",
        instead="BlindRecord(record.kind, record.at, '；'.join((record.text, *record.reasons)))",
        tests=f"{_BLIND}::test_whoever_grades_sees_what_the_records_say_and_nothing_of_the_colour[sqlite]",
    ),
    defence(
        "sample-not-one-s-own",
        "经手的人不评",
        _SAMPLING,
        "        if person.name in _handlers(",
        instead="        if person.name not in _handlers(",
        tests=f"{_BLIND}::test_whoever_handled_a_matter_neither_sees_nor_grades_it[sqlite]",
    ),
    defence(
        "sample-graded-once",
        "盲评只评一次",
        _SAMPLING,
        "        if one.grade is not None:\n",
        instead="        if False:\n",
        tests=f"{_BLIND}::test_a_grade_is_given_once[sqlite]",
    ),
    defence(
        "sample-equal-chance",
        "比例的零头按机会抽，红的不多抽",
        _SAMPLING,
        '        more = _lot(seed, f"rest of {colour.word}") < rest * _LOTS\n',
        instead="        more = rest > 0\n",
        tests=f"{_BLIND}::test_what_a_share_leaves_over_is_dealt_by_lot",
    ),
)
