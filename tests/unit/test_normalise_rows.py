"""Headers to fields, and what a version digest covers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.mappings import accepted, normaliser, police, row


class TestVersions:
    def test_an_unmapped_column_and_another_spelling_of_a_time_change_nothing(self) -> None:
        base = accepted(police(报警内容="漏水")).version
        assert accepted(police(报警内容="漏水", 谁也不认得="x")).version == base
        assert accepted(police(报警内容="漏水", 报警时间="2025/1/2 3:04:05")).version == base
        assert accepted(police(报警内容="漏水", 报警电话="")).version == base

    def test_a_mapped_change_is_a_new_version_even_behind_a_mask(self) -> None:
        versions = {
            accepted(police(报警内容=text)).version for text in ("漏水", "漏电", "打13812345678", "打13812345679")
        }
        assert len(versions) == 4

    def test_a_text_moved_to_another_column_is_a_new_version(self) -> None:
        assert accepted(police(报警内容="漏水")).version != accepted(police(补充接警内容="漏水")).version

    def test_updated_is_the_latest_of_the_suppliers_times(self) -> None:
        incident = accepted(police(反馈时间="2025-01-02 04:00:00", 结案时间="2025-01-02 03:30:00", 更新时间=""))
        assert incident.updated_at == datetime(2025, 1, 1, 20, tzinfo=UTC)
        assert accepted(police()).updated_at is None


class TestHeaders:
    @pytest.mark.parametrize("header", ["报警 电话", "*报警电话", "报警电话：", "报警电话（必填）", "ＢＪＤＨ", "bjdh"])
    def test_spellings_of_one_header(self, header: str) -> None:
        assert accepted(police(**{header: "13812345678"})).caller.phone == "13812345678"

    def test_unknown_ones_are_told_known_unused_ones_are_not(self) -> None:
        raw = row("police_110", {"接警单编号": 1, "报警时间": 1, "性别": 1, "幸运色": 1, "（第9列）": 1})
        assert normaliser().unknown_headers(raw) == ("幸运色",)

    def test_known_headers_hold_every_alias(self) -> None:
        known = normaliser().known_headers("police_110")
        assert {"接警单编号", "JJDBH", "报警时间", "性别"} <= known
