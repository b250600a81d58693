"""The same facts and rules on DuckDB and on Spark, compared cell by cell (`make spark`).

In: a seed, how many records. Out: how many cells were compared, how many differ, seconds of each engine. Files: `drawing` makes what is asked about,
`asking` the questions, `comparing` puts them to both engines. Not here: the readers held equal to the language page (`tests.property`).
"""
