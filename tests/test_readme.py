"""What the README shows is what the last run of this tree measured."""

import json
import re

import pandas as pd
import pytest

from faceveil.evaluation.accuracy_table import headline
from faceveil.params.file import read_params
from faceveil.report.contents import read_metrics
from faceveil.report.lead import lead_sentence
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def tables() -> dict[str, dict[tuple[str, str], str]]:
    """The README's cells by protocol, row label and experiment."""
    shown: dict[str, dict[tuple[str, str], str]] = {}
    protocol, head = "", []
    for line in README.splitlines():
        if title := re.match(r"\*\*(Same|Other) photo\*\*", line):
            protocol, head = f"{title[1].lower()}_photo", []
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if protocol and cells and not head:
            head = cells
        elif protocol and cells:
            row = {(cells[0], name): cell for name, cell in zip(head, cells, strict=True)}
            shown.setdefault(protocol, {}).update(row)
        elif line.startswith("<!-- accuracy table: end"):
            protocol = ""
    return shown


def test_the_table_is_the_one_that_was_measured():
    measured = headline(pd.read_csv(ROOT / "metrics" / "accuracy_table.csv"))
    shown = tables()
    assert len(measured) > 0
    for line in measured.itertuples():
        cells = shown[line.protocol]
        document = json.loads((ROOT / f"metrics/evaluation/{line.experiment}.json").read_text())
        (one,) = [
            one
            for one in document["measurements"]
            if (one["row"], one["protocol"]) == (line.row, line.protocol)
        ]
        rate, low, high = (f"{100 * one[key]:.1f}" for key in ("rank_1", "low", "high"))
        assert cells[line.label, line.experiment] == f"{rate} [{low}, {high}]"
        assert cells[line.label, "people"] == str(one["people"])
    cells = {key for rows in shown.values() for key in rows if key[1] == "exp0"}
    labels = {label for label, _ in cells if not label.startswith(("-", ":"))}
    assert labels == set(measured["label"])


def test_it_leads_with_the_result_that_was_measured():
    params = read_params(ROOT / "params.yaml")
    sentence = lead_sentence(read_metrics(ROOT / "metrics", list(params.experiments)))
    assert f"**{sentence}**" in README[: README.index("## Run it")]


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)", README))))
def test_every_link_leads_somewhere(path):
    assert (ROOT / path).exists()


def test_no_placeholder_is_left():
    assert not re.search(r"PLACEHOLDER|TODO|TBD", README)


def test_there_are_numbers_of_these_experiments_and_of_no_other():
    experiments = set(read_params(ROOT / "params.yaml").experiments)
    for folder in ("evaluation", "training", "transfer"):
        assert {path.stem for path in (ROOT / "metrics" / folder).iterdir()} == experiments
