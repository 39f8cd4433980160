"""What unmasking gives back, and how far translated photos are from the true ones."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.evaluation.translation import difference_rows, recovered_rows
from faceveil.evaluation.translations import same_faces, same_worn
from faceveil.evaluation.trials import Seen
from faceveil.metrics.photo_difference import colour_error, ssim
from faceveil.params.evaluate import Evaluate
from faceveil.params.unmasking import EvaluateTranslation
from faceveil.store.faces import PackedFaces
from faceveil.store.photos import COLUMNS, write_photos

PEOPLE = 40
PROTOCOL = "other_photo"


def trials(**found):
    """Whether each person is found, under each protection, and one dev person who is not."""
    rows = [
        {"protection": name, "protocol": PROTOCOL, "subject_id": f"{n:03d}", "hit": hit}
        for name, hits in found.items()
        for n, hit in enumerate(hits)
    ]
    table = pd.DataFrame(rows).assign(role="test")
    dev = table[table["subject_id"] == "000"].assign(subject_id="dev", role="dev", hit=False)
    return pd.concat([table, dev], ignore_index=True)


@pytest.fixture
def judge():
    settings = Evaluate.model_construct(confidence=0.95, seed=5)
    return SimpleNamespace(settings=settings, version=SimpleNamespace(name="sface:paired"))


def hits(count):
    return [number < count for number in range(PEOPLE)]


def test_what_a_mask_took_and_unmasking_gave_back_is_a_share_with_its_interval(judge):
    # A mask took 30 of 38 that were found; unmasking gives 12 back.
    before = trials(none=hits(38), plain=hits(8))
    (row,) = recovered_rows(before, trials(plain=hits(20)), judge)
    assert row["value"] == pytest.approx(12 / 30)
    assert (row["people"], row["trials"], row["over"]) == (PEOPLE, PEOPLE, "none")
    assert row["recognizer"] == "sface:paired"
    assert 0.2 < row["low"] < 0.4 < row["high"] < 0.6
    draw = np.random.default_rng(5).integers(PEOPLE, size=(2000, PEOPLE))
    gained = (np.array(hits(20)) ^ np.array(hits(8)))[draw].mean(1)
    lost = (np.array(hits(38)) ^ np.array(hits(8)))[draw].mean(1)
    assert [row["low"], row["high"]] == pytest.approx(np.quantile(gained / lost, [0.025, 0.975]))


def test_what_unmasking_costs_is_below_nothing(judge):
    (row,) = recovered_rows(trials(none=hits(30), plain=hits(20)), trials(plain=hits(15)), judge)
    assert row["value"] == pytest.approx(-0.5)


def test_where_a_mask_took_nothing_there_is_nothing_to_give_back(judge):
    before = trials(none=hits(20), plain=hits(20))
    assert not list(recovered_rows(before, trials(plain=hits(30)), judge))


def test_other_people_are_never_compared(judge):
    before, after = trials(none=hits(30), plain=hits(20)), trials(plain=hits(25))
    assert not list(recovered_rows(before, after[after["subject_id"] != "003"], judge))


ROWS = pd.DataFrame(
    {
        "subject_id": ["a", "b"],
        "image_id": ["a_1_Mask", "b_1_Mask"],
        "protection": "exp1",
        "training": [0, 1],
        "variant": [3, 0],
    }
)


def test_the_same_faces_are_kept_whatever_they_wear():
    photos = pd.DataFrame(
        {"subject_id": ["a", "a", "b", "c"], "image_id": ["a_1", "a_2", "b_1_Mask", "c_1"]}
    )
    kept = same_faces(ROWS)(Seen(photos, np.arange(4, dtype=np.float32)[:, None]))
    assert kept.features[:, 0].tolist() == [0, 2]  # no other photo, nobody else


def test_the_same_faces_in_the_same_designs_are_kept():
    photos = pd.concat([ROWS, ROWS.assign(training=0), ROWS.assign(variant=0), ROWS], axis=0)
    photos.iloc[6:, 2] = "exp2"
    seen = Seen(photos.reset_index(drop=True), np.arange(8, dtype=np.float32)[:, None])
    assert same_worn(ROWS)(seen).features[:, 0].tolist() == [0, 1, 2, 5]


@pytest.fixture
def inputs(tmp_path):
    """Two held-out people and a dev person; each translated photo is 10 levels too bright."""
    rng = np.random.default_rng(2)
    pixels = rng.integers(40, 200, size=(3, 32, 32, 3), dtype=np.uint8)
    masked = rng.integers(40, 200, size=(3, 32, 32, 3), dtype=np.uint8)
    transparency = np.zeros((3, 32, 32), np.uint8)
    transparency[:, 16:] = 255
    ids = [f"{number}_1" for number in range(3)]
    bare = pd.DataFrame({"subject_id": list("abc"), "image_id": ids, "split": "test"})
    worn = bare.assign(image_id=[f"{one}_Mask" for one in ids])
    faces = {
        "further_unmasked": PackedFaces(pixels, bare),
        "further_masked": PackedFaces(masked, worn, transparency),
    }
    rows = worn.assign(
        role=["test", "dev", "test"], kind="further_masked", protocol=PROTOCOL, variant=0,
        protection="plain", training=-1, condition="", order=-1, use="judge",
    )[list(COLUMNS)][::-1].reset_index(drop=True)  # fmt: skip
    for store, truth in (("plain", pixels), ("put_on", masked)):
        made = torch.from_numpy(truth[::-1] + np.uint8(10)).permute(0, 3, 1, 2) / 255
        write_photos(tmp_path / "paired" / store, rows, 32, [made])
    sources = SimpleNamespace(faces=lambda kind: faces[kind])
    truths = {"take_off_paired": pixels[[2, 0]], "put_on_paired": masked[[2, 0]]}
    return SimpleNamespace(photos=tmp_path, sources=sources), truths


def test_photos_are_compared_with_the_true_ones_in_the_mask_and_beside_it(inputs):
    settings = EvaluateTranslation(resamples=100)
    table = pd.DataFrame(difference_rows(inputs[0], "paired", settings))
    assert set(table["people"]) == {2}
    for protection, truth in inputs[1].items():
        made = truth + np.uint8(10)
        own = table[table["protection"] == protection].set_index("metric")["value"]
        region = np.zeros((2, 32, 32), np.bool_)
        region[:, 16:] = True
        for side, place in (("inside", region), ("outside", ~region)):
            assert own[f"psnr_{side}"] == pytest.approx(20 * np.log10(25.5))
            for measure, function in (("ssim", ssim), ("delta_e", colour_error)):
                wanted = function(made, truth, place).mean()
                assert own[f"{measure}_{side}"] == pytest.approx(wanted)
