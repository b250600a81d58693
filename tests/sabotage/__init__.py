"""Sabotage: every defence is taken out once, and its test must fail (`make sabotage`).

In: `catalogue`, the list of defences. Out: a table: defence, test, caught. Not here: the tests themselves, which stand in their rooms.
"""
