"""Documents: what they show is what happens, and nothing that a user can type is missing from them."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import typer

from cli.app import app
from engine.config import ChannelConfig, Config, PingConfig, SourceConfig
from tests.command_lines import faults
from tests.documents import BLOCK, bare, broken, run, shown
from tests.warm import standing_ready

ROOT = Path(__file__).parents[2]
MANUAL, CONFIG, LANGUAGE = (ROOT / "docs" / name for name in ("manual.md", "config.md", "rule-language.md"))
GUIDES = tuple(
    ROOT / "docs" / f"{name}.md"
    for name in (
        *("administrator", "operator", "analyst", "adapters", "rule-tests", "prove", "backtest"),
        *("first-rule", "en/first-rule", "cookbook"),
    )
)
README, README_CHINESE = (ROOT / name for name in ("README.md", "README.zh-CN.md"))
PAGES = (README, README_CHINESE, MANUAL, *GUIDES)
DEPLOYMENT = tuple(sorted((ROOT / "docs" / "deploy").glob("*.md")))
STATEMENTS = tuple(ROOT / "docs" / name for name in ("threat-model.md", "impact-assessment.md"))
LINT, BENCH, SPARK = (ROOT / "docs" / f"{name}.md" for name in ("lint", "bench", "spark"))
LANGUAGE_CHINESE = ROOT / "docs" / "rule-language.zh-CN.md"
EVERY_PAGE = (*PAGES, CONFIG, LANGUAGE, LANGUAGE_CHINESE, LINT, *STATEMENTS, BENCH, SPARK, ROOT / "CHANGELOG.md")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def _named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """Language, path and text of every block but those that a person types at a terminal."""
    return [one for one in BLOCK.findall(page.read_text(encoding="utf-8")) if one[0] != "console"]


@pytest.fixture
def township(tmp_path: Path) -> Path:
    """A folder that looks like a clone: only what the examples read."""
    shutil.copytree(ROOT / "fixtures" / "samples", tmp_path / "fixtures" / "samples")
    return tmp_path


@pytest.fixture(scope="module")
def ready() -> Iterator[Path]:
    """The folder of a `sanse` that stands ready."""
    with TemporaryDirectory() as folder, standing_ready(Path(folder)) as programs:
        yield programs


def test_commands_of_the_first_page_do_what_it_shows(township: Path) -> None:
    """Each a process of its own, as for whoever reads it."""
    _runs(README, township, Path(sys.executable).parent)


@pytest.mark.parametrize("page", [MANUAL, *GUIDES], ids=_named)
def test_commands_of_a_page_do_what_it_shows(page: Path, township: Path, ready: Path) -> None:
    _runs(page, township, ready)


def _runs(page: Path, township: Path, programs: Path) -> None:
    examples = shown(page)
    assert len(examples) > 3
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    assert broken(examples, run(examples, township, bare(PATH=path))) == []


@pytest.mark.parametrize("page", [*PAGES, CONFIG, LANGUAGE, LINT, SPARK, *DEPLOYMENT], ids=_named)
def test_every_call_on_a_page_is_one_that_exists(page: Path) -> None:
    assert faults(page.read_text(encoding="utf-8")) == []


def test_the_first_page_shows_the_same_in_both_languages() -> None:
    """Commands and answers of the Chinese page are those of the English one, in its order; so it need not be run again."""
    left = iter(shown(README))
    chinese = shown(README_CHINESE)
    assert len(chinese) > 5
    assert [one for one in chinese if one not in left] == []


def test_the_first_rule_is_the_same_in_both_languages() -> None:
    chinese, english = (ROOT / "docs" / name for name in ("first-rule.md", "en/first-rule.md"))
    assert blocks(chinese) == blocks(english)
    heads = [re.findall(r"^#+ ", page.read_text(encoding="utf-8"), re.MULTILINE) for page in (chinese, english)]
    assert heads[0] == heads[1]
    commands = [[one.command.split()[0] for one in shown(page)] for page in (chinese, english)]
    assert commands[0] == commands[1]


def chapters(page: Path) -> dict[str, tuple[list[str], set[str], int]]:
    """Of every chapter its blocks, what stands as code in its text, and how many rows and points it has."""
    parts = re.split(r"^## (\d+)\.", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    told = {}
    for number, text in zip(parts[::2], parts[1::2], strict=True):
        shown_ = [block for *_, block in BLOCK.findall(text)]
        words = BLOCK.sub("", text)
        told[number] = (
            shown_,
            set(re.findall(r"`([^`\n]+)`", words)),
            len(re.findall(r"^(?:\||\* )", words, re.MULTILINE)),
        )
    return told


def test_the_language_is_the_same_in_both_languages() -> None:
    chinese, english = chapters(LANGUAGE_CHINESE), chapters(LANGUAGE)
    assert list(english) == [str(number) for number in range(1, 9)]
    assert chinese == english
    assert sum(len(shown_) for shown_, *_ in english.values()) > 5
    assert sum(len(named) for _, named, _ in english.values()) > 200


def typed(command: Any, name: str) -> Iterator[tuple[str, list[str]]]:
    """Every command with its options; a group has commands below it."""
    if hasattr(command, "commands"):
        for part, below in command.commands.items():
            yield from typed(below, f"{name} {part}".strip())
    else:
        yield name, [option for parameter in command.params for option in parameter.opts if option.startswith("--")]


def test_every_command_and_option_is_in_the_manual() -> None:
    manual = MANUAL.read_text(encoding="utf-8")
    commands = dict(typed(typer.main.get_command(app), ""))
    assert len(commands) > 20
    missing = [name for name in commands if name not in manual]
    missing += [f"{name} {option}" for name, options in commands.items() for option in options if option not in manual]
    assert missing == []


def test_every_key_of_the_configuration_is_on_its_page() -> None:
    page = CONFIG.read_text(encoding="utf-8")
    keys = []
    for name, field in Config.model_fields.items():
        inner = getattr(field.annotation, "model_fields", None)
        keys += [f"{name}.{key}" for key in inner] if inner else [name]
    keys += [*SourceConfig.model_fields, *ChannelConfig.model_fields, *PingConfig.model_fields]
    assert [key for key in keys if f"`{key}`" not in page] == []


def test_every_sign_and_figure_of_the_service_is_in_the_manual() -> None:
    manual = MANUAL.read_text(encoding="utf-8")
    files = (ROOT / "engine" / "scheduler" / "vitals.py", ROOT / "adapters" / "exporter.py")
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    figures, signs = (
        set(re.findall(r'Figure\("?(sanse_\w+)|"(sanse_\w+)"', source)),
        re.findall(r'Sign\("(\w+)"', source),
    )
    names = {name for pair in figures for name in pair if name}
    assert len(names) > 8
    assert len(set(signs)) == 8
    assert sorted(name for name in {*names, *signs} if f"`{name}" not in manual) == []


def test_every_option_of_a_source_is_on_the_page_of_the_configuration() -> None:
    page = CONFIG.read_text(encoding="utf-8")
    read = re.compile(r"(?:whole_number|texts|pairs)\([\w.]+, \"(\w+)\"|options\.get\(\"(\w+)\"")
    found = {
        name
        for file in (ROOT / "adapters" / "sources").glob("*.py")
        for pair in read.findall(file.read_text(encoding="utf-8"))
        for name in pair
        if name
    }
    assert len(found) > 10
    assert sorted(name for name in found - {"until"} if f"`{name}`" not in page) == []


def test_every_option_of_a_channel_is_on_the_page_of_the_configuration() -> None:
    page = CONFIG.read_text(encoding="utf-8")
    read = re.compile(r"(?:text|texts|seconds|_flat)\(spec, \"(\w+)\"|options\.get\(\"(\w+)\"")
    files = (ROOT / "adapters" / "channels").glob("*.py")
    found = {name for file in files for pair in read.findall(file.read_text(encoding="utf-8")) for name in pair if name}
    assert found >= {"ca_file", "timeout_seconds", "from", "to", "to_env", "user", "headers", "form", "success"}
    assert sorted(name for name in found if f"`{name}`" not in page) == []


def test_every_key_of_a_rule_is_on_the_language_page() -> None:
    from engine.ruleset import shapes

    page = LANGUAGE.read_text(encoding="utf-8")
    missing = [
        f"{shape.__name__}.{key}"
        for shape in (shapes.RuleShape, shapes.NeverShape, shapes.FeatureShape, shapes.ParameterShape, shapes.FileShape)
        for key in shape.model_fields
        if not re.search(rf"\b{key.rstrip('_')}\b", page)
    ]
    assert missing == []


@pytest.mark.parametrize("page", [*EVERY_PAGE, *DEPLOYMENT], ids=_named)
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()] == []
