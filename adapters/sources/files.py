"""Files as sources: CSV, JSON, JSON Lines and workbooks, by their ending and content.

In: a path and a SourceSpec. Out: RawRecords in file order. Not here: cells of workbooks (`workbook`, in a child process),
rows of CSV (`separated`), what columns mean (`engine.normalise`). A line that cannot be parsed becomes a record that quarantine will show.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from adapters.sources.documents import flat, json_records, json_shape, parsed, stumbled
from adapters.sources.options import seconds
from adapters.sources.rows import UNREADABLE, records
from adapters.sources.separated import separated_rows
from adapters.sources.text import lines
from adapters.sources.workbook import looks_like_workbook, workbook_sheets
from engine.errors import SourceError, Unreachable
from engine.model import RawRecord, SourceSpec

WORKBOOKS = frozenset({".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"})
_LARGEST_JSON = 64 * 1024 * 1024
_WHY = {errno.EACCES: "没有权限", errno.EPERM: "没有权限", errno.EIO: "读写出错", errno.ENOENT: "没有找到"}
_RECENT = 15
"""How long ago a file was changed, in seconds, that may not be whole yet; the clock of a file server may be that wrong."""
_PASSING = ("~$", ".")  # lock files of office programs and hidden files are nobody's data


class FileSource:
    """One file, every file in a folder, or every file that matches a pattern, in order of name."""

    def __init__(self, spec: SourceSpec) -> None:
        self.spec = spec

    def read(self) -> Iterator[RawRecord]:
        """Rows of all files; a file that cannot be read holds up no other one: SourceError names all of those at the end."""
        refused: list[SourceError] = []
        paths = self.paths()
        moving = _moving(paths, seconds(self.spec, "settle_seconds"))
        for path in paths:
            try:
                if path in moving:
                    raise Unreachable("文件还在变，像是没有拷完", where=path.name, hint="隔一会儿会自动再读")
                yield from read_file(path, self.spec)
            except SourceError as fault:
                refused.append(fault)
        if refused:
            raise together(refused, self.spec.location)

    def paths(self) -> list[Path]:
        """The files meant; raises SourceError when there is none, and where none was said."""
        if not self.spec.location:
            raise SourceError(
                f"来源 {self.spec.name} 没有写 location：不知道文件在哪里",
                where=self.spec.name,
                hint="在配置的这个来源下写 location（文件、文件夹或带通配符的文件名），或用 --file 指明",
            )
        place = Path(self.spec.location)
        found = [place] if place.is_file() else _matching(place / "*" if place.is_dir() else place)
        if not found:
            raise SourceError(
                "没有找到文件",
                where=self.spec.location,
                hint="检查路径和文件名，文件夹里要有文件，通配符只用在文件名里",
            )
        return found

    def cursor(self) -> str:
        """Files keep no cursor: reading one twice adds nothing."""
        return ""


def _moving(paths: Sequence[Path], settle: int) -> frozenset[Path]:
    """Files that are still being written: changed a moment ago, and again while we waited."""
    looks = {path: _look(path) for path in paths} if settle else {}
    now = time.time()  # noqa: TID251 -- file systems stamp the host's time
    if not any(abs(now - changed / 1e9) < _RECENT for _, changed in looks.values()):
        return frozenset()
    time.sleep(settle)
    return frozenset(path for path, look in looks.items() if _look(path) != look)


def _look(path: Path) -> tuple[int, int]:
    """Size and time of change; of a file that is gone neither."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def together(refused: Sequence[SourceError], place: str) -> SourceError:
    """One refusal for several files: every one with its reason, and as urgent as the most urgent of them."""
    if len(refused) == 1:
        return refused[0]
    kind = type(max(refused, key=lambda fault: fault.exit_code))
    listed = "；".join(f"{fault.where}：{fault.what}" for fault in refused)
    return kind(
        f"{len(refused)} 个文件读不了，别的都读了：{listed}",
        where=place,
        hint="；".join(dict.fromkeys(fault.hint for fault in refused)),
    )


def _matching(pattern: Path) -> list[Path]:
    try:
        return sorted(p for p in pattern.parent.glob(pattern.name) if p.is_file() and not p.name.startswith(_PASSING))
    except ValueError:  # no pattern at all, or ** within a name
        return []


def read_file(path: Path, spec: SourceSpec) -> Iterator[RawRecord]:
    """The rows of one file; a workbook is known by its content too, for exports carry any ending."""
    ending = path.suffix.lower()
    try:
        if ending in WORKBOOKS or looks_like_workbook(path):
            for sheet, rows in workbook_sheets(path, known_headers=spec.known_headers):
                yield from records(spec, rows, where=f"{path.name}/{sheet}")
        elif (shape := json_shape(path, ending)) is not None:
            yield from (_json_lines if shape == "lines" else _json)(path, spec)
        else:
            yield from records(spec, separated_rows(path), where=path.name)
    except OSError as fault:
        raise Unreachable(
            f"文件读不出来：{_WHY.get(fault.errno or 0, fault.strerror)}",
            where=str(path),
            hint="检查文件是否存在、是否有读取权限、磁盘是否正常",
        ) from fault


def _json_lines(path: Path, spec: SourceSpec) -> Iterator[RawRecord]:
    with path.open("rb") as file:
        for number, line in enumerate(lines(file), start=1):
            if not line.strip():
                continue
            try:
                values = flat(parsed(line))
            except ValueError:
                values = {UNREADABLE: line.strip()}
            yield RawRecord(spec.name, spec.kind, number, values)


def _json(path: Path, spec: SourceSpec) -> Iterator[RawRecord]:
    if path.stat().st_size > _LARGEST_JSON:
        raise SourceError(
            f"JSON 文件超过 {_LARGEST_JSON // 2**20} MB",
            where=path.name,
            hint="分成几个文件，或请对方导出成每行一个对象的 .jsonl",
        )
    with path.open("rb") as file:
        text = "".join(lines(file, longest=_LARGEST_JSON))
    if not text.strip():
        return
    try:
        document = parsed(text)
    except ValueError as fault:
        why, hint = stumbled(fault)
        raise SourceError(f"不是合格的 JSON：{why}", where=path.name, hint=hint) from fault
    yield from json_records(document, spec)
