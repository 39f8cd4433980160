"""A black box comes back the same from disk, compares as its card says, and may be refused."""

import json

import numpy as np
import pytest
import torch

from faceveil.collection.places import Places
from faceveil.params.errors import FaceveilError
from faceveil.recognition.architectures import build_network
from faceveil.recognition.black_box import BlackBox, load_black_box, save_black_box
from faceveil.recognition.network import View
from tests.recognition.tiny_onnx import EMBEDDING, SIZE, write_embedder

CPU = torch.device("cpu")
CARD = {
    "name": "black_box1",
    "architecture": "onnx",
    "view": {"input_size": SIZE, "mean": 0, "scale": 255},
    "crop": "box",
    "similarity": "cosine",
}
CHECK = {"collection": "curated", "pairs": 200, "accuracy": 0.9, "expected": 0.97, "passed": False}


def places(count: int) -> Places:
    box = np.array([[0.2, 0.2, 0.8, 0.8]], np.float32)
    return Places(box.repeat(count, 0), np.full((count, 5, 2), 0.5, np.float32))


@pytest.fixture
def given(tmp_path):
    save_black_box(tmp_path / "given", write_embedder(tmp_path / "a.onnx"), CARD)
    return tmp_path / "given"


def test_a_given_file_is_copied_and_answers(given, tmp_path):
    (tmp_path / "a.onnx").unlink()
    black_box = load_black_box(given, CPU)
    images = torch.rand(3, 3, 80, 80)
    found = black_box.embed(images, places(3))
    assert found.shape == (3, EMBEDDING)
    assert found.dtype == np.float32
    assert np.array_equal(found, black_box.embed_crops(black_box.crop(images, places(3))))
    assert black_box.name == "black_box1"
    assert len(black_box.fingerprint) == 64


def test_a_trained_network_round_trips_and_sees_its_crop(tmp_path):
    torch.manual_seed(0)
    network = build_network("mobilefacenet", View(SIZE, 127.5, 128)).freeze()
    card = {**CARD, "architecture": "mobilefacenet", "crop": "frame"}
    save_black_box(tmp_path / "trained", network, card)
    black_box = load_black_box(tmp_path / "trained", CPU)
    images = torch.rand(2, 3, 80, 80, requires_grad=True)
    found = black_box.embed(images, None)
    assert found == pytest.approx(network.embed(images).detach().numpy(), abs=1e-6)
    assert isinstance(found, np.ndarray)  # no gradient gets out of it


def box_of(similarity: str) -> BlackBox:
    return BlackBox(lambda crops: crops.numpy(), {**CARD, "similarity": similarity})


def test_cosine_does_not_depend_on_length():
    probes = np.array([[2, 0], [0, 0]], np.float32)
    gallery = np.array([[1, 0], [0, 5], [-3, 0]], np.float32)
    found = box_of("cosine").similarity(probes, gallery)
    assert found.dtype == np.float64
    assert found.tolist() == [[1, 0, -1], [0, 0, 0]]


def test_euclidean_is_the_negative_distance():
    probes, gallery = np.array([[3, 4]], np.float32), np.array([[0, 0], [3, 4]], np.float32)
    assert box_of("euclidean").similarity(probes, gallery).tolist() == [[-5, 0]]


def test_an_embedding_that_is_not_finite_is_refused():
    box = BlackBox(lambda crops: np.full((1, 2), np.nan, np.float32), CARD)
    with pytest.raises(FaceveilError, match="black_box1: an embedding is not finite"):
        box.embed_crops(torch.zeros(1))


def test_a_missed_check_is_a_refusal_with_its_numbers():
    def refusal(**check):
        return BlackBox(lambda crops: crops.numpy(), {**CARD, **check}).refusal

    assert refusal(check={**CHECK, "passed": True}) is None
    missed = refusal(check=CHECK)
    assert missed.startswith("black_box1: told 90.0% of 200 pairs of curated rightly, expected 97")
    assert "\n" not in missed
    assert "not been checked" in refusal()


def test_another_file_than_the_cards_is_refused(given):
    with (given / "model.onnx").open("ab") as file:
        file.write(b"0")
    with pytest.raises(FaceveilError, match=r"model\.onnx: not the file that its card speaks of"):
        load_black_box(given, CPU)


def test_a_card_that_lacks_a_key_names_it(given):
    card = json.loads((given / "card.json").read_text())
    del card["crop"]
    (given / "card.json").write_text(json.dumps(card))
    with pytest.raises(FaceveilError, match=r"card\.json: lacks 'crop'; run prepare_black_box"):
        load_black_box(given, CPU)


def test_a_missing_black_box_is_one_line(tmp_path):
    with pytest.raises(FaceveilError, match="no such card; run the stage"):
        load_black_box(tmp_path, CPU)


def test_a_full_disk_leaves_the_former_black_box(given, tmp_path):
    with pytest.raises(FileNotFoundError):
        save_black_box(given, tmp_path / "absent.onnx", CARD)
    assert load_black_box(given, CPU).name == "black_box1"
