"""Acting: what people do to a matter: record an action, raise or lower its colour, close, reopen, merge, split.

In: a person, a matter, what and why. Out: events in the log, and everything that follows from them in the same transaction: the
matter's records are linked and judged again, its standing settled, an audit entry written under the person's name.
Not here: what a standing colour is (`casework`), assigning tasks and clocks (later), what the process rules say (`rules/process.yaml`).

Lowering follows the settled policy: a person only, one step at a time, a reason, a second person for red; 14 quiet days for red and 7 for
yellow with an agreement or a measure that no later record has overtaken; where P0, R1, R4, R5 hit in this episode, an opinion of police,
women's federation or civil affairs given since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from engine import casework
from engine.desk.opening import Desk, borrowed
from engine.desk.reasons import check_reason
from engine.errors import UsageError
from engine.masking import mask_reference
from engine.model import Action, Colour, Cut, HitHad, SetAside, Union
from engine.pipeline import reconsider, resettle
from engine.store import Batch
from engine.store.events import once_more
from engine.store.rows import MatterRow, Person, Stored

AGREEMENT, MEASURE, OPINION = "agreement", "measure", "opinion"
RAISE, LOWER = "raise", "lower"
BY_HAND = "人工"
_OWN_COMMANDS = frozenset({casework.DISPATCH, casework.CLOSE, casework.REOPEN, RAISE, LOWER})
_QUIET = {Colour.RED: timedelta(days=14), Colour.YELLOW: timedelta(days=7)}
_NEED_OPINION = frozenset({"P0", "R1", "R4", "R5"})
_LEVELS = {"mediation_failed": ("village", "township", "county"), OPINION: ("police", "women", "civil")}
_ACTORS, _REVIEWERS = ("operator", "lead", "admin"), ("lead", "admin")
_ASIDE = timedelta(days=90)
_LONGEST_ASIDE = timedelta(days=365)
_BEFORE = timedelta(days=366)
"""An act longer than a year before the first record of its matter has a mistyped year."""


@dataclass(frozen=True, slots=True)
class Done:
    """What an act led to: the matter before and after."""

    before: MatterRow
    after: MatterRow


@dataclass(frozen=True, slots=True)
class _Case:
    """A matter in the hands of a person, inside a write transaction."""

    tx: Batch
    row: MatterRow
    members: tuple[Stored, ...]

    @property
    def ids(self) -> list[str]:
        return [member.sighting.id for member in self.members]

    @property
    def actions(self) -> list[Action]:
        return self.tx.actions_of(self.ids)

    @property
    def closed_by_hand(self) -> bool:
        """Whether a person ever closed the matter."""
        return any(action.kind == casework.CLOSE for action in self.actions)

    @property
    def hits(self) -> tuple[HitHad, ...]:
        """What the matter has been hit by in the episode it is in."""
        views = self.tx.record_views(self.ids)
        records = [casework.RecordView(id_, *views[id_]) for id_ in self.ids]
        return casework.of_episode(records, self.tx.hits_of(self.ids), actions=self.actions)


def act(
    desk: Desk,
    person: Person,
    reference: str,
    *,
    kind: str,
    level: str = "",
    at: datetime | None = None,
    evidence: str = "",
) -> Done:
    """Record what was done about a matter, named as in the log or on the screen (`mediation_failed`, 调解失败).

    Raises UsageError for an unknown kind or level, a time to come, or one so long before the matter that its year must be wrong.
    """
    kind, level = _meant(desk.words("actions"), kind), _meant(desk.words("levels"), level)
    kinds = {name: word for name, word in desk.words("actions").items() if name not in _OWN_COMMANDS}
    if kind not in kinds:
        shown = "、".join(f"{name}（{word}）" for name, word in kinds.items())
        raise UsageError(f"没有这种办理动作：{kind}", hint=f"可用：{shown}；办结、重开、改级另有命令")
    _fitting(desk, kind, level)
    now = desk.clock()
    at = at or now
    if at > now:
        raise UsageError("办理时间在将来", hint="填写实际发生的时间")
    with _case(desk, person, reference) as case:
        _in_its_time(case, at)
        action = Action(case.row.state.id, kind, level, person.name, at, now, evidence)
        return _follow(desk, case, action, person, {"kind": kind, "level": level})


def _in_its_time(case: _Case, at: datetime) -> None:
    """What was tried before the matter came to us may be told, but not of a year in which nobody knew of it."""
    first = min(happened for happened, *_ in case.tx.record_views(case.ids).values())
    if at < first - _BEFORE:
        raise UsageError(
            f"办理时间比事项最早的来件（{first:%Y-%m-%d}）还早一年以上，像是写错了年份", hint="填写实际发生的时间"
        )


def close(desk: Desk, person: Person, reference: str, *, means: str, evidence: str) -> Done:
    """End a matter's episode with one of the legal means and its document; raises UsageError when it is closed already or either is missing."""
    means = _means(desk, means, evidence)
    with _case(desk, person, reference) as case:
        if case.row.state.status == casework.CLOSED:
            raise UsageError("事项已经办结", hint="有新情况用 sanse matters reopen")
        now, level = desk.clock(), case.row.state.standing.word
        action = Action(case.row.state.id, casework.CLOSE, level, person.name, now, now, f"{means}；{evidence}")
        return _turn(desk, case, action, person)


