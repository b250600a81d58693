"""The rules stage beside its peers: the same rules on the same facts, each by its best call path, answers checked before any figure is told.

In: numbers of rules and incidents, a lane. Out: one table, JSON and a page with charts below `bench/out/`. Modules: `drawing` the rulebook,
`facts` the table of facts, `lowering` rules for languages of two values, `by_record` and `by_column` the peers, `answers` whether they are
right, `measuring` one peer in a process of its own, `report` the table and the page. Not here: the live path (`bench`), windows and words.
"""
