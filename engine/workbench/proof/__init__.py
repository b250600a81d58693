"""Proof: what holds of every incident there can be, by a solver; every case it gives is asked of the real engine first.

In: a rulebook, or two, or the facts of one decision. Out: answers that are proved, refuted with a witness or undecided with a reason. Not here: what trying every
case of one rule shows (`engine.workbench.linting.logic`), history (a proof says what can be, history how often).

Modules: `formulas` truths, `relations` what facts have to do with each other, `space` facts as unknowns, `encoding` a rulebook over them, `solving` the
solver with its time, `confirming` the real engine, `questions` about one rulebook, `meaning` of two, `nearest` the smallest change, `codes` the words.
"""
