"""The township: an invented year of one township in the real file formats of its channels.

In: a folder, a seed, how many records. Out: export files with the time each is read; or an endless flow of rows for benchmarks.
Not here: reading the files (`adapters.sources`), what sanse makes of them. Everybody and every place in it is invented.

Modules: `vocabulary` words and places, `people` who lives there, `stories` what happens, `year` when and how it is told, `exports` files.
"""

from adapters.township.exports import Export, write_year
from adapters.township.flow import stream

__all__ = ["Export", "stream", "write_year"]