def close_all(desk: Desk, person: Person, references: Collection[str], *, means: str, evidence: str) -> int:
    """End many matters that one meeting settled, in one transaction; those closed already are passed over. How many were closed."""
    means = _means(desk, means, evidence)
    may_act(desk, person)
    now = desk.clock()
    with desk.store.batch() as tx:
        states = tx.matter_states([id_ for reference in references if (id_ := tx.matter_id(reference))])
        open_ = [state for state in states.values() if state.status == casework.OPEN]
        matters = [state.id for state in open_]
        held, log, text = tx.member_ids(matters), tx.actions_of(matters), f"{means}；{evidence}"
        closed = [
            Action(s.id, casework.CLOSE, s.standing.word, person.name, now, now, text, concerns=tuple(held[s.id]))
            for s in open_
        ]
        named = [action.id for action in tx.write_actions([once_more(action, log) for action in closed])]
        resettle(tx, desk.stages, matters, known_at=now)
        told = {"actions": named, "settled": matters, **desk.stages.named}
        tx.append_audit(person.name, casework.CLOSE, told, now)
    return len(open_)


def reopen(desk: Desk, person: Person, reference: str, *, reason: str) -> Done:
    """Take a closed matter up where it was; raises UsageError when it is open or no reason is given."""
    check_reason(reason)
    with _case(desk, person, reference) as case:
        if case.row.state.status == casework.OPEN:
            raise UsageError("事项没有办结，不用重新打开", hint="直接办理即可")
        now = desk.clock()
        action = Action(case.row.state.id, casework.REOPEN, "", person.name, now, now, reason)
        return _turn(desk, case, action, person)


def override(
    desk: Desk,
    person: Person,
    reference: str,
    *,
    to: Colour,
    reason: str,
    second: Person | None = None,
    lasts: timedelta = _ASIDE,
) -> Done:
    """Raise a matter's colour, or lower it until `lasts` is over; raises UsageError naming every condition that is not met."""
    check_reason(reason)
    if not timedelta(0) < lasts <= _LONGEST_ASIDE:
        raise UsageError("下调的期限不对", hint=f"1 到 {_LONGEST_ASIDE.days} 天")
    with _case(desk, person, reference) as case:
        standing = case.row.state.standing
        if case.row.state.status == casework.CLOSED and case.closed_by_hand:
            raise UsageError("事项已经办结，不能改级", hint="先用 sanse matters reopen 重新打开")
        if to == standing:
            raise UsageError(f"事项现在就是{desk.colour_word(to)}色", hint="不用改")
        if to > standing:
            return _raise(desk, case, person, to=to, reason=reason)
        return _lower(desk, case, person, to=to, reason=reason, second=second, lasts=lasts)


def merge(desk: Desk, person: Person, left: str, right: str, *, reason: str) -> Done:
    """Say that two matters are one: a union of their oldest records; cuts that parted them are taken back. Every code still resolves."""
    check_reason(reason)
    with _case(desk, person, left, right) as case:
        other = case.tx.matter_id(right)
        assert other is not None
        if other == case.row.state.id:
            raise UsageError("两个编号已是同一事项", hint="不用合并")
        now, ours = desk.clock(), set(case.ids)
        theirs = {member.sighting.id for member in case.tx.members(other)}
        union = Union(case.row.state.id, other)
        made = _decide(case.tx, union, instead_of="cut", between=(ours, theirs), by=person, reason=reason, now=now)
        told = {"with": other, "decisions": made, "actions": _taken_up(case, right, person, now=now)}
        return _settled(desk, case, ours | theirs, person, "merge", told)


def split(desk: Desk, person: Person, reference: str, *, records: Collection[str], reason: str) -> Done:
    """Say that some records of a matter are another matter: a cut that no later link may bridge."""
    check_reason(reason)
    with _case(desk, person, reference) as case:
        apart, rest = sorted(records), sorted(set(case.ids) - set(records))
        strangers = [record for record in apart if record not in case.ids]
        if strangers:
            raise UsageError(f"不在这个事项里的来件：{'、'.join(strangers)}", hint="用 sanse matters show 查看来件编号")
        if not apart or not rest:
            raise UsageError("要拆出的来件不能没有，也不能是全部", hint="至少留下一件")
        cut, between, now = Cut(tuple(apart), tuple(rest)), (set(apart), set(rest)), desk.clock()
        made = _decide(case.tx, cut, instead_of="union", between=between, by=person, reason=reason, now=now)
        return _settled(desk, case, case.ids, person, "split", {"records": apart, "decisions": made})


