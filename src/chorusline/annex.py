"""The sealed annex: pairs of accounts that share a hand, in a file outside the case, on the user's request alone."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from pathlib import Path

from chorusline.case import Case
from chorusline.dossier.tables import defuse
from chorusline.errors import UsageError
from chorusline.exports.pseudonyms import Key
from chorusline.extend import extend, needs_key
from chorusline.operation.crews import crews_of
from chorusline.operation.operators import LINKS, links

NOTE = (
    "# Pairs of accounts that share a hand, by behaviour alone. Accounts, not people. Not for publication: such lists "
    "endanger whoever has a reason to hide."
)


def write_annex(case: Case, path: str | os.PathLike[str], blind: Key | None = None) -> int:
    """Write the linked pairs among the named accounts of a case's groups, as CSV that its owner alone may read.

    Never of a list of the user's: linking accounts that no test has named is how people in hiding are found.

    Sealed: the case keeps the file's SHA-256 and not its content, so that it can be shown later to be unaltered.
    blind : key of the case's page, where that has no names. Returns the number of pairs. Raises UsageError where the
    file would lie inside the case, or exists.
    """
    place = Path(path).absolute()
    if place.is_relative_to(case.folder.absolute()):
        raise UsageError(f"{path} lies inside the case, which is passed on; put the annex elsewhere.")
    needs_key(case, blind)
    log, table = case.log(), case.table("accounts")
    crews = [crew for crew in crews_of(log, table, case.config) if crew.basis == "named accounts"]
    text = io.StringIO()
    text.write(NOTE + "\n")
    out = csv.writer(text)
    out.writerow(["group", *LINKS.names])
    count = 0
    for crew in crews:
        found = links(crew)
        for name in ("account_a", "account_b"):
            found = found.set_column(found.column_names.index(name), name, defuse(found[name]))
        for row in found.to_pylist():
            cells = [value if isinstance(value, str) else f"{value:.6g}" for value in row.values()]
            out.writerow([crew.group, *cells])
            count += 1
    data = text.getvalue().encode("utf-8", errors="replace")
    try:
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} exists; an annex replaces nothing.") from None
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror or error}.") from None
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    seals = [
        *case.manifest.get("annexes", []),
        {"of": "operators", "sha256": hashlib.sha256(data).hexdigest(), "pairs": count},
    ]
    extend(case, {}, {**case.manifest, "annexes": seals}, blind=blind)
    return count
