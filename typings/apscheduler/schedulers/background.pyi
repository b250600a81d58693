from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from apscheduler.job import Job

class BackgroundScheduler:
    def __init__(self, *, timezone: tzinfo, executors: Mapping[str, object]) -> None: ...
    def add_job(
        self,
        func: Callable[..., object],
        trigger: str,
        args: Sequence[Any] = ...,
        *,
        seconds: float,
        coalesce: bool,
        max_instances: int,
        misfire_grace_time: int | None,
        next_run_time: datetime,
    ) -> Job: ...
    def start(self) -> None: ...
    def shutdown(self, wait: bool = True) -> None: ...
