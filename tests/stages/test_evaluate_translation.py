"""The stage ``evaluate_translation``: what was seen of translated photos in, a table out."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faceveil.evaluation.results import read_results
from faceveil.store.found_faces import read_found
from tests.stages.declared import enter, refused, succeed
from tests.stages.translated_world import change_unmasking, record
from tests.stages.worn_world import RECOGNIZERS


@pytest.fixture
def at(translated_world, here, monkeypatch):
    record(monkeypatch)
    return lambda without="": enter(translated_world, "evaluate_translation", without=without)


def test_every_recognizer_judges_what_was_unmasked_beside_what_was_worn(at):
    at()
    *_, figure = succeed("evaluate_translation")
    table = read_results(Path("metrics/unmasking"))
    ranks = table[table["metric"] == "rank_1"]
    for name in RECOGNIZERS:
        for translation in ("paired", "cyclegan"):
            own = ranks[ranks["recognizer"] == f"{name}:{translation}"]
            assert set(own["recognizer_role"]) == {"reversed"}
            assert set(own["protection"]) == {"plain", "exp1", f"put_on_{translation}"}
        made = ranks[ranks["recognizer"] == name]
        wanted = {"none", "plain", "exp1", "put_on_paired", "put_on_cyclegan"}
        assert set(made["protection"]) == wanted
    assert set(ranks["group"]) == {"held_out"}
    assert (ranks["low"] <= ranks["value"]).all()
    with Image.open(figure) as picture:
        assert picture.width > 600


def test_in_how_many_translated_photos_no_face_is_found_is_a_row(at):
    at()
    succeed("evaluate_translation")
    table = read_results(Path("metrics/unmasking"))
    missed = table[table["metric"] == "face_not_found"]
    assert set(missed["protection"]) == {
        f"{way}_{name}" for way in ("put_on", "take_off") for name in ("paired", "cyclegan")
    }
    assert set(missed["recognizer"]) == {"mtcnn"}
    for name in ("paired", "cyclegan"):
        found = read_found(Path(f"data/translated_faces/{name}.parquet"))
        for way, store in ((f"put_on_{name}", f"put_on_{name}"), (f"take_off_{name}", "plain")):
            wanted = 1 - found.loc[found["protection"] == store, "mtcnn"].mean()
            (value,) = missed.loc[missed["protection"] == way, "value"]
            assert value == pytest.approx(wanted)


class Looking:
    """Stands for InceptionV3: the mean colour of each photo, which it counts."""

    def __init__(self, weights, device):  # noqa: ARG002
        self.network, self.looked = weights, []
        LOOKING.append(self)

    def features(self, photos, title):
        self.looked.append(title)
        return np.asarray(photos).mean((1, 2)).astype(np.float32)


LOOKING = []


def test_where_inceptions_weights_are_given_there_is_kid_and_real_photos_are_seen_once(
    at, monkeypatch
):
    monkeypatch.setattr("faceveil.evaluation.translation_distances.Inception", Looking)
    at()
    change_unmasking("evaluate_translation", inception="data/weights/inception.pth")
    succeed("evaluate_translation")
    table = read_results(Path("metrics/unmasking"))
    own = table[table["recognizer"] == "inception_v3"]
    assert set(own["metric"]) == {"kid"}  # halves of two people are too few for the other
    assert set(own["over"]) == {"masked", "unmasked"}
    assert {"none", "put_on_cyclegan", "take_off_paired"} <= set(own["protection"])
    (looked,) = LOOKING
    assert sorted(looked.looked) == sorted(
        f"InceptionV3 looks at {what}"
        for what in (
            "masked photos", "unmasked photos", "paired, masked", "paired, unmasked",
            "cyclegan, masked", "cyclegan, unmasked",
        )
    )  # fmt: skip


def test_where_inceptions_weights_are_missing_one_line_says_which_file_to_put_where(at):
    at()
    change_unmasking("evaluate_translation", inception="data/weights/inception.pth")
    assert refused("evaluate_translation").strip() == (
        "evaluate_translation: evaluate_translation.inception: no file "
        "data/weights/inception.pth; put pt_inception-2015-12-05-6726825d.pth there, an asset of "
        "release fid_weights of mseitzer/pytorch-fid on GitHub"
    )
