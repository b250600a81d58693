"""Strict YAML: plain values with their places; bombs end early."""

from __future__ import annotations

import resource
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from engine.ruleset import loader
from engine.ruleset.strict_yaml import MAX_BYTES, MAX_DEPTH, MAX_NODES, read

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdef", min_size=1, max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


def value(text: str) -> Any:
    document = read("a.yaml", text.encode())
    assert document.faults == (), document.faults
    return document.value


def codes(text: str | bytes) -> list[str]:
    return [found.code for found in read("a.yaml", text if isinstance(text, bytes) else text.encode()).faults]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a: 3", {"a": 3}),
        ("a: '3'", {"a": "3"}),
        ("a: 0o17", {"a": 15}),
        ("a: 0x1f", {"a": 31}),
        ("a: -1_000", {"a": -1000}),
        ("a: 017", {"a": 17}),
        ("a: true", {"a": True}),
        ("a: no", {"a": "no"}),
        ("a: on", {"a": "on"}),
        ("a: yes", {"a": "yes"}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ("a: 2025-01-01", {"a": "2025-01-01"}),
        ("a: 12:30", {"a": "12:30"}),
        ("a: |\n  甲\n  乙\n", {"a": "甲\n乙\n"}),
        ("[1, [2]]", [1, [2]]),
        ("", {}),
        ("# nothing\n", {}),
        ("\ufeffa: 1", {"a": 1}),
    ],
)
def test_scalars_are_as_yaml_1_2_has_them(text: str, wanted: object) -> None:
    assert value(text) == wanted


@pytest.mark.parametrize("text", ["a: 1.5", "a: 1e3", "a: .inf", "a: .nan", "a: -0.0"])
def test_no_floating_point(text: str) -> None:
    assert codes(text) == ["Y010"]


def test_places_are_those_of_keys_and_items() -> None:
    document = read("a.yaml", b"a:\n  - x\n  - {b: 1}\n")
    assert str(document.place(("a",))) == "a.yaml:1:1"
    assert str(document.place(("a", 1))) == "a.yaml:3:5"
    assert str(document.place(("a", 1, "b"))) == "a.yaml:3:6"
    assert str(document.place(("a", 1, "b", "deeper"))) == "a.yaml:3:6"
    assert str(document.place(("elsewhere",))) == "a.yaml:1:1"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [1", "Y003"),
        ("a: \t- b", "Y003"),
        ("a: b: c", "Y003"),
        ("a: \0", "Y003"),
        ("'", "Y003"),
        ("a: &x 1", "Y004"),
        ("a: *x", "Y004"),
        ("<<: *x", "Y004"),
        ("a: !!python/object/apply:os.system ['true']", "Y005"),
        ("a: !!str 1", "Y005"),
        ("!x {a: 1}", "Y005"),
        ("a: 1\n---\nb: 1", "Y009"),
    ],
)
def test_what_is_not_allowed_is_one_fault(text: str, code: str) -> None:
    assert codes(text) == [code]
    assert read("a.yaml", text.encode()).value is None


@pytest.mark.parametrize(
    ("text", "code", "left", "spoiled"),
    [
        ("a: 1\na: 2\nb: 3", "Y008", {"a": 1, "b": 3}, set()),
        ("a: {x: 1}\na: {x: 2, y: 3}", "Y008", {"a": {"x": 1, "y": 3}}, set()),
        ("a: [{x: 1}]\na: [{x: 2}]", "Y008", {"a": [{"x": 1}, {"x": 2}]}, set()),
        ("a: 2.9\nb: 3", "Y010", {"a": 2, "b": 3}, {("a",)}),
        ("a: [.inf, .nan, 1]", "Y010", {"a": [0, 0, 1]}, {("a", 0), ("a", 1)}),
        ("a: 99999999999999999999\nb: 3", "Y012", {"a": 0, "b": 3}, {("a",)}),
        ('a: "\\ud800"\nb: 3', "Y013", {"a": "\ufffd", "b": 3}, {("a",)}),
    ],
)
def test_a_fault_in_one_place_spoils_nothing_else(text: str, code: str, left: object, spoiled: object) -> None:
    document = read("a.yaml", text.encode())
    assert set(codes(text)) == {code}
    assert document.value == left
    assert document.spoiled == spoiled


