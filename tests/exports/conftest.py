"""One investigated world for all exports, and one made-up case full of hostile strings."""

from __future__ import annotations

import pytest

from chorusline import Case, investigate, simulate
from chorusline.config import Config
from chorusline.simulate import preset
from tests.dossier.fake_case import fake_case

HOSTILE = {
    "handle": '=HYPERLINK("http://evil.example")<script>alert(1)</script>\u202e',
    "text": "see https://evil.example/a?b=1 [x](javascript:alert(1)) <img src=x onerror=alert(1)>\x00\x0b",
    "object": "https://evil.example/p|a\nth?u=http://other.example",
    "account": "+acc<b>&\"'\x1b",
}


@pytest.fixture(scope="session")
def case(tmp_path_factory) -> Case:
    folder = tmp_path_factory.mktemp("exported")
    simulate.write(simulate.build(preset("tiny", seed=37)), folder / "world")
    made = investigate(folder / "world" / "actions.parquet", folder / "case", config=Config(splits=2))
    assert made.named
    return made


@pytest.fixture(scope="session")
def hostile(tmp_path_factory) -> Case:
    return fake_case(tmp_path_factory.mktemp("hostile"), **HOSTILE)
