"""A folder is made whole or not at all, and never over one that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.folder import prepare
from cli.wiring import feed_of
from engine.config import load_config, read_keys
from engine.errors import StoreError, UsageError
from engine.ruleset import loader
from tests.installation import MORNING, shipped


def test_all_parts_fit_together(tmp_path: Path) -> None:
    prepare(tmp_path / "a", clock="simulated", at=MORNING)
    config = load_config(tmp_path / "a" / "config.yaml")
    keys = read_keys(config.key_file)
    assert config.clock == "simulated"
    assert loader.read_folder(config.rules_folder) == loader.read_folder(loader.shipped())
    assert len({keys.index, keys.seal, keys.chain}) == 3
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [
        "config.yaml",
        "rules",
        "sanse.db",
        "sanse.keys",
    ]


def test_two_folders_have_different_keys(tmp_path: Path) -> None:
    for name in ("a", "b"):
        prepare(tmp_path / name, clock="real", at=MORNING)
    assert read_keys(tmp_path / "a" / "sanse.keys") != read_keys(tmp_path / "b" / "sanse.keys")


@pytest.mark.parametrize("held", ["config.yaml", "sanse.keys"])
def test_a_folder_in_use_is_left_as_it_is(tmp_path: Path, held: str) -> None:
    (tmp_path / held).write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="已有配置或密钥"):
        prepare(tmp_path, clock="real", at=MORNING)
    assert [path.name for path in tmp_path.iterdir()] == [held]
    assert (tmp_path / held).read_text(encoding="utf-8") == "mine"


def test_where_the_database_cannot_be_made_no_configuration_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> str:
        raise StoreError("磁盘已满")

    monkeypatch.setattr("engine.desk.create", full)
    with pytest.raises(StoreError):
        prepare(tmp_path / "a", clock="real", at=MORNING)
    assert not (tmp_path / "a" / "config.yaml").exists()


def test_the_example_in_the_configuration_is_one_that_works(tmp_path: Path) -> None:
    prepare(tmp_path / "a", clock="real", at=MORNING)
    path = tmp_path / "a" / "config.yaml"
    text = path.read_text(encoding="utf-8")
    for stands in ("channels: []\n", "sources: []\n"):
        text = text.replace(f"\n{stands}", "\n")
    said = re.sub(r"^# (?=\w+:( |$)|  )", "", text, flags=re.MULTILINE)
    path.write_text(said, encoding="utf-8")
    config = load_config(path)
    feeds = {feed.name: feed for feed in config.sources}
    assert set(feeds) == {"警情日报", "热线", "城市"}
    for feed in feeds.values():
        assert feed_of(config, feed.name, None, shipped().mappings).kind == feed.kind
    assert [channel.name for channel in config.channels] == ["值班群"]
    assert config.service.address == ("127.0.0.1", 9464)
    assert config.service.ping is not None
    assert None not in (config.backup.every, config.retention.every)
    assert config.notify.link.endswith("/{code}")


def test_every_choice_that_is_commented_out_is_one(tmp_path: Path) -> None:
    prepare(tmp_path / "a", clock="real", at=MORNING)
    path = tmp_path / "a" / "config.yaml"
    text = path.read_text(encoding="utf-8")
    for line in ("  # url_env: ", "  # cipher: ", "# engine: ", "# batch_size: "):
        assert line in text
        text = text.replace(line, line.replace("# ", ""))
    path.write_text(text, encoding="utf-8")
    config = load_config(path)
    assert (config.keys.cipher, config.engine, config.database.url_env) == ("sm4", "trace", "SANSE_DATABASE_URL")
