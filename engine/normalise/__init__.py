"""Suppliers' words to ours: the form of a record changes here, never its meaning.

In: RawRecords and the mappings of the rulebook. Out: immutable versions of incidents, or rejected rows with their reason.
Not here: reading files (`adapters.sources`), who, where and which matter (`identity`), what words mean (`features`).
"""

from engine.normalise.normaliser import Normaliser

__all__ = ["Normaliser"]