def _taken_up(case: _Case, right: str, person: Person, *, now: datetime) -> list[str]:
    """Reopen the closed one of two matters that are merged if the other is open, so that nothing it was is lost; the ids of what was written."""
    other = case.tx.matter(right)
    assert other is not None
    if case.row.state.status == other.state.status:
        return []
    closed = case.row if case.row.state.status == casework.CLOSED else other
    ids = tuple(member.sighting.id for member in case.tx.members(closed.state.id))
    action = Action(closed.state.id, casework.REOPEN, "", person.name, now, now, "与办理中的事项合并", concerns=ids)
    return [done.id for done in case.tx.write_actions([once_more(action, case.tx.actions_of(ids))])]


def _raise(desk: Desk, case: _Case, person: Person, *, to: Colour, reason: str) -> Done:
    now, matter = desk.clock(), case.row.state.id
    raising = Action(matter, RAISE, to.word, person.name, now, now, reason)
    (written,) = case.tx.write_actions([once_more(raising, case.actions)])
    case.tx.write_hits([raised(written)])
    return _settled(desk, case, (), person, RAISE, {"to": to.word, "actions": [written.id]})


def raised(action: Action) -> HitHad:
    """The hit that a person's raising is."""
    return HitHad(action.matter, f"{BY_HAND}|{action.id}", BY_HAND, Colour.named(action.level), action.known_at)


def _lower(
    desk: Desk, case: _Case, person: Person, *, to: Colour, reason: str, second: Person | None, lasts: timedelta
) -> Done:
    now, state = desk.clock(), case.row.state
    hits = case.hits
    unmet = [*_unmet(case, hits, now), *_unmet_second(desk, state.standing, person, second)]
    if second is not None and case.tx.reset_by(second.name) == person.name:
        unmet.append(borrowed(person, second))
    if int(state.standing) - int(to) > 1:
        unmet.append("一次只能下调一级")
    if unmet:
        raise UsageError(
            "还不能下调：" + "；".join(unmet), hint="条件都具备后再试；先用 sanse matters act 记下已做的工作"
        )
    keys = casework.lowering(hits, to=to, set_asides=case.tx.set_asides(case.ids), now=now)
    by_second = second.name if second else ""
    lowered = Action(state.id, LOWER, to.word, person.name, now, now, reason)
    (written,) = case.tx.write_actions([once_more(lowered, case.actions)])
    aside = case.tx.write_set_aside(SetAside(state.id, keys, person.name, reason, now, now + lasts, by_second))
    told = {"to": to.word, "second": by_second, "actions": [written.id], "set_asides": [aside]}
    return _settled(desk, case, (), person, LOWER, told)


def _unmet(case: _Case, hits: Collection[HitHad], now: datetime) -> Iterator[str]:
    """The conditions of a lowering that the log does not show."""
    actions = case.actions
    quiet = _QUIET.get(case.row.state.standing, timedelta(0))
    if now - max(member.sighting.at for member in case.members) < quiet:
        yield f"最近一件来件距今不满{quiet.days}天"
    counted = max((member.sighting.at for member in case.members if member.links.counts), default=None)
    if not _since(actions, {AGREEMENT, MEASURE}, counted):
        yield "最近一件来件之后没有记录达成协议（agreement）或落实措施（measure）"
    grave = [hit for hit in hits if hit.rule in _NEED_OPINION]
    records = {hit.incident for hit in grave}
    last = max((member.sighting.at for member in case.members if member.sighting.id in records), default=None)
    if grave and not _since(actions, {OPINION}, last):
        rules = "、".join(sorted({hit.rule for hit in grave}))
        yield f"命中过{rules}，须先记录此后公安、妇联或民政的意见（opinion）"


def _since(actions: Collection[Action], kinds: Collection[str], moment: datetime | None) -> bool:
    """Whether something of these kinds was done, not before `moment`."""
    return any(action.kind in kinds and (moment is None or action.at >= moment) for action in actions)


def _unmet_second(desk: Desk, standing: Colour, person: Person, second: Person | None) -> Iterator[str]:
    if standing is not Colour.RED:
        return
    if second is None:
        yield "红色下调须第二人复核（--second 和 SANSE_SECOND_SECRET）"
    elif second.name == person.name:
        yield "复核人不能是本人"
    elif second.role not in _REVIEWERS:
        yield f"复核人 {second.name} 的角色是 {desk.role_words(second.role)}，须是 {desk.role_words(*_REVIEWERS)}"


