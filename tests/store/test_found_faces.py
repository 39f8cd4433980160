"""Which faces were found, on disk: read as written, refused where it is something else."""

import pandas as pd
import pytest

from faceveil.params.errors import FaceveilError
from faceveil.store.found_faces import ABOUT, read_found, write_found


def test_what_is_written_is_read(tmp_path):
    photo = ("a", "a_Mask", "black", "other_photo", 0, -1, "")
    found = pd.DataFrame([(*photo, True), (*photo[:-1], "0", False)], columns=[*ABOUT, "yunet"])
    write_found(tmp_path / "found.parquet", found)
    pd.testing.assert_frame_equal(read_found(tmp_path / "found.parquet"), found)


def test_a_missing_or_another_file_is_one_line(tmp_path):
    path = tmp_path / "found.parquet"
    with pytest.raises(FaceveilError, match="nobody looked for faces; run `dvc repro find_faces`"):
        read_found(path)
    for other in (["subject_id"], [*ABOUT, "somebody"]):
        pd.DataFrame(columns=other).to_parquet(path)
        with pytest.raises(FaceveilError, match="expected the columns subject_id, image_id"):
            read_found(path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(FaceveilError, match="no Parquet table") as refusal:
        read_found(path)
    assert "\n" not in str(refusal.value)
