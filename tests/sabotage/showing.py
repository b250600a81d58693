"""Defences of what is seen: in messages, on pages, in files that go out, in the log; and of the whole against what is handed in.

In: nothing. Out: `SHOWING`. Not here: doors (`doors`), decisions (`deciding`), storage (`keeping`).
"""

from __future__ import annotations

from tests.sabotage.defence import defence

_READING, _QUARANTINE = "engine/desk/reading.py", "engine/desk/quarantine.py"
_SHEETS, _CLI = "adapters/sheets.py", "cli/__init__.py"
_YAML, _WORDLISTS, _LABELS = "engine/ruleset/strict_yaml.py", "engine/ruleset/wordlists.py", "engine/ruleset/labels.py"

SHOWING = (
    defence(
        "audit-reasons",
        "审计里写的理由加密存放",
        "engine/store/audit.py",
        "told[_REASON] = self._sealer.seal(REASONS, _cell(seq + 1), reason.encode()).hex()",
        instead="told[_REASON] = reason",
        tests="unit/test_store_audit.py::test_what_a_person_wrote_is_sealed_in_the_log_and_told_to_its_reader",
    ),
    defence(
        "areas",
        "串到属地一栏的姓名电话不落地",
        "engine/identity/sighting.py",
        "            area=self._area(incident.area),",
        instead="            area=incident.area,",
        tests="unit/test_identity_sighting.py::test_what_slipped_into_the_column_of_the_area_does_not_travel",
    ),
    defence(
        "numbers",
        "串到关联单号一栏的姓名电话不当单号",
        "engine/normalise/reading.py",
        "return any(character.isdigit() for character in text) and mask_text(text) == text",
        instead="return bool(text)",
        tests="unit/test_normalise_reading.py::test_the_number_of_another_record_is_no_name_and_no_phone",
    ),
    defence(
        "headless-files",
        "没有表头的文件，报错时不显示内容",
        "adapters/sources/rows.py",
        "    shown = [cell for cell in written if _like_header(cell, pieces) or (plain and len(cell) <= _LONGEST_HEADER)]",
        instead="    shown = [cell for cell in written if pieces or plain or _like_header(cell, pieces)]",
        tests="unit/test_source_rows.py::test_of_a_row_of_data_without_header_nothing_personal_is_shown",
    ),
    defence(
        "what-officials-wrote",
        "事项页上经办人写的话遮住当事人",
        _READING,
        "    return lambda text: mask_text(text, names)",
        instead="    return lambda text: text if names or True else mask_text(text, names)",
        tests="unit/test_desk_reading.py::test_what_people_wrote_is_shown_without_the_contacts_of_the_matter",
    ),
    defence(
        "unknown-references",
        "查无此件时不回显姓名电话",
        _READING,
        'f"没有找到事项或来件：{mask_reference(reference)}"',
        instead='f"没有找到事项或来件：{reference or mask_reference(reference)}"',
        tests="unit/test_desk_reading.py::TestPages::test_an_unknown_reference_that_names_somebody_is_not_repeated",
    ),
    defence(
        "refusals",
        "报错里输入的电话证件号打码",
        _CLI,
        "    return mask_text(clean(text))",
        instead="    return clean(text) or mask_text(text)",
        tests="unit/test_cli_refusals.py::test_a_refusal_masks_what_was_typed",
    ),
    defence(
        "the-last-door",
        "没有料到的错误不带来件内容",
        "cli/refusals.py",
        'f"错误：程序内部出错（{type(fault).__name__}）；',
        instead='f"错误：程序内部出错（{type(fault).__name__} {fault}）；',
        tests="unit/test_cli_refusals.py::test_what_nobody_foresaw_is_told_without_its_words",
    ),
    defence(
        "matter-defects",
        "两个判读器对事项看法不一，也记为缺陷",
        "engine/settlement.py",
        "        self._tx.write_defects(self._defects, self._known_at)",
        instead="        self._defects.clear()",
        tests="unit/test_settlement.py::test_readers_that_disagree_about_a_matter_are_a_defect",
    ),
    defence(
        "rebuilt-decisions",
        "从原始行重做的研判逐字节比对",
        "engine/desk/rebuilding.py",
        "    elif recorded.record == made.record:",
        instead="    elif recorded.record:",
        tests="unit/test_desk_rebuilding.py::test_a_decision_that_comes_out_otherwise_is_told_with_its_place",
    ),
    defence(
        "exports-overwrite-nothing",
        "导出不盖已有的文件，不跟链接走",
        _SHEETS,
        "os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY",
        instead="os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK, _OWNER_ONLY",
        tests="unit/test_sheets.py",
    ),
    defence(
        "exports-are-private",
        "导出的文件只有本人能读",
        _SHEETS,
        "_OWNER_ONLY = 0o600",
        instead="_OWNER_ONLY = 0o644",
        tests="unit/test_sheets.py::test_a_file_is_new_and_its_owner_alone_may_read_it",
    ),
    defence(
        "cells-come-back",
        "表格装不下的内容改回来时不走样",
        _QUARANTINE,
        "_equal(in_sheet(there[header]), cell) for there in (shown, values)",
        instead="_equal(there[header], cell) for there in (shown, values)",
        tests="unit/test_desk_quarantine.py::test_what_a_sheet_cannot_hold_comes_back_as_it_was",
    ),
    defence(
        "numbers-that-are-phones",
        "以数字存放的电话也打码",
        _QUARANTINE,
        "    return cell if masked == text else masked",
        instead="    return cell if masked else text",
        tests="unit/test_desk_quarantine.py::test_a_phone_that_came_as_a_number_is_masked_and_kept",
    ),
    defence(
        "rule-files-are-files",
        "规则目录里的设备和管道不读",
        "engine/ruleset/loader.py",
        '    raise RuleError("这不是可以读的文件（目录、设备或断了的链接）", where=str(path), hint="从规则目录里移走")',
        instead='    return b""',
        tests="unit/test_ruleset_loader.py::test_a_rule_file_that_is_none_is_refused_and_a_giant_is_not_read_whole",
    ),
    defence(
        "yaml-directives",
        "不能换成别的 YAML 版本",
        _YAML,
        "        if isinstance(event, DocumentStartEvent) and (event.version or event.tags):",
        instead="        if False:",
        tests="unit/test_ruleset_strict_yaml.py::test_directives_are_refused",
    ),
    defence(
        "yaml-integers",
        "整数只有一种写法，最多64位",
        _YAML,
        "            if abs(value) < _BOUND:",
        instead="            if value or abs(value) < _BOUND:",
        tests="unit/test_ruleset_strict_yaml.py::test_whole_numbers_have_64_bits_and_one_spelling",
    ),
    defence(
        "pattern-size",
        "展开后过大的模式不收",
        _WORDLISTS,
        "        if size > _MAX_PROGRAM:",
        instead="        if False:",
        tests="unit/test_ruleset_wordlists.py::test_the_size_of_a_pattern_when_it_is_compiled",
    ),
    defence(
        "labels-are-no-formats",
        "用语里的花括号只填写明的名称",
        _LABELS,
        "    return _PLACE.sub(lambda place: str(words.get(place[1], place[0])), text)",
        instead="    return text.format(**words)",
        tests="unit/test_ruleset_labels.py::test_a_place_is_filled_as_it_stands",
    ),
    defence(
        "marks",
        "成千上万个附加符号拖不慢系统",
        "engine/marks.py",
        "    return _SURPLUS.sub(_NOTHING, text)",
        instead="    return text",
        tests="unit/test_marks.py::test_marks_past_the_thirtieth_of_a_row_show_nothing_and_the_length_stays",
    ),
    defence(
        "matches",
        "一条词的命中有上限",
        "engine/features/words.py",
        "            if not found or len(hits) == _MOST:",
        instead="            if not found:",
        tests="unit/test_features_words.py::test_so_many_matches_of_an_entry_say_all_and_others_are_still_found",
    ),
)
