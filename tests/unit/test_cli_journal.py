"""The journal of the service: one mask for everything that is said, as JSON and in words."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

import pytest

from cli.journal import FromLibraries, journal
from engine.model import Colour

NOW = datetime(2025, 3, 10, 1, 5, tzinfo=UTC)
PHONE, CARD = "13800000001", "110101199003070089"


def said(capsys: pytest.CaptureFixture[str], *, as_json: bool, level: str = "info", **facts: object) -> str:
    getattr(journal(lambda: NOW, as_json=as_json), level)("job", **facts)
    return capsys.readouterr().out


def test_an_event_is_one_json_object_without_the_words(capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, as_json=True, words="✓ 好", job="poll:日报", well=True, colours=[Colour.RED], took={"at": NOW})
    assert json.loads(told) == {
        "at": "2025-03-10T01:05:00+00:00",
        "level": "info",
        "event": "job",
        "job": "poll:日报",
        "well": True,
        "colours": ["red"],
        "took": {"at": "2025-03-10T01:05:00+00:00"},
    }
    assert told.count("\n") == 1


def test_people_read_the_words_with_the_local_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, as_json=False, words="✓ 好", job="x") == "2025-03-10 09:05 ✓ 好\n"
    assert said(capsys, as_json=False, job="x") == ""


@pytest.mark.parametrize("as_json", [True, False])
def test_nothing_leaves_unmasked_however_deep_it_lies(capsys: pytest.CaptureFixture[str], *, as_json: bool) -> None:
    told = said(
        capsys,
        as_json=as_json,
        level="error",
        words=f"✗ 陈一 {PHONE} \x1b[31m",
        fault=f"身份证{CARD}",
        deep=[{"rows": [f"电话{PHONE}"]}],
    )
    assert PHONE not in told
    assert CARD not in told
    assert "\x1b" not in told
    assert "＊" in told


def test_of_libraries_the_message_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("some.library")
    handler = FromLibraries(journal(lambda: NOW, as_json=True))
    logger.addHandler(handler)
    try:
        logger.info("quiet")
        logger.error("POST https://hook.example/key=secret %s", PHONE, exc_info=KeyError(PHONE))
    finally:
        logger.removeHandler(handler)
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["library"], told["severity"], told["kind"]) == ("some.library", "ERROR", "KeyError")
    assert told["where"].startswith("test_cli_journal:")
    assert "secret" not in line
    assert PHONE not in line
