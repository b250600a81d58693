"""Law 7: the same records in any order, in batches of any size, by any number of workers, make the same of everything (ruling 36)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.model import RawRecord
from engine.normalise import Normaliser
from engine.normalise.contacts import id_number
from tests.installation import shipped
from tests.orders import KNOWN_AT, Picture, Way, differences, drawn, in_order, picture, take, township, workers

FEW, MANY = 180, 2_000
_SEEDS = {FEW: 10, MANY: 36}
SMALL_WAYS = drawn(14, 36, batches=(1, 7, 40, 20, 100), most_workers=4)
LARGE_WAYS = [Way(11, 1), Way(12, 250), Way(13, 500), Way(14, 90, 4), Way(15, 400, 3), Way(-1, 700, 2)]


@dataclass(frozen=True, slots=True)
class Lived:
    """Rows, and what they mean taken in at once in order of time."""

    raws: list[RawRecord]
    expected: Picture
    rejected: int


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    """Four workers for the whole module."""
    with workers(4) as made:
        yield made


@pytest.fixture(scope="module", params=[FEW, MANY])
def lived(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """A township of this size, and its picture."""
    return _lived(request.param, sqlite_template, tmp_path_factory.mktemp("lived"))


def _lived(size: int, template: Path, folder: Path) -> Lived:
    (folder / "once.db").write_bytes(template.read_bytes())
    url, raws = f"sqlite:///{folder / 'once.db'}", township(size, seed=_SEEDS[size])
    rejected = take(Way(0, size), url, raws)
    return Lived(raws, picture(url), rejected)


def test_the_township_holds_what_makes_orders_hard(lived: Lived) -> None:
    """Otherwise the equality below would be cheap."""
    links = lived.expected["links"].values()
    causes = [value for raw in lived.raws for value in raw.values.values() if value in ("催办", "民警反馈")]
    versions = len(lived.raws) - lived.rejected - len(lived.expected["records"])
    named = [raw for raw in lived.raws if raw.values.get("关联工单编号") or raw.values.get("关联主接警单编号")]
    cards = [raw for raw in lived.raws if raw.values.get("证件号码")]
    assert len(lived.expected["hotspots"]) >= 2
    assert causes and named and len(cards) > len(lived.raws) // 20
    assert versions >= 1, "later versions of records"
    assert sum(resend_of is not None for _, _, _, _, resend_of, _, _ in links) >= 1
    assert len({matter for _, matter, *_ in links}) < len(lived.expected["records"]) * 0.95
    assert {judged[0] for judged in lived.expected["records"].values()} == {"red", "yellow", "green"}
    assert not lived.expected["defects"]
    assert all(id_number(str(raw.values["证件号码"])) for raw in cards), "numbers that identify somebody"


@pytest.mark.parametrize("way", SMALL_WAYS, ids=str)
@pytest.mark.parametrize("lived", [FEW], indirect=True)
def test_few_records_in_any_way(way: Way, lived: Lived, pool: ProcessPoolExecutor, postgres_url: str) -> None:
    assert take(way, postgres_url, lived.raws, pool) == lived.rejected
    assert differences(lived.expected, picture(postgres_url)) == []


@pytest.mark.parametrize("way", LARGE_WAYS, ids=str)
@pytest.mark.parametrize("lived", [MANY], indirect=True)
def test_many_records_in_any_way(
    way: Way, lived: Lived, pool: ProcessPoolExecutor, postgres_url: str, sqlite_url: str
) -> None:
    url = sqlite_url if way.workers == 1 else postgres_url
    assert take(way, url, lived.raws, pool) == lived.rejected
    assert differences(lived.expected, picture(url)) == []


def test_the_ways_are_twenty_and_hold_batch_one_and_every_number_of_workers() -> None:
    ways = [*SMALL_WAYS, *LARGE_WAYS]
    assert len(ways) == 20
    assert len({way.order for way in ways}) >= 19
    assert {way.workers for way in ways} == {1, 2, 3, 4}
    assert {1, 40, 500} <= {way.batch for way in ways}


def test_a_difference_would_be_seen(tmp_path: Path, sqlite_template: Path) -> None:
    """The comparison itself: a row less changes the picture, and says where."""
    whole, less = (_lived(FEW, sqlite_template, _made(tmp_path / name)) for name in ("whole", "less"))
    assert differences(whole.expected, less.expected) == []
    hot = next(iter(whole.expected["hotspots"]))
    rest = [raw for raw in whole.raws if not hot.endswith(f":{next(iter(raw.values.values()))}")]
    (tmp_path / "rest.db").write_bytes(sqlite_template.read_bytes())
    take(Way(0, FEW), f"sqlite:///{tmp_path / 'rest.db'}", rest)
    assert any(hot in line for line in differences(whole.expected, picture(f"sqlite:///{tmp_path / 'rest.db'}")))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_orders_are_permutations_of_the_same_rows() -> None:
    raws = township(60, seed=1)
    assert in_order(raws, 0) == raws == in_order(in_order(raws, -1), -1)
    assert in_order(raws, 5) != raws
    assert sorted(in_order(raws, 5), key=lambda raw: raw.row) == raws
    normaliser = Normaliser(shipped())
    assert [normaliser.normalise(raw, KNOWN_AT) for raw in raws] == [
        normaliser.normalise(raw, KNOWN_AT) for raw in raws
    ]
