"""The workbench: an analyst learns what a rulebook does before it is live.

In: rules as files. Out: faults, results of the tests beside rules. Not here: judging (`triage`), keeping (`store`).

Modules: `lint` what is wrong, `examples` the tests that stand beside rules, `gate` what a rulebook must pass before it is published.
"""
