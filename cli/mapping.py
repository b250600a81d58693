"""Mapping: a proposal for headers that nobody knows, written into the rules after a yes (ruling 60).

In: a source, the live mapping, a person's yes. Out: `rules/mappings/KIND.yaml` with new aliases, comments kept.
Not here: guessing (`engine.normalise.propose`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.desk import Desk
    from engine.model import Source
    from engine.normalise.propose import Proposal

_LOOKED_AT = 200
_ACCOUNT = ("narrative", "narrative_more", "title")


def map_headers(desk: Desk, source: Source, kind: str, *, yes: bool) -> None:
    """Show what unknown headers seem to be, and write those that are accepted."""
    import typer

    from cli.printing import say, table
    from engine.normalise.propose import accepted, propose

    rows = [raw.values for raw in islice(source.read(), _LOOKED_AT)]
    headers = list(dict.fromkeys(header for row in rows for header in row))
    proposals = propose(desk.rulebook.mappings, kind, headers, rows)
    _tell_left(accepted(desk.rulebook.mappings[kind], proposals), kind, headers)
    if not proposals:
        say("没有可拟的对应：列名都认识，或看不出是什么")
        return
    table(
        ("列名", "像是", "把握", "依据"),
        [(p.header, f"{p.usual}（{p.field}）", str(p.score), p.why) for p in proposals],
    )
    file = desk.config.rules_folder / "mappings" / f"{kind}.yaml"
    if yes or typer.confirm(f"写入 {file.name}？"):
        _write(file, proposals)
        say(f"已写入 {file}；先用 sanse rules lint 检查，再重新导入")
    else:
        say("没有写入")


def _tell_left(mapping: Mapping[str, Any], kind: str, headers: Sequence[str]) -> None:
    """What nobody would read even so; where that is the account itself, loudly."""
    from cli.printing import say
    from engine.normalise.propose import read_by

    found, strange = read_by(mapping, headers)
    if strange:
        say(
            f"看不出是什么、没有对应的列：{'、'.join(strange)}；要用的自己写进 mappings/{kind}.yaml 的 columns，不用的写进 known"
        )
    if headers and found.isdisjoint(_ACCOUNT):
        say(
            "注意：没有一列对应“内容”（narrative），来件会不看事情经过就研判；先把写事情经过的列对应上，再读入",
            style="bold red",
        )


def _write(file: Path, proposals: Sequence[Proposal]) -> None:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 200
    document = yaml.load(file.read_text(encoding="utf-8"))
    (mapping,) = [document[key] for key in document if "columns" in (document[key] or {})] or [document]
    for proposal in proposals:
        mapping["columns"].setdefault(proposal.field, []).append(proposal.header)
    fresh = file.with_suffix(".yaml.new")
    with fresh.open("w", encoding="utf-8") as written:
        yaml.dump(document, written)
    fresh.replace(file)
