"""Masks taken off real faces: learned from 200 people, judged on 41 others."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.ndimage import maximum_filter
from scipy.stats import binomtest

from faceveil.collection.curate import curate_collection
from faceveil.collection.difference import difference_transparency
from faceveil.collection.places import Places, read_places
from faceveil.metrics.photo_difference import psnr, ssim
from faceveil.params.translation import TrainPaired
from faceveil.params.unmasking import read_translating
from faceveil.protection.translation.domains import FacePairs, as_photos, as_region
from faceveil.protection.translation.learn import learn
from faceveil.protection.translation.translator import translate_each
from faceveil.recognition.network import View
from faceveil.recognition.onnx_model import OnnxModel
from faceveil.recognition.recognizer import Recognizer
from faceveil.store.faces import open_faces
from tests.collection.conftest import PARAMS
from tests.conftest import ROOT

pytestmark = [pytest.mark.real, pytest.mark.slow]

CPU = torch.device("cpu")
TRAIN, HELD_OUT = 200, 41


@dataclass(frozen=True)
class Unmasked:
    """What the judge and the eye get.

    Attributes:
        everybody: all 241 people; the last 41 are held out.
        taken_off: their photos with the mask taken off, uint8 ``[41, S, S, 3]``.
    """

    everybody: FacePairs
    taken_off: np.ndarray

    @property
    def held_out(self) -> FacePairs:
        return self.everybody[np.arange(TRAIN, TRAIN + HELD_OUT)]

    @property
    def region(self) -> np.ndarray:
        return self.held_out.transparency >= 128


@pytest.fixture(scope="module")
def unmasked(real_data, tmp_path_factory) -> Unmasked:
    folder = tmp_path_factory.mktemp("real")
    wanted = {"people": TRAIN + HELD_OUT, "spare_people": 0, "image_size": 128, "test_share": 0.17}
    curated = folder / "curated"
    curate_collection(real_data / "masked_pairs", curated, PARAMS.model_copy(update=wanted))
    faces = pairs(curated)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with learn(settings(), faces[np.arange(TRAIN)], [], CPU) as training:
            translator = training.learning.translator("take_off")
            translator.load_state_dict(training.weights("take_off"))
    held_out = faces[np.arange(TRAIN, TRAIN + HELD_OUT)]
    made, _ = translate_each(
        translator.eval(), as_photos(held_out.masked), as_region(held_out.transparency)
    )
    pixels = made.mul(255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    return Unmasked(faces, pixels)


def settings() -> TrainPaired:
    found = read_translating(ROOT / "pipelines/unmasking/params.yaml", "paired")
    assert isinstance(found, TrainPaired)
    return found


def pairs(curated: Path) -> FacePairs:
    """All people in an order that is drawn; where masks are is where the two photos differ."""
    bare, worn = (open_faces(curated, kind) for kind in ("unmasked", "masked"))
    assert bare.rows["subject_id"].tolist() == worn.rows["subject_id"].tolist()
    unmasked, masked = np.asarray(bare.pixels), np.asarray(worn.pixels)
    found = [difference_transparency(*one) for one in zip(unmasked, masked, strict=True)]
    faces = FacePairs(
        bare.rows["subject_id"].to_numpy(np.str_),
        bare.rows["image_id"].to_numpy(np.str_),
        unmasked,
        masked,
        np.stack([np.round(255 * one).astype(np.uint8) for one in found]),
        read_places(curated, "unmasked"),
    )
    assert len(faces) == TRAIN + HELD_OUT
    return faces[np.random.default_rng(0).permutation(len(faces))]


@pytest.fixture(scope="module")
def judge(real_data) -> Recognizer:
    path = real_data / "weights" / "mobilefacenet-112.onnx"
    view = View(input_size=112, mean=0, scale=1)
    return Recognizer(
        {"name": "judge", "role": "judge", "crop": "aligned"}, OnnxModel(path, view), CPU
    )


def found(judge: Recognizer, pixels: np.ndarray, unmasked: Unmasked) -> list[bool]:
    """Say of each held-out person whether the judge names them, among all 241 bare faces."""
    everybody = unmasked.everybody
    gallery = look(judge, everybody.unmasked, everybody.places)
    probes = look(judge, pixels, unmasked.held_out.places)
    return (np.argmax(probes @ gallery.T, axis=1) == np.arange(TRAIN, TRAIN + HELD_OUT)).tolist()


def look(judge: Recognizer, pixels: np.ndarray, places: Places) -> np.ndarray:
    parts = [
        judge.embed(as_photos(pixels[row : row + 32]), places[slice(row, row + 32)]).numpy()
        for row in range(0, len(pixels), 32)
    ]
    return np.concatenate(parts)


def test_what_lay_under_the_mask_is_painted_and_nothing_else_is_changed(unmasked):
    faces = unmasked.held_out
    made, region = unmasked.taken_off, unmasked.region
    before, after = (ssim(one, faces.unmasked, region).mean() for one in (faces.masked, made))
    print(f"SSIM inside, 41 held-out people: in the mask {before:.3f}, taken off {after:.3f}; "
          f"PSNR {psnr(made, faces.unmasked, region).mean():.1f} dB")  # fmt: skip
    assert after >= 0.55
    assert after > before
    rim = 2 * settings().rim + 1
    beside = maximum_filter(faces.transparency, (1, rim, rim)) == 0
    assert np.array_equal(made[beside], faces.masked[beside])


def test_the_judge_finds_not_clearly_fewer_people_than_in_masks(unmasked, judge):
    worn = found(judge, unmasked.held_out.masked, unmasked)
    off = found(judge, unmasked.taken_off, unmasked)
    interval = binomtest(sum(worn), HELD_OUT).proportion_ci(method="wilson")
    print(f"rank-1 of 41: in the mask {sum(worn)}, taken off {sum(off)}, {interval}")
    assert sum(off) / HELD_OUT >= interval.low
