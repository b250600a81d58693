"""A raw record becomes an Incident, or is rejected with its reason.

In: a RawRecord, the time it is known at, and the rulebook's mappings. Out: `Incident` or `Rejected`, never an exception for a bad row.
Not here: danger words of rejected rows (`pipeline`), who and where it is (`identity`), keeping the row (`store`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from engine.errors import ConfigError
from engine.masking import mask_text
from engine.model import TORN, Contact, Incident, RawRecord, Rejected
from engine.normalise import reading
from engine.normalise.cells import cell_text, half_width, lost_digits, row_text
from engine.normalise.door import Account, Course, Facts, Origin, Parsed, admitted
from engine.normalise.quantities import Quantities
from engine.normalise.rows import Plan, Row, plan
from engine.normalise.suppliers import Supplier, suppliers
from engine.ruleset.tree import Rulebook

_MOST_PLANS = 512
_SHOWN, _SEEN = 30, 200


class Normaliser:
    """Suppliers' words to ours, for every kind the rulebook maps; raises RuleError when a mapping is faulty."""

    def __init__(self, rulebook: Rulebook, zone: str = "Asia/Shanghai") -> None:
        self._suppliers = suppliers(rulebook.mappings, rulebook.documents.get("categories") or {}, ZoneInfo(zone))
        self._plans: dict[tuple[str, tuple[str, ...]], Plan] = {}

    def normalise(self, raw: RawRecord, known_at: datetime) -> Incident | Rejected:
        """The incident that the row is; a row without an id or a readable, plausible time is rejected."""
        supplier = self._supplier(raw.kind)
        row = self._plan(raw).read(raw.values)
        source_id, times = half_width(row.get("source_id")), _times(row, supplier, known_at)
        case = _Case(raw, supplier, row, known_at, source_id, times, *reading.contact(row, supplier))
        refusal = _refusal(case)
        if refusal:
            return _rejected(case, *refusal)
        try:
            return admitted(_parsed(case))
        except ValidationError as fault:
            names = "、".join(sorted({str(error["loc"][0]) for error in fault.errors()}))
            return _rejected(case, "bad_value", f"内容超出范围：{names}；核对后重新导入")

    def beside(self, raw: RawRecord, incident: Incident) -> str:
        """The masked text of the columns that nobody reads: what stands there may be danger all the same."""
        unread = self._plan(raw).beside
        if not unread:
            return ""
        values = (raw.values[header] for header in unread)
        return reading.beside(values, self._supplier(raw.kind), incident.caller, incident.opponent)

    def has_surplus(self, raw: RawRecord) -> bool:
        """Whether a row has more cells than its header; their text is read as the end of the narrative."""
        return bool(self._plan(raw).beyond(raw.values))

    def unknown_headers(self, raw: RawRecord) -> tuple[str, ...]:
        """Headers of the row that its mapping neither reads nor lists as known."""
        return self._plan(raw).unknown

    def known_headers(self, kind: str) -> frozenset[str]:
        """Every header that a kind's mapping knows, for the source to find its header row; raises ConfigError for an unknown kind."""
        return self._supplier(kind).known_headers

    def _supplier(self, kind: str) -> Supplier:
        try:
            return self._suppliers[kind]
        except KeyError:
            known = "、".join(sorted(self._suppliers))
            raise ConfigError(
                f"规则集里没有来源种类“{kind}”的映射", hint=f"可用的有：{known}；或加一个 rules/mappings/{kind}.yaml"
            ) from None

    def _plan(self, raw: RawRecord) -> Plan:
        key = (raw.kind, tuple(raw.values))
        found = self._plans.get(key)
        if found is None:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            found = self._plans[key] = plan(self._supplier(raw.kind), key[1])
        return found


@dataclass(slots=True)
class _Case:
    """One row on its way: what was read of it so far. Not frozen, for that costs a microsecond a row."""

    raw: RawRecord
    supplier: Supplier
    row: Row
    known_at: datetime
    source_id: str
    times: Mapping[str, datetime]
    caller: Contact
    anonymous: bool


def _times(row: Row, supplier: Supplier, known_at: datetime) -> dict[str, datetime]:
    """The readable times by field. Only the due time may lie far ahead; an optional time that cannot be is left out."""
    latest = known_at + timedelta(days=supplier.limits["future_days"])
    found: dict[str, datetime] = {}
    for name, headers in row.plan.times:
        for header in headers:
            text = cell_text(row.values[header])
            moment = supplier.times.read(text) if text else None
            if moment is not None and (
                name in _ANY_TIME or (moment <= latest and moment.year >= supplier.limits["year_from"])
            ):
                found[name] = moment
                break
    return found


_ANY_TIME = frozenset({"occurred_at", "reply_due_at"})
_VERSION_TIMES = ("feedback_at", "closed_at", "replied_at", "updated")


def _refusal(case: _Case) -> tuple[str, str] | None:
    """Why the row cannot be an incident: a stable code and the reason in Chinese."""
    source_id, longest = case.source_id, case.supplier.limits["id_length"]
    if case.row.values.get(TORN):
        return "torn_row", f"文件像是没有写完：最后一行缺后面的列；等写完的文件读入，或补齐各列、清空“{TORN}”一格"
    if not case.row.plan.headers:
        return "unreadable_row", "这一行没有一列认得，或整行无法解析；核对列名和分隔符后重新导入"
    if not source_id:
        return "no_id", f"缺少编号：{_column(case, 'source_id')}；补上编号后重新导入"
    if lost_digits(_raw_cell(case.row, "source_id")):
        shown = source_id[:_SHOWN]
        return "lost_id", f"编号超过15位，Excel 已丢失末位，请按文本导出（读到的是“{shown}”，从原系统重新导出）"
    if len(source_id) > longest:
        return "long_id", f"编号超过 {longest} 个字，像是错了列；核对后重新导入"
    if _tells(case):
        return "telling_id", "编号里像有电话、证件号或姓名，编号不加密，不能收；换一列作编号，或请来源改了编号再导入"
    return _time_refusal(case)


