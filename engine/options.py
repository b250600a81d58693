"""What may stand below `options` of a feed in `config.yaml`: for each type its own keys, each of its kind.

In: the type of a feed and its options as written. Out: what is wrong with them, in words. Not here: the other keys of a feed (`config`),
reading them (`adapters.sources`).
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import shape_fault

_Whole = Annotated[int, Field(strict=True, ge=1)]
_Pairs = dict[str, str | int]
_EXTRA = "extra_forbidden"


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FileOptions(_Options):
    """Files: how long one that was changed a moment ago is waited for."""

    settle_seconds: Annotated[int, Field(strict=True, ge=0, le=60)] = 2


class SqlOptions(_Options):
    """A query and how far it was read; `look_back` and `cursor_start` are what the column is."""

    query: str = Field(pattern=r"\S")
    cursor_column: str = ""
    cursor_start: Any = ""
    look_back: Any = None
    timeout_seconds: _Whole = 300


class _WebOptions(_Options):
    headers: _Pairs = {}
    private_hosts: str | list[str] = []
    timeout_seconds: _Whole = 30
    total_seconds: _Whole = 300


class HttpOptions(_WebOptions):
    """A JSON interface: where its list is, how it pages, how far it was read."""

    list_key: str = ""
    params: _Pairs = {}
    page_param: str = ""
    page_size_param: str = ""
    page_size: _Whole = 100
    next_key: str = ""
    next_param: str = ""
    max_pages: _Whole = 10_000
    cursor_param: str = ""
    cursor_field: str = ""
    look_back: Any = None


class Open311Options(_WebOptions):
    """GeoReport v2: from when on, and in which spans."""

    start: Any = ""
    until: Any = ""
    span_days: _Whole = 90
    page_size: _Whole = 100
    look_back_days: _Whole = 30


_OF: Mapping[str, type[_Options]] = {
    "file": FileOptions,
    "sql": SqlOptions,
    "http": HttpOptions,
    "open311": Open311Options,
}


def faults_of(type_: str, options: Mapping[str, Any]) -> list[str]:
    """What is wrong with the options of a feed of this type, each with its place and, where a key is unknown, the nearest one."""
    model = _OF[type_]
    try:
        model.model_validate(options)
    except ValidationError as fault:
        return list(dict.fromkeys(_worded(one, model) for one in fault.errors()))
    return []


def _worded(found: Any, model: type[_Options]) -> str:
    name = str(found["loc"][0])
    known = sorted(model.model_fields)
    near = difflib.get_close_matches(name, known, 1)
    hint = f"，是不是 {near[0]}" if near else f"，可用：{'、'.join(known)}"
    return f"options.{name}：{shape_fault(found)}{hint if found['type'] == _EXTRA else ''}"
