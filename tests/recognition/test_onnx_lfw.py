"""An independent face embedder, by its card alone, on Labeled Faces in the Wild."""

from pathlib import Path

import pytest
import torch

from faceveil.recognition import origins
from tests.recognition.recognizer_sections import judge

CPU = torch.device("cpu")


def checked(real_data: Path, **values) -> dict:
    section = judge(
        **{
            "weights": str(real_data / "weights" / "mobilefacenet-112.onnx"),
            "architecture": "onnx",
            "input_size": 112,
            "mean": 0,
            "scale": 1,
            "check": str(real_data / "lfw"),
            "check_pairs": 2000,
            "expected_accuracy": 0.99,
            **values,
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        # There are no curated people here; test_origins.py has how they are measured.
        patch.setattr(origins, "measure_recognizer", lambda *_: {})
        card = origins.obtain_recognizer("embedder", Path("nowhere"), section, CPU, print)[1]
    return card["check"]


@pytest.mark.real
@pytest.mark.slow
def test_it_passes_its_check_on_aligned_crops(real_data):
    check = checked(real_data)
    print(f"LFW, aligned: {check}")
    assert check["pairs"] == 2000
    assert check["photos_without_face"] <= 8
    assert check["accuracy"] >= 0.98
    assert check["passed"]


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong",
    [{"crop": "frame"}, {"crop": "aligned", "mean": 127.5, "scale": 128}],
    ids=["another crop", "another normalization"],
)
def test_a_wrong_card_does_not_pass(real_data, wrong):
    check = checked(real_data, check_pairs=400, **wrong)
    print(f"LFW, {wrong}: {check['accuracy']:.4f}")
    assert check["accuracy"] < 0.98
    assert not check["passed"]
