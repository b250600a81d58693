"""The tree of commands.

In: nothing. Out: the typer application. Not here: what commands do (their modules, imported when a command runs).
"""

from __future__ import annotations

import typer

from cli import operations, records, rescore, service
from cli.audit import audit
from cli.backtest import rules
from cli.database import db
from cli.jobs import jobs
from cli.notify import notify
from cli.people import people
from cli.quarantine import quarantine
from cli.sampling import matters

app = typer.Typer(
    name="sanse",
    help="三色：把来件分成绿、黄、红三色，说明理由，按色派单。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("init")(operations.init)
app.command("demo")(operations.demo)
app.command("ingest")(records.ingest)
app.command("score")(records.score)
app.command("explain")(records.explain)
app.command("replay")(records.replay)
app.command("rescore")(rescore.rescore)
app.command("serve")(service.serve)
app.command("worker")(service.worker)
app.command("doctor")(operations.doctor)
for name, group in {
    "rules": rules,
    "matters": matters,
    "quarantine": quarantine,
    "people": people,
    "db": db,
    "audit": audit,
    "jobs": jobs,
    "notify": notify,
}.items():
    app.add_typer(group, name=name)
