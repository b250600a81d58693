"""What both readers of the window definitions share: which facts are counted where, and which topics are disputes.

In: a rulebook. Out: its features sorted by how they are made. Not here: counting (`live`, `columns`), the facts of a process (`process`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.ruleset.tree import Feature, FeatureKind, Rulebook

_COUNTED = frozenset({FeatureKind.COUNT, FeatureKind.COUNT_DISTINCT})
_BASE = frozenset({FeatureKind.FIELD, FeatureKind.WORDS})
_RECORD_KEYS = frozenset({"kind", "cause", "topic", "area", "topic_is"})
OCCURRED = "occurred_at"


@dataclass(frozen=True, slots=True)
class Definitions:
    """The features of a rulebook by how they are made.

    `marks`: base facts that some window's `where` asks for. `disputes`: topics listed as disputes; an unknown topic counts as one.
    """

    fields: tuple[Feature, ...]
    words: tuple[Feature, ...]
    windows: tuple[Feature, ...]
    actions: tuple[Feature, ...]
    process: tuple[Feature, ...]
    marks: tuple[str, ...]
    disputes: frozenset[str]

    @classmethod
    def of(cls, rulebook: Rulebook) -> Definitions:
        """The features of a rulebook, in its order."""
        features = tuple(rulebook.features.values())
        windows = tuple(feature for feature in features if feature.kind in _COUNTED)
        asked = {key for feature in windows for key in feature.where} - _RECORD_KEYS
        return cls(
            fields=_made(features, FeatureKind.FIELD),
            words=_made(features, FeatureKind.WORDS),
            windows=windows,
            actions=_made(features, FeatureKind.ACTIONS),
            process=_made(features, FeatureKind.PROCESS),
            marks=tuple(feature.name for feature in features if feature.name in asked and feature.kind in _BASE),
            disputes=frozenset(
                name for name, topic in rulebook.documents.get("topics", {}).items() if topic.get("dispute")
            ),
        )


def seconds(feature: Feature) -> int:
    """The length of a feature's window in seconds."""
    return int(feature.within.total_seconds()) if feature.within is not None else 0


def _made(features: Sequence[Feature], kind: FeatureKind) -> tuple[Feature, ...]:
    return tuple(feature for feature in features if feature.kind is kind)
