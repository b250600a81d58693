"""The schema's history: one step for each release that changed it.

In: nothing. Out: the names of the steps, oldest first. Not here: running them (`engine.store.migrate`).
"""

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
HEAD = REVISIONS[-1]
