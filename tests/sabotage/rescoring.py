"""Defences of history judged again: what windows reach, who sees what is absent, what is written and when.

In: nothing. Out: `RESCORING`. Not here: rules that change under open matters (`timing`).
"""

from __future__ import annotations

from tests.sabotage.defence import defence

_RESCORE = "acceptance/test_rescore.py"
_LIVE = f"{_RESCORE}::test_columns_say_of_every_record_what_the_live_reader_says[sqlite]"

RESCORING = (
    defence(
        "rescore-reach",
        "重判：每段时间的窗口都看得到前面的来件",
        "engine/rescore/scanning.py",
        "BETWEEN {low - questions.longest} AND",
        instead="BETWEEN {low} AND",
        tests=_LIVE,
    ),
    defence(
        "rescore-absent",
        "重判：来源没有的字段读作否，不当未知",
        "engine/evaluate/comparisons.py",
        "null & ~table[lacking[name]] if name in lacking else null",
        instead="null",
        tests="unit/test_rescore_questions.py::test_columns_and_assessments_say_the_same",
    ),
    defence(
        "rescore-open",
        "按列：结论存疑，就不算有",
        "engine/evaluate/columns.py",
        "Fact(true, in_doubt, in_doubt)",
        instead="Fact(true, in_doubt)",
        tests="unit/test_rescore_questions.py::test_columns_and_assessments_say_the_same",
    ),
    defence(
        "rescore-invariant",
        "重判：底线同样上调颜色",
        "engine/rescore/questions.py",
        "    for never in _in_order(nevers):\n        colour = _raised(told, colour, never)\n    return colour",
        instead="    return colour",
        tests="unit/test_rescore_questions.py::test_an_invariant_raises_a_colour_and_is_a_hit_only_where_it_does",
    ),
    defence(
        "spark-windows-end",
        "Spark 的窗口：两端都含，多一秒不算",
        "engine/features/running.py",
        "preceding=(None, seconds(feature) + 1)",
        instead="preceding=(None, seconds(feature))",
        tests="unit/test_features_columns.py::test_every_window_by_hand",
    ),
    defence(
        "spark-windows-distinct",
        "Spark 的窗口：同一个值又来了，不算两次",
        "engine/features/running.py",
        "    end = ibis.least(ibis.coalesce(counted.at.lead().over(after), passed), passed)\n",
        instead="    end = ibis.least(ibis.coalesce(counted.at.lead().over(after), passed) + 10**9, passed)\n",
        tests="unit/test_features_columns.py::test_every_window_by_hand",
    ),
    defence(
        "windows-of-others-own",
        "按办结时间的窗口：本件自己的办结不算",
        "engine/features/others.py",
        '    own = made[f"own_{name}"]\n',
        instead='    own = made[f"own_{name}"] & False\n',
        tests="unit/test_features_columns.py::test_every_window_by_hand",
    ),
    defence(
        "windows-of-others-second",
        "动作事实：同一秒的动作不算",
        "engine/features/others.py",
        "at=about.done_at + 1,",
        instead="at=about.done_at,",
        tests="unit/test_features_columns.py::test_every_window_by_hand",
    ),
    defence(
        "spark-compared-operators",
        "Spark 比对：一个运算符差一，逐格看得出来",
        "bench/spark/comparing.py",
        'count(*) FILTER (a."{name}" IS DISTINCT FROM b."{name}")',
        instead='count(*) FILTER (a."{name}" IS NULL AND b."{name}" IS NOT NULL)',
        tests="unit/test_bench_spark.py::test_a_spoilt_operator_is_noticed",
    ),
    defence(
        "spark-compared-null",
        "Spark 比对：空格与有值的格不是一回事",
        "bench/spark/comparing.py",
        "IS DISTINCT FROM b",
        instead="<> b",
        tests="unit/test_bench_spark.py::test_one_cell_or_row_that_differs_is_noticed",
    ),
    defence(
        "spark-untold",
        "没有 Java 时，测试的最后一行说没有比对",
        "tests/conftest.py",
        "        terminal.write_line(spark_line(_SPARK, lacking()))\n",
        instead="        pass\n",
        tests="unit/test_spark_line.py::test_without_java_the_run_passes_and_its_last_line_says_that_nothing_was_compared",
    ),
    defence(
        "rescore-only-changes",
        "重判：没有变化的不写",
        "engine/pipeline.py",
        "            if before.get(id_) != Outline.of(decision.assessment)\n",
        instead="",
        tests="unit/test_pipeline.py::test_judged_again_under_the_same_rules_nothing_is_written",
    ),
    defence(
        "export-as-written",
        "导出的文件传坏了、改过，不拿来判",
        "engine/store/manifest.py",
        "if measured(folder / name)[1] != written:",
        instead="if not written:",
        tests="unit/test_store_manifest.py",
    ),
    defence(
        "export-complete",
        "导出少了文件，不拿来判",
        "engine/store/manifest.py",
        "if gone := sorted(files.keys() - there):",
        instead="if gone := sorted(files.keys() - files.keys()):",
        tests="unit/test_store_manifest.py",
    ),
    defence(
        "rescore-remake-marks",
        "重判：重做词语事实，窗口看的标记也跟着改",
        "engine/pipeline.py",
        "id_: replace(held[id_].sighting, marks=one.sighting.marks, area=one.sighting.area) for",
        instead="id_: held[id_].sighting for",
        tests=f"{_RESCORE}::test_other_words_make_base_facts_again_before_history_is_judged[sqlite]",
    ),
    defence(
        "rescore-remake-once",
        "重判：现行词表做的事实不再重做",
        "engine/store/arrivals.py",
        '~among(facts.c.made_by, "makers"), ',
        instead='(~among(facts.c.made_by, "makers")).is_not(None), ',
        tests="unit/test_store_arrivals.py::test_base_facts_say_what_they_were_made_by",
    ),
    defence(
        "export-salt",
        "导出：电话、证件、地点的摘要换盐",
        "engine/store/exchange.py",
        "_salted(view.records(*of), salt)",
        instead="view.records(*of)",
        tests="unit/test_store_exchange.py::test_digests_are_the_same_within_an_export_and_never_those_of_another",
    ),
    defence(
        "export-quotes",
        "导出：正文的字句不出去",
        "engine/store/exchange.py",
        "_unquoted(view.facts(*of))",
        instead="view.facts(*of)",
        tests="unit/test_store_exchange.py::test_no_quote_of_a_text_goes_out",
    ),
    defence(
        "export-whole",
        "导出：写全了才放到目标目录",
        "engine/store/exchange.py",
        'growing = folder.with_name(f".{folder.name}.growing")',
        instead="growing = folder",
        tests="unit/test_store_exchange.py::test_an_export_is_whole_or_not_there",
    ),
)
