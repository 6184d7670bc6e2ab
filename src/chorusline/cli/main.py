"""The command line: one file a command, found here, faults turned into a sentence and an exit code."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from importlib import import_module
from typing import Any

import typer

from chorusline.errors import ChoruslineError

COMMANDS = (
    "investigate", "inspect", "formats", "verify", "explain", "bag", "export", "publish", "dossier", "compare",
    "orders", "roster", "operators", "effort", "targets", "automation", "edges", "simulate", "evaluate", "power",
    "sensitivity", "plan",
)  # fmt: skip

_RARELY = (50_000, 20, 100)
# New objects from which Python looks for cycles; 700 by itself.

app = typer.Typer(
    name="chorusline",
    help="Look behind coordinated operations: who acts in concert beyond chance, and how sure one may be.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for _name in COMMANDS:
    app.command(_name)(import_module(f"chorusline.cli.{_name}").command)


def run() -> None:
    """Run the command line; print a ChoruslineError as one sentence and leave with its exit code."""
    try:
        app()
    except ChoruslineError as error:
        sys.stderr.write(f"chorusline: {error}\n")
        raise SystemExit(error.exit_code) from None
    except OSError as error:
        if not _full(error):
            raise
        sys.stderr.write(
            "chorusline: The disk is full (or a file may not grow further): nothing was put in place, and what stood "
            "there before is untouched. Make room, or choose another place.\n"
        )
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        sys.stderr.write("chorusline: stopped; nothing was left half-written.\n")
        raise SystemExit(130) from None


def program() -> None:
    """Run the command line as a process of its own, and end it at once.

    What was registered for the end is done and all output is out by then; taking compiled code and tables apart piece
    by piece, which the system does as well, would take a quarter of a second more. And modules are thousands of objects
    that all stay: Python would look through them for cycles again and again while they are loaded, a tenth of a second.
    """
    gc.set_threshold(*_RARELY)
    try:
        run()
        code: Any = 0
    except SystemExit as leaving:
        code = leaving.code or 0
    if isinstance(code, int):
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError, AttributeError):  # Python says it in its own way
            raise SystemExit(code) from None
        atexit._run_exitfuncs()
        os._exit(code)
    raise SystemExit(code)


def _full(error: OSError) -> bool:
    """Whether an error of the system says that no more can be written; Arrow says it in words alone."""
    import errno

    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    said = str(error)
    return error.errno in full or any(f"[errno {number}]" in said.lower() for number in full)
