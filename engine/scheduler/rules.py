"""Rules that changed: open matters are looked at again under the rulebook that is live now (ruling 80); closed ones and history are not.

In: a store, stages, the clock. Out: due rows, once for each change of the rulebook, and an entry in the audit log. Not here: looking at them
(`matters`), judging history by new rules (`rescore`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from engine.model import Moment
from engine.occasion import RULEBOOK
from engine.pipeline import Stages
from engine.settlement import MACHINE
from engine.store import Store

_NOTED = "open matters judged by"


def queue(store: Store, stages: Stages, clock: Callable[[], datetime]) -> int:
    """Queue every open matter if the live rulebook is another than last time; how many."""
    digest = stages.rulebook.digest
    with store.read() as view:
        if view.meta().get(_NOTED) == digest:
            return 0
    now = clock()
    with store.batch() as tx:
        held = tx.meta().get(_NOTED)
        others = {known for known, _ in tx.rulebooks()} - {digest}
        open_ = tx.open_matters() if held != digest and (held or others) else []
        tx.note_rulebook(stages.rulebook, now)
        tx.put_meta(_NOTED, digest)
        tx.schedule(RULEBOOK, dict.fromkeys(open_, Moment(now, RULEBOOK)))
        tx.append_audit(MACHINE, RULEBOOK, {"queued": len(open_), **stages.named}, now)
    return len(open_)