def may_act(desk: Desk, person: Person) -> None:
    """Refuse whoever has no business with matters."""
    if person.role not in _ACTORS:
        held, may = desk.role_words(person.role), desk.role_words(*_ACTORS, between="、")
        raise UsageError(f"{person.name} 的角色是 {held}，不能办理事项", hint=f"由 {may} 办理")


def _meant(words: Mapping[str, str], said: str) -> str:
    """The name that a word on the screen stands for; anything else as it is."""
    return next((name for name, word in words.items() if word == said), said)


def _means(desk: Desk, means: str, evidence: str) -> str:
    """One of the means by which a matter may end, as the screen says it; raises UsageError naming them all."""
    words = desk.words("means")
    known = "、".join(words.values())
    if not means.strip() or not evidence.strip():
        raise UsageError(
            "办结要写明化解方式和依据文书", hint=f"例如 --means 调解 --evidence 调解协议书编号；化解方式有：{known}"
        )
    said = words.get(means.strip(), means.strip())
    if words and said not in words.values():
        raise UsageError("没有这种化解方式", hint=f"--means 可用：{known}；怎么解决的写进 --evidence")
    return said


def _fitting(desk: Desk, kind: str, level: str) -> None:
    """Refuse a level that no rule would ever count, and a missing one where it decides (Y8, R8, a lowering)."""
    words = desk.words("levels")
    usable = _LEVELS.get(kind, ("", *dict.fromkeys(name for names in _LEVELS.values() for name in names)))
    if level in usable:
        return
    what = f"没有这个层级：{level}" if level else f"{desk.words('actions')[kind]}要写明层级"
    shown = "、".join(f"{name}（{words.get(name, name)}）" for name in usable if name)
    raise UsageError(what, hint=f"--level 可用：{shown}")


def _parts(left: Collection[str], right: Collection[str], ours: set[str], theirs: set[str]) -> bool:
    """Whether a decision stands between the records of two groups."""
    one, other = set(left), set(right)
    return bool((one & ours and other & theirs) or (one & theirs and other & ours))


@contextmanager
def _case(desk: Desk, person: Person, *references: str) -> Iterator[_Case]:
    """A write transaction that holds the matters of these references, for somebody who may act; the first one is the case."""
    may_act(desk, person)
    with desk.store.read() as view:
        named = {reference: view.matter_id(reference) for reference in references}
        members = [member.sighting for id_ in named.values() if id_ for member in view.members(id_)]
    for reference, id_ in named.items():
        if id_ is None:
            raise UsageError(f"没有找到事项：{mask_reference(reference)}", hint="用 sanse matters list --all 查看编号")
    with desk.store.batch([desk.stages.keys(sighting) for sighting in members]) as tx:
        row = tx.matter(references[0])
        assert row is not None
        yield _Case(tx, row, tuple(tx.members(row.state.id)))


def _turn(desk: Desk, case: _Case, action: Action, person: Person) -> Done:
    """A close or a reopening: it names the records that it concerns, and is its own even in the second of another."""
    action = once_more(replace(action, concerns=tuple(case.ids)), case.actions)
    return _follow(desk, case, action, person, {})


def _follow(desk: Desk, case: _Case, action: Action, person: Person, told: Mapping[str, Any]) -> Done:
    (written,) = case.tx.write_actions([action])
    seen = any(member.sighting.at >= action.at for member in case.members)
    told = {**told, "actions": [written.id]}
    return _settled(desk, case, case.ids if seen else (), person, action.kind, told)


def _decide(
    tx: Batch,
    decision: Cut | Union,
    *,
    instead_of: str,
    between: tuple[set[str], set[str]],
    by: Person,
    reason: str,
    now: datetime,
) -> list[int]:
    """Write a decision about two groups of records and take back those of the other kind between them; the numbers of all that was written."""
    written = [
        tx.revoke_decision(row.id, by=by.name, reason=reason, known_at=now)
        for row in tx.decision_rows(sorted(between[0] | between[1]))
        if row.kind == instead_of and not row.revoked and _parts(row.left, row.right, *between)
    ]
    return [*written, tx.write_decision(decision, by=by.name, reason=reason, known_at=now)]


def _settled(
    desk: Desk, case: _Case, records: Collection[str], person: Person, what: str, told: Mapping[str, Any]
) -> Done:
    """Link and judge the records again where there are any, settle the matter, and enter it in the audit log.

    The entry names everything that `rebuilding` needs to do the same again.
    """
    now, matter = desk.clock(), case.row.state.id
    told = {"matter": matter, **desk.stages.named, **told}
    if records:
        reconsider(case.tx, desk.stages, records, known_at=now)
        told["again"] = sorted(records)
    else:
        resettle(case.tx, desk.stages, [matter], known_at=now)
        told["settled"] = [matter]
    case.tx.append_audit(person.name, what, told, now)
    after = case.tx.matter(case.row.state.id)
    assert after is not None
    return Done(case.row, after)
