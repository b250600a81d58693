"""Exchange: history as Parquet files, and such files judged again where no database is.

In: an installation and a person with a reason, or a folder that was exported. Out: files, an audit entry; a `Scan`. Not here: what goes into the files
(`store.exchange`), judging (`engine.rescore`). From files nothing is ever written back: they hold what was, and `--apply` asks the database.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from engine.desk.opening import Desk
from engine.desk.reasons import check_reason
from engine.desk.rescoring import Which
from engine.errors import UsageError
from engine.evaluate.comparisons import Thresholds
from engine.features.base import made_by
from engine.masking import mask_reference
from engine.rescore import Asked, Questions, Scan, scan, workspace
from engine.ruleset.tree import Rulebook
from engine.store.exchange import Exchange, write
from engine.store.manifest import Manifest
from engine.store.rows import Person

_MAY = ("analyst", "lead", "admin")


def export(
    desk: Desk, person: Person, folder: Path, *, reason: str, advance: Callable[[int], None] = lambda _: None
) -> Manifest:
    """All columns that judging again needs, as files; noted in the audit log before a byte is written. Raises UsageError for who may not, or without a reason."""
    if person.role not in _MAY:
        raise UsageError(f"{person.name} 不能导出历史来件", hint="由分析员、负责人或管理员运行")
    check_reason(reason, what="导出要写明用途", hint="加 --reason 用途，记入审计日志")
    with desk.store.batch() as tx:
        tx.append_audit(person.name, "export", {"to": folder.name, "reason": reason, "as": "parquet"}, desk.clock())
    with desk.store.history() as view:
        return write(view, folder, salt=secrets.token_bytes(32), advance=advance)


@contextmanager
def rescored_files(
    folder: Path,
    which: Which,
    *,
    rulebook: Rulebook,
    thresholds: Thresholds = "dated",
    today: date,
    zone: str = "Asia/Shanghai",
    advance: Callable[[int], None] = lambda _: None,
) -> Iterator[Scan]:
    """An export judged by columns. Raises UsageError for a folder that is no export, an unknown matter or caller."""
    held = Exchange(folder)
    asked = _asked(held, which)
    questions = Questions(rulebook, thresholds=thresholds, today=today)
    with workspace() as space:
        found = scan(held, questions, space, asked=asked, zone=zone, advance=advance)
        found.worded = found.makers <= {made_by(rulebook)}
        yield found


def _asked(held: Exchange, which: Which) -> Asked:
    """Which records; people and matters are named by the id of a record, for an export knows no codes."""
    named = [which.caller, which.matter]
    found = [held.belongs(name) if name else None for name in named]
    for name, links in zip(named, found, strict=True):
        if name and links is None:
            raise UsageError(
                f"导出里没有 {mask_reference(name)}", hint="写一件来件的 id，如 police_110:JJ0001；导出里没有事项编号"
            )
    caller, matter = (links[place] if links else None for place, links in enumerate(found))
    if which.caller and not caller:
        raise UsageError(f"{mask_reference(which.caller)} 没有来件人", hint="匿名来件没有来件人")
    since, until = (None if at is None else int(at.timestamp()) for at in (which.since, which.until))
    return Asked(since, until, caller, matter, which.colour)
