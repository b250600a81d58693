"""What arrived is kept whole, sealed, version by version."""

from __future__ import annotations

import pytest

from engine.store import Store
from tests.store_samples import Sample, samples, write


@pytest.fixture
def batch() -> list[Sample]:
    """Twenty records."""
    return list(samples(20))


def test_everything_about_a_record_comes_back_as_it_was_written(store: Store, batch: list[Sample]) -> None:
    ids = [s.sighting.id for s in batch]
    with store.batch() as tx:
        write(tx, batch)
    with store.read() as view:
        assert view.incidents(ids) == {s.incident.id: s.incident for s in batch}
        assert {id_: (row.sighting, row.links) for id_, row in view.sightings(ids).items()} == {
            s.sighting.id: (s.sighting, s.links) for s in batch
        }
        assert view.bases(ids) == {s.sighting.id: s.base for s in batch}
        assert view.input_digests(ids) == {s.sighting.id: s.assessment.input_digest for s in batch}
        assert [row.record for s in batch for row in view.assessments_of(s.sighting.id)] == [s.record for s in batch]
