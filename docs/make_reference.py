"""Write docs/reference.md from the declarations: settings, traces, formats, tables, commands.

python docs/make_reference.py
"""

from __future__ import annotations

from pathlib import Path

import typer

from chorusline.case import TABLES
from chorusline.cli.main import app
from chorusline.config import Config
from chorusline.sources.base import formats
from chorusline.traces import available

PAGE = Path(__file__).parent / "reference.md"

EXIT_CODES = """| code | meaning |
|---|---|
| 0 | done |
| 1 | another fault, said in a sentence |
| 2 | the request doesn't fit: an unknown trace, a setting out of range |
| 3 | nothing usable could be read |
| 4 | no case there, or the place is taken |
| 130 | stopped with Ctrl-C; nothing is left half-written |"""


def cell(words: object) -> str:
    """Return words fit for a cell of a Markdown table."""
    return str(words).replace("|", "\\|").replace("\n", " ")


def commands() -> list[str]:
    """Each command with its arguments and options, from its own declaration."""
    group = typer.main.get_command(app)
    lines = []
    for name, command in sorted(group.commands.items()):  # type: ignore[attr-defined]
        lines += [
            f"### chorusline {name}",
            "",
            command.help.split("\n")[0],
            "",
            "| option | meaning |",
            "|---|---|",
        ]
        for parameter in command.params:
            words = ", ".join(f"`{word}`" for word in [*parameter.opts, *parameter.secondary_opts])
            shown = words if parameter.param_type_name == "option" else f"`{parameter.name.upper()}`"
            lines.append(f"| {shown} | {cell(getattr(parameter, 'help', '') or '')} |")
        lines.append("")
    return lines


def page() -> str:
    """Return the whole page."""
    lines = [
        "# Reference",
        "",
        "Made by `python docs/make_reference.py` from the declarations; don't edit it.",
        "",
    ]
    lines += ["## Commands", "", *commands(), "### Exit codes", "", EXIT_CODES, ""]
    lines += ["## Settings", "", "Given with `--set NAME=VALUE`, or `Config(NAME=VALUE)` in Python.", ""]
    lines += ["| setting | default | meaning |", "|---|---|---|"]
    for name, field in Config.model_fields.items():
        default = ", ".join(field.default) if isinstance(field.default, tuple) else field.default
        lines.append(f"| `{name}` | {cell(default)} | {cell(field.description)} |")
    lines += ["", "## Traces", "", "| trace | what two accounts have in common | tests |", "|---|---|---|"]
    lines += [f"| `{t.name}` | {cell(t.about)} | {', '.join(t.tests)} |" for t in available().values()]
    lines += ["", "## Formats", "", "| format | what it is |", "|---|---|"]
    lines += [f"| `{name}` | {cell(source.about)} |" for name, source in sorted(formats().items())]
    lines += ["", "## Tables of a case", "", "Each as `tables/NAME.parquet` and `tables/NAME.csv`.", ""]
    for name, schema in TABLES.items():
        lines += [f"### {name}", "", "| column | type | meaning |", "|---|---|---|"]
        lines += [f"| `{f.name}` | {cell(f.type)} | {cell(f.metadata[b'about'].decode())} |" for f in schema]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
