"""Reasons: what a person must say for the audit log before something is done.

In: what was typed. Out: nothing, or a refusal. Not here: who may do it (`acting`, `opening`), keeping it (`store.audit`).
"""

from __future__ import annotations

from engine.errors import UsageError

_LONGEST = 2000


def check_reason(reason: str, *, what: str = "要写明理由", hint: str = "加上 --reason") -> None:
    """Raises UsageError for a reason that is none, or longer than 2,000 characters: each is kept for good, sealed in the log."""
    if not reason.strip():
        raise UsageError(what, hint=hint)
    if len(reason) > _LONGEST:
        raise UsageError(
            f"理由太长：{len(reason)} 个字，最多 {_LONGEST} 个字", hint="写要点和文书的编号，全文放在案卷里"
        )
