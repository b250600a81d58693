"""Texts that want to be run, put wherever a rule file takes text that is read for its meaning.

In: a folder for the canary, how many places each text is tried in. Out: the row: every text is refused with a fault, or stays a text; nothing
runs. Not here: what the language means (`engine.ruleset`). It happens in a child with an audit hook; the hook is first shown to see an escape.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, date, datetime
from itertools import islice, product
from pathlib import Path
from random import Random
from typing import Any

from engine.errors import SanseError
from engine.features.words import WordMatcher
from engine.model import FeatureSet, Outcome
from engine.normalise import suppliers
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.triage import Triage
from engine.workbench.testing import examples
from tests.attacks import measure
from tests.property.rulebooks import as_files

MARK = "sanse_canary"
_SEED = 7
_QUICK_STEP = 7
"""Every seventh text is read as a bound in the quick run: it meets every deed and every coat."""
_AT = datetime(2025, 6, 15, 4, tzinfo=UTC)
_ALWAYS = frozenset({"os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "pty.spawn",
                     "socket.connect", "socket.getaddrinfo", "urllib.Request", "pickle.find_class", "os.remove", "os.rename"})  # fmt: skip
_TOUCHED = frozenset({"import", "compile", "exec", "open", "os.mkdir", "shutil.copyfile"})
_DEEDS = (
    f"__import__('{MARK}')",
    f"__import__('os').system('touch {MARK}')",
    f"open('{MARK}', 'w')",
    f"exec('import {MARK}')",
    f"eval(compile('open(\"{MARK}\", \"w\")', '{MARK}', 'eval'))",
    f"__import__('subprocess').Popen(['touch', '{MARK}'])",
    f"().__class__.__base__.__subclasses__()[0].__init__.__globals__['{MARK}']",
    f"(lambda: open('{MARK}', 'w'))()",
    f"[open(x, 'w') for x in ['{MARK}']]",
    f"getattr(__builtins__, 'open')('{MARK}', 'w')",
    f"breakpoint() or '{MARK}'",
    f"x or open('{MARK}', 'w')",
    f"self.__class__.__mro__[1].__subclasses__() and '{MARK}'",
    f"touch {MARK}",
    f"COPY (SELECT 1) TO '{MARK}'",
    f"SELECT * FROM read_csv('{MARK}')",
    f"ATTACH '{MARK}' AS x",
    f"import {MARK}",
    f"m.x == '{MARK}'",
    f"9**9**9 or '{MARK}'",
)
_COATS = (
    "{deed}", "{{{deed}}}", "{{title.__class__.__mro__}} {deed}", "{{0.__class__}} {deed}", "${{{deed}}}", "$({deed})", "`{deed}`",
    "'; {deed}; --", '"); {deed} #', "{{{{ {deed} }}}}", "{{% {deed} %}}", "<%= {deed} %>", "%(x)s {deed}", "x and {deed}", "$p.one; {deed}",
)  # fmt: skip


def payloads() -> list[str]:
    """300 texts: every deed in every coat."""
    return [coat.format(deed=deed) for deed, coat in product(_DEEDS, _COATS)]


def _book() -> dict[str, Any]:
    """A small good rulebook, every kind of part once."""
    tests = [{"name": "一", "incident": {"weapon": True}, "expect": {"match": True}}]
    let = {"x": {"feature": "record.weapon", "is": True}, "y": {"feature": "matter.n", "at_least": "$p.one"}}
    rule = {"id": "R1", "title": "试验", "status": "live", "colour": "red", "let": let, "when": "x or y", "because": "理由", "advice": "建议",
            "basis": "依据", "on_missing": {"record.weapon": "review"}, "tests": tests}  # fmt: skip
    weapon = {"x": {"feature": "record.weapon", "is": True}}
    points = {"id": "R2", "title": "分", "status": "live", "points": 90, "let": weapon, "because": "理由"}
    flag = {"title": "提示", "expires": "30d", "unless": {"z": {"feature": "record.topic", "is": "noise"}}}
    dated = [{"from": "2025-01-01", "value": 3, "source": "测试"}]
    return {
        "features": {
            "record.weapon": {"title": "凶器", "field": "weapon"},
            "record.topic": {"title": "主题", "field": "topic"},
            "words.own": {"title": "词", "words": "own"},
            "matter.n": {"title": "件数", "count": "incidents", "same": "matter", "within": "30d", "where": {"cause": ["new"]}},
        },
        "words": {"own": {"title": "词", "entries": ["刀", {"text": "枪", "not_after": ["没有"]}, {"pattern": "砍.人"}]}},
        "parameters": {"p.one": {"title": "数", "unit": "件", "values": dated}},
        "topics": {"noise": {"title": "噪声", "dispute": False}},
        "routes": [{"id": "all", "title": "全部", "colour": ["green", "yellow", "red"], "receivers": ["中心"], "root": True}],
        "labels": {"assessment": {}, "kinds": {}},
        "rules": [rule, points, {"id": "R3", "title": "旗", "status": "live", "flag": flag, "let": weapon, "because": "理由"}],
        "never": [{"id": "N1", "title": "底线", "let": weapon, "colour": ["green", "yellow"]}],
        "mapping": {"kind": "own", "title": "渠道", "columns": {"source_id": ["编号"]}, "codes": {}, "time_patterns": ["YYYY-MM-DD"]},
    }  # fmt: skip


Book = dict[str, Any]
Place = Callable[[Book, str], None]


def _at(*path: str | int) -> Place:
    """Put a text at a path of the book."""

    def put(book: Book, text: str) -> None:
        held: Any = book
        for step in path[:-1]:
            held = held[step]
        held[path[-1]] = text

    return put


def _key(*path: str | int, value: Any) -> Place:
    """Put a text as a key at a path of the book."""

    def put(book: Book, text: str) -> None:
        held: Any = book
        for step in path:
            held = held[step]
        held[text] = value

    return put


def _around(form: str, *path: str | int) -> Place:
    """Put a text in a coat of the language."""

    def put(book: Book, text: str) -> None:
        _at(*path)(book, form.replace("?", text))

    return put


_RULE = ("rules", 0)
_LEAF = {"feature": "record.weapon", "is": True}
_ENTRY = ("words", "own", "entries")
_DATED = ("parameters", "p.one", "values", 0)
TEMPLATES = ("green", "review", "points", "never", "held", "absent", "unknown")
PLACES: Mapping[str, Place] = {
    "when": _at(*_RULE, "when"),
    "when, after a name": _around("x and ?", *_RULE, "when"),
    "when, in a count": _around("1 of [x, ?]", *_RULE, "when"),
    "let: fact": _at(*_RULE, "let", "x", "feature"),
    "let: name": _key(*_RULE, "let", value=_LEAF),
    "let: operator": _key(*_RULE, "let", "x", value=True),
    "let: bound": _at(*_RULE, "let", "x", "is"),
    "let: parameter": _around("$?", *_RULE, "let", "y", "at_least"),
    "let: code": _at("rules", 2, "flag", "unless", "z", "is"),
    "because": _at(*_RULE, "because"),
    "because: fact": _around("{?}", *_RULE, "because"),
    "because: parameter": _around("{$?}", *_RULE, "because"),
    "because: optional": _around("理由[{?}]", *_RULE, "because"),
    "on_missing": _key(*_RULE, "on_missing", value="review"),
    "id": _at(*_RULE, "id"),
    "status": _at(*_RULE, "status"),
    "colour": _at(*_RULE, "colour"),
    "title": _at(*_RULE, "title"),
    "advice": _at(*_RULE, "advice"),
    "basis": _at(*_RULE, "basis"),
    "test: name": _at(*_RULE, "tests", 0, "name"),
    "test: time": _around("?", *_RULE, "tests", 0, "as_of"),
    "test: field": _key(*_RULE, "tests", 0, "incident", value=True),
    "test: text": _at(*_RULE, "tests", 0, "incident", "title"),
    "test: expected": _at(*_RULE, "tests", 0, "expect", "because"),
    "flag: title": _at("rules", 2, "flag", "title"),
    "flag: expires": _at("rules", 2, "flag", "expires"),
    "never: when": _at("never", 0, "when"),
    "never: title": _at("never", 0, "title"),
    "fact: name": _key("features", value={"title": "旧", "field": "weapon"}),
    "fact: field": _at("features", "record.weapon", "field"),
    "fact: words": _at("features", "words.own", "words"),
    "fact: same": _at("features", "matter.n", "same"),
    "fact: within": _at("features", "matter.n", "within"),
    "fact: where": _key("features", "matter.n", "where", value=True),
    "fact: where value": _at("features", "matter.n", "where", "cause"),
    "word": _at(*_ENTRY, 0),
    "word: context": _at(*_ENTRY, 1, "not_after", 0),
    "word: pattern": _at(*_ENTRY, 2, "pattern"),
    "parameter: name": _key("parameters", value={"title": "数", "values": []}),
    "parameter: from": _at(*_DATED, "from"),
    "parameter: value": _at(*_DATED, "value"),
    "parameter: source": _at(*_DATED, "source"),
    "route: receiver": _at("routes", 0, "receivers", 0),
    "route: area": _at("routes", 0, "area"),
    "topic": _key("topics", value={"title": "题", "dispute": True}),
    "mapping: kind": _at("mapping", "kind"),
    "mapping: based on": _at("mapping", "based_on"),
    "mapping: column": _at("mapping", "columns", "source_id", 0),
    "mapping: field": _key("mapping", "columns", value=["列"]),
    "mapping: code": _key("mapping", "codes", value={"0": "new"}),
    "mapping: time": _at("mapping", "time_patterns", 0),
    "mapping: time and more": _around("YYYY-MM-DD?", "mapping", "time_patterns", 0),
    **{f"label: {name}": _at("labels", "assessment", name) for name in TEMPLATES},
}


def exercised(rulebook: Rulebook, text: str) -> list[str]:
    """Everything that reads the rulebook reads it; the reasons it gave."""
    suppliers.check(rulebook.mappings)
    WordMatcher(rulebook).spans(f"刀{text}砍了人")
    examples.run(rulebook)
    triage, reasons = Triage(rulebook, engine="trace"), []
    for weapon, count, topic in ((True, 5, "noise"), (None, None, None), (False, 0, text)):
        facts = FeatureSet({"record.weapon": weapon, "record.topic": topic, "words.own": False, "matter.n": count})
        made = triage.decide("t:1", _AT, features=facts, trigger="test").assessment
        reasons += [*made.reasons, *made.missing, *made.considered]
    return reasons


def tried(place: str, text: str) -> str:
    """What is wrong with one text at one place; empty when it is refused or stays a text."""
    book = deepcopy(_book())
    PLACES[place](book, text)
    rulebook, faults = loader.check(as_files(book=book))
    if rulebook is None:
        return "" if faults else "neither read nor refused"
    reasons = exercised(rulebook, text)
    if place.startswith("label: ") and any("<class" in line for line in reasons):
        return f"evaluated: {next(line for line in reasons if '<class' in line)[:80]}"
    return ""


def literal(texts: Sequence[str]) -> Iterator[str]:
    """All texts as bounds, read by the tracer, durable-rules and the columns on DuckDB: each is itself and nothing else."""
    from engine.evaluate.plan import Scope
    from tests.property.readers import Case, Group, by_columns, by_durable, by_trace

    plain = [text for text in texts if not text.startswith("$")]
    rulebook = _bounds(plain)
    cases = tuple(Case({"record.topic": text}, date(2025, 6, 15)) for text in plain)
    group = Group(rulebook, frozenset(), Scope.RECORD, shadow=False, today=None, cases=cases)
    for reader in (by_trace, by_durable, by_columns):
        for number, verdict in enumerate(reader(group)):
            fired = {rule for rule, outcome in verdict.outcomes.items() if outcome is Outcome.FIRED}
            if fired != {f"R{number}"}:
                yield f"{reader.__name__}: {plain[number]!r} is not itself: {sorted(fired)}"


def _bounds(texts: Sequence[str]) -> Rulebook:
    """A rule for each text."""
    rules = [
        {"id": f"R{number}", "title": "试验", "status": "live", "colour": "yellow", "because": "理由",
         "let": {"x": {"feature": "record.topic", "is": text}}}
        for number, text in enumerate(texts)
    ]  # fmt: skip
    return loader.load(
        as_files(book={"features": {"record.topic": {"title": "主题", "field": "topic"}}, "rules": rules})
    )


class _Watch:
    """What the interpreter was asked to do with the canary's name, or to start, while it is told to look."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.looking = False

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """The audit hook; a look at the arguments must not raise new events."""
        if not self.looking:
            return
        if event in _ALWAYS or (event in _TOUCHED and _speaks_of_it(arguments)):
            self.seen.append(f"{event} {repr(arguments)[:80]}")


