from datetime import datetime

class Job:
    next_run_time: datetime
    def modify(self, *, next_run_time: datetime) -> Job: ...
