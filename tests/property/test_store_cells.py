"""Whatever a record holds comes back equal from its cells."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model import Cause, Contact, FeatureSet, Incident, Link, Links, Sighting
from engine.store import cells

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
some = texts.filter(bool)
maybe = st.none() | some
times = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(lambda t: t.replace(microsecond=0, tzinfo=UTC))
maybe_time = st.none() | times
numbers = st.integers(0, 2**53)
names = st.lists(texts, max_size=3).map(tuple)

sightings = st.builds(
    Sighting,
    id=some,
    kind=texts,
    at=times,
    cause=st.sampled_from(Cause),
    topic=maybe,
    area=texts,
    place=maybe,
    fine=maybe,
    phone=maybe,
    id_number=maybe,
    account=maybe,
    opponent=maybe,
    gist=texts,
    text_digest=texts,
    numbers=names,
    closed_at=maybe_time,
    marks=st.frozensets(texts, max_size=3),
)
ties = st.builds(Link, st.integers(0, 100), texts, texts, texts, st.booleans())
links = st.builds(
    Links,
    person=maybe,
    matter=texts,
    hotspot=maybe,
    counts=st.booleans(),
    resend_of=maybe,
    cluster=texts,
    chain=maybe,
    links=st.lists(ties, max_size=3).map(tuple),
)
values = st.none() | st.booleans() | numbers | texts | names
feature_sets = st.builds(
    FeatureSet,
    st.dictionaries(texts, values, max_size=4),
    st.dictionaries(texts, names.filter(bool), max_size=2),
    st.dictionaries(texts, names.filter(bool), max_size=2),
    names,
)
truths = st.none() | st.booleans()
incidents = st.builds(
    Incident,
    kind=texts,
    source=texts,
    source_id=texts,
    version=texts,
    occurred_at=times,
    known_at=times,
    updated_at=maybe_time,
    cause=st.sampled_from(Cause),
    title=texts,
    narrative=texts,
    category=maybe,
    caller=st.builds(Contact, texts, texts, texts, texts),
    visit=truths,
    heads=st.none() | numbers,
    amount=st.none() | numbers,
    status=maybe,
    closed_at=maybe_time,
    numbers=names,
    declared=st.frozensets(texts, max_size=3),
)


@settings(max_examples=100, deadline=None)
@given(sightings, links)
def test_sightings_and_links(sighting: Sighting, belongs: Links) -> None:
    row = (*cells.sighting_cells(sighting), *cells.links_cells(belongs))
    held = cells.stored(row)
    assert (held.sighting, held.links) == (sighting, belongs)
    assert all(isinstance(cell, str | int) for cell in row)


@settings(max_examples=100, deadline=None)
@given(incidents)
def test_incidents(incident: Incident) -> None:
    assert cells.incident(cells.incident_bytes(incident)) == incident


@settings(max_examples=100, deadline=None)
@given(feature_sets)
def test_feature_sets(features: FeatureSet) -> None:
    held = cells.features(cells.features_bytes(features))
    assert held == features
    assert {name: type(value) for name, value in held.values.items()} == {
        name: type(value) for name, value in features.values.items()
    }


@given(maybe_time)
def test_times(moment: datetime | None) -> None:
    assert cells.moment_or_none(cells.seconds(moment)) == moment
