"""The store: the one seam between the engine and its database.

In: records of `engine.model`, a batch at a time. Out: the same records, as they are now or were.
Not here: what anything means (the stages), when it is called (`engine.pipeline`, `engine.desk`), configuration (`engine.config`).

    with open_store(url, keys).batch(block_keys) as tx: …      one write transaction
    with store.read() as view: …                               a consistent view

Modules: `tables` what is kept, `sealing` how cells are sealed, `dialects` how vendors differ, `session` one transaction,
`arrivals`, `neighbourhood`, `judgements`, `matters`, `events`, `quarantine`, `rulebooks`, `audit`, `people`, `feeds`, `outbox`, `sendings`, `figures` the
rows by subject, `batch` all of them together, `opening` the seam, `migrate` the schema.
"""

from engine.store.batch import Batch, Reading
from engine.store.migrate import upgrade
from engine.store.opening import Store, open_store, reach
from engine.store.sealing import Keys

__all__ = ["Batch", "Keys", "Reading", "Store", "open_store", "reach", "upgrade"]
