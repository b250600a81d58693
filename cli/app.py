"""The tree of commands.

In: nothing. Out: the typer application. Not here: what commands do (their modules, imported when a command runs).
"""

from __future__ import annotations

from typing import Annotated

import typer

from cli import operations, records, rescore, service
from cli.audit import audit
from cli.database import db
from cli.jobs import jobs
from cli.notify import notify
from cli.people import people
from cli.quarantine import quarantine
from cli.sampling import matters
from cli.tuning import rules

app = typer.Typer(
    name="sanse",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version
        from platform import python_version

        typer.echo(f"sanse {version('sanse')}（Python {python_version()}）")
        raise typer.Exit


@app.callback()
def sanse(
    version: Annotated[bool, typer.Option("--version", help="版本。", is_eager=True, callback=_tell_version)] = False,
) -> None:
    """三色：把来件分成绿、黄、红三色，说明理由，按色派单。"""


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
