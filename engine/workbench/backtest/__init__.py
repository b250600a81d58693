"""Back-test: what another rulebook would have made of history, beside the live one: read only.

In: a store, two rulebooks, a time. Out: a `Backtest`: colours of records and machine views of matters before and after, the matters that change with
the rules on both sides, hits gained and lost, weekly load by route. Not here: whether any incident at all could change (`workbench.proof.meaning`),
writing (`desk.rescoring`), pages and commands (`cli`).

Preview is production: records are judged by the columns of `engine.rescore`, base facts are made by `pipeline.Stages`, a matter's course and process
by `casework` and `triage`. What history cannot know is refused (`limits`) or told apart, never guessed.

Modules: `limits` what cannot be foretold, `views` machine views of matters, `weeks` load and its
bands, `dated` numbers that begin too late to be seen, `trying` the order, `recoloured` records one by one, `told` the result as plain data, `charts` and `page` as HTML.
"""

from engine.workbench.backtest.limits import Limits, limits
from engine.workbench.backtest.trying import Backtest, Ground, Past, Side, backtest, past
from engine.workbench.backtest.weeks import Weeks, weeks

__all__ = ["Backtest", "Ground", "Limits", "Past", "Side", "Weeks", "backtest", "limits", "past", "weeks"]
