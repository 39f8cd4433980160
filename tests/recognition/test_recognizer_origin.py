"""A recognizer is trained or taken as given, and its card says which and how well it does."""

import json
from pathlib import Path

import pytest
import torch
from facenet_pytorch import InceptionResnetV1
from safetensors.torch import save_file

from faceveil.params.errors import FaceveilError
from faceveil.recognition.recognizer_origin import obtain_recognizer
from tests.recognition.curated_world import settings, write_curated

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def curated(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("curated")
    write_curated(folder)
    return folder


def test_scratch_trains_on_background_people(curated):
    told = {}
    recognizer, card = obtain_recognizer(curated, settings(epochs=1), CPU, told.__setitem__)
    assert list(told) == [1]
    assert card["origin"] == "scratch"
    assert card["training"] == {
        "people": 4,
        "photos": 16,
        "image_size": 80,
        **settings(epochs=1).model_dump(exclude={"weights"}),
        "arithmetic": "float32",
    }
    assert card["measured"]["same_photo_masked"]["probes"] == 6
    assert json.loads(json.dumps(card)) == card
    assert not recognizer.training


def test_given_weights_are_measured_and_not_trained(curated, tmp_path):
    torch.manual_seed(0)
    network = InceptionResnetV1(pretrained=None)
    path = tmp_path / "given.safetensors"
    save_file(network.state_dict(), path)
    told = {}
    recognizer, card = obtain_recognizer(
        curated, settings(weights=str(path)), CPU, told.__setitem__
    )
    assert not told
    assert torch.equal(recognizer.head.weight, network.last_linear.weight)
    assert card["origin"] == "given.safetensors"
    assert card["measured"]["other_photo"]["probes"] == 5
    assert "training" not in card


def test_absent_weights_are_refused_before_any_work(tmp_path):
    with pytest.raises(FaceveilError, match=r"no file 'absent\.safetensors'"):
        obtain_recognizer(tmp_path, settings(weights="absent.safetensors"), CPU, lambda *_: None)
