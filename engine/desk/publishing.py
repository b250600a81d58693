"""Publishing: a rulebook comes into force when its gate is passed and another person approves; an old one is published in the same way.

In: an installation, two persons, rules as files, a gate. Out: what is published, with an entry in the audit log; every edition there ever was; files put
back into a folder. Not here: what the gate asks (the workbench, handed in by whoever calls), taking what is published up (`opening.renewed`).

What is published stands in the database, whole or not at all: killed before the commit nothing is published, killed after it everything is. The folder
follows; where that was cut short, publishing the same again ends it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from engine.desk.opening import Desk, borrowed
from engine.desk.reasons import check_reason
from engine.errors import RuleError, StoreError, UsageError
from engine.ruleset import loader
from engine.ruleset.differences import Differences, differences
from engine.ruleset.tree import Rulebook
from engine.store import Reading
from engine.store.rows import Person

PUBLISH = "publish"
_MAY, _APPROVE = ("analyst", "lead", "admin"), ("lead", "admin")
_SHORTEST = 6
_SHORT = 12

Gate = Callable[[Mapping[str, bytes]], Iterable[tuple[str, str]]]
"""Says of files what stands against publishing them, as (part of the gate, finding)."""


@dataclass(frozen=True, slots=True)
class Published:
    """What was published, and what it has otherwise than what was in force (None where that is faulty); `again`: it was published already, and only
    the folder followed.
    """

    digest: str
    before: str
    changes: Differences | None
    again: bool


@dataclass(frozen=True, slots=True)
class Edition:
    """A rulebook from the time it came into force: published by two persons, or as it stood in the folder (`by` is empty).

    `changes` against the edition before; None where one of the two cannot be read by this release. `unfinished`: published last, and the folder
    never followed.
    """

    digest: str
    at: datetime
    by: str
    second: str
    reason: str
    changes: Differences | None
    in_force: bool
    unfinished: bool = False


def publish(
    desk: Desk, person: Person, second: Person, files: Mapping[str, bytes], *, reason: str, gate: Gate
) -> Published:
    """Put files in force. Raises UsageError for who may not, RuleError with everything that the gate found; then all stays as it is."""
    check_reason(reason, hint="加上 --reason：为什么改，谁定的")
    _may(desk, person, second)
    rulebook = loader.load(files)
    found = [f"{part}：{finding}" for part, finding in gate(files)]
    if found:
        raise RuleError(f"没有发布，{len(found)} 处不过关：", faults=tuple(found), hint="改好再发布；原来的规则照旧")
    made = _entered(desk, person, second, rulebook, reason)
    place(desk.config.rules_folder, files)
    return made


def changes(desk: Desk, files: Mapping[str, bytes]) -> Differences | None:
    """What files have otherwise than what is in force; None where nothing is, for it is faulty."""
    return _changes(desk, loader.load(files))


def _changes(desk: Desk, rulebook: Rulebook) -> Differences | None:
    return None if desk.bare else differences(desk.rulebook, rulebook)


def edition(desk: Desk, reference: str) -> tuple[str, Mapping[str, bytes]]:
    """Digest and files of the one kept rulebook whose digest begins so, in six places at least; raises UsageError for none or several."""
    if len(reference) < _SHORTEST:
        raise UsageError(f"摘要太短：{reference or '（空）'}", hint="用 sanse rules history 查看摘要，写前 12 位")
    with desk.store.read() as view:
        found = [digest for digest, _ in view.rulebooks() if digest.startswith(reference)]
        if len(found) != 1:
            what = "不止一套规则的摘要这样开头" if found else "没有保存过这套规则"
            raise UsageError(f"{what}：{reference}", hint="用 sanse rules history 查看摘要，写前 12 位")
        return found[0], view.rulebook(found[0])


def former(desk: Desk, reference: str) -> Rulebook:
    """A kept rulebook (`edition`); raises RuleError that names it: a later release may refuse what an earlier one took, and the folder may be sound."""
    digest, files = edition(desk, reference)
    try:
        return loader.load(files)
    except RuleError as fault:
        short = digest[:_SHORT]
        raise RuleError(
            f"以前的规则 {short} 有 {len(fault.faults)} 处本版本不收的错误：",
            faults=fault.faults,
            hint=f"取出来改：sanse rules history {short} --dir 新目录；改好用 sanse rules publish --rules 新目录 发布",
        ) from fault


def editions(desk: Desk) -> list[Edition]:
    """Every rulebook whenever it came into force, oldest first."""
    with desk.store.read() as view:
        told = turns(view)
        read = {digest: _readable(view.rulebook(digest)) for digest in {digest for _, digest, *_ in told}}
    now = max((n for n, turn in enumerate(told) if turn[1] == desk.rulebook.digest), default=-1)
    left = unfinished(desk)
    cut = max((n for n, turn in enumerate(told) if left and turn[1] == left), default=-1)
    made: list[Edition] = []
    for n, (at, digest, by, second, reason) in enumerate(told):
        before, after = (read.get(told[n - 1][1]) if n else None), read.get(digest)
        changed = differences(before, after) if before is not None and after is not None else None
        made.append(Edition(digest, at, by, second, reason, changed, n == now, n == cut))
    return made


def unfinished(desk: Desk) -> str:
    """The digest of what was published last where the folder never followed: cut short in between. Empty where it did.

    A folder that somebody changes afterwards is none of this: what it holds then was not known before or went live since, what it held is kept
    beside it, or something was judged by what was published.
    """
    folder = desk.config.rules_folder
    held = _held(folder)
    with desk.store.read() as view:
        last, lives = next(reversed(view.publications()), None), dict(view.rulebooks())
        if last is None or loader.digest_of(held) == last.rulebook or max(lives.values()) > last.at:
            return ""
        stayed = loader.digest_of(held) in lives and not _beside(folder, "before", held).exists()
        if not (stayed or _beside(folder, "new", view.rulebook(last.rulebook)).exists()):
            return ""
        took = not desk.config.publish.required and view.judged_by(last.rulebook, last.at)
        return "" if took else last.rulebook


def finishing(digest: str) -> str:
    """What to do where the folder never followed, in words."""
    return f"再运行一次当时的命令，或 sanse rules rollback {digest[:_SHORT]}，就换完"


def turns(view: Reading) -> list[tuple[datetime, str, str, str, str]]:
    """(when, digest, by, second, why) of every rulebook that came into force, oldest first; no names where nobody published it."""
    lives, publications = view.rulebooks(), view.publications()
    first = {row.rulebook: row.at for row in reversed(publications)}
    found = [(at, digest, "", "", "") for digest, at in lives if digest not in first or at < first[digest]]
    found += [(row.at, row.rulebook, row.by, row.second, row.reason) for row in publications]
    return sorted(found, key=lambda turn: turn[0])


def place(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Let a folder of rules hold these and no others; False when it does already. What stood there is kept beside it, named by its digest.

    The folder is put together beside and takes the old one's place by a change of name: nobody reads half of it.
    """
    held = _held(folder)
    if held == files:
        return False
    fresh, aside = _beside(folder, "new", files), _beside(folder, "before", held)
    try:
        _make(fresh, folder, files)
        if folder.exists():
            shutil.rmtree(aside, ignore_errors=True)
            folder.rename(aside)
        fresh.rename(folder)
    except OSError as fault:
        raise StoreError(
            f"规则目录 {folder} 没有换成", hint="检查权限和磁盘，再运行一次同样的命令；数据库里的发布记录已经写好"
        ) from fault
    return True


