"""The command line: one file a command, found here, faults turned into a sentence and an exit code."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from chorusline.errors import ChoruslineError

COMMANDS = (
    "investigate", "inspect", "formats", "verify", "explain", "bag", "export", "publish", "dossier", "compare",
    "orders", "roster", "operators", "effort", "targets", "automation", "edges", "simulate", "evaluate", "power",
    "sensitivity", "plan",
)  # fmt: skip

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


def _full(error: OSError) -> bool:
    """Whether an error of the system says that no more can be written; Arrow says it in words alone."""
    import errno

    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    said = str(error)
    return error.errno in full or any(f"[errno {number}]" in said.lower() for number in full)
