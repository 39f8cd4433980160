"""The index is checked by one schema on write and on read."""

import pandas as pd
import pyarrow.parquet as pq
import pytest

from faceveil.collection.index import SCHEMA, read_index, write_index
from faceveil.params.errors import FaceveilError


@pytest.fixture
def index(curated):
    return read_index(curated[0] / "index.parquet")


def test_round_trip(index, tmp_path):
    path = tmp_path / "index.parquet"
    write_index(path, index)
    assert pq.read_schema(path).equals(SCHEMA)
    pd.testing.assert_frame_equal(read_index(path), index)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("kind", "selfie", "'kind' has 'selfie'"),
        ("verdict", "maybe", "'verdict' has 'maybe'"),
        ("reasons", "ugly", "'reasons' has 'ugly'"),
        ("split", "validation", "'split' has 'validation'"),
        ("realism", 1.5, "'realism' has 1.5"),
        ("probability", -0.1, "'probability' has -0.1"),
    ],
)
def test_unknown_values_are_refused_on_write_and_read(index, tmp_path, column, value, message):
    path = tmp_path / "index.parquet"
    index.loc[0, column] = value
    with pytest.raises(FaceveilError, match=message):
        write_index(path, index)
    assert not path.exists()
    index.to_parquet(path)
    with pytest.raises(FaceveilError, match=message):
        read_index(path)


def test_a_rejection_needs_a_reason(index, tmp_path):
    index.loc[index["verdict"] == "rejected", "reasons"] = ""
    with pytest.raises(FaceveilError, match="rejected without a reason"):
        write_index(tmp_path / "index.parquet", index)


def test_other_columns_and_double_paths_are_refused(index, tmp_path):
    path = tmp_path / "index.parquet"
    with pytest.raises(FaceveilError, match=r"\['realism'\]"):
        write_index(path, index.drop(columns="realism"))
    with pytest.raises(FaceveilError, match="a path occurs twice"):
        write_index(path, pd.concat([index, index]))


def test_missing_and_broken_files_are_one_line(tmp_path):
    with pytest.raises(FaceveilError, match="no index here"):
        read_index(tmp_path / "index.parquet")
    (tmp_path / "index.parquet").write_text("x")
    with pytest.raises(FaceveilError, match="no Parquet table"):
        read_index(tmp_path / "index.parquet")
