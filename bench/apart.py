"""Apart: what is measured runs in a process of its own, so that nothing else of the bench is in its memory.

In: a module and its arguments. Out: the figures that it prints as JSON. Not here: what is measured, and the peers of the rules stage (`bench.rules`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def measured(module: str, *arguments: object) -> Any:
    """What a measuring process found; None, told on standard error, where it found an answer wrong."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    if run.returncode:
        print(f"no figures: an answer is wrong ({module} {arguments})\n{run.stderr[-2_000:]}", file=sys.stderr)
        return None
    return json.loads(run.stdout)
