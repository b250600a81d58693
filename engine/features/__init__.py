"""Features: every fact a rule may use, one definition in `rules/features.yaml`.

In: incidents, sightings with their links, actions. Out: FeatureSets. Files: `folding` and `words` match word lists, `base` makes the
facts of one record, `live` counts windows in Python and `columns` the same by columns (`counting` what counts, `others` windows of others, `running` for
Spark), `process` is about what people did.
Not here: who belongs together (`identity`), what rules make of facts (`evaluate`).
"""
