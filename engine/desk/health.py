"""Health: is everything sound.

In: an installation. Out: the examination of the database and the audit chain, and findings of a quick look. Not here: curing.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.config import Config, read_keys
from engine.desk.messages import given_up, left_behind, red_unheard, refused_often
from engine.desk.opening import Clock, Desk, is_there, open_desk, stand_in, unpublished
from engine.desk.publishing import finishing, unfinished
from engine.errors import RuleError, SanseError, UsageError
from engine.ruleset import loader
from engine.store import reach
from engine.store.chain import Anchor, Examination, anchor_seal
from engine.store.dialects import file_of
from engine.store.files import damage
from engine.store.refusals import DAMAGED
from engine.store.verify import Verification

_NAMED = 3
_QUICKLY_READ = 2 << 30
"""Bytes: SQLite looks at every page of so large a file in about three seconds of processor time."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what, whether it is well, what was found, what to do."""

    what: str
    well: bool
    found: str
    hint: str = ""


def verify(desk: Desk, *, deep: bool = False, anchors: Sequence[str] = ()) -> Verification:
    """Examine the whole database; `anchors`: lines kept elsewhere; raises UsageError for one that is not of this database."""
    return desk.store.verify(anchors=_genuine(desk, anchors), deep=deep)


def audit(desk: Desk, *, anchors: Sequence[str] = ()) -> Examination:
    """Walk the audit chain; raises UsageError for an anchor that is not of this database."""
    with desk.store.read() as view:
        return view.examine_audit(_genuine(desk, anchors))


def anchor(desk: Desk) -> str:
    """Anchor the audit chain as it stands; the line to keep somewhere else."""
    with desk.store.batch() as tx:
        return tx.write_anchor(desk.clock()).line


def checks(desk: Desk) -> Iterator[Check]:
    """A quick look at what operators can mend."""
    yield _in_force(desk)
    if not desk.bare:
        yield _engine(desk)
    with desk.store.read() as view:
        defects, waiting = view.defects(), view.quarantine_counts().get("open", 0)
        names = view.people()
        known = dict(view.rulebooks())
    differ = "；".join(defect for defect, _ in defects[:_NAMED])
    yield Check(
        "判读器一致",
        not defects,
        f"{len(defects)} 处不一致" + (f"：{differ}" if defects else ""),
        "结果已取较高者，可以照常使用；请把这些行发给维护人员" if defects else "",
    )
    yield Check(
        "隔离待处理", not waiting, f"{waiting} 行", "sanse quarantine export 导出改正后再 retry" if waiting else ""
    )
    yield Check("人员", bool(names), f"{len(names)} 人", "" if names else "sanse people add 姓名 --role admin")
    yield _messages(desk)
    yield from _publication(desk)
    if not desk.bare:
        yield from _receivers(desk)
        live = desk.rulebook.digest in known
        yield Check("规则集已存档", live or not known, "是" if live else "还没有用它研判过")


def _messages(desk: Desk) -> Check:
    """Whether what is to be told can be told."""
    if not desk.config.channels:
        return Check("通知", True, "没有配置渠道，谁也不通知；红色只在 sanse matters list 里看到")
    dead = given_up(desk)
    with desk.store.read() as view:
        unheard = red_unheard(desk, view)
        left = left_behind(desk, view)
        refusing = refused_often(view)
    said = [f"{dead} 条发不出去"] + [f"{unheard} 条红色没有渠道接收"] * bool(unheard)
    said += [f"{left} 条等着 config.yaml 里已经没有的渠道"] * bool(left) + refusing
    hint = "服务的下一轮会改由现有的渠道说；服务没有开着的，运行 sanse serve --once"
    if dead or unheard:
        hint = "sanse notify list 查看；渠道修好、config.yaml 的 channels 改好以后，sanse notify replay --all 重新排上"
    elif refusing:
        hint = "看渠道的地址、口令和网络，修好就自己发出去；sanse notify list 查看"
    well = not (dead or unheard or left or refusing)
    return Check("通知", well, "，".join(said), "" if well else hint)


def _receivers(desk: Desk) -> Iterator[Check]:
    """Whether the channels wait for receivers to which some route leads: of another nothing is ever told."""
    wanted = {name for channel in desk.config.channels for name in channel.receivers}
    if wanted:
        routed = frozenset[str]().union(*desk.stages.terms.messages.receivers.values())
        lost = "、".join(sorted(wanted - routed))
        told = f"config.yaml 的 channels 里写的 {lost}，没有一条派单路线通向它" if lost else "派单路线里都有"
        hint = f"改成 rules/routes.yaml 里的写法（有：{'、'.join(sorted(routed))}）" if lost else ""
        yield Check("接收单位", not lost, told, hint)


def _in_force(desk: Desk) -> Check:
    """Which rules hold: those that should, others in their stead, or none."""
    told = stand_in(desk)
    if not told:
        return Check("在用的规则", True, f"摘要 {desk.rulebook.digest[:12]}")
    serves = "服务起不来，ingest 等也停下" if desk.bare else "服务照常，ingest 等要研判的命令停下"
    hint = desk.refused.hint if desk.refused is not None else ""
    return Check("在用的规则", False, f"{told}；改好之前{serves}", hint)


