"""Defences at the doors: files, addresses, rule files, rows that cannot be read.

In: nothing. Out: `DOORS`. Not here: what is decided (`deciding`), what is kept (`keeping`).
"""

from __future__ import annotations

from tests.sabotage.defence import Change, defence, together

_YAML, _BUILD = "engine/ruleset/strict_yaml.py", "engine/ruleset/build.py"
_WORDS = "engine/ruleset/wordlists.py"
_WORDLISTS = "engine/ruleset/wordlists.py"
_ADDRESSES, _WEB = "adapters/addresses.py", "adapters/sources/web.py"
_WORKBOOK, _SHEETS = "adapters/sources/workbook.py", "adapters/sheets.py"
_RULES = "acceptance/test_defences.py::TestRuleFiles"

DOORS = (
    defence(
        "yaml-aliases",
        "别名炸弹",
        _YAML,
        "if _anchored(event):",
        instead="if False:",
        tests=f"{_RULES}::test_a_bomb_or_a_trap_is_a_fault_with_its_place[alias bomb]",
    ),
    defence(
        "yaml-tags",
        "类型标签",
        _YAML,
        "        if _tagged(event):",
        instead="        if False:",
        tests=f"{_RULES}::test_a_bomb_or_a_trap_is_a_fault_with_its_place[tag]",
    ),
    defence(
        "yaml-depth",
        "嵌套过深",
        _YAML,
        "        if depth > MAX_DEPTH:",
        instead="        if False:",
        tests=f"{_RULES}::test_a_bomb_or_a_trap_is_a_fault_with_its_place[depth]",
    ),
    defence(
        "yaml-nodes",
        "节点过多",
        _YAML,
        "        if nodes > MAX_NODES:",
        instead="        if False:",
        tests=f"{_RULES}::test_a_bomb_or_a_trap_is_a_fault_with_its_place[nodes]",
    ),
    defence(
        "yaml-size",
        "文件过大",
        _YAML,
        "    if len(data) > MAX_BYTES:",
        instead="    if False:",
        tests=f"{_RULES}::test_a_bomb_or_a_trap_is_a_fault_with_its_place[size]",
    ),
    defence(
        "yaml-documents",
        "一个文件里几份文档",
        _YAML,
        "        if documents > 1:",
        instead="        if False:",
        tests=f"{_RULES}::test_a_bomb_or_a_trap_is_a_fault_with_its_place[documents]",
    ),
    defence(
        "yaml-duplicates",
        "同一个键写两次",
        _YAML,
        "            if key in built:",
        instead="            if False:",
        tests=f"{_RULES}::test_a_bomb_or_a_trap_is_a_fault_with_its_place[duplicate]",
    ),
    defence(
        "yaml-floats",
        "小数",
        _YAML,
        'if kind == "float":',
        instead="if False:",
        tests=f"{_RULES}::test_a_bomb_or_a_trap_is_a_fault_with_its_place[float]",
    ),
    defence(
        "pattern-barred",
        "模式里的 \\b、\\w 对汉字另有意思",
        _WORDLISTS,
        "        if barred in pattern:",
        instead="        if False:",
        tests=f"{_RULES}::test_a_pattern_that_may_mean_something_else_is_refused",
    ),
    defence(
        "pattern-re2",
        "只用 RE2：回溯的写法在加载时就被拒绝",
        _WORDLISTS,
        "        size = re2.compile(pattern, options).programsize",
        instead="        size = len(pattern) if options else 0",
        tests=f"{_RULES}::test_a_pattern_that_re2_refuses_is_a_fault",
    ),
    defence(
        "pattern-length",
        "过长的模式",
        _WORDS,
        "    if len(pattern) > _MAX_PATTERN:",
        instead="    if False:",
        tests=f"{_RULES}::test_a_pattern_has_a_longest_length",
    ),
    defence(
        "rules-cycle",
        "结论绕圈",
        _BUILD,
        "        if rule.id in trail:",
        instead="        if False:",
        tests=f"{_RULES}::test_conclusions_in_a_circle_are_refused",
    ),
    defence(
        "workbook-directory",
        "先看压缩目录，再开子进程",
        _WORKBOOK,
        "        if file.read(len(_ZIP)) == _ZIP:\n            _check_directory(path)",
        instead="        file.read(len(_ZIP))",
        tests="unit/test_source_workbook.py::TestBombs::test_no_child_is_started_for_a_bomb",
    ),
    defence(
        "workbook-content",
        "改了后缀的网页和文本",
        _WORKBOOK,
        "    if not looks_like_workbook(path):",
        instead="    if False:",
        tests="unit/test_source_workbook.py::TestDamage::test_a_web_page_called_xls",
    ),
    together(
        "formula-cells",
        "导出的文字不会变成公式",
        (
            Change(
                _SHEETS, '"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, ', ""
            ),
            Change(
                _SHEETS,
                'sheet.write_string(row, column, "" if cell is None else str(cell))',
                'sheet.write(row, column, "" if cell is None else str(cell))',
            ),
        ),
        tests=(
            "unit/test_sheets.py::test_text_stays_text",
            "acceptance/test_quarantine.py::test_a_formula_in_a_cell_goes_out_and_comes_back_as_text",
        ),
    ),
    together(
        "formula-headers",
        "表头也不会变成公式",
        (
            Change(
                _SHEETS, '"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, ', ""
            ),
            Change(_SHEETS, "sheet.write_string(0, column, header, bold)", "sheet.write(0, column, header, bold)"),
        ),
        tests="acceptance/test_defences.py::test_a_header_that_looks_like_a_formula_is_text",
    ),
    defence(
        "allow-list",
        "只访问写明的主机",
        _ADDRESSES,
        'if not {host, f"{host}:{port}"} & self._allowed:',
        instead="if False:",
        tests="unit/test_source_web.py::test_other_hosts_are_not_asked",
    ),
    defence(
        "private-addresses",
        "内网地址须另行写明",
        _ADDRESSES,
        "        if not named and not all(public(address) for address in found):",
        instead="        if False:",
        tests="unit/test_addresses.py::test_an_inner_address_must_be_named_as_private_too",
    ),
    defence(
        "never-addresses",
        "云主机元数据等地址永不访问",
        _ADDRESSES,
        "        if any(never(address) for address in found):",
        instead="        if False:",
        tests="unit/test_addresses.py::test_some_addresses_are_never_reached",
    ),
    defence(
        "pinned-address",
        "连接用检查过的地址，不再解析第二次",
        _WEB,
        '"url": _with_query(place.pinned(attempt), params)',
        instead='"url": _with_query(url, params)',
        tests="acceptance/test_defences.py::test_the_connection_goes_to_the_address_that_was_checked",
    ),
    defence(
        "plain-http",
        "外部接口必须用 https",
        _ADDRESSES,
        "        if parts.scheme in _PLAIN and not named:",
        instead="        if False:",
        tests="unit/test_addresses.py::test_forbidden",
    ),
    defence(
        "redirects",
        "转址不跟随",
        _WEB,
        "follow_redirects=False",
        instead="follow_redirects=True",
        tests="unit/test_source_web.py::test_a_redirect_is_never_followed",
    ),
    defence(
        "packed-twice",
        "套叠压缩的回答不解",
        _WEB,
        'if answer.headers.get_list("content-encoding", split_commas=True) not in _UNPACKED:',
        instead="if False:",
        tests="unit/test_source_web.py::test_what_is_packed_twice_or_strangely_is_refused",
    ),
    defence(
        "database-read-only",
        "来源数据库只读",
        "adapters/sources/database.py",
        'connection.exec_driver_sql("PRAGMA query_only = ON")',
        instead="_ = connection",
        tests="unit/test_source_database.py::test_a_source_only_reads",
    ),
    defence(
        "future-times",
        "超前一天以上的时间进隔离",
        "engine/normalise/normaliser.py",
        "    if at is not None and at.year >= year_from and at <= case.known_at + tolerance:",
        instead="    if at is not None and at.year >= year_from:",
        tests="unit/test_score.py::test_a_time_more_than_a_day_ahead_is_quarantined",
    ),
    defence(
        "long-numbers",
        "表格里超过 15 位的数字编号不当编号用",
        "engine/normalise/cells.py",
        "    if isinstance(cell, float):\n        return True",
        instead="    if False:\n        return True",
        tests="acceptance/test_ingest.py::TestBesideTheColumns::test_long_numbers_of_a_workbook_overwrite_nothing",
    ),
    defence(
        "every-narrative",
        "两列内容都读",
        "engine/normalise/reading.py",
        "return row.every(name) if name in row.first else []",
        instead="return [row.first[name]] if name in row.first else []",
        tests="acceptance/test_ingest.py::TestBesideTheColumns::test_two_columns_of_one_meaning_are_both_read",
    ),
    defence(
        "surplus-cells",
        "比表头多出的格子不丢",
        "engine/normalise/rows.py",
        "return beyond[::-1]",
        instead="return beyond[:0]",
        tests="acceptance/test_ingest.py::TestBesideTheColumns::test_cells_beyond_the_header_are_the_end_of_the_text",
    ),
    defence(
        "danger-beside",
        "不认识的列里也找险情",
        "engine/pipeline.py",
        "        if not beside or not self.triage.danger(beside, incident.occurred_at):",
        instead="        if True:",
        tests="acceptance/test_ingest.py::TestBesideTheColumns",
    ),
    defence(
        "lost-digits",
        "被表格改成科学计数的编号不当编号用",
        "engine/normalise/normaliser.py",
        '    if lost_digits(_raw_cell(case.row, "source_id")):',
        instead="    if False:",
        tests="unit/test_normaliser.py::TestRefusals",
    ),
    defence(
        "unreadable-file-alone",
        "一个文件读不了，同一目录里别的照读",
        "adapters/sources/files.py",
        "                refused.append(fault)",
        instead="                raise",
        tests="unit/test_cli_service.py::TestUnreadableFiles",
    ),
    defence(
        "unreadable-file-told",
        "读不了的文件一个不漏地报出来",
        "adapters/sources/files.py",
        "        if refused:",
        instead="        if len(refused) > 2:",
        tests="unit/test_cli_service.py::TestUnreadableFiles",
    ),
    defence(
        "before-a-break",
        "来源半路断了，断前给的都收下",
        "engine/pipeline.py",
        "        broke.append(fault)",
        instead="        raise",
        tests="unit/test_cli_service.py::TestUnreadableFiles",
    ),
    defence(
        "cursor-before-a-break",
        "来源半路断了，游标不越过断处",
        "engine/pipeline.py",
        'read_to = "" if broke else source.cursor()',
        instead="read_to = source.cursor()",
        tests="unit/test_desk_intake.py::test_a_source_that_breaks_keeps_what_it_gave_and_the_cursor_of_its_last_whole_batch",
    ),
)
