"""Write docs/reference.md from the declarations: commands, settings, traces, formats, the case folder.

python docs/make_reference.py
"""

from __future__ import annotations

from pathlib import Path

import typer

from chorusline import case, errors
from chorusline.actions import DOOR_SCHEMA
from chorusline.case import LATER, OPERATION, TABLES
from chorusline.cli.main import app
from chorusline.config import Config
from chorusline.exports.base import available as exports
from chorusline.operation import available as analyses
from chorusline.sources.base import formats
from chorusline.sources.columns import HINTS, NEEDED
from chorusline.sources.stores import stores
from chorusline.traces import available, choose

PAGE = Path(__file__).parent / "reference.md"

NOTE = "Made by `python docs/make_reference.py` from the declarations; don't edit it."


def cell(words: object) -> str:
    """Return words fit for a cell of a Markdown table."""
    return str(words).replace("|", "\\|").replace("\n", " ")


def table(*rows: tuple[object, ...]) -> list[str]:
    """Return a Markdown table; the first row is its head."""
    head, *body = ["| " + " | ".join(cell(words) for words in row) + " |" for row in rows]
    return [head, "|" + "---|" * len(rows[0]), *body, ""]


def commands() -> list[str]:
    """Each command with its arguments and options, from its own declaration."""
    group = typer.main.get_command(app)
    lines = []
    for name, command in sorted(group.commands.items()):  # type: ignore[attr-defined]
        rows: list[tuple[object, ...]] = [("option", "default", "meaning")]
        for parameter in command.params:
            words = ", ".join(f"`{word}`" for word in [*parameter.opts, *parameter.secondary_opts])
            shown = words if parameter.param_type_name == "option" else f"`{parameter.name.upper()}`"
            default = parameter.default
            if parameter.required:
                default = "needed"
            elif default is None or default is False or default == ():
                default = ""
            if parameter.multiple:
                shown += " (again and again)"
            rows.append((shown, default, getattr(parameter, "help", "") or ""))
        lines += [f"### chorusline {name}", "", command.help.split("\n")[0], "", *table(*rows)]
    return lines


def exit_codes() -> list[str]:
    """The codes that errors declare, and the three that the command line adds."""
    kinds = [errors.ChoruslineError, *errors.ChoruslineError.__subclasses__()]
    meaning = {kind.exit_code: " ".join((kind.__doc__ or "").split("\n\n")[0].split()) for kind in kinds}
    meaning[1] = "Another fault, said in a sentence where Chorusline knows it."
    meaning[0], meaning[130] = "Done.", "Stopped with Ctrl-C; nothing is left half-written."
    return table(("code", "meaning"), *sorted(meaning.items()))


def allowed(field: object) -> str:
    """The bounds of a setting, such as `> 0, < 1`."""
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    bounds = [
        f"{sign} {getattr(rule, name)}"
        for rule in field.metadata  # type: ignore[attr-defined]
        for name, sign in signs.items()
        if getattr(rule, name, None) is not None
    ]
    return ", ".join(bounds)


def settings() -> list[str]:
    """Every setting with its default and bounds; the meaning gives the unit."""
    rows: list[tuple[object, ...]] = [("setting", "default", "allowed", "meaning")]
    for name, field in Config.model_fields.items():
        default = ", ".join(field.default) if isinstance(field.default, tuple) else field.default
        absent = {"traces": "default", "analyses": "all"}.get(name, "none")
        shown = absent if default is None else default
        rows.append((f"`{name}`", shown, allowed(field), field.description))
    return table(*rows)


def fields() -> list[str]:
    """The fields of an action that `--map` can give a column, with the names they are known by."""
    about = {f.name: (f.metadata or {}).get(b"about", b"").decode() for f in DOOR_SCHEMA}
    rows: list[tuple[object, ...]] = [("field", "meaning", "known by the column names")]
    for name, hints in HINTS.items():
        needed = " (needed)" if name in NEEDED else ""
        rows.append((f"`{name}`{needed}", about.get(name, ""), ", ".join(hints)))
    return table(*rows)


def layout() -> list[str]:
    """The case folder as `case.py` describes it."""
    described = (case.__doc__ or "").split("\n\n")
    files = next(part for part in described if part.startswith("    "))
    return ["```", *[line.removeprefix("    ") for line in files.splitlines()], "```", ""]


def tables() -> list[str]:
    """The schema of each table of a case."""
    lines = []
    for name, schema in {**TABLES, **OPERATION, **LATER}.items():
        rows: list[tuple[object, ...]] = [("column", "type", "may be missing", "meaning")]
        for f in schema:
            missing = "yes" if f.nullable else ""
            rows.append((f"`{f.name}`", f.type, missing, f.metadata[b"about"].decode()))
        lines += [f"### {name}", "", *table(*rows)]
    return lines


def page() -> str:
    """Return the whole page."""
    traces = [
        (
            f"`{t.name}`",
            t.about,
            ", ".join(t.tests) or "none: proposes only",
            "" if t in choose(None) else "asked for",
        )
        for t in available().values()
    ]
    inside = [(f"`{a.name}`", a.about, ", ".join(a.tables)) for a in analyses().values()]
    known = [(f"`{name}`", source.about, source.known_by) for name, source in sorted(formats().items())]
    kept = [(f"`{name}`", store.about, store.known_by) for name, store in sorted(stores().items())]
    lines = ["# Reference", "", NOTE, ""]
    lines += ["## Commands", "", *commands()]
    lines += ["### Exit codes", "", *exit_codes()]
    lines += ["## Settings", "", "Given with `--set NAME=VALUE`, or `Config(NAME=VALUE)` in Python.", ""]
    lines += settings()
    lines += [
        "## Traces",
        "",
        *table(("trace", "what two accounts have in common", "tests", "used"), *traces),
    ]
    lines += ["## Analyses", "", *table(("analysis", "what it says of a group", "tables"), *inside)]
    lines += ["## Formats", "", *table(("format", "what it is", "known by"), *known)]
    lines += ["Tables of any of these may lie in", "", *table(("file", "what it is", "known by"), *kept)]
    forms = [(f"`{name}`", export.about, export.extra) for name, export in exports().items()]
    lines += ["## Exports", "", "Given with `chorusline export --format`.", ""]
    lines += table(("export", "what it is", "extra"), *forms)
    lines += ["## Fields", "", "Given with `--map FIELD=COLUMN`; case and punctuation of names aside.", ""]
    lines += fields()
    lines += ["## The case folder", "", *layout()]
    lines += ["## Tables of a case", "", "Each as `tables/NAME.parquet` and `tables/NAME.csv`.", ""]
    made = "are made by the analyses of groups' inside"
    lines += [f"`{'`, `'.join(OPERATION)}` {made}; where one was left out, the manifest says why.", ""]
    lines += [f"`{'`, `'.join(LATER)}` are there after `chorusline sensitivity` alone.", ""]
    lines += tables()
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
