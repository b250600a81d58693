"""Rescore: all of history judged again by columns, beside what is stored.

In: a consistent view of the store as columns, a rulebook, a workspace on disk. Out: a `Scan`: how many records would have another colour or
other rules, from which to which, and which records they are. Not here: writing (`engine.pipeline.rejudge`), who may (`engine.desk.rescoring`).

The order is that of the middle: windows -> base facts -> rules -> colour and hits. Only its readers by columns are used here; what is then
written is judged once more by `triage`, one record at a time, as live records are.

Modules: `questions` the queries of a rulebook, `workspace` the tables on disk, `answers` what decisions say, `scanning` the order, `makers` what made
base facts, `spark` Spark.
"""

from engine.rescore.answers import HIT, REVIEW, Answers, Label, Labels, aligned, relabelled
from engine.rescore.questions import Asked, Questions
from engine.rescore.scanning import STRETCH, Columns, OnDuckDB, Scan, answered, compare, laid, scan
from engine.rescore.spark import cluster
from engine.rescore.workspace import Workspace, workspace

__all__ = [
    "HIT",
    "REVIEW",
    "STRETCH",
    "Answers",
    "Asked",
    "Columns",
    "Label",
    "Labels",
    "OnDuckDB",
    "Questions",
    "Scan",
    "Workspace",
    "aligned",
    "answered",
    "cluster",
    "compare",
    "laid",
    "relabelled",
    "scan",
    "workspace",
]
