"""The command ``score_study``: a key and answers in, shares of wrong ones out."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from faceveil.params.unmasking import Study
from faceveil.report.study import checksum, write_study
from stages.score_study import app
from tests.report.study_world import write_world


@pytest.fixture
def told(tmp_path):
    settings = Study(translation="mine", pictures=6)
    write_study(*write_world(tmp_path), settings, tmp_path / "out")
    key = tmp_path / "out/key.json"
    content = json.loads(key.read_text())
    answers = dict.fromkeys(content["pictures"], "changed")
    total = checksum(content["study"], "a", answers)
    result = {"study": content["study"], "participant": "a", "answers": answers, "sum": total}
    (tmp_path / "a.json").write_text(json.dumps(result))
    return lambda *words: CliRunner().invoke(app, [str(key), *map(str, words)])


def test_shares_are_printed_beside_the_published_one(told, tmp_path):
    found = told(tmp_path / "a.json", "--out", tmp_path / "score.csv")
    assert found.exit_code == 0
    first, *_, last = found.stdout.splitlines()
    assert first.startswith("all: 50.00% wrong [")
    assert first.endswith("3 of 6 answers of 1 participants")
    assert last == "published: 40.05% wrong, 881 of 2,200"
    assert pd.read_csv(tmp_path / "score.csv")["share"][0] == 0.5


def test_what_is_no_result_is_one_line(told, tmp_path):
    (tmp_path / "b.json").write_text("[]")
    found = told(tmp_path / "a.json", tmp_path / "b.json")
    assert found.exit_code == 1
    assert len(found.stderr.splitlines()) == 1
    assert "b.json: no result of a study" in found.stderr
