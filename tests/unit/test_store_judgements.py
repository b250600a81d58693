"""Every assessment stays; the newest speaks for its subject."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine.model import Assessment, Colour, HitHad
from engine.store import Store
from tests.store_samples import START, samples

DAY = timedelta(days=1)


class TestJudgements:
    """Every assessment stays; the newest speaks for its subject."""

    def judged(self, subject: str, colour: Colour, inputs: str) -> Assessment:
        (one,) = samples(1)
        return replace(one.assessment, subject=subject, colour=colour, input_digest=inputs)

    def test_assessments_of_a_subject_in_order_with_their_bytes(self, store: Store) -> None:
        for n in range(3):
            with store.batch() as tx:
                both = [(self.judged(s, Colour(n), f"{s}{n}"), f"{s}{n}".encode()) for s in ("x", "y")]
                tx.write_assessments(both, START + n * DAY)
        with store.read() as view:
            rows = view.assessments_of("x")
            assert [(row.record, row.colour, row.known_at) for row in rows] == [
                (f"x{n}".encode(), Colour(n), START + n * DAY) for n in range(3)
            ]
            assert [row.previous for row in rows] == [0, rows[0].seq, rows[1].seq]
            assert view.assessment(rows[1].seq) == rows[1]
            assert view.assessment(10**9) is None
            assert view.input_digests(["x", "y", "z"]) == {"x": "x2", "y": "y2"}
            assert view.assessments_of("z") == []

    def test_a_subject_twice_in_one_batch_keeps_both_and_the_last_speaks(self, store: Store) -> None:
        with store.batch() as tx:
            tx.write_assessments(
                [(self.judged("x", Colour.RED, "1"), b"1"), (self.judged("x", Colour.GREEN, "2"), b"2")], START
            )
        with store.read() as view:
            assert [row.record for row in view.assessments_of("x")] == [b"1", b"2"]
            assert view.input_digests(["x"]) == {"x": "2"}

    def test_numbers_are_dealt_a_page_at_a_time(self, store: Store) -> None:
        with store.batch() as tx:
            tx.write_assessments([(self.judged(str(n), Colour.GREEN, ""), b"") for n in range(7)], START)
        with store.read() as view:
            first = view.assessment_numbers(size=5)
            assert first + view.assessment_numbers(after=first[-1], size=5) == view.assessment_numbers()
            assert len(view.assessment_numbers()) == 7

    def test_hits_shadow_lines_and_defects_only_grow(self, store: Store) -> None:
        had = HitHad("a", "R1|a,b", "R1", Colour.RED, START)
        with store.batch() as tx:
            tx.write_hits([had, replace(had, incident="b", key="Y1|b", colour=Colour.YELLOW)])
            tx.write_hits([replace(had, known_at=START + DAY)])
            tx.write_shadow([("a", "S1:fired")], START)
            tx.write_defects(["a：两个判读器不一致"], START)
        with store.read() as view:
            assert view.hits_of(["a"]) == [had, replace(had, known_at=START + DAY)]
            assert view.hits_of(["c"]) == []
            assert view.shadow_since(START) == [("a", "S1:fired")]
            assert view.shadow_since(START + DAY) == []
            assert view.defects() == [("a：两个判读器不一致", START)]
