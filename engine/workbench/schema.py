"""Schema: JSON Schema of every type of rule file, so that an editor helps while rules are written.

In: the pydantic shapes that loading itself uses, those of mappings and of tests. Out: one schema for any file, one for each top-level key. Not here: what a
schema cannot say (`lint` finds it).
"""

from __future__ import annotations

from typing import Any

from engine.normalise.suppliers import MappingFile
from engine.ruleset import shapes
from engine.workbench.testing.forms import Example

ANY = "rules"
"""The schema that fits every file of `rules/`."""


def schemas() -> dict[str, dict[str, Any]]:
    """Schemas by name: `rules` for any file, and one for each top-level key, which requires that key."""
    document = shapes.FileShape.model_json_schema(by_alias=True)
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    document["title"] = "sanse rules"
    whole = _with(
        _with(document, "MappingShape", MappingFile.model_json_schema()), "Example", Example.model_json_schema()
    )
    whole["$defs"]["RuleShape"]["properties"]["tests"]["items"] = {"$ref": "#/$defs/Example"}
    made = {ANY: whole}
    for key in whole["properties"]:
        made[f"file-{key}"] = {**whole, "title": f"sanse rules: {key}", "required": [key]}
    return made


def _with(document: dict[str, Any], name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The document with one definition replaced by another schema, whose own definitions come along."""
    inner = {key: value for key, value in schema.items() if key != "$defs"}
    return {**document, "$defs": {**document["$defs"], **schema.get("$defs", {}), name: inner}}