def _speaks_of_it(arguments: tuple[Any, ...]) -> bool:
    """Whether the canary is in a name, a source or the constants of a code object."""
    for one in arguments:
        code = (getattr(one, "co_names", ""), getattr(one, "co_consts", ""))
        if MARK in str(one if isinstance(one, (str, bytes)) else code):
            return True
    return False


def trial(folder: Path, per_text: int) -> dict[str, Any]:
    """The child's work: the control, every text at `per_text` places (0: all), and all texts as bounds."""
    watch = _Watch()
    texts, names = payloads(), list(PLACES)
    for name, text in product(names, texts[:1]):  # the modules that reading needs come in now
        _outcome(name, text)
    sys.addaudithook(watch.hook)
    watch.looking = True
    eval(_DEEDS[0])  # the control: this is what an escape looks like
    control, watch.seen = bool(watch.seen) and (folder / MARK).exists(), []
    (folder / MARK).unlink(missing_ok=True)
    watch.seen.clear()
    count, violations = 0, []
    turns = _turns(names)
    for text in texts:
        for name in islice(turns, per_text) if per_text else names:
            count += 1
            found = _outcome(name, text)
            violations += [f"{name} ← {text!r}: {found}"] if found else []
    watch.looking = False
    bounds = texts[:: _QUICK_STEP if per_text else 1]
    violations += [*literal(bounds), *(f"ran: {event}" for event in watch.seen)]
    violations += ["the canary was made"] if (folder / MARK).exists() else []
    return {"control": control, "tried": count + len(bounds), "texts": len(set(texts)), "violations": violations}


