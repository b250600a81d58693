"""Tuning: numbers of the rules tried out on stored history, and what each choice would cost.

In: a rulebook, numbers to try, history as columns, cases that people judged, limits. Out: which choices cannot be bettered, which cases each would lose, and
the edit of `rules/` that makes a choice true. Not here: judging by columns (`engine.rescore`), publishing (`engine.desk.publishing`).

Facts are made once; only the rules stage runs again, with the numbers as columns of its table. What has never been decided by a record (process facts:
days since dispatch and the like) is not tried here. Nothing is written.

Modules: `plan` what to try and what to keep, `ground` history laid out, `weighing` which is better, `search` the order, `emitting` the edit and its gate.
"""