def _beside(folder: Path, what: str, files: Mapping[str, bytes]) -> Path:
    """Where a folder with these files stands beside the one of the rules."""
    return folder.with_name(f"{folder.name}.{what}-{loader.digest_of(files)[:_SHORT]}")


def write_to(folder: Path, files: Mapping[str, bytes]) -> None:
    """Files into a folder that is not there yet, to be looked at; raises UsageError where something stands."""
    if folder.exists():
        raise UsageError(f"{folder} 已经有了", hint="换一个目录名")
    _make(folder, folder, files)


def _make(fresh: Path, like: Path, files: Mapping[str, bytes]) -> None:
    """A folder with these rules and whatever else stands in the one it is to replace."""
    shutil.rmtree(fresh, ignore_errors=True)
    if like.is_dir():
        shutil.copytree(like, fresh, ignore=shutil.ignore_patterns("*.yaml"))
    for name, body in files.items():
        target = fresh / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)


def _held(folder: Path) -> Mapping[str, bytes]:
    try:
        return loader.read_folder(folder)
    except RuleError:
        return {}


def _readable(files: Mapping[str, bytes]) -> Rulebook | None:
    try:
        return loader.load(files)
    except RuleError:
        return None


def _may(desk: Desk, person: Person, second: Person) -> None:
    """Raise UsageError unless one may publish and another approve (ruling 29)."""
    unmet = []
    if person.role not in _MAY:
        unmet.append(f"{person.name} 的角色是 {desk.role_words(person.role)}，须是 {desk.role_words(*_MAY)}")
    if second.name == person.name:
        unmet.append("复核人不能是本人")
    if second.role not in _APPROVE:
        unmet.append(f"复核人 {second.name} 的角色是 {desk.role_words(second.role)}，须是 {desk.role_words(*_APPROVE)}")
    if unmet:
        raise UsageError("不能发布：" + "；".join(unmet), hint="由分析员提出，另一位负责人或管理员用自己的口令复核")


def _entered(desk: Desk, person: Person, second: Person, rulebook: Rulebook, reason: str) -> Published:
    """The publication in one transaction; nothing is written where it is published already."""
    now = desk.clock()
    with desk.store.batch() as tx:
        if tx.reset_by(second.name) == person.name:
            raise UsageError(f"不能发布：{borrowed(person, second)}", hint="这样两个口令才是两个人的")
        before = tx.published() or desk.rulebook.digest
        changed = _changes(desk, rulebook)
        if tx.published() == desk.rulebook.digest == rulebook.digest:
            return Published(rulebook.digest, before, changed, again=True)
        number = tx.write_publication(rulebook, by=person.name, second=second.name, reason=reason, at=now)
        told = {"publication": number, "rulebook": rulebook.digest, "before": before, "second": second.name}
        tx.append_audit(person.name, PUBLISH, told, now, reason=reason)
    return Published(rulebook.digest, before, changed, again=False)
