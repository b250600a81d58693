"""JSON texts to raw records: one object is one row, whatever the supplier wrapped around it.

In: JSON text, or bytes in UTF-8, UTF-16 or GB18030. Out: documents, their elements, cells that can be stored; what is wrong with a text that is none.
Not here: reading files (`files`) and interfaces (`web`), what a field means (`engine.normalise`).
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from adapters.sources.rows import UNREADABLE, unique_names
from engine.model import RawRecord, SourceSpec

_LISTS = ("records", "data", "rows", "items", "list", "results", "requests", "service_requests", "features")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LARGEST = 2**63
_LONGEST_NUMBER = 1_000
_LOOKED_AT = 64 * 1024
_LINES, _ONE = frozenset({".jsonl", ".ndjson"}), frozenset({".json", ".geojson"})
_ARRAY, _OBJECT = re.compile(rb"\[\s*[{\]]"), re.compile(rb'\{\s*["}]')
_TRAILING = re.compile(r",\s*[\]}]")
_AGAIN = "请对方重新导出；自己改过的文件，按所说的位置改正"
_STUMBLES = {
    "Expecting ',' delimiter": '两项之间缺逗号，或文字里的引号没有写成 \\"',
    "Expecting ':' delimiter": "键后面缺冒号",
    "Expecting property name": "缺键，键要用双引号",
    "Expecting value": "这里缺一个值",
    "Extra data": "后面还有多余的内容",
    "Invalid control character": "文字里有换行或控制字符",
    "Invalid \\": "反斜杠后面的字符不对",
}


def parsed(text: str | bytes) -> Any:
    """The document; raises ValueError for what is not JSON, or is nested too deep. A number of thousands of digits stays text."""
    if isinstance(text, bytes):
        text = _decoded(text)
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=str, parse_int=_whole)
    except RecursionError:
        raise ValueError("嵌套太深") from None


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def json_shape(path: Path, ending: str) -> str | None:
    """How a file holds JSON, by its ending and by how it begins, for exports carry any: `one` document, `lines` of them, or None."""
    with path.open("rb") as file:
        begin = file.read(_LOOKED_AT).removeprefix(codecs.BOM_UTF8).lstrip()
    if ending in _LINES:
        return "one" if _ARRAY.match(begin) else "lines"
    if ending in _ONE:
        return "one"
    if _ARRAY.match(begin):
        return "one"
    if not _OBJECT.match(begin):
        return None
    first = begin.split(b"\n", 1)[0].strip()
    return "lines" if first.endswith(b"}") and b"\n" in begin else "one"


def stumbled(fault: ValueError) -> tuple[str, str]:
    """What is wrong with a JSON text and what to do about it, in Chinese."""
    if not isinstance(fault, json.JSONDecodeError):
        return str(fault), _AGAIN
    before, after = fault.doc[: fault.pos].rstrip(), fault.doc[fault.pos :].lstrip()
    place = f"第 {fault.lineno} 行第 {fault.colno} 个字符"
    if _TRAILING.match(f"{before[-1:]}{after[:1]}") or _TRAILING.match(after):
        return f"{place}：多了一个逗号", "删掉最后一项后面、] 或 } 前面的逗号再导入，或请对方重新导出"
    if not after or fault.msg.startswith("Unterminated"):
        return f"{place}：文件没有写完，或引号没有配对", "文件可能没有传完：重新下载，或请对方重新导出"
    if fault.msg.startswith("Extra data") and before.lstrip()[:1] == "{":
        return f"{place}：第一个对象后面还有内容", "每行一个对象的文件请用 .jsonl 结尾；否则请对方重新导出"
    said = next((words for begin, words in _STUMBLES.items() if fault.msg.startswith(begin)), "写法不对")
    return f"{place}：{said}（{fault.msg}）", _AGAIN


def _decoded(body: bytes) -> str:
    try:
        return body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        return body.decode("gb18030")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that stands twice keeps both values: the second as key#2."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    return dict(zip(unique_names([key for key, _ in pairs]), (value for _, value in pairs), strict=True))


def json_records(document: object, spec: SourceSpec, *, start: int = 1) -> Iterator[RawRecord]:
    """The elements of a list, or of the usual list key of an object; one object alone is one record."""
    for number, value in enumerate(elements(document), start=start):
        yield RawRecord(spec.name, spec.kind, number, flat(value))


def elements(document: object) -> Iterable[object]:
    """The list in a JSON document: itself, below a usual key, or below two of them."""
    found = _list_in(document, depth=2)
    return [document] if found is None else found


def _list_in(document: object, *, depth: int) -> list[object] | None:
    if isinstance(document, list):
        return document
    if depth and isinstance(document, Mapping):
        inner = (_list_in(document[key], depth=depth - 1) for key in _LISTS if key in document)
        return next((found for found in inner if found is not None), None)
    return None


def flat(value: object) -> dict[str, Any]:
    """One object as cells: nested values become JSON text, anything but an object becomes an unreadable row."""
    if not isinstance(value, Mapping):
        return {UNREADABLE: cell(_text(value))}
    if value.get("type") == "Feature" and isinstance(value.get("properties"), Mapping):
        value = {**{k: v for k, v in value.items() if k not in {"type", "properties"}}, **value["properties"]}
    return {_clean(str(key)): cell(item) for key, item in value.items()}


def cell(item: object) -> Any:
    """A value as it is kept in a raw record: scalars that can be stored as they are, times as ISO text, the rest as text."""
    if item is None or isinstance(item, bool):
        return item
    if isinstance(item, str):
        return _clean(item)
    if isinstance(item, int):
        return item if -_LARGEST <= item < _LARGEST else str(item)
    if isinstance(item, float):
        return item if math.isfinite(item) else str(item)
    if isinstance(item, (datetime, date)):
        return item.isoformat()
    if isinstance(item, (bytes, bytearray, memoryview)):
        return _bytes_text(bytes(item))
    return _clean(_text(item) if isinstance(item, (Mapping, list, tuple)) else str(item))


def _text(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        return "（嵌套太深）"


def _clean(text: str) -> str:
    """Half of a surrogate pair cannot be stored: it becomes U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _bytes_text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.hex()
