"""The workbench: an analyst learns what a rulebook does before it is live.

In: rules as files, history. Out: faults, results, proofs, what would change. Not here: judging (`triage`), keeping (`store`).

Rooms: `linting` what is wrong, `testing` the tests in `rules/`, `proof` what holds of every incident, `backtest` another rulebook on history, `tuning` numbers tried on
history. Modules: `mutants` and `mutation` mistakes put in on purpose, `cases` every state of a condition's facts, `alternatives` the parts of a pattern, `places` where things
stand in files, `schema` for editors, `gate` what a rulebook must pass before it is published.
"""