def test_items_below_a_key_written_twice_have_places_of_their_own() -> None:
    document = read("a.yaml", b"a:\n  - x\na:\n  - y\n")
    assert [str(document.place(("a", index))) for index in (0, 1)] == ["a.yaml:2:5", "a.yaml:4:5"]
    assert [str(found.place) for found in document.faults] == ["a.yaml:3:1"]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "shift_jis"])
def test_other_encodings_are_told(encoding: str) -> None:
    assert codes("標題: 中文".encode(encoding)) == ["Y001"]


def test_the_line_of_a_byte_that_is_no_utf_8() -> None:
    (found,) = read("a.yaml", b"a: 1\nb: \xff\n").faults
    assert str(found.place) == "a.yaml:2:1"


def test_limits_hold_at_their_edge() -> None:
    assert codes("a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)) == []
    assert codes("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH) == ["Y006"]
    fits = "- 1\n" * (MAX_NODES - 1)
    assert codes(fits) == []
    assert codes(fits + "- 1\n") == ["Y007"]
    assert codes(b"#" * MAX_BYTES) == []
    assert codes(b"#" * (MAX_BYTES + 1)) == ["Y002"]


def test_bombs_end_before_they_take_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    laughs = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    assert codes(laughs) == ["Y004"]
    assert codes("[" * 100_000) == ["Y006"]
    assert codes("{a: " * 50_000) == ["Y006"]
    assert codes("? " * 50_000) == ["Y006"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


@settings(max_examples=60, deadline=None)
@given(data=st.dictionaries(st.text("abcdef", min_size=1, max_size=4), PLAIN, max_size=4))
def test_what_a_writer_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any]) -> None:
    path = tmp_path_factory.mktemp("yaml") / "a.yaml"
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.dump(data, path)
    assert read("a.yaml", path.read_bytes()).value == data


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=60))
@example(data=b"~")
@example(data=b"null\n")
def test_any_bytes_are_a_value_or_a_fault(data: bytes) -> None:
    document = read("a.yaml", data)
    assert document.value is not None or document.faults


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775807", -(2**63) + 1),
        ("0x7fffffffffffffff", 2**63 - 1),
        ("9223372036854775808", None),
        ("0x8000000000000000", None),
        ("9" * 5_000, None),
        ("0x" + "f" * 50_000, None),
        ("0b101", None),
        ("+_", None),
    ],
)
def test_whole_numbers_have_64_bits_and_one_spelling(text: str, value: int | None) -> None:
    document = read("a.yaml", f"a: {text}".encode())
    if value is None:
        assert [found.code for found in document.faults] == ["Y012"]
    else:
        assert document.value == {"a": value}


@pytest.mark.parametrize("text", ["%YAML 1.1\n---\na: yes", "%YAML 1.2\n---\na: 1", "%TAG ! tag:x,2002:\n---\na: 1"])
def test_directives_are_refused(text: str) -> None:
    assert [found.code for found in read("a.yaml", text.encode()).faults] == ["Y011"]


def test_half_of_a_character_is_refused_and_a_whole_one_is_not() -> None:
    assert [found.code for found in read("a.yaml", b'a: "\\ud83d"').faults] == ["Y013"]
    assert read("a.yaml", b'a: "\\U0001f600"').value == {"a": "\U0001f600"}


def test_every_shipped_file_is_one_for_the_fast_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment or `??` without quotes makes the whole file go by the slow one, in every command."""
    files = loader.read_folder(loader.shipped())
    slow: list[str] = []
    parse = YAML.parse
    monkeypatch.setattr(YAML, "parse", lambda *of: slow.append(name) or parse(*of))
    for name, data in files.items():
        read(name, data)
    assert (len(files) > 20, slow) == (True, [])
