"""Legal holds at a terminal: what a matter holds is kept beyond its term, until somebody lets it go.

In: a matter, a reason. Out: calls of the desk. Not here: what is purged and when (`engine.desk.retention`).
"""

from __future__ import annotations

from cli.matters import matters
from cli.options import CONFIG, AsJson, ConfigPath, Now, Reason, Reference

__all__ = ["matters"]


@matters.command()
def hold(
    reference: Reference, reason: Reason, config: ConfigPath = CONFIG, now: Now = "", as_json: AsJson = False
) -> None:
    """保全：涉诉、复议、审计的事项，到期也不清除，直到解除。"""
    from cli.database import CLASSES
    from cli.printing import line, local, say
    from cli.wiring import desk_of, person_of
    from engine.desk import retention

    with desk_of(config, now, bare=True) as desk:
        held = retention.hold(desk, person_of(desk), reference, reason=reason)
    if as_json:
        gone = {aim: {"records": count, "at": at} for aim, (count, at) in held.gone.items()}
        line({"records": held.records, "purged": gone})
        return
    say(f"已保全 {held.records} 件来件{'还留着的部分' if held.gone else ''}，到期不清除")
    for aim, (count, at) in held.gone.items():
        say(f"  注意：{count} 件的{CLASSES[aim]}已于 {local(at)} 按保存期限清除，保全不了")


@matters.command()
def release(
    reference: Reference, reason: Reason, config: ConfigPath = CONFIG, now: Now = "", as_json: AsJson = False
) -> None:
    """解除保全：过了期限的，下次清除时清除。"""
    from cli.printing import line, say
    from cli.wiring import desk_of, person_of
    from engine.desk import retention

    with desk_of(config, now, bare=True) as desk:
        records = retention.release(desk, person_of(desk), reference, reason=reason)
    line({"records": records}) if as_json else say(f"已解除 {records} 件来件的保全")