def _engine(desk: Desk) -> Check:
    engine, wanted = desk.stages.triage.live_engine, desk.config.engine
    return Check(
        "判读引擎",
        engine == wanted,
        f"{engine}（配置为 {wanted}）",
        "" if engine == wanted else "durable-rules 只支持 Python 3.12 及以下；或在 config.yaml 里写 engine: trace",
    )


def _publication(desk: Desk) -> Iterator[Check]:
    """Whether the folder of the rules and what was published belong together."""
    if cut := unfinished(desk)[:12]:
        told = f"已发布 {cut}，规则目录没有换成它：换到一半断了，或后来换回了以前的"
        yield Check("规则发布", False, told, finishing(cut))
    elif desk.config.publish.required:
        draft = unpublished(desk)
        told = f"目录里的（{draft[:12]}）还没有发布" if draft else "没有等着发布的"
        keeps = "" if desk.bare else "仍用已发布的；"
        yield Check("规则发布", not draft, told, f"{keeps}sanse rules publish --check 看改了什么" if draft else "")


def examined(config: Config, clock: Clock, also: Callable[[Desk], Iterable[Check]]) -> Iterator[Check]:
    """Everything of an installation looked at, each thing alone: what is broken hides nothing else; `also`: more of an open one."""
    broken = set()
    for what, look in (("密钥", _key_file), ("规则集", _rules), ("数据库", _database)):
        for check in _tried(what, lambda look=look: look(config)):  # type: ignore[misc]  # bound now, called now
            broken |= set() if check.well else {check.what}
            yield check
    if not broken & {"密钥", "数据库"}:
        yield from _tried("打开", lambda: _opened(config, clock, also))


def trouble(what: str, fault: SanseError | OSError) -> Check:
    """What a refusal says, as a finding."""
    if isinstance(fault, OSError):
        return Check(what, False, f"文件或目录用不了：{fault.filename}", "检查路径、权限和磁盘")
    if isinstance(fault, RuleError):
        return _faulty(what, fault)
    where = f"（{fault.where}）" if fault.where else ""
    return Check(what, False, f"{fault.what}{where}", fault.hint)


def _faulty(what: str, fault: RuleError) -> Check:
    """The first few faults of the rules, and where all of them are listed."""
    named = "；".join(map(str, fault.faults[:_NAMED])) or fault.what
    more = f"；共 {len(fault.faults)} 处" if len(fault.faults) > _NAMED else ""
    return Check(what, False, f"{named}{more}", "运行 sanse rules lint 看全部；“在用的规则”一行说改好之前用哪一套")


def _tried(what: str, look: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    try:
        yield from look()
    except (SanseError, OSError) as fault:
        yield trouble(what, fault)


def _key_file(config: Config) -> Iterator[Check]:
    read_keys(config.key_file)
    yield Check("密钥", True, config.key_file.name)


def _rules(config: Config) -> Iterator[Check]:
    rulebook = loader.load(loader.read_folder(config.rules_folder))
    yield Check("规则集", True, f"{len(rulebook.rules)} 条规则，摘要 {rulebook.digest[:12]}")
    strange = [feed.name for feed in config.sources if feed.kind not in rulebook.mappings]
    yield Check(
        "来源",
        not strange,
        f"{len(config.sources)} 个" + (f"，渠道不认识的：{'、'.join(strange)}" if strange else ""),
        f"改正 config.yaml 的 kind，可用：{'、'.join(sorted(set(rulebook.mappings) - {'common'}))}" if strange else "",
    )


def _database(config: Config) -> Iterator[Check]:
    url = config.database_url
    is_there(url)
    reach(url)
    file = file_of(url)
    yield Check("数据库", True, "连得上，是本版本") if file is None else _readable(file)


def _readable(file: Path) -> Check:
    """Every page of a file that is not too large for a quick look."""
    if file.stat().st_size > _QUICKLY_READ:
        return Check("数据库", True, "连得上，是本版本；文件大，各页没有看（sanse db verify 查）")
    broken = damage(file, quick=True)
    if broken:
        return Check("数据库", False, f"文件已损坏：{'；'.join(broken[:_NAMED])}", DAMAGED)
    return Check("数据库", True, "连得上，是本版本；各页读得通，索引和内容没有看（sanse db verify 查）")


def _opened(config: Config, clock: Clock, also: Callable[[Desk], Iterable[Check]]) -> Iterator[Check]:
    desk = open_desk(config, clock, steadfast=True, bare=True)
    try:
        yield from checks(desk)
        yield from also(desk)
    finally:
        desk.close()


def _genuine(desk: Desk, lines: Sequence[str]) -> list[Anchor]:
    """The anchors of lines kept elsewhere: one that was altered, or is of another database, would vouch for nothing."""
    anchors = []
    for number, line in enumerate(lines, start=1):
        try:
            anchor = Anchor.of(line)
        except ValueError:
            raise UsageError(
                f"第 {number} 个锚点读不懂", hint="每行应为 sanse audit anchor 输出的一行，原样保存"
            ) from None
        if not hmac.compare_digest(anchor_seal(desk.chain_key, anchor.seq, at=anchor.at, mac=anchor.mac), anchor.seal):
            raise UsageError(f"第 {number} 个锚点不是这个数据库打的，或被改过", hint="核对锚点文件和 --config")
        anchors.append(anchor)
    return anchors