def _time_refusal(case: _Case) -> tuple[str, str] | None:
    limits, at = case.supplier.limits, case.times.get("occurred_at")
    year_from, tolerance = limits["year_from"], timedelta(days=limits["future_days"])
    if at is not None and at.year >= year_from and at <= case.known_at + tolerance:
        return None
    headers = case.row.plan.headers.get("occurred_at", ())
    written = filter(None, (cell_text(case.row.values[header]) for header in headers))
    shown = mask_text(next(written, "")[:_SEEN])[:_SHOWN]
    if not shown:
        return "no_time", f"缺少时间：{_column(case, 'occurred_at')}；补上时间后重新导入"
    if at is None:
        return "unreadable_time", f"时间“{shown}”读不懂；请改成 2025-01-02 03:04:05 的写法后重新导入"
    if at.year < year_from:
        return "early_time", f"时间“{shown}”早于 {year_from} 年，像是写错了；改正后重新导入"
    return "future_time", f"时间“{shown}”比收到的时间晚一天以上；改正后重新导入"


def _column(case: _Case, name: str) -> str:
    headers = case.row.plan.headers.get(name)
    return f"列“{headers[0]}”是空的" if headers else f"没有“{case.supplier.usual.get(name, name)}”这一列"


def _raw_cell(row: Row, name: str) -> Any:
    return next(filter(cell_text, (row.values[header] for header in row.plan.headers[name])), None)


def _rejected(case: _Case, code: str, reason: str) -> Rejected:
    """The refused row with its masked text, so that danger words can still be read (ruling 13)."""
    texts = reading.texts(case.row, case.supplier, case.caller, case.row.get("opponent"))
    text = reading.joined(texts.title, texts.narrative) or mask_text(
        row_text(case.raw.values)[: case.supplier.limits["text_length"]]
    )
    number = None if _tells(case) else case.source_id or None
    return Rejected(case.raw, code, reason, number, text)


def _tells(case: _Case) -> bool:
    return reading.tells(case.source_id, case.row, case.supplier, case.caller)


def _parsed(case: _Case) -> Parsed:
    """Every field of the incident."""
    account = _account(case)
    named = case.supplier.quantities.read(reading.joined(account["title"], account["narrative"]))
    return {**_origin(case), **account, **_facts(case, named), **_course(case)}


def _origin(case: _Case) -> Origin:
    raw, row, supplier, times = case.raw, case.row, case.supplier, case.times
    return {
        "kind": raw.kind,
        "source": raw.source,
        "source_id": case.source_id,
        "version": _version(row, times),
        "occurred_at": times["occurred_at"],
        "known_at": case.known_at.astimezone(UTC),
        "updated_at": max((times[name] for name in _VERSION_TIMES if name in times), default=None),
        "cause": reading.cause(row, supplier),
        "confidential": reading.confidential(row, supplier),
        "numbers": reading.numbers(row, supplier, case.caller, f"{raw.kind}:{case.source_id}"),
        "declared": row.plan.declared,
    }


def _account(case: _Case) -> Account:
    row, supplier = case.row, case.supplier
    opponent = reading.stated(row, supplier, "opponent")
    code, words = reading.category(row, supplier)
    subject = "" if code else reading.sentence(words)
    texts = reading.texts(row, supplier, case.caller, opponent, subject=subject)
    return {
        "title": texts.title,
        "narrative": texts.narrative,
        "feedback": texts.feedback,
        "category": code,
        "category_text": words,
        "area": reading.stated(row, supplier, "area"),
        "address": reading.stated(row, supplier, "address"),
        "caller": case.caller,
        "opponent": opponent,
        "anonymous": case.anonymous,
    }


def _facts(case: _Case, named: Quantities) -> Facts:
    """Columns and what the text names; of two numbers the larger."""
    row, supplier = case.row, case.supplier
    amount = row.first.get("amount")
    stated = supplier.quantities.amount_cell(amount, unit=row.plan.amount_unit) if amount else None
    return {
        "visit": reading.truth(row, supplier, "visit"),
        "weapon": reading.truth(row, supplier, "weapon"),
        "injury": reading.truth(row, supplier, "injury"),
        "heads": reading.larger(reading.count(row, supplier, "heads"), named.heads),
        "people": reading.count(row, supplier, "people"),
        "amount": reading.larger(stated, named.amount),
        "stated_repeats": reading.larger(reading.count(row, supplier, "stated_repeats"), named.repeats),
        "returns": reading.count(row, supplier, "returns"),
    }


def _course(case: _Case) -> Course:
    closed_at = case.times.get("closed_at")
    return {
        "status": reading.status(case.row, case.supplier, closed_at),
        "closed_at": closed_at,
        "reply_due_at": case.times.get("reply_due_at"),
        "replied_at": case.times.get("replied_at"),
    }


def _version(row: Row, times: Mapping[str, datetime]) -> str:
    """Digest over the mapped cells alone (ruling 17): a new unmapped column or another spelling of a time changes nothing."""
    covered = row.covered + [f"{name}={moment.isoformat()}" for name, moment in times.items()]
    return hashlib.sha256("\x1f".join(covered).encode()).hexdigest()[:32]
