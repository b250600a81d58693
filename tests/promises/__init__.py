"""Promises at full size (`make promises`, `make promises P=R19`): what the acceptance tests show small, shown long.

In: the ids of promises. Out: a table: promise, trials, violations, seconds. Not here: the short runs (`tests/acceptance/test_promise_*`).
"""
