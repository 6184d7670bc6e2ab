from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chorusline.actions import KINDS, OBJECT_LISTS, ActionLog


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a sample file and give its path."""

    def put(content: str | bytes, name: str = "sample") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


@pytest.fixture
def told() -> Callable[[ActionLog], list[dict]]:
    """The actions of a log as dicts, with names in place of numbers, in the order of the log."""

    def tell(log: ActionLog) -> list[dict]:
        found = []
        for action in log.actions.to_pylist():
            action["account"] = log.names[action["account"]]
            action["kind"] = KINDS[action["kind"]]
            action["time"] = action["time"].strftime("%Y-%m-%dT%H:%M:%S.%f")
            for name in OBJECT_LISTS:
                action[name] = action[name] or []
            found.append(action)
        return found

    return tell


@pytest.fixture
def counted() -> Callable[[ActionLog], dict[str, int]]:
    """How many actions, of which kinds, and how many list items a log holds."""

    def count(log: ActionLog) -> dict[str, int]:
        kinds = [KINDS[kind] for kind in log.kinds.tolist()]
        found = {"actions": len(log), **{kind: kinds.count(kind) for kind in KINDS}}
        for name in OBJECT_LISTS:
            found[name] = sum(len(items or []) for items in log.actions[name].to_pylist())
        return found

    return count
