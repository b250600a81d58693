"""The error family, by who must act.

In: nothing. Out: exceptions that carry what happened, where, why and what to do, in Chinese.
Not here: unusable records (they are `Rejected` values of `model`) and findings of a lint (they are `Fault` values).
"""

from __future__ import annotations


class SanseError(Exception):
    """Base of everything sanse raises on purpose; `exit_code` is what the command line returns."""

    exit_code = 3

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.hint = what, where, hint

    def __str__(self) -> str:
        where = f"（{self.where}）" if self.where else ""
        hint = f"\n  怎么办：{self.hint}" if self.hint else ""
        return f"{self.what}{where}{hint}"


class UsageError(SanseError):
    """The person at the command line must act: a wrong id, option or state."""

    exit_code = 2


class ConfigError(SanseError):
    """The administrator must act: `config.yaml` or the environment is wrong."""

    exit_code = 2


class RuleError(SanseError):
    """The analyst must act: `rules/` cannot be used; `faults` holds every fault found, never only the first."""

    exit_code = 2

    def __init__(self, what: str, *, faults: tuple[object, ...] = (), where: str = "", hint: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(str(fault) for fault in self.faults)])


class SourceError(SanseError):
    """A whole source or file cannot be read; one bad row is never an exception."""


class StoreError(SanseError):
    """The database cannot be reached, is of another version, or holds something that must not be there."""


class DeliveryError(SanseError):
    """A channel did not take a message."""
