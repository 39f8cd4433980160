"""Recognizers are trained on the people asked for, or given, and always checked."""

import json

import pytest
import torch
from facenet_pytorch import InceptionResnetV1
from safetensors.torch import save_file

from faceveil.params.errors import FaceveilError
from faceveil.recognition.learn import train_network
from faceveil.recognition.origins import obtain_recognizer, shown_numbers
from faceveil.recognition.recognizer import open_recognizer, save_recognizer
from faceveil.recognition.recognizer_accuracy import measure_recognizer
from tests.recognition.curated_world import background, write_curated
from tests.recognition.placed_world import write_places
from tests.recognition.recognizer_sections import judge, surrogate, target
from tests.recognition.tiny_onnx import SIZE, write_embedder

CPU = torch.device("cpu")

SECTIONS = {"target": target, "surrogate": surrogate, "judge": judge}

STORED = {
    "target": [3.21841, 1.80568],
    "surrogate": [2.06051, 1.70231],
    "judge": [2.24803, 0.78231],
}
"""The loss of each of two epochs of a fixed seed; a refactor leaves it alone."""


@pytest.fixture
def curated(tmp_path):
    write_curated(tmp_path)
    write_places(tmp_path, without=("person_00001_0005",))
    return tmp_path


def silent(epoch, values):
    pass


@pytest.mark.parametrize("role", SECTIONS)
def test_it_is_trained_frozen_checked_and_stored(curated, role):
    told = {}
    section = SECTIONS[role]()
    network, card = obtain_recognizer("r", curated, section, CPU, told.__setitem__)
    losses = [told[epoch]["loss/recognizer"] for epoch in (1, 2)]
    assert losses == pytest.approx(STORED[role], rel=0.01)
    assert set(told[1]) == {"loss/recognizer", "accuracy/training"}
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert (card["role"], card["origin"]) == (role, "scratch")
    training = card["training"]
    assert training["photos"] == (15 if role == "judge" else 16)
    assert training["photos_without_face"] == 16 - training["photos"]
    assert (training["people"], training["image_size"]) == (4, 80)
    assert training["arithmetic"] == "float32"
    assert card["check"]["pairs"] == 8
    assert json.loads(json.dumps(card)) == card
    shown = shown_numbers(card)
    assert shown["check_accuracy"] == card["check"]["accuracy"]
    assert shown["other_photo/rank_1"] == card["measured"]["other_photo"]["rank_1"]
    save_recognizer(curated / "stored", network, card)
    restored = open_recognizer(curated / "stored", CPU)
    assert restored.card["check"] == card["check"]
    measured = measure_recognizer(restored, curated, section.batch_size)
    assert shown_numbers(card | {"measured": measured}) == pytest.approx(shown, abs=1e-3)
    crops = torch.rand(2, 3, section.input_size, section.input_size)
    with torch.no_grad():
        expected = network.trunk(crops)
    assert (restored.see_crops(crops) - expected).abs().max() < 1e-3 * expected.abs().max()


def test_it_learns_from_other_people(curated):
    card = obtain_recognizer("b", curated, judge(skip_people=1, people=3), CPU, silent)[1]
    assert card["training"]["skip_people"] == 1
    assert card["training"]["photos"] == 11


def test_training_is_deterministic_and_leaves_the_global_stream_alone():
    def trained(**values):
        return train_network(background(4), None, target(epochs=1, **values), CPU, silent)

    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    first, second = trained(), trained()
    assert torch.equal(torch.rand(1), expected)
    state = second.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in first.state_dict().items())
    assert not torch.equal(trained(seed=1).head.weight, first.head.weight)


@pytest.mark.slow
@pytest.mark.parametrize(
    "section",
    [
        target(epochs=15, batch_size=16, max_learning_rate=0.0005),
        surrogate(architecture="mobilefacenet", epochs=15, batch_size=16),
    ],
)
def test_it_learns_to_name_people(section):
    told, faces = {}, background(4)
    network = train_network(faces, None, section, CPU, told.__setitem__)
    assert told[15]["loss/recognizer"] < told[1]["loss/recognizer"] / 2
    with torch.no_grad():
        embeddings = network(faces.images(range(len(faces))))
    assert (embeddings[1::4] @ embeddings[0::4].T).argmax(1).tolist() == [0, 1, 2, 3]


def test_too_few_background_people_name_the_keys(curated):
    keys = r"recognizers\.b\.skip_people and people ask for 5 .* 4 are curated"
    with pytest.raises(FaceveilError, match=keys):
        obtain_recognizer("b", curated, judge(skip_people=2, people=3), CPU, silent)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_people_are_refused(count):
    with pytest.raises(FaceveilError, match=f"at least 2 background people, found {count}"):
        train_network(background(count), None, surrogate(), CPU, silent)


def test_divergence_stops_with_one_line(monkeypatch):
    monkeypatch.setattr("faceveil.recognition.learn.LOGIT_SCALE", float("nan"))
    with pytest.raises(FaceveilError, match="the loss is nan in epoch 1; lower max_learning_rate"):
        train_network(background(2), None, surrogate(), CPU, silent)


@pytest.mark.parametrize("role", ["target", "surrogate"])
def test_given_weights_are_checked_and_never_trained(curated, role):
    torch.manual_seed(0)
    given = InceptionResnetV1(pretrained=None).eval()
    path = curated / "given.safetensors"
    save_file(given.state_dict(), path)
    values = {"weights": str(path), "architecture": "inception_resnet_v1", "input_size": 80}
    network, card = obtain_recognizer("p", curated, SECTIONS[role](**values), CPU, silent)
    assert card["origin"] == "given.safetensors"
    assert len(card["origin_sha256"]) == 64
    assert "training" not in card
    assert card["role"] == role
    assert card["measured"].keys() == {"gallery_people", "other_photo", "same_photo_masked"}
    images = torch.rand(2, 3, 80, 80)
    with torch.no_grad():
        expected = given((images * 255 - 127.5) / 128)
        assert torch.allclose(network(images), expected, atol=1e-5)


def test_absent_weights_name_the_section(curated):
    given = {"weights": "absent.pt", "architecture": "inception_resnet_v1", "input_size": 80}
    for section in (surrogate(**given), judge(weights="absent.onnx", architecture="onnx")):
        with pytest.raises(FaceveilError, match=r"recognizers\.p\.weights: no file 'absent\."):
            obtain_recognizer("p", curated, section, CPU, silent)


def test_a_given_onnx_file_is_checked_and_never_trained(curated):
    path = write_embedder(curated / "a.onnx")
    section = judge(weights=str(path), architecture="onnx", input_size=SIZE)
    found, card = obtain_recognizer("b", curated, section, CPU, silent)
    assert found == path
    assert card["origin"] == "a.onnx"
    assert "training" not in card
    assert 0 <= card["check"]["accuracy"] <= 1
