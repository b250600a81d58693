"""Evaluate: one condition tree, three readers that must be equal.

In: a Rulebook and a FeatureSet. Out: a Judgement. Not here: how facts are made (`features`), what hits mean (`assessment`).
Files: `plan` which rules, in which order; `kleene` the three-valued meaning; `trace` walks and explains; `durable` decides live; `columns` in bulk,
by `comparisons` that are never null.
"""
