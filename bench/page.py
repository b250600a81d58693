"""The page: tables and charts in one file of HTML that loads nothing.

In: parts with their tables and charts (SVG). Out: a file. Charts are drawn by Altair where it is installed; without it the page has the tables and says so.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_STYLE = "body{font-family:sans-serif;margin:2em}pre{overflow-x:auto;font-size:12px}svg{max-width:100%}"


def drawable() -> bool:
    """Whether what draws charts is installed."""
    return find_spec("altair") is not None and find_spec("vl_convert") is not None


def svg(chart: Any, width: int = 640) -> str:
    """A chart of Altair's as SVG."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(chart.properties(width=width).to_json()))


def write(path: Path, parts: Sequence[tuple[str, Sequence[str], str]]) -> str:
    """Write the page of parts (title, charts, table); where it is, and what it lacks."""
    body = "".join(
        f"<h2>{html.escape(title)}</h2>{''.join(charts)}<pre>{html.escape(table)}</pre>"
        for title, charts, table in parts
    )
    lacking = "" if drawable() else "<p>Altair is not installed: no charts.</p>"
    path.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>sanse: bench</title><style>{_STYLE}</style>'
        f"<body><h1>Benchmark</h1>{lacking}{body}</body></html>",
        encoding="utf-8",
    )
    return f"page: {path.name} below bench/out{'' if drawable() else ' (without charts: Altair is not installed, make peers)'}"
