"""Linting: everything that is wrong with a rulebook or most likely a slip, at once.

In: rules as files. Out: faults with file, line, column, stable code and hint. Not here: what cannot be loaded at all (`engine.ruleset`), proof (`proof`).

Modules: `lint` all checks in their order, `codes` what there is to say, `logic` conditions, `slips` lines that another line contradicts, `words` entries of word lists.
"""
