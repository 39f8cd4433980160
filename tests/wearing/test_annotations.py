"""Which photos a projector learns from."""

import numpy as np
import pandas as pd
import pytest

from faceveil.params.errors import FaceveilError
from faceveil.store.faces import open_faces
from faceveil.wearing.train_projector import difference_agreement, read_annotations, select, shown
from tests.wearing.masked_world import photos, settings, write_curated


def people(faces) -> set[str]:
    return set(faces.rows["subject_id"])


@pytest.mark.parametrize("annotations", ["cutouts", "difference"])
@pytest.mark.parametrize("share", [0.05, 0.5])
@pytest.mark.parametrize("seed", [0, 1])
def test_nobody_of_the_test_split_is_learned_from(tmp_path, annotations, share, seed):
    write_curated(tmp_path, people=20, cutouts=20)
    chosen = settings(annotations=annotations, held_out_share=share, seed=seed)
    parts = read_annotations(tmp_path, chosen)
    assert set(parts.training.rows["split"]) == {"train"}
    assert (parts.held_out.rows["split"] == "test").sum() == 4
    assert people(parts.training).isdisjoint(people(parts.held_out))
    assert len(parts.held_out) == max(4, 20 * share)
    assert len(parts.training) + len(parts.held_out) == 20


def test_cutouts_keep_their_transparency_and_pairs_show_theirs(tmp_path):
    write_curated(tmp_path)
    cut = read_annotations(tmp_path, settings())
    known = open_faces(tmp_path, "annotated")
    row = list(known.rows["image_id"]).index(cut.training.rows["image_id"][0])
    assert np.array_equal(cut.training.transparency[0], known.transparency[row])
    derived = read_annotations(tmp_path, settings(annotations="difference"))
    assert len(derived.training) + len(derived.held_out) == 12
    truth = photos(12)[1].transparency[derived.training.rows["subject_id"].astype(int)]
    assert (np.abs(shown(derived.training) - truth / 255) > 0.1).mean() < 0.05


def test_row_order_changes_nothing_and_the_seed_does(tmp_path):
    write_curated(tmp_path / "one")
    write_curated(tmp_path / "other", order=-1)
    parts = [read_annotations(tmp_path / name, settings(annotated=6)) for name in ("one", "other")]
    assert parts[0].training.rows.equals(parts[1].training.rows)
    assert np.array_equal(parts[0].training.pixels, parts[1].training.pixels)
    assert np.array_equal(parts[0].held_out.transparency, parts[1].held_out.transparency)
    drawn = [settings(seed=seed, held_out_share=0.5) for seed in range(8)]
    held_out = [read_annotations(tmp_path / "one", draw).held_out for draw in drawn]
    assert len({tuple(part.rows["image_id"]) for part in held_out}) > 1


def test_no_more_photos_than_asked_for(tmp_path):
    write_curated(tmp_path)
    parts = read_annotations(tmp_path, settings(annotated=5))
    assert len(parts.training) + len(parts.held_out) == 5


@pytest.mark.parametrize("cutouts", [0, 1])
def test_too_few_annotated_photos_are_one_clear_line(tmp_path, cutouts):
    write_curated(tmp_path, cutouts=cutouts)
    with pytest.raises(FaceveilError, match=f"{cutouts} annotated photos .* 'difference'") as found:
        read_annotations(tmp_path, settings())
    assert "\n" not in str(found.value)


def test_photos_of_test_people_alone_are_refused(tmp_path):
    write_curated(tmp_path)
    with pytest.raises(FaceveilError, match="all 8 annotated photos show people to hold out"):
        read_annotations(tmp_path, settings(held_out_share=0.99))


def test_agreement_of_cutouts_and_pairs(tmp_path):
    write_curated(tmp_path)
    found = difference_agreement(tmp_path)
    assert found["photos"] == 8
    assert 0.85 < found["iou"] <= 1
    assert found["interval"][0] <= found["iou"] <= found["interval"][1]


def test_agreement_without_cutouts_says_so(tmp_path):
    write_curated(tmp_path, cutouts=0)
    rows = tmp_path / "annotated/rows.parquet"
    pd.read_parquet(rows).astype(float).to_parquet(rows)  # as a folder without cut-outs has them
    assert difference_agreement(tmp_path) == {"photos": 0}


def test_selected_photos_keep_rows_and_pixels_together():
    _, masked = photos(4)
    chosen = select(masked, [3, 1])
    assert list(chosen.rows["subject_id"]) == ["00003", "00001"]
    assert np.array_equal(chosen.pixels, masked.pixels[[3, 1]])
    assert np.array_equal(chosen.transparency, masked.transparency[[3, 1]])
    assert len(select(masked, [])) == 0
