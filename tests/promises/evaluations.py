"""R19: durable-rules evaluates a million records, loses none and keeps its memory.

In: how many evaluations, and whether the cyclic collector is paused inside batches, as the pipeline pauses it. Out: `Evaluated`.
Not here: that durable-rules and the tracer agree on drawn rulebooks (`tests/property`). Run it in a process of its own: it measures memory.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

from engine.collector import collector_paused
from engine.evaluate.durable import DurableReader
from engine.evaluate.trace import Tracer
from engine.model import FeatureSet, Judgement, Value
from engine.ruleset import loader
from engine.ruleset.tree import Rulebook
from engine.triage import Triage

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2025, 6, 15)
BATCH = 1_000
_KINDS = 400
_WARM = 5_000
_WORDS = (
    "他拿着菜刀堵在门口，快来人",
    "楼上漏水把天花板泡坏了，双方为赔偿争吵不休",
    "村口的路灯坏了一个多星期没有人来修理",
    "老板拖欠我们二十多个工人的工资，准备去堵门",
    "她丈夫又打她了，身上有伤，不敢回家",
    "再不解决我就从楼上跳下去",
    "没拿刀，只是吵了几句，已经和好",
)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """How many were judged, how many wrongly, how many in red, how much memory grew after the first few thousand."""

    judged: int
    wrong: int
    red: int
    grown_kib: int


def evaluate(count: int, *, paused: bool) -> Evaluated:
    """Judge `count` records under the shipped rules; each judgement is compared with the tracer's."""
    rulebook = loader.load(loader.read_folder(loader.shipped()))
    reader = DurableReader(rulebook)
    cases = _cases(rulebook)
    turn = itertools.cycle(cases)
    _judge(reader, turn, _WARM, paused=paused)
    gc.collect()
    before = _resident_kib()
    wrong, red = _judge(reader, turn, count, paused=paused)
    gc.collect()
    return Evaluated(count, wrong, red, _resident_kib() - before)


def apart(count: int, *, paused: bool) -> Evaluated:
    """The same in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.promises.evaluations", str(count), str(int(paused))],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return Evaluated(**json.loads(done.stdout.splitlines()[-1]))


def _judge(
    reader: DurableReader, cases: itertools.cycle[tuple[FeatureSet, Judgement]], count: int, *, paused: bool
) -> tuple[int, int]:
    """Batch by batch: a batch is read before it is judged, as the pipeline does it."""
    wrong = red = 0
    for _ in range(count // BATCH):
        batch = [(replace(features), expected) for features, expected in itertools.islice(cases, BATCH)]
        with collector_paused() if paused else nullcontext():
            for features, expected in batch:
                held = reader.judge(features, DAY)
                wrong += held != expected
                red += held.colour.word == "red"
    return wrong, red


def _cases(rulebook: Rulebook) -> Sequence[tuple[FeatureSet, Judgement]]:
    """Facts of many kinds, with what the tracer says of them."""
    triage, tracer = Triage(rulebook, engine="trace"), Tracer(rulebook)
    texts = [triage.of_text(text) for text in _WORDS]
    draw = random.Random("R19")
    drawn = [_drawn(rulebook, texts[number % len(texts)], draw) for number in range(_KINDS)]
    return [(features, tracer.judge(features, DAY)) for features in drawn]


def _drawn(rulebook: Rulebook, words: FeatureSet, draw: random.Random) -> FeatureSet:
    """The facts of a text, with some other facts known or unknown."""
    values: dict[str, Value | None] = dict(words.values)
    for name, feature in rulebook.features.items():
        if name not in values and feature.type in ("int", "bool") and draw.random() < 0.15:
            known: Value = draw.choice((0, 0, 0, 1, 1, 2, 7)) if feature.type == "int" else draw.random() < 0.1
            values[name] = None if draw.random() < 0.05 else known
    return FeatureSet(values, {}, words.spans, tuple(name for name in words.absent if name not in values))


def _resident_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


if __name__ == "__main__":
    print(json.dumps(asdict(evaluate(int(sys.argv[1]), paused=sys.argv[2] == "1"))))