def _turns(names: Sequence[str]) -> Iterator[str]:
    """Every place in turn, each round in another order, so that no kind of text meets the same places only."""
    rng = Random(_SEED)
    while True:
        yield from rng.sample(names, len(names))


def _outcome(place: str, text: str) -> str:
    """What is wrong; a crash is wrong too, for a bad file is told of by its faults."""
    try:
        return tried(place, text)
    except SanseError:
        return ""
    except Exception as fault:  # noqa: BLE001 -- whatever comes instead of a fault is what is sought
        return f"{type(fault).__name__} instead of a fault: {str(fault)[:80]}"


def row(folder: Path, per_text: int) -> measure.Outcome:
    """The row, in a child whose working folder holds the canary's cage."""
    (folder / f"{MARK}.py").write_text(f"open('{MARK}', 'w').close()\n", encoding="utf-8")
    path = f"{measure.ROOT}:{folder}"
    done = subprocess.run(
        [sys.executable, "-m", "tests.attacks.expressions", str(folder), str(per_text)],
        cwd=folder,
        env={"PYTHONPATH": path, "PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        return 0, [f"the child ended with {done.returncode}: {done.stderr[-300:]}"]
    made = json.loads(done.stdout.splitlines()[-1])
    lacking = [] if made["control"] else ["the audit hook did not see the control"]
    lacking += [] if made["texts"] >= len(payloads()) else ["texts stand twice in the corpus"]
    return made["tried"], [*lacking, *made["violations"]]


if __name__ == "__main__":
    print(json.dumps(trial(Path(sys.argv[1]), int(sys.argv[2]))))
