"""Schema: JSON Schema of the rule files, so that an editor helps while rules are written.

In: the pydantic shapes. Out: one schema for every rule file. Not here: what a schema cannot say (`build` finds it).
"""

from __future__ import annotations

from typing import Any

from engine.ruleset import shapes


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of any file of `rules/`: every file may hold any of the sections."""
    document = shapes.FileShape.model_json_schema(by_alias=True)
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    document["title"] = "sanse rules"
    return {"rules.yaml": document}
