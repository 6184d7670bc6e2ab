"""The words of everything that is generated: from the ladder alone, and none that calls an account anything."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import typer

from chorusline import dossier
from chorusline.cli.main import app
from chorusline.config import Config
from chorusline.dossier import sentences
from chorusline.dossier.explain import explain, words
from chorusline.exports import editions
from chorusline.exports.bag import bag
from chorusline.exports.base import available, write
from chorusline.exports.changes import Terms
from chorusline.exports.disarm import TECHNIQUES
from chorusline.exports.pseudonyms import Key
from chorusline.findings.ladder import RUNGS, account_sentence, group_sentence
from chorusline.findings.sensitivity import breaks, variants
from chorusline.traces import available as traces
from tests.dossier.fake_case import empty_case

FORBIDDEN = re.compile(
    r"\b(bots?|botnets?|trolls?|trolling|fakes?|faked|paid|prov(?:e|es|ed|en|ing)|proofs?|origins?|originat\w+|"
    r"state-sponsored|sock ?puppets?|puppets?|culprits?|perpetrators?|inauthentic|astroturf\w*|mercenar\w+|shills?)\b",
    re.IGNORECASE,
)
"""Words that call an account something, or claim more than a test can show."""

STATUSES = tuple(status for status, _ in sentences.STATUSES)

FIGURES = r"\d+ of \d+ held-out uses agree with its group; of outsiders, \d+\.\d would be expected\."
REASONS = [re.compile(pattern) for pattern in (
    r"Too little held-out material to tell \((?:1 use|\d+ uses), \d+ in agreement\)\.",
    r"Agrees with its group beyond outsiders, on too few days to tell an event from a habit: " + FIGURES,
    r"Uses what its group uses, but agrees with it no more than outsiders do: " + FIGURES,
    r"Shares more than popularity explains, but not beyond what outsiders do: " + FIGURES,
    r"Shares texts or media with its group, and moments, beyond what outsiders do: " + FIGURES,
    r"Acts in step with its group, and with it takes up what is pushed as if on orders, in a staff's hours: " + FIGURES,
    r"Acts in step with its group beyond what outsiders do: " + FIGURES,
)]  # fmt: skip
"""All that may be said of an account, and nothing else."""


def generated(folder: Path) -> dict[str, str]:
    """What stands in each file of a folder; of Parquet, all cells and what is written beside the columns."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            found[path.name] = (
                f"{table.schema.metadata} {[f.metadata for f in table.schema]} {table.to_pylist()}"
            )
        elif path.is_file():
            found[path.name] = path.read_text("utf-8")
    return found


def said_forbidden(text: str) -> list[str]:
    return [text[max(0, m.start() - 50) : m.end() + 20] for m in FORBIDDEN.finditer(text)]


@pytest.fixture(scope="module")
def everything(case, tmp_path_factory) -> dict[str, str]:
    """All that is generated from a case in which every status occurs, the made-up texts of the world included."""
    folder = tmp_path_factory.mktemp("worded")
    write(case, folder / "export")
    bag(case.folder, folder / "bag")
    editions.publish(case, folder / "public", Key(b"w" * 32), terms=Terms(k=5), annex=folder / "annex")
    found = {}
    for name in ("export", "bag", "public", "annex"):
        found |= {f"{name}/{file}": text for file, text in generated(folder / name).items()}
    accounts = case.table("accounts").to_pylist()
    for status in STATUSES:
        account = next((row["account"] for row in accounts if row["status"] == status), None)
        if account is not None:
            found[f"explain {status}"] = words(explain(case, account), posts=0)
    found["explain a pair"] = words(explain(case, *case.named[:2]), posts=0)
    return found


def test_no_forbidden_word_in_anything_generated(everything):
    assert len(everything) > 60
    wrong = {name: said for name, text in everything.items() if (said := said_forbidden(text))}
    assert not wrong


def test_none_in_a_dossier_with_variants_or_without_findings(hostile, tmp_path):
    for k, made in enumerate(
        (hostile, empty_case(tmp_path), empty_case(tmp_path, accounts_proposed=5, groups=1))
    ):
        place = tmp_path / str(k)
        place.mkdir()
        dossier.write(made, place)
        assert not said_forbidden((place / "dossier.html").read_text("utf-8"))


def test_none_in_any_help_setting_trace_or_export():
    group = typer.main.get_command(app)
    said = []
    for command in group.commands.values():
        said += [
            command.help or "",
            *[getattr(parameter, "help", None) or "" for parameter in command.params],
        ]
    said += [field.description or "" for field in Config.model_fields.values()]
    said += [words for trace in traces().values() for words in (trace.about, trace.object_word, trace.needs)]
    said += [export.about for export in available().values()]
    said += [technique.name for technique in TECHNIQUES.values()]
    assert not [words for words in said if FORBIDDEN.search(words)]


def test_an_account_is_spoken_of_in_the_ladder_s_words_alone(case):
    for row in case.table("accounts").to_pylist():
        assert row["rung"] in RUNGS
        assert row["status"] in STATUSES
        assert any(pattern.fullmatch(row["reason"]) for pattern in REASONS), row["reason"]
    for status in STATUSES:
        for rung in RUNGS:
            reason = account_sentence(status, rung, 40.0, 21.0, 3.4)
            assert any(pattern.fullmatch(reason) for pattern in REASONS), reason
            assert not FORBIDDEN.search(group_sentence(3, 9, 2, 0.01, rung, 1))


def test_confidence_is_said_apart_from_likelihood_and_first_means_captured(case):
    page = (case.folder / "dossier.html").read_text("utf-8")
    assert page.count("<dt>Likelihood</dt>") == page.count("<dt>Confidence</dt>") > 0
    assert "earliest captured" in page
    likelihood, confidence = sentences.likelihood(12, 0.01), sentences.confidence(40, 2, 9, 1.0)
    assert "rate" in likelihood
    assert "rate" not in confidence
    assert "likely" not in confidence


def test_the_words_of_a_sensitivity_run(case):
    """The sentences on what breaks a finding, without running the variants."""
    tried = variants(case.config, 1.0, ["text", "hashtag"], [("hashtag", "a tag")])
    said = [breaks([variant.change], 3) for variant in tried]
    assert said
    assert not [words for words in said if FORBIDDEN.search(words)]
