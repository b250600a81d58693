"""Identity: who, where and which matter, as a pure function of a set of records.

In: incidents, one by one (`sighting`), then sets of sightings with people's cuts and unions (`resolve`). Out: lean sightings without plain
personal data; persons, matters, hotspots and what counts, as `Links`.
Not here: counting in windows (`features`), colours (`evaluate`), keeping and finding neighbours (`store`), the word lists (`rules/`).
"""
