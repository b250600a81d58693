"""The command line: the composition root and the one reader of the clock.

In: arguments, `config.yaml`, the environment. Out: calls of the desk and the pipeline, printed in Chinese or as JSON.
Not here: anything that decides. Heavy packages are imported by the command that needs them, so that `--help` answers at once.

Modules: `app` the tree of commands, `refusals` what was typed wrong, `wiring` config, clock and sources, `printing` how answers look, one module for each group of commands.
"""

from __future__ import annotations

import os
import sys

from engine.errors import SanseError

_INTERRUPTED = 130


def main() -> None:
    """Run a command; what goes wrong on purpose is told in Chinese, with the exit code of who must act."""
    try:
        _run()
    except BrokenPipeError:  # whoever read along has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _run() -> None:
    from typer import Abort
    from typer.exceptions import TyperException

    from cli.app import app
    from cli.refusals import refusal

    try:
        code = app(standalone_mode=False, prog_name="sanse")
        if code == _INTERRUPTED:
            raise KeyboardInterrupt  # noqa: TRY301 -- typer has swallowed it
        sys.exit(code if isinstance(code, int) else 0)
    except TyperException as fault:
        if type(fault).__name__ == "NoArgsIsHelpError":
            print(fault)
        else:
            print(_safe(refusal(fault)), file=sys.stderr)
        sys.exit(2)
    except SanseError as fault:
        print(_safe(f"错误：{fault}"), file=sys.stderr)
        sys.exit(fault.exit_code)
    except BrokenPipeError:
        raise
    except (KeyboardInterrupt, Abort):
        print("已中断；已经提交的批次都在，没有提交的没有写入，可以重新运行。", file=sys.stderr)
        sys.exit(_INTERRUPTED)
    except OSError as fault:
        from cli.refusals import unusable

        print(_safe(unusable(fault)), file=sys.stderr)
        sys.exit(3)
    except Exception as fault:  # noqa: BLE001 -- the last door: what nobody foresaw is told without what it says of people
        from cli.refusals import unforeseen

        print(unforeseen(fault), file=sys.stderr)
        sys.exit(3)


def _safe(text: str) -> str:
    """A message without control characters and without identifiers that somebody typed."""
    from cli.printing import clean
    from engine.masking import mask_text

    return mask_text(clean(text))


__all__ = ["main"]
