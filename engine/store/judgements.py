"""Judgements: assessments with their decision records, the newest verdict of each subject, hits had, shadow lines, defects.

In: assessments with canonical bytes, hits. Out: the same bytes, digests of what was judged last, hits.
Not here: matters (`matters`), the rulebook a decision names (`rulebooks`). Everything but `verdicts` only grows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, literal_column, select

from engine.model import Assessment, Colour, HitHad
from engine.store import cells
from engine.store.dialects import Insert, Query, among
from engine.store.rows import AssessmentRow
from engine.store.session import Session
from engine.store.tables import assessments, defects, hits, matters, shadow_hits, verdicts

_INPUTS = Query(select(verdicts.c.subject, verdicts.c.input_digest).where(among(verdicts.c.subject, "ids")))
_NEWEST = Query(select(verdicts.c.subject, verdicts.c.seq).where(among(verdicts.c.subject, "ids")))
_NEWEST_RECORDS = Query(
    select(verdicts.c.subject, assessments.c.record)
    .join(assessments, assessments.c.seq == verdicts.c.seq)
    .where(among(verdicts.c.subject, "ids"))
)
_HITS = Query(
    select(hits.c.incident, hits.c.key, hits.c.rule, hits.c.colour, hits.c.known_at)
    .where(among(hits.c.incident, "ids"))
    .order_by(hits.c.n)
)
_chain = (
    select(verdicts.c.seq.label("seq")).where(verdicts.c.subject == bindparam("subject")).cte("chain", recursive=True)
)
_chain = _chain.union_all(
    select(assessments.c.previous).join(_chain, assessments.c.seq == _chain.c.seq).where(assessments.c.previous > 0)
)
_HISTORY = Query(select(assessments).where(assessments.c.seq.in_(select(_chain.c.seq))).order_by(assessments.c.seq))
_ONE = Query(select(assessments).where(assessments.c.seq == bindparam("seq")))
_BETWEEN = Query(
    select(assessments)
    .where(assessments.c.seq.between(bindparam("first"), bindparam("last")))
    .order_by(assessments.c.seq)
)
_SAMPLE = Query(
    select(assessments.c.seq)
    .where(assessments.c.seq > bindparam("after"))
    .order_by(assessments.c.seq)
    .limit(bindparam("size", literal_execute=False))
)
_DEFECTS_COUNT = Query(select(func.count()).select_from(defects))
_DEFECTS = Query(select(defects.c.line, defects.c.known_at).order_by(defects.c.n))
_SHADOW = Query(
    select(shadow_hits.c.subject, shadow_hits.c.line)
    .where(shadow_hits.c.known_at >= bindparam("since"))
    .order_by(shadow_hits.c.n)
)

_LOOKED = Query(
    select(func.count())
    .select_from(verdicts)
    .join(assessments, assessments.c.seq == verdicts.c.seq)
    .where(assessments.c.known_at >= bindparam("since"))
)
_SHADOW_STANDS = Query(
    select(shadow_hits.c.subject, shadow_hits.c.line, verdicts.c.colour)
    .select_from(shadow_hits)
    .join(verdicts, verdicts.c.subject == shadow_hits.c.subject)
    .join(assessments, assessments.c.seq == verdicts.c.seq)
    .where(
        shadow_hits.c.known_at >= bindparam("since"),
        assessments.c.known_at == shadow_hits.c.known_at,
        func.substr(shadow_hits.c.subject, 1, 7) != literal_column("'matter:'"),
    )
    .distinct()
    .order_by(shadow_hits.c.subject, shadow_hits.c.line)
)
_SHADOW_MATTERS = Query(
    select(shadow_hits.c.subject, shadow_hits.c.line, matters.c.machine)
    .select_from(shadow_hits)
    .join(matters, shadow_hits.c.subject == literal_column("'matter:'") + matters.c.id)
    .where(shadow_hits.c.known_at >= bindparam("since"), matters.c.updated_at == shadow_hits.c.known_at)
    .distinct()
    .order_by(shadow_hits.c.subject, shadow_hits.c.line)
)
"""What is settled anew is said anew: a line stands while nothing was decided of its subject since."""

_WRITE_ASSESSMENT = Insert(assessments)
_WRITE_VERDICT = Insert(verdicts, keys=("subject",))
_WRITE_HIT = Insert(hits, "incident", "key", "rule", "colour", "known_at")
_WRITE_SHADOW = Insert(shadow_hits, "subject", "line", "known_at")
_WRITE_DEFECT = Insert(defects, "line", "known_at")


class Judgements(Session):
    """What was decided, when, and from what."""

    def input_digests(self, subjects: Collection[str]) -> dict[str, str]:
        """Digest of the facts of each subject's newest assessment."""
        return {row[0]: row[1] for row in self._rows(_INPUTS, ids=subjects)}

    def newest_records(self, subjects: Collection[str]) -> dict[str, bytes]:
        """The decision record of each subject's newest assessment."""
        return {row[0]: bytes(row[1]) for row in self._rows(_NEWEST_RECORDS, ids=subjects)}

    def write_assessments(self, made: Sequence[tuple[Assessment, bytes]], known_at: datetime) -> None:
        """Append assessments with their decision records; each becomes its subject's newest."""
        newest = {row[0]: row[1] for row in self._rows(_NEWEST, ids=[a.subject for a, _ in made])} if made else {}
        known, rows, last = cells.seconds(known_at), [], {}
        for seq, (a, record) in zip(self._reserve(assessments, len(made)), made, strict=True):
            previous, newest[a.subject] = newest.get(a.subject, 0), seq
            as_of = cells.seconds(a.as_of)
            self._note(assessments, seq, a.subject.encode(), record)
            rows.append((seq, a.subject, as_of, known, a.trigger, int(a.colour), a.rulebook, previous, record))
            last[a.subject] = (a.subject, seq, int(a.colour), int(a.handback), a.input_digest)
        self._each(_WRITE_ASSESSMENT, rows)
        self._each(_WRITE_VERDICT, list(last.values()))

    def assessments_of(self, subject: str) -> list[AssessmentRow]:
        """Every assessment of a subject, oldest first."""
        return [_assessment(row) for row in self._rows(_HISTORY, subject=subject)]

    def assessment(self, seq: int) -> AssessmentRow | None:
        """One assessment by its number."""
        return next((_assessment(row) for row in self._rows(_ONE, seq=seq)), None)

    def assessments_between(self, first: int, last: int) -> list[AssessmentRow]:
        """The assessments with these numbers, both ends included."""
        return [_assessment(row) for row in self._rows(_BETWEEN, first=first, last=last)]

    def assessment_numbers(self, after: int = 0, size: int = 1000) -> list[int]:
        """Numbers of assessments, a page at a time, for whoever replays a sample."""
        return [row[0] for row in self._rows(_SAMPLE, after=after, size=size)]

    def write_hits(self, had: Sequence[HitHad]) -> None:
        """Append hits that matters have had."""
        self._each(_WRITE_HIT, [(h.incident, h.key, h.rule, int(h.colour), cells.seconds(h.known_at)) for h in had])

    def hits_of(self, ids: Collection[str]) -> list[HitHad]:
        """Every hit that these records' matters have had, in the order in which they were made."""
        return [
            HitHad(row[0], row[1], row[2], Colour(row[3]), cells.moment(row[4])) for row in self._rows(_HITS, ids=ids)
        ]

    def write_shadow(self, lines: Sequence[tuple[str, str]], known_at: datetime) -> None:
        """Append what shadow rules would have said of subjects."""
        known = cells.seconds(known_at)
        self._each(_WRITE_SHADOW, [(subject, line, known) for subject, line in lines])

    def shadow_since(self, since: datetime) -> list[tuple[str, str]]:
        """(subject, line) of shadow rules since a time."""
        return [(row[0], row[1]) for row in self._rows(_SHADOW, since=cells.seconds(since))]

    def shadow_standing(self, since: datetime) -> list[tuple[str, str, Colour]]:
        """What shadow rules say of subjects as they were decided last, since a time: (subject, line, the colour it has)."""
        at = cells.seconds(since)
        found = (*self._rows(_SHADOW_STANDS, since=at), *self._rows(_SHADOW_MATTERS, since=at))
        return [(row[0], row[1], Colour(row[2])) for row in found]

    def decided_since(self, since: datetime) -> int:
        """How many subjects were decided last since a time."""
        return int(self._rows(_LOOKED, since=cells.seconds(since))[0][0])

    def write_defects(self, lines: Sequence[str], known_at: datetime) -> None:
        """Append disagreements and other faults of our own."""
        known = cells.seconds(known_at)
        self._each(_WRITE_DEFECT, [(line, known) for line in lines])

    def defects_count(self) -> int:
        """How many defects were filed."""
        return int(self._rows(_DEFECTS_COUNT)[0][0])

    def defects(self) -> list[tuple[str, datetime]]:
        """Every defect, oldest first."""
        return [(row[0], cells.moment(row[1])) for row in self._rows(_DEFECTS)]


def _assessment(row: Sequence[object]) -> AssessmentRow:
    seq, subject, as_of, known_at, trigger, colour, rulebook, previous, record = row
    assert isinstance(seq, int) and isinstance(as_of, int) and isinstance(known_at, int)
    assert isinstance(colour, int) and isinstance(previous, int) and isinstance(record, bytes)
    return AssessmentRow(
        seq,
        str(subject),
        cells.moment(as_of),
        cells.moment(known_at),
        str(trigger),
        Colour(colour),
        str(rulebook),
        previous,
        record,
    )
