"""The evasion dial: how an operation hides, from E0 (copies and pastes) to E7 (acts like somebody else).

Every level stands for one measure, so that its effect can be measured alone; "E1+E2+E3" joins several.
"""

from __future__ import annotations

from typing import Any

from chorusline.errors import UsageError
from chorusline.simulate.config import Operation, WorldConfig

LEVELS: dict[str, dict[str, Any]] = {
    "E0": {"paraphrase": 0.0, "near_duplicates": 0.0, "jitter": 0.0},
    "E1": {"paraphrase": 0.5, "near_duplicates": 1.0},
    "E2": {"jitter": 90.0},
    "E3": {"camouflage": 0.65},
    "E4": {"scheduled": 0.5},
    "E5": {"variants": 5},
    "E6": {"paraphrase": 1.0, "rotation": 0.5, "random_shifts": True},
    "E7": {"imitate": True},
}
"""Changes that a level makes to an Operation. Sources: science notes, section 4."""

ABOUT = {
    "E0": "texts copied and pasted",
    "E1": "half the texts written anew, the others with swapped tokens",
    "E2": "ordered actions shifted by up to 90 minutes either way",
    "E3": "two thirds of the actions unrelated to orders",
    "E4": "half the actions sent by a scheduler, on whole minutes, at random distances",
    "E5": "each order split in five variants with objects of their own; an account sees one",
    "E6": "all texts written anew, half the accounts resting each week, shifts at random hours",
    "E7": "false flag: tags, hours and habits of an honest group",
}


def with_evasion(operation: Operation, level: str) -> Operation:
    """Return the operation hiding as the level ("E2", or several: "E1+E2") says."""
    changes: dict[str, Any] = {}
    for name in level.upper().split("+"):
        if name not in LEVELS:
            raise UsageError(
                f"Evasion level {name!r} is unknown: use {', '.join(LEVELS)}, or several joined by '+'."
            )
        changes |= LEVELS[name]
    return Operation(**{**operation.model_dump(), **changes})


def hide(config: WorldConfig, level: str) -> WorldConfig:
    """Return the config with all its operations hiding as the level says."""
    operations = tuple(with_evasion(operation, level) for operation in config.operations)
    return config.model_copy(update={"operations": operations})
