"""Answers: labels as bits, what decision records say, two sides of the same records."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from engine.rescore.answers import (
    FLAG,
    HANDBACK,
    HIT,
    REVIEW,
    WORD,
    Answers,
    Label,
    Labels,
    aligned,
    computed,
    differing,
    stored,
)

QUIET = b',"flags":[],"format":1,"handback":false,"hits":[]'
LOUD = (
    b',"flags":[["A1","t","2025-01-01",[],[]]],"format":1,"handback":true,'
    b'"hits":[["R1","v","red","because \\",\\"flags\\":[",["x"],false],["Y2","v","yellow","?",["x"],true]]'
)


def said(*texts: bytes, colours: tuple[int, ...] = ()) -> pa.Table:
    numbers = list(range(1, len(texts) + 1))
    return pa.table({"n": numbers, "colour": list(colours or [0] * len(texts)), "said": pa.array(texts, pa.binary())})


def test_a_record_says_its_flags_hits_reviews_and_that_it_goes_back() -> None:
    labels = Labels([Label(HIT, "R1")])
    held = stored(said(QUIET, LOUD, colours=(0, 2)), labels)
    assert labels.named([int(word[0]) for word in held.words]) == []
    assert set(labels.named([int(word[1]) for word in held.words])) == {
        Label(HIT, "R1"), Label(REVIEW, "Y2"), Label(FLAG, "A1"), Label(HANDBACK, ""),
    }  # fmt: skip
    assert list(held.colours) == [0, 2]


def test_labels_beyond_one_word_are_kept_apart() -> None:
    labels = Labels(Label(HIT, f"R{n}") for n in range(WORD))
    assert labels.words == 1
    held = stored(said(LOUD), labels)
    assert labels.words == len(held.words) == 2
    assert labels.named([int(word[0]) for word in held.words])[0] == Label(HIT, "R1")
    assert len(labels.named([int(word[0]) for word in held.words])) == 4


def test_no_records_no_answers() -> None:
    assert len(stored(said(), Labels([])).numbers) == 0


def test_sides_are_compared_record_by_record_whatever_their_width() -> None:
    one = Answers(np.array([1, 2, 4]), np.array([0, 1, 2]), (np.array([1, 1, 1]),))
    other = Answers(np.array([2, 3, 4]), np.array([1, 0, 1]), (np.array([1, 1, 1]), np.array([0, 0, 0])))
    left, right = aligned(one, other)
    assert list(left.numbers) == list(right.numbers) == [2, 4]
    assert list(differing(left, right)) == [False, True]
    more = Answers(other.numbers, np.array([1, 0, 2]), (np.array([1, 1, 1]), np.array([0, 0, 8])))
    assert list(differing(*aligned(one, more))) == [False, True]


def test_what_columns_computed_is_read_by_name() -> None:
    held = computed(pa.table({"subject": [7], "colour": [1], "said0": [5], "said1": [6]}), 2)
    assert ([*held.numbers], [*held.colours], [int(word[0]) for word in held.words]) == ([7], [1], [5, 6])


def test_between_row_numbers_the_first_left_out_and_the_last_in() -> None:
    made = Answers(np.array([1, 4, 5, 9]), np.array([0, 1, 2, 1]), (np.array([0, 1, 3, 7]),))
    part = made.between(1, 5)
    assert (list(part.numbers), list(part.colours), list(part.words[0])) == ([4, 5], [1, 2], [1, 3])
    assert [list(made.between(*edges).numbers) for edges in ((0, 3), (5, 8), (8, 99))] == [[1], [], [9]]
