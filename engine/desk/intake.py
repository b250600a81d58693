"""Intake: new records of a source, through the pipeline.

In: a source that reads. Out: tallies, batch by batch. Not here: building the source (`cli`), the order inside a batch (`pipeline`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from engine.desk.opening import Desk
from engine.model import Source
from engine.normalise.cells import header_forms
from engine.pipeline import Tally, ingest

_ENOUGH = 4


def take_in(desk: Desk, source: Source, *, renew: Callable[[], Desk] | None = None) -> Iterator[Tally]:
    """Each batch's tally when it is committed; raises SourceError when the source breaks, and keeps what was committed before.

    `renew` gives the installation as it is by then, asked before each batch.
    """
    yield from ingest(
        source,
        store=desk.store,
        stages=desk.stages,
        clock=desk.clock,
        batch_size=desk.config.batch_size,
        renewed=(lambda: renew().stages) if renew else None,
    )


def cursor_of(desk: Desk, source: str) -> str:
    """Where a source was read up to; empty for one never read."""
    with desk.store.read() as view:
        return view.cursor(source)


def known_headers(desk: Desk, kind: str) -> frozenset[str]:
    """The headers of a kind that its mapping knows."""
    return frozenset(desk.stages.normaliser.known_headers(kind))


def likelier_kind(desk: Desk, kind: str, unknown: Collection[str]) -> str:
    """The kind that knows most of the headers which `kind` does not, where it knows enough of them to be worth saying; else empty."""
    kinds = [name for name in desk.rulebook.mappings if name not in (kind, "common")]
    known = {name: known_headers(desk, name) for name in kinds}
    counted = {
        name: sum(not headers.isdisjoint(header_forms(header)) for header in unknown) for name, headers in known.items()
    }
    best = max(counted, key=lambda name: (counted[name], name), default="")
    return best if best and counted[best] >= _ENOUGH and 2 * counted[best] >= len(unknown) else ""
