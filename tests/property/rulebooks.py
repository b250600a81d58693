"""Rulebooks drawn by seed, as files: every key of the language, always valid, and facts for them.

In: a random source. Out: files as bytes, as `loader.load` reads them. Not here: records with windows (`histories`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random
from typing import Any

_TOPICS = {"neighbours": {"title": "邻里", "dispute": True}, "noise": {"title": "噪声", "dispute": False}}
_TOPICS |= {"wages": {"title": "欠薪", "dispute": True}}
_LENGTHS = ("0s", "1s", "90m", "72h", "7d", "30d", "180d", "366d")


def as_files(**files: Mapping[str, Any]) -> dict[str, bytes]:
    """Files by name; JSON is YAML."""
    return {f"{name}.yaml": json.dumps(held, ensure_ascii=False, indent=1).encode() for name, held in files.items()}


def windows(rng: Random, *, size: int) -> dict[str, bytes]:
    """A rulebook without rules: `size` window facts and action facts of every kind, over two field facts and a word list."""
    features: dict[str, Any] = {
        "record.weapon": {"title": "持械标记", "field": "weapon"},
        "record.heads": {"title": "人数", "field": "heads"},
        "words.knife": {"title": "提到刀", "words": "knife"},
    }
    for number in range(size):
        features[f"made.f{number}"] = _window(rng)
    return as_files(
        words={"words": {"knife": {"title": "刀", "entries": ["菜刀"]}}},
        topics={"topics": _TOPICS},
        features={"features": features},
    )


def _window(rng: Random) -> dict[str, Any]:
    if rng.random() < 0.2:
        return _action_fact(rng)
    definition: dict[str, Any] = {"title": "件数", "within": rng.choice(_LENGTHS)}
    definition["same"] = rng.choice(("matter", "caller", "place", "pair", "hotspot", "phone"))
    if rng.random() < 0.5:
        definition["count"] = "incidents"
    else:
        definition["count_distinct"] = rng.choice(("kind", "person", "place", "topic", "matter", "identity"))
    if rng.random() < 0.6:
        definition["where"] = _where(rng)
    if rng.random() < 0.4:
        definition["including_this"] = False
    if rng.random() < 0.3:
        definition["by"] = "closed_at"
    return definition


def _where(rng: Random) -> dict[str, Any]:
    lines: dict[str, Any] = {
        "kind": rng.choice(("police_110", ["hotline_12345", "petition"], ["police_110", "walk_in"])),
        "cause": rng.choice(("new", ["new", "repeat"])),
        "topic": rng.choice(("neighbours", ["noise", "wages"])),
        "area": rng.choice(("a", ["a", "b"], "")),
        "topic_is": "dispute",
        "record.weapon": rng.choice((True, False)),
        "words.knife": rng.choice((True, False)),
    }
    return {key: lines[key] for key in rng.sample(sorted(lines), rng.randrange(1, 4))}


def _action_fact(rng: Random) -> dict[str, Any]:
    definition: dict[str, Any] = {"title": "次数", "count": "actions", "same": "matter"}
    lines: dict[str, Any] = {
        "action": rng.choice(("mediation_failed", ["close", "returned"])),
        "level": rng.choice(("village", ["township", "green"])),
    }
    definition["where"] = {key: lines[key] for key in rng.sample(sorted(lines), rng.randrange(3))}
    if rng.random() < 0.5:
        definition["within"] = rng.choice(_LENGTHS)
    return definition
