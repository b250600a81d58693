"""Rule files that are bombs or traps.

In: nothing. Out: `TRAPS`, an honest file of their size, and the row: each is refused with a clear fault, at once, in little memory.
Not here: patterns (`patterns`), texts that want to be run (`expressions`).
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.ruleset import loader
from engine.ruleset.strict_yaml import MAX_BYTES
from engine.ruleset.tree import Fault
from tests.attacks.measure import ENDLESS, MIB, Outcome, cpu_seconds, in_chinese, peak_bytes

_MEMORY = 32 * MIB
_RULE = """
features:
  record.weapon: {title: 凶器, field: weapon}
  record.heads: {title: 人数, field: heads}
rules:
  - id: R1
    title: 试验
    status: live
    colour: red
    because: 理由
    advice: 建议
    let:
      x: {feature: record.weapon, is: true}
"""


def _rule(more: str = "", *, let: str = "", head: str = "") -> str:
    """A good rule with a line more."""
    return f"{head}{_RULE}{f'      {let}' if let else ''}\n{f'    {more}' if more else ''}\n"


def _doubling(levels: int, each: int, form: str) -> str:
    """Aliases of aliases."""
    lines = [f"a0: &a0 {form.format('x')}"]
    lines += [f"a{n}: &a{n} {form.format(', '.join([f'*a{n - 1}'] * each))}" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def _traps() -> Mapping[str, str | bytes]:
    return {**_bombs(), **_doubles(), **_words()}


def _bombs() -> dict[str, str | bytes]:
    """What is small and becomes large, or is large."""
    return {
        "aliases nine to the ninth": _doubling(9, 9, "[{}]"),
        "aliases of mappings": "a: &a {x: 1}\n" + "".join(f"k{n}: {{p: *a, q: *a}}\n" for n in range(2_000)),
        "an alias of itself": "a: &a [*a]\n",
        "a mapping of itself": "a: &a {b: *a}\n",
        "aliases merged": "a: &a {x: 1}\nb: {<<: [*a, *a, *a]}\n",
        "an anchor alone": "labels: &l {x: {y: z}}\n",
        "100,000 open brackets": "[" * 100_000,
        "closed brackets": "[" * 50_000 + "]" * 50_000,
        "50,000 open mappings": "{a: " * 50_000,
        "brackets in a rule": _rule("tests: [{name: a, given: " + "[" * 30_000 + "]" * 30_000 + "}]"),
        "dashes": "- " * 100_000,
        "questions": "? " * 100_000,
        "steps": "\n".join(" " * n + "a:" for n in range(500)),
        "20,001 items": "words: [" + "1," * 20_001 + "]\n",
        "120,000 dashes": "-\n" * 120_000,
        "20,001 keys": "".join(f"k{n}: 1\n" for n in range(20_001)),
        "a comment of 257 KiB": "#" * (MAX_BYTES + 1),
        "a file of 64 MiB": b"a: 1\n" * (64 * MIB // 5),
    }


def _doubles() -> dict[str, str | bytes]:
    """What says two things, or something else than it seems to."""
    return {
        "a key twice": _rule("handback: true\n    handback: false"),
        "a key twice in other letters": _rule('"handback": true\n    "hand\\x62ack": false'),
        "two documents": _rule() + "---\nrules: []\n",
        "an end and a beginning": _rule() + "...\n%YAML 1.2\n---\nrules: []\n",
        "a merge key": _rule("<<: {handback: true}"),
        "a list as a key": _rule(let="? [a, b]\n      : {feature: record.weapon, is: true}"),
        "python object": "words: !!python/object/apply:os.system ['true']\n",
        "python name": "words: !<tag:yaml.org,2002:python/name:os.system> x\n",
        "a tag by a handle": "%TAG !p! tag:yaml.org,2002:python/\n---\nwords: !p!module:os x\n",
        "binary": "words: !!binary aGVsbG8=\n",
        "a set": "words: !!set {a, b}\n",
    }


def _words() -> dict[str, str | bytes]:
    """What a scalar may be taken for, and what is no text."""
    return {
        "yes": _rule("handback: yes"),
        "yes in YAML 1.1": _rule("handback: yes", head="%YAML 1.1\n---\n"),
        "sixty to the hour": _rule(let="y: {feature: record.heads, at_least: 1:30}", head="%YAML 1.1\n---\n"),
        "a fraction": _rule(let="y: {feature: record.heads, at_least: 1.5}"),
        "not a number": _rule(let="y: {feature: record.heads, at_least: .nan}"),
        "5,000 digits": _rule(let=f"y: {{feature: record.heads, at_least: {'9' * 5_000}}}"),
        "50,000 digits of sixteen": _rule(let=f"y: {{feature: record.heads, at_least: 0x{'f' * 50_000}}}"),
        "binary digits": _rule(let="y: {feature: record.heads, at_least: 0b101}"),
        "a sign alone": _rule(let="y: {feature: record.heads, at_least: +_}"),
        "NUL": "words: \x00\n",
        "an escape of a terminal": "words: \x1b[31m\n",
        "half of a pair": _rule('basis: "\\ud800"'),
        "not UTF-8": b"words: \xff\xfe\n",
        "UTF-16": "words: {}\n".encode("utf-16"),
        "tabs": "words:\n\t\ta: 1\n",
    }


TRAPS = _traps()


def honest(entries: int = 1_900) -> bytes:
    """A word list of some 250 KB, as an analyst might write one."""
    lines = [
        f"      - {{text: 第{n:05d}种说法，街坊邻里平日里都这样讲，换个村子也听得懂, not_after: [没有], distance: 6}}"
        for n in range(entries)
    ]
    return ("words:\n  own:\n    title: 说法\n    entries:\n" + "\n".join(lines)).encode()


def faults_of(data: bytes) -> tuple[Fault, ...]:
    """What the door says to one file."""
    return loader.check({"rules.yaml": data})[1]


def row() -> Outcome:
    """Every trap once."""
    violations = [fault for name, held in TRAPS.items() for fault in _violations(name, held)]
    return len(TRAPS), violations


def _violations(name: str, held: str | bytes) -> list[str]:
    data = held if isinstance(held, bytes) else held.encode("utf-8", "surrogatepass")
    try:
        faults = faults_of(data)
        unclear = [str(fault) for fault in faults if not in_chinese(fault.message) or not fault.place.line]
        found = [f"{name}: told unclearly: {text[:120]}" for text in unclear]
        found += [] if faults else [f"{name}: accepted"]
        seconds = cpu_seconds(f"YAML: {name}", lambda: faults_of(data))
        memory = peak_bytes(lambda: faults_of(data))
    except Exception as fault:  # noqa: BLE001 -- whatever comes out of the door instead of a fault is what is sought
        return [f"{name}: {type(fault).__name__} instead of a fault: {str(fault)[:80]}"]
    found += [f"{name}: {seconds * 1000:.0f} ms of processor time"] if seconds > ENDLESS else []
    return found + ([f"{name}: {memory // MIB} MiB"] if memory > _MEMORY else [])
