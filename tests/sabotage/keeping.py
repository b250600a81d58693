"""Defences of what is kept and of what people do: transactions, sealing, masks, the audit chain, who may act.

In: nothing. Out: `KEEPING`. Not here: the doors (`doors`), what is decided (`deciding`).
"""

from __future__ import annotations

from tests.sabotage.defence import Change, defence, together

_CHAIN, _ARRIVALS, _OPENING = "engine/store/chain.py", "engine/store/arrivals.py", "engine/store/opening.py"
_SEALING, _MASKING, _ACTING = "engine/store/sealing.py", "engine/masking.py", "engine/desk/acting.py"
_PIPELINE, _DIALECTS = "engine/pipeline.py", "engine/store/dialects.py"
_TAMPERING = "unit/test_store_audit.py::TestTampering"

KEEPING = (
    defence(
        "one-transaction",
        "一批一个事务：失败就什么都不留",
        _DIALECTS,
        "            with connection.begin():\n                yield connection",
        instead=(
            "            try:\n                yield connection\n            finally:\n                connection.commit()"
        ),
        tests="acceptance/test_ingest.py::TestBroken::test_a_batch_that_fails_leaves_nothing[sqlite]",
    ),
    defence(
        "tally",
        "每一行都有下落：隔离的也算",
        _PIPELINE,
        "    tally.quarantined = len(rejected)",
        instead="    tally.quarantined = 0",
        tests=(
            "acceptance/test_ingest.py::TestTally::test_a_file_with_every_kind_of_row[sqlite]",
            "acceptance/test_promise_r11.py",
        ),
    ),
    defence(
        "quarantine-kept",
        "读不懂的行进隔离，不丢",
        _PIPELINE,
        "    tally.settled = tx.write_quarantine(rejected, known_at)\n",
        instead="",
        tests="acceptance/test_promise_r12.py",
    ),
    defence(
        "settled-stays-settled",
        "改正过的坏行再来不再重提",
        "engine/store/quarantine.py",
        "            held[key] = status, first_at, times + 1\n",
        instead="            status = OPEN\n            held[key] = status, first_at, times + 1\n",
        tests=(
            "acceptance/test_quarantine.py"
            "::test_an_export_that_holds_all_days_brings_nothing_back_that_was_settled[sqlite]"
        ),
    ),
    defence(
        "one-workbook",
        "改正后的行编号不变，同一文件可再交",
        "engine/desk/quarantine.py",
        "            tx.supersede_quarantine(row.id, still_bad.source, still_bad.digest)",
        instead="            tx.mark_quarantine([row.id], RETRIED)",
        tests=(
            "acceptance/test_quarantine.py"
            "::test_one_workbook_is_corrected_and_handed_in_until_every_row_has_passed[sqlite]"
        ),
    ),
    defence(
        "dismissed-exactly",
        "没给过的编号不算已处理",
        "engine/desk/quarantine.py",
        "        _refuse_strangers(numbers, [row.id for row in named])\n",
        instead="",
        tests=(
            "unit/test_desk_quarantine.py::test_what_is_dismissed_is_counted_once_and_a_number_nobody_gave_is_refused"
        ),
    ),
    defence(
        "six-means",
        "办结只认六种化解方式",
        _ACTING,
        "    if words and said not in words.values():",
        instead="    if False:",
        tests="acceptance/test_desk.py::TestClosing::test_a_matter_ends_by_one_of_the_six_means",
    ),
    defence(
        "unchanged-never-back",
        "见过的旧稿再来不再成为现行",
        _PIPELINE,
        "            tally.unchanged += 1\n            continue",
        instead="            tally.unchanged += 1\n            current[incident.id] = incident\n            continue",
        tests="unit/test_pipeline.py::TestVersions::test_an_old_version_that_comes_again_decides_nothing",
    ),
    defence(
        "later-time-wins",
        "迟到的旧稿不盖新稿",
        _PIPELINE,
        "return updated_at is None or held is None or updated_at >= held",
        instead="return True",
        tests=(
            "acceptance/test_ingest.py::TestVersions"
            "::test_of_two_versions_the_later_supplier_time_wins_in_either_order[sqlite-True]"
        ),
    ),
    defence(
        "cursor",
        "读到哪里与读到的内容同时落盘",
        _PIPELINE,
        "            if read_to:",
        instead="            if False:",
        tests="unit/test_desk_intake.py::test_the_cursor_is_kept_with_what_it_brought",
    ),
    defence(
        "chain-links",
        "审计链：每条连着上一条",
        _CHAIN,
        'b"\\n".join((b"entry", previous, fields, entry.payload))',
        instead='b"\\n".join((b"entry", fields, entry.payload))',
        tests="acceptance/test_defences.py::test_an_entry_of_another_history_does_not_fit_into_the_chain",
    ),
    defence(
        "chain-payload",
        "审计链：内容在签内",
        _CHAIN,
        'b"\\n".join((b"entry", previous, fields, entry.payload))',
        instead='b"\\n".join((b"entry", previous, fields))',
        tests=f"{_TAMPERING}::test_a_changed_entry",
    ),
    defence(
        "chain-tail",
        "截去末尾看得出来",
        _CHAIN,
        "            self.findings.append(Finding(Tampering.CUT, self.last + 1, vouched))",
        instead="            pass",
        tests=f"{_TAMPERING}::test_a_cut_tail",
    ),
    defence(
        "chain-anchors",
        "假的锚点不信",
        _CHAIN,
        "trusted = [a for a in anchors if hmac.compare_digest(anchor_seal(key, a.seq, at=a.at, mac=a.mac), a.seal)]",
        instead="trusted = list(anchors)",
        tests=f"{_TAMPERING}::test_a_forged_anchor_is_not_believed",
    ),
    defence(
        "audit-triggers",
        "数据库禁止改删审计记录",
        "engine/store/migrations/versions/0001_first_release.py",
        "BEGIN SELECT RAISE(ABORT, '{_SAID}'); END",
        instead="BEGIN SELECT '{_SAID}'; END",
        tests="unit/test_store_audit.py::TestEntries::test_the_database_forbids_it",
    ),
    defence(
        "audit-last",
        "每批一条审计",
        _PIPELINE,
        '            tx.append_audit(MACHINE, "ingest", {**_audited(tally), **stages.named}, known_at)\n',
        instead="",
        tests="unit/test_pipeline.py::TestBatch::test_each_batch_is_one_entry_that_accounts_for_every_row",
    ),
    together(
        "raw-sealed",
        "原始行加密存放",
        (Change(_ARRIVALS, 'seal("raw", raw_cell(n), _values(r))', "_values(r)"),),
        tests="unit/test_store_arrivals.py::TestSealing::test_the_files_hold_no_name_phone_or_id_number",
    ),
    together(
        "incidents-sealed",
        "来件加密存放",
        (
            Change(_ARRIVALS, 'seal("incident", body_cell(n), cells.incident_bytes(i))', "cells.incident_bytes(i)"),
            Change(_ARRIVALS, 'self._sealer.open("incident", body_cell(version), sealed)', "sealed"),
        ),
        tests="unit/test_store_arrivals.py::TestSealing::test_the_files_hold_no_name_phone_or_id_number",
    ),
    defence(
        "cells-bound",
        "密文换了行就打不开",
        _ARRIVALS,
        'return f"bodies/sealed/{version}"',
        instead='return "bodies/sealed"',
        tests="unit/test_store_arrivals.py::TestSealing::test_a_sealed_cell_moved_to_another_row_does_not_open",
    ),
    defence(
        "fresh-nonces",
        "同样的文字每次密文不同",
        _SEALING,
        "nonce = os.urandom(_NONCE_BYTES)",
        instead="nonce = bytes(_NONCE_BYTES)",
        tests="unit/test_store_sealing.py::test_the_same_text_is_never_sealed_to_the_same_bytes",
    ),
    defence(
        "classes-of-keys",
        "每类数据一把钥匙",
        _SEALING,
        'f"sanse/seal/{generation}/{cipher}/{kind}".encode()',
        instead='f"sanse/seal/{generation}/{cipher}".encode()',
        tests="unit/test_store_sealing.py::test_a_cell_does_not_open_elsewhere",
    ),
    defence(
        "keys-fit",
        "密钥不符的库不开",
        _OPENING,
        "if noted is not None and noted not in self._accepted:",
        instead="if False:",
        tests="unit/test_store_arrivals.py::TestSealing::test_another_key_file_is_told_at_once",
    ),
    defence(
        "errors-quote-nothing",
        "报错不带正在写的内容",
        "engine/store/refusals.py",
        "said = str(fault.orig).strip().splitlines()",
        instead="said = [f'{fault.orig} {fault.params}']",
        tests="acceptance/test_defences.py::test_an_error_of_the_database_quotes_no_parameter",
    ),
    defence(
        "keyed-digests",
        "电话、证件的指纹须用密钥",
        _MASKING,
        'hmac.digest(key, f"{kind}\\0{value}".encode(), "sha256")',
        instead='hmac.digest(b"", f"{kind}\\0{value}".encode(), "sha256")',
        tests="unit/test_masking.py::TestFingerprints",
    ),
    defence(
        "mask-numbers",
        "正文里的电话、证件号遮住",
        _MASKING,
        "spans = [*_named(text, names), *_numbered(text)]",
        instead="spans = [*_named(text, names)]",
        tests="unit/test_masking.py::TestTwoThousandTexts::test_phones_and_ids_are_hidden_in_every_spelling",
    ),
    defence(
        "mask-names",
        "本件栏里的姓名在正文里遮住",
        _MASKING,
        "spans = [*_named(text, names), *_numbered(text)]",
        instead="spans = [*_numbered(text)]",
        tests="unit/test_masking.py::TestOwnNames::test_own_names_are_hidden_wherever_they_stand",
    ),
    defence(
        "id-tells",
        "编号是明文：里面有电话、证件号、姓名的，不收作编号",
        "engine/normalise/normaliser.py",
        "    if _tells(case):\n",
        instead="    if False:\n",
        tests="unit/test_normaliser.py::TestRefusals::test_a_number_that_says_who_somebody_is_becomes_no_id_for_ids_stand_in_clear",
    ),
    defence(
        "confidential",
        "保密件不显示内容",
        "engine/desk/reading.py",
        "return SEALED if incident.confidential else incident.text, incident.confidential",
        instead="return incident.text, incident.confidential",
        tests="acceptance/test_defences.py::TestPeople::test_a_confidential_record_shows_no_word_of_its_text",
    ),
    defence(
        "unmask-reason",
        "看原文要写理由",
        "engine/desk/quarantine.py",
        '    check_reason(reason, what="导出原文要写明理由")\n',
        instead="",
        tests=(
            "acceptance/test_quarantine.py::test_the_original_cells_are_shown_only_with_a_reason_that_is_kept[sqlite]"
        ),
    ),
    defence(
        "override-reason",
        "改级要写理由",
        "engine/desk/reasons.py",
        "    if not reason.strip():",
        instead="    if False:",
        tests="acceptance/test_desk.py::TestLowering::test_no_reason_no_change_or_too_long_is_refused",
    ),
    defence(
        "second-person",
        "红色下调须第二人",
        _ACTING,
        "    if standing is not Colour.RED:\n        return",
        instead="    if True:\n        return",
        tests="acceptance/test_desk.py::TestLowering::test_red_needs_an_opinion_and_another_person[sqlite]",
    ),
    defence(
        "second-is-another",
        "复核人不能是本人",
        _ACTING,
        "    elif second.name == person.name:",
        instead="    elif False:",
        tests="acceptance/test_desk.py::TestLowering::test_red_needs_an_opinion_and_another_person[sqlite]",
    ),
    defence(
        "one-step",
        "一次只下调一级",
        _ACTING,
        "    if int(state.standing) - int(to) > 1:",
        instead="    if False:",
        tests="acceptance/test_defences.py::TestPeople::test_red_never_falls_to_green_in_one_step",
    ),
    defence(
        "opinion",
        "险情命中后须有公安、妇联或民政意见",
        _ACTING,
        "    if grave and not _since(actions, {OPINION}, last):",
        instead="    if False:",
        tests="unit/test_desk_acting.py::TestConditions::test_an_opinion_from_before_the_danger_counts_for_nothing",
    ),
    defence(
        "roles",
        "分析员不办理事项",
        _ACTING,
        "    if person.role not in _ACTORS:",
        instead="    if False:",
        tests="unit/test_desk_acting.py::TestRoles::test_an_analyst_acts_on_no_matter",
    ),
    defence(
        "retired-people",
        "离岗的人不能再办",
        "engine/store/people.py",
        "if held and held.active else None",
        instead="if held else None",
        tests="unit/test_store_people.py::TestPeople::test_who_is_retired_may_no_longer_act[sqlite]",
    ),
    defence(
        "future-actions",
        "办理时间不能在将来",
        _ACTING,
        "    if at > now:",
        instead="    if False:",
        tests="acceptance/test_desk.py::TestActing::test_nothing_is_done_in_the_future_or_to_a_stranger",
    ),
    defence(
        "block-key-locks",
        "同一群人的两批在 PostgreSQL 上互相等待",
        _DIALECTS,
        "SELECT pg_advisory_xact_lock(%s, bucket) FROM",
        instead="SELECT pg_advisory_xact_lock_shared(%s, bucket) FROM",
        tests="unit/test_store_opening.py::TestTogether::test_a_batch_waits_for_another_with_the_same_person",
    ),
    defence(
        "cluster-locks",
        "只在旧件那里相遇的两批也互相等待",
        _OPENING,
        "return self._vendor.buckets([block_keys.cluster(name) for name in clusters])",
        instead="return self._vendor.buckets([block_keys.cluster(name) for name in clusters][:0])",
        tests="unit/test_store_opening.py::TestTogether::test_two_processes_whose_records_meet_only_in_a_cluster",
    ),
    defence(
        "copy-refusals",
        "PostgreSQL 拒收的行报成我们的错误",
        "engine/store/copying.py",
        "    except psycopg.Error as fault:\n        raise DBAPIError(statement, None, fault, hide_parameters=True) from fault",
        instead="    finally:\n        pass",
        tests="unit/test_store_copying.py",
    ),
    defence(
        "corrected-keys",
        "改正过的件不再按旧电话找得到",
        "engine/store/filing.py",
        "for statement, records in ((_UNFILE, former), (_FILE, changed)):",
        instead="for statement, records in ((_FILE, changed),):",
        tests="unit/test_store_filing.py",
    ),
)
