"""Lists as people write them in options: several texts, or one alone.

In: a value of config.yaml. Out: the texts. Not here: the refusal, which names a source or a channel (`sources.options`, `channels.options`).
"""

from __future__ import annotations


def listed(value: object) -> tuple[str, ...] | None:
    """A list of texts; one text alone is a list of one. None for anything else."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return None
