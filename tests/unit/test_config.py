"""`config.yaml` and the key file: what is accepted, and in which words everything else is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config import Config, KeyMaterial, load_config, read_keys, replace_keys, write_keys
from engine.errors import ConfigError

KEYS = KeyMaterial(b"i" * 32, b"s" * 32, b"c" * 32)


def written(folder: Path, text: str) -> Path:
    """A configuration file."""
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, text: str) -> ConfigError:
    """The refusal of a configuration."""
    with pytest.raises(ConfigError) as fault:
        load_config(written(folder, text))
    assert fault.value.exit_code == 2
    assert fault.value.hint
    return fault.value


class TestConfig:
    def test_what_is_not_written_is_a_default_below_its_own_folder(self, tmp_path: Path) -> None:
        config = load_config(written(tmp_path, "clock: real\n"))
        assert config.rules_folder == tmp_path / "rules"
        assert config.key_file == tmp_path / "sanse.keys"
        assert config.database_url == f"sqlite:///{tmp_path / 'sanse.db'}"
        assert (config.clock, config.engine, config.batch_size) == ("real", "durable", 1000)

    @pytest.mark.parametrize("text", ["", "# nothing\n", "{}", "~"])
    def test_an_empty_file_is_told(self, tmp_path: Path, text: str) -> None:
        assert "配置文件是空的" in str(refused(tmp_path, text))

    def test_two_sources_of_one_name_are_told_beside_a_misshapen_one_and_other_keys(self, tmp_path: Path) -> None:
        fault = refused(
            tmp_path,
            "clock: never\nsources:\n- {name: a, kind: x, location: a}\n- {name: a, kind: x, location: a}\n- {name: b, kind: x, type: fax}\n- {nmae: c}\n",
        )
        for said in (
            "clock：",
            "sources.2.type：",
            "sources.3.name：缺少",
            "sources.3.nmae：没有这个键",
            "来源重名：a",
        ):
            assert said in str(fault)

    def test_every_fault_is_named_in_one_go(self, tmp_path: Path) -> None:
        fault = refused(tmp_path, "clock: never\nbatch_size: 0\nzone: Asia/Nowhere\nfoo: 1\nsources: 3\n")
        for said in (
            "clock：可用：'real'",
            "batch_size：不能小于 1",
            "foo：没有这个键",
            "没有这个时区：Asia/Nowhere",
        ):
            assert said in fault.what
        assert "sources：" in fault.what

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("database: [\n", "不是合格的 YAML"),
            ("a: 1\na: 2\n", "不是合格的 YAML"),
            ("just words\n", "键: 值"),
            ("- a\n- b\n", "键: 值"),
            ("a: \x00\n", "读不懂的字符"),
            ("sources: [{name: x}]\n", "sources.0.kind：缺少这一项"),
            ("sources: [{name: x, kind: a, location: f}, {name: x, kind: b, location: f}]\n", "来源重名：x"),
            ("database: {url: 3}\n", "database.url：应为文字"),
            ("batch_size: true\n", "batch_size：应为整数"),
            ("folder: elsewhere\n", "folder：没有这个键"),
            ("engin: trace\n", "engin：没有这个键，是不是 engine"),
            ("service: {ping: {url: 'https://a.example', evry: 5m}}\n", "ping.evry：没有这个键，是不是 every"),
            ("sources: [{name: a, kind: b, locaton: c}]\n", "sources.0.locaton：没有这个键，是不是 location"),
        ],
    )
    def test_what_is_no_configuration_is_refused_in_words(self, tmp_path: Path, text: str, said: str) -> None:
        assert said in refused(tmp_path, text).what

    @pytest.mark.parametrize(("written_as", "seconds"), [("15s", 15), ("10m", 600), ("2h", 7_200), ("1d", 86_400)])
    def test_a_duration_is_a_number_and_a_letter(self, tmp_path: Path, written_as: str, seconds: int) -> None:
        text = f"backup: {{keep: {written_as}}}\nsources: [{{name: a, kind: b, location: c, every: {written_as}}}]\n"
        config = load_config(written(tmp_path, text))
        assert config.backup.keep.total_seconds() == seconds
        every = config.sources[0].every
        assert every is not None
        assert every.total_seconds() == seconds

    @pytest.mark.parametrize("written_as", ["15", "0s", "-1m", "1.5h", "soon", "[1]", "１d"])
    def test_any_other_duration_is_refused(self, tmp_path: Path, written_as: str) -> None:
        assert "如 15s、10m、2h、1d" in refused(tmp_path, f"service: {{lease: {written_as}}}").what

    @pytest.mark.parametrize("written_as", ["36501d", "99999999d", "999999999999s", "99999999999d", "999999999999d"])
    def test_a_duration_of_more_than_a_century_is_refused(self, tmp_path: Path, written_as: str) -> None:
        fault = refused(tmp_path, f"backup: {{keep: {written_as}}}")
        assert f"backup.keep：时长太长：{written_as}，最多 36500d" in fault.what

    @pytest.mark.parametrize(("kept", "least"), [("raw", 30), ("records", 366), ("audit", 1095), ("access", 183)])
    def test_nothing_is_kept_for_less_than_it_is_needed(self, tmp_path: Path, kept: str, least: int) -> None:
        assert f"retention.{kept}：不得短于 {least}d" in refused(tmp_path, f"retention: {{{kept}: {least - 1}d}}").what
        assert load_config(written(tmp_path, f"retention: {{{kept}: {least}d}}\n"))

    @pytest.mark.parametrize(
        "listen", ["9464", ":9464", "localhost:9464", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:-1"]
    )
    def test_addresses_to_answer_on_that_are_none_are_refused(self, tmp_path: Path, listen: str) -> None:
        assert f"service.listen：地址写法不对：{listen}" in refused(tmp_path, f"service: {{listen: '{listen}'}}").what

    def test_addresses_to_answer_on_of_both_kinds(self, tmp_path: Path) -> None:
        found = [
            load_config(written(tmp_path, f"service: {{listen: '{listen}'}}\n")).service.address
            for listen in ("127.0.0.1:9464", "[::1]:1", "")
        ]
        assert found == [("127.0.0.1", 9464), ("::1", 1), None]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("backup: 1d", "backup：应为“键: 值”"),
            ("service: {ping: 'http://x'}", "service.ping：应为“键: 值”"),
            ("service: {ping: {every: 1m}}", "service.ping：没有写地址：写 url，或用 url_env"),
            ("service: {ping: {url: 'ftp://x'}}", "service.ping.url：写法不对"),
            ("service: {listen: 'x', ping: {every: 1}, tick: 0s}", "service.listen：地址写法不对"),
        ],
    )
    def test_what_the_service_needs_is_told_with_all_other_faults(self, tmp_path: Path, text: str, said: str) -> None:
        fault = refused(tmp_path, f"{text}\nclock: none\n")
        assert said in fault.what
        assert "clock：可用" in fault.what

    @pytest.mark.parametrize(
        ("service", "said"),
        [
            ("{tick: 30d, lease: 31d}", "service：tick 太长，最多 1h"),
            ("{tick: 5m, lease: 5m}", "service：lease 要比 tick 长"),
            ("{lease: 15s}", "service：lease 要比 tick 长"),
        ],
    )
    def test_rounds_and_leases_that_do_not_fit_are_refused(self, tmp_path: Path, service: str, said: str) -> None:
        assert said in refused(tmp_path, f"service: {service}\n").what

    def test_without_a_service_it_looks_every_quarter_of_a_minute(self, tmp_path: Path) -> None:
        config = load_config(written(tmp_path, "clock: real\n"))
        assert (config.service.tick.total_seconds(), config.service.lease.total_seconds()) == (15, 300)

    def test_the_line_of_broken_yaml_is_named(self, tmp_path: Path) -> None:
        assert refused(tmp_path, "clock: real\n  zone: x\n").where == "config.yaml:2"

    def test_a_file_in_another_encoding_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "config.yaml"
        path.write_bytes("rules: 规则\n".encode("gb18030"))
        with pytest.raises(ConfigError, match="UTF-8"):
            load_config(path)

    def test_a_missing_file_or_a_folder_says_how_to_begin(self, tmp_path: Path) -> None:
        for path in (tmp_path / "config.yaml", tmp_path):
            with pytest.raises(ConfigError, match="sanse init"):
                load_config(path)

    def test_the_database_may_be_named_by_a_variable(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        config = load_config(written(tmp_path, "database: {url_env: SANSE_TEST_URL}\n"))
        with pytest.raises(ConfigError, match="SANSE_TEST_URL 没有设置"):
            assert config.database_url
        monkeypatch.setenv("SANSE_TEST_URL", "postgresql+psycopg://db/sanse")
        assert config.database_url == "postgresql+psycopg://db/sanse"

    def test_an_absolute_database_stays_where_it_is(self) -> None:
        assert (
            Config.model_validate({"database": {"url": "sqlite:////srv/sanse.db"}}).database_url
            == "sqlite:////srv/sanse.db"
        )

    def test_history_is_judged_in_this_process_unless_spark_is_named(self, tmp_path: Path) -> None:
        bulk = load_config(written(tmp_path, "clock: real\n")).bulk
        assert (bulk.engine, bulk.master, bulk.options) == ("duckdb", "local[*]", {})
        text = (
            "bulk: {engine: pyspark, master: 'spark://m:7077', folder: share, options: {spark.executor.memory: 4g}}\n"
        )
        config = load_config(written(tmp_path, text))
        assert (config.bulk.engine, config.bulk.options) == ("pyspark", {"spark.executor.memory": "4g"})
        assert config.bulk_folder == tmp_path / "share"

    @pytest.mark.parametrize(
        "master", ["local", "local[2]", "local[*]", "yarn", "spark://a:7077,b:7077", "k8s://https://a:6443"]
    )
    def test_masters_that_spark_has(self, tmp_path: Path, master: str) -> None:
        assert load_config(written(tmp_path, f"bulk: {{master: '{master}'}}\n")).bulk.master == master

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("bulk: {engine: polars}", "bulk.engine：可用：'duckdb' 或 'pyspark'"),
            ("bulk: {master: 'local[0]'}", "bulk.master：写法不对"),
            ("bulk: {master: 'http://x'}", "bulk.master：写法不对"),
            ("bulk: {options: {spark.executor.cores: 2}}", "bulk.options.spark.executor.cores：应为文字"),
            ("bulk: {options: {executor.memory: 4g}}", "不能写 executor.memory：这里只写 Spark 的选项"),
            ("bulk: {options: {spark.master: local}}", "主节点写在 master"),
            ("bulk: {options: {spark.authenticate.secret: abc}}", "spark.authenticate.secret 是密钥，不写在这里"),
            ("bulk: {threads: 2}", "bulk.threads：没有这个键"),
        ],
    )
    def test_what_spark_cannot_be_is_refused(self, tmp_path: Path, text: str, said: str) -> None:
        assert said in refused(tmp_path, f"{text}\n").what


class TestSources:
    @pytest.mark.parametrize(
        ("source", "said"),
        [
            ("{name: '', kind: a, location: b}", "sources.0.name：不能为空"),
            ("{name: a, kind: b, every: 1h}", "sources.0：没有写 location"),
            ("{name: a, kind: b, location: c, options: {encodng: gbk}}", "options.encodng：没有这个键，可用：settle_"),
            ("{name: a, kind: b, type: sql, location_env: C}", "options.query：缺少这一项"),
            ("{name: a, kind: b, type: http, location: c}", "没有写 allowed_hosts：http 只连写明的主机"),
            ("{name: a, kind: b, type: open311, location: c}", "没有写 allowed_hosts：open311"),
        ],
    )
    def test_what_would_only_show_when_it_is_read_is_refused_at_once(
        self, tmp_path: Path, source: str, said: str
    ) -> None:
        assert said in refused(tmp_path, f"sources: [{source}]\n").what

    def test_files_that_have_no_turn_may_be_named_as_they_come(self, tmp_path: Path) -> None:
        path = tmp_path / "config.yaml"
        path.write_text("sources: [{name: a, kind: b}]\n", encoding="utf-8")
        assert load_config(path).sources[0].location == ""

    def test_all_that_is_wrong_with_a_source_is_told(self, tmp_path: Path) -> None:
        said = refused(
            tmp_path, "sources: [{name: a, kind: b, type: http, options: {list_kye: x, page_size: 0}}]\n"
        ).what
        for part in (
            "list_kye：没有这个键，是不是 list_key",
            "page_size：不能小于 1",
            "没有写 location",
            "allowed_hosts",
        ):
            assert part in said


class TestKeys:
    def test_keys_are_written_once_for_their_owner_alone_and_read_back(self, tmp_path: Path) -> None:
        path = tmp_path / "sanse.keys"
        write_keys(path, KEYS)
        assert path.stat().st_mode & 0o777 == 0o600
        assert read_keys(path) == KEYS
        with pytest.raises(FileExistsError):
            write_keys(path, KEYS)

    def test_another_place_may_be_named_by_a_variable(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SANSE_KEY_FILE", str(tmp_path / "elsewhere.keys"))
        assert Config().at(tmp_path).key_file == tmp_path / "elsewhere.keys"

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"index=00\nseal=00\nchain=00\n", "长度不对"),
            (b"index=" + b"61" * 32 + b"\n", "内容不完整"),
            (b"index=zz\nseal=zz\nchain=zz\n", "内容不完整"),
            (b"\xc3\xa9", "内容不完整"),
        ],
    )
    def test_what_is_no_key_file_is_refused(self, tmp_path: Path, content: bytes, said: str) -> None:
        path = tmp_path / "sanse.keys"
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(ConfigError, match=said):
            read_keys(path)

    def test_keys_that_others_can_read_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "sanse.keys"
        write_keys(path, KEYS)
        path.chmod(0o640)
        with pytest.raises(ConfigError, match="可被其他用户读取") as fault:
            read_keys(path)
        assert "chmod 600" in fault.value.hint

    def test_missing_keys_are_never_made_anew(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="从备份恢复"):
            read_keys(tmp_path / "sanse.keys")
        with pytest.raises(ConfigError, match="不是文件"):
            read_keys(tmp_path)


class TestChannels:
    def test_defaults(self, tmp_path: Path) -> None:
        config = load_config(written(tmp_path, "channels: [{name: 群, type: console}]\n"))
        (channel,) = config.channels
        assert (channel.colours, channel.per_minute, channel.batch.total_seconds()) == (
            ("green", "yellow", "red"),
            None,
            600,
        )
        assert (config.notify.link, config.notify.give_up_after) == ("", 8)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("channels: [{name: 群, type: pigeon}]\n", "channels.0.type：可用"),
            ("channels: [{name: 群, type: console, color: red}]\n", "channels.0.color：没有这个键"),
            ("channels: [{name: 群, type: console}, {name: 群, type: console}]\n", "渠道重名：群"),
            ("channels: [{name: 群, type: console, second: 短信}]\n", "没有 短信"),
            ("channels: [{name: 群, type: console, second: 群}]\n", "应是另一个渠道"),
            ("channels: [{name: 群, type: console, colours: [pink]}]\n", "可用"),
            ("channels: [{name: 群, type: console, per_minute: 0}]\n", "不能小于 1"),
            ("channels: [{name: 群, type: console, batch: soon}]\n", "时长写法不对"),
            ("notify: {link: 'javascript:alert(1)'}\n", "notify.link"),
            ("notify: {give_up_after: 0}\n", "不能小于 1"),
            ("notify: {give_up_after: true}\n", "应为整数"),
            ("notify: {link: 'https://board.example/m'}\n", "要有一个 {code}"),
            ("notify: {link: 'https://board.example/{code}/{name}'}\n", "别的大括号不能写"),
            ("notify: {link: 'https://board.example/{code'}\n", "要有一个 {code}"),
            ("channels: [{name: 群, type: console, colours: []}]\n", "channels.0.colours：至少要有 1 项"),
            ("channels: [{name: 群, type: console, per_minute: true}]\n", "应为整数"),
            (
                "channels: [{name: a, type: console, second: b}, {name: b, type: console, colours: [green]}]\n",
                "渠道 a 的 second 是 b，它的 colours 里没有 red",
            ),
            (
                "channels: [{name: a, type: console, second: b}, {name: b, type: console, second: a}]\n",
                "绕成了圈：a → b → a",
            ),
        ],
    )
    def test_what_is_no_channel_is_refused_in_words(self, tmp_path: Path, text: str, said: str) -> None:
        assert said in refused(tmp_path, text).what


class TestRotatedKeys:
    def test_a_rotation_is_in_the_file_and_comes_back(self, tmp_path: Path) -> None:
        held = KeyMaterial(b"i" * 32, b"t" * 32, b"c" * 32, 3, ((2, b"s" * 32),), ((1, b"r" * 48),))
        write_keys(tmp_path / "sanse.keys", held)
        assert read_keys(tmp_path / "sanse.keys") == held
        replace_keys(tmp_path / "sanse.keys", KeyMaterial(b"i" * 32, b"u" * 32, b"c" * 32))
        assert read_keys(tmp_path / "sanse.keys").generation == 1
        assert [path.name for path in tmp_path.iterdir()] == ["sanse.keys"]

    def test_a_former_key_that_is_cut_is_refused(self, tmp_path: Path) -> None:
        held = KeyMaterial(b"i" * 32, b"t" * 32, b"c" * 32, 2, ((1, b"s" * 31),))
        write_keys(tmp_path / "sanse.keys", held)
        with pytest.raises(ConfigError, match="长度不对"):
            read_keys(tmp_path / "sanse.keys")


@pytest.mark.parametrize(
    ("key", "days", "well"),
    [("audit", 1095, True), ("audit", 1094, False), ("access", 183, True), ("access", 182, False)],
)
def test_what_must_be_kept_is_kept_long_enough(key: str, days: int, well: bool, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(f"retention: {{{key}: {days}d}}\n", encoding="utf-8")
    if well:
        assert getattr(load_config(tmp_path / "config.yaml").retention, key).days == days
        return
    with pytest.raises(ConfigError, match="不得短于"):
        load_config(tmp_path / "config.yaml")
