"""A stored recognizer comes back the same, and says what it is."""

import json

import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.recognition.facenet import FaceNet
from faceveil.recognition.store import load_recognizer, recognizer_fingerprint, save_recognizer

CARD = {"architecture": "InceptionResnetV1", "origin": "test"}


@pytest.fixture(scope="module")
def recognizer() -> FaceNet:
    torch.manual_seed(0)
    return FaceNet()


def test_round_trip(recognizer, tmp_path):
    save_recognizer(tmp_path / "recognizer", recognizer, CARD)
    restored = load_recognizer(tmp_path / "recognizer")
    images = torch.rand(2, 3, 80, 80)
    with torch.no_grad():
        assert torch.equal(restored.head.weight, recognizer.head.weight)
        assert (restored.trunk(images) - recognizer.trunk(images)).abs().max() < 1e-5
    assert [n for n, p in restored.named_parameters() if p.requires_grad] == ["head.weight"]
    card = json.loads((tmp_path / "recognizer" / "card.json").read_text())
    assert card == {**CARD, "sha256": recognizer_fingerprint(tmp_path / "recognizer")}


def test_the_fingerprint_speaks_of_the_weights_alone(recognizer, tmp_path):
    save_recognizer(tmp_path / "one", recognizer, CARD)
    save_recognizer(tmp_path / "two", recognizer, {**CARD, "measured": {"auc": 0.5}})
    assert recognizer_fingerprint(tmp_path / "one") == recognizer_fingerprint(tmp_path / "two")
    with torch.no_grad():
        recognizer.head.weight[0, 0] += 1
    save_recognizer(tmp_path / "two", recognizer, CARD)
    assert recognizer_fingerprint(tmp_path / "one") != recognizer_fingerprint(tmp_path / "two")


def test_a_missing_recognizer_is_one_line(tmp_path):
    for read in (load_recognizer, recognizer_fingerprint):
        with pytest.raises(FaceveilError, match="no such weights"):
            read(tmp_path)


def test_an_interrupted_write_leaves_the_former_recognizer(recognizer, tmp_path):
    save_recognizer(tmp_path / "recognizer", recognizer, CARD)
    former = recognizer_fingerprint(tmp_path / "recognizer")
    with pytest.raises(TypeError):
        save_recognizer(tmp_path / "recognizer", recognizer, {**CARD, "bad": object()})
    assert recognizer_fingerprint(tmp_path / "recognizer") == former
    assert [path.name for path in tmp_path.iterdir()] == ["recognizer"]
