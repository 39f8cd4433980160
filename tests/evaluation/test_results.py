"""The results table takes what is known, and names the first thing that is wrong."""

import numpy as np
import pandas as pd
import pytest

from faceveil.evaluation.results import COLUMNS, read_results, write_results
from faceveil.params.errors import FaceveilError

ROW = dict(zip(COLUMNS, ["exp0", "dealt", "facenet", "target", "other_photo", "bare", "protected",
                         "", "held_out", "fnmr@0.001", 0.5, 0.4, 0.6, 32, 64, "", "dev"],
                         strict=True))  # fmt: skip


def test_what_is_written_is_read(tmp_path):
    frame = pd.DataFrame([ROW, {**ROW, "metric": "rank_1", "low": np.nan, "high": np.nan}])
    write_results(tmp_path, frame)
    read = read_results(tmp_path)
    assert list(read.columns) == list(COLUMNS)
    assert set(read["metric"]) == {"fnmr@0.001", "rank_1"}
    assert len(pd.read_csv(tmp_path / "results.csv")) == 2


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"metric": "fnmr@0.01", "value": 1.2, "high": 1.3}, "not in"),
        ({"metric": "luck"}, "no metric"),
        ({"metric": "rank_1", "low": 0.55}, "beyond its ends"),
        ({}, "a row twice"),
    ],
)
def test_a_row_that_breaks_a_rule_is_named(tmp_path, change, complaint):
    with pytest.raises(FaceveilError, match=complaint):
        write_results(tmp_path, pd.DataFrame([ROW, {**ROW, **change}]))
    assert not (tmp_path / "results.parquet").exists()


def test_a_damaged_or_missing_table_says_so(tmp_path):
    with pytest.raises(FaceveilError, match="dvc repro evaluate"):
        read_results(tmp_path)
    (tmp_path / "results.parquet").write_bytes(b"no table")
    with pytest.raises(FaceveilError, match="no Parquet table"):
        read_results(tmp_path)
