"""Blind grades at a terminal: matters are dealt, shown without their colour, graded by a person.

In: a share, a number, a colour. Out: calls of the desk, printed. Not here: who may grade what (`engine.desk.sampling`), what grades come to (`cli.health`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.holds import matters
from cli.options import CONFIG, AsJson, ConfigPath, Now

if TYPE_CHECKING:
    from fractions import Fraction

    from engine.desk import Desk
    from engine.desk.sampling import Blind

__all__ = ["matters"]


@matters.command()
def sample(
    share: Annotated[
        str, typer.Option("--share", help="每种颜色抽百分之几；不写则只列待评的", show_default=False)
    ] = "",
    days: Annotated[int, typer.Option("--days", help="在最近多少天有来件的事项里抽", min=1, max=3660)] = 30,
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """盲评抽样：每种颜色抽同样的比例，颜色、理由和办理都不显示；本人办过的不列给本人。"""
    from cli.printing import line, say
    from cli.wiring import desk_of, person_of
    from engine.desk import sampling

    with desk_of(config, now, steadfast=True) as desk:
        person = person_of(desk)
        dealt = sampling.deal(desk, person, percent=_percent(share), days=days) if share else 0
        waiting = sampling.waiting(desk, person)
        for one in waiting:
            line(one) if as_json else _tell(desk, one)
    if not as_json:
        say(
            (f"抽了 {dealt} 件；" if share else "")
            + f"待评 {len(waiting)} 件：sanse matters grade 样本号 --colour 红、黄或绿"
        )


@matters.command()
def grade(
    number: Annotated[int, typer.Argument(help="样本号", show_default=False)],
    colour: Annotated[str, typer.Option("--colour", help="红、黄 或 绿", show_default=False)],
    config: ConfigPath = CONFIG,
    now: Now = "",
    as_json: AsJson = False,
) -> None:
    """盲评一件：没有经手的人看了来件，应当是什么颜色；评一次，不改。"""
    from cli.printing import line, say
    from cli.wiring import desk_of, person_of
    from engine.desk import sampling
    from engine.desk.reading import colour_named

    with desk_of(config, now, steadfast=True) as desk:
        named = colour_named(colour)
        sampling.grade(desk, person_of(desk), number, colour=named)
    line({"sample": number, "colour": named}) if as_json else say(f"样本 {number} 已评")


def _percent(share: str) -> Fraction:
    from fractions import Fraction

    from engine.errors import UsageError

    try:
        return Fraction(share.strip().removesuffix("%"))
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"比例写法不对：{share}", hint="写百分数，例如 5 或 2.5") from None


def _tell(desk: Desk, one: Blind) -> None:
    from cli.printing import local, one_line, say

    kinds = desk.words("kinds")
    say(f"样本 {one.number}")
    for record in one.records:
        say(f"  {local(record.at)} {kinds.get(record.kind, record.kind)}")
        say(f"    {one_line(record.text, 400)}")
