"""A stored recognizer comes back the same, says what it is, and is asked in one way."""

import json
from copy import deepcopy

import numpy as np
import pytest
import torch

from faceveil.collection.places import Places
from faceveil.params.errors import FaceveilError
from faceveil.recognition.architectures import build_network
from faceveil.recognition.network import Network, View
from faceveil.recognition.recognizer import (
    Recognizer,
    open_recognizer,
    recognizer_fingerprint,
    save_recognizer,
)
from tests.recognition.tiny_onnx import EMBEDDING, SIZE, write_embedder

CPU = torch.device("cpu")
CHECK = {"collection": "curated", "pairs": 200, "accuracy": 0.9, "expected": 0.97, "passed": False}
SHAPES = {"inception_resnet_v1": (1792, 512), "resnet18": (512, 128), "mobilefacenet": (512, 128)}


def card(architecture: str, crop: str = "frame", size: int = 80, **values) -> dict:
    view = {"input_size": size, "mean": 127.5, "scale": 128.0}
    named = {"name": "tested", "role": "judge", "architecture": architecture}
    return {**named, "view": view, "crop": crop, **values}


def network(architecture: str, size: int = 80) -> Network:
    torch.manual_seed(0)
    return build_network(architecture, View(size, 127.5, 128)).freeze()


def places(count: int) -> Places:
    points = np.array([[0.35, 0.4], [0.65, 0.4], [0.5, 0.55], [0.4, 0.7], [0.6, 0.7]], np.float32)
    box = np.array([[0.2, 0.2, 0.8, 0.8]], np.float32)
    return Places(box.repeat(count, 0), points[None].repeat(count, 0))


@pytest.fixture
def given(tmp_path):
    path = write_embedder(tmp_path / "a.onnx")
    save_recognizer(tmp_path / "given", path, card("onnx", "aligned", SIZE))
    path.unlink()
    return tmp_path / "given"


@pytest.fixture
def stored(tmp_path):
    save_recognizer(tmp_path / "stored", network("mobilefacenet"), card("mobilefacenet"))
    return tmp_path / "stored"


@pytest.mark.parametrize("architecture", SHAPES)
def test_a_network_round_trips_and_gives_gradients(tmp_path, architecture):
    made = network(architecture)
    save_recognizer(tmp_path / "r", made, card(architecture))
    found = open_recognizer(tmp_path / "r", CPU)
    images = torch.rand(3, 3, 96, 96)
    with torch.no_grad():
        features, expected = made.trunk(images), made(images)
    seen = found.see(images)
    assert (found.feature_size, found.embedding_size) == SHAPES[architecture]
    assert seen.shape == (3, found.feature_size)
    assert torch.allclose(seen, features, atol=1e-5 * float(features.abs().max()))
    assert np.allclose(found.templates(seen), expected, atol=1e-5)
    assert not found.needs_places
    assert found.gives_gradients
    shown = images.clone().requires_grad_()
    found.head(found.trunk(shown))[:, 0].sum().backward()
    assert shown.grad.abs().sum() > 0
    modules = (*found.trunk.modules(), *found.head.modules())
    assert not any(module.training for module in modules)
    assert not any(p.requires_grad for m in (found.trunk, found.head) for p in m.parameters())


def test_a_given_file_answers_with_embeddings_of_unit_length(given):
    found = open_recognizer(given, CPU)
    images = torch.rand(3, 3, 80, 80)
    seen = found.see(images, places(3))
    assert (seen.dtype, seen.shape) == (torch.float32, (3, EMBEDDING))
    assert torch.equal(seen, found.see_crops(found.crop(images, places(3))))
    templates = found.templates(seen)
    assert templates.dtype == np.float64
    assert np.linalg.norm(templates, axis=1) == pytest.approx(1)
    assert np.allclose(templates * seen.norm(dim=1).numpy()[:, None], seen, atol=1e-6)
    assert (found.feature_size, found.embedding_size) == (EMBEDDING, EMBEDDING)
    assert found.needs_places
    assert not found.gives_gradients


def test_what_gives_no_gradients_refuses_trunk_and_head(given):
    one = open_recognizer(given, CPU)
    for part in ("trunk", "head"):
        with pytest.raises(FaceveilError, match=r"tested: gives no gradients .*onnx\); use one"):
            getattr(one, part)
    with pytest.raises(FaceveilError, match="tested: gives no gradients"):
        one.features(torch.rand(2, 3, 80, 80), places(2))


@pytest.mark.parametrize("crop", ["aligned", "chip"])
def test_gradients_through_crops_agree_with_finite_differences(crop):
    made = network("mobilefacenet", 32).double()
    found = Recognizer(card("mobilefacenet", crop, 32), made, CPU)
    draw = torch.Generator().manual_seed(1)
    images = torch.rand((2, 3, 48, 40), generator=draw, dtype=torch.float64, requires_grad=True)
    weights = torch.randn((2, found.feature_size), generator=draw, dtype=torch.float64)
    direction = torch.randn(images.shape, generator=draw, dtype=torch.float64)

    def seen(step: float) -> torch.Tensor:
        return (weights * found.features(images + step * direction, places(2))).sum()

    (slope,) = torch.autograd.grad(seen(0), images)
    step = 1e-7  # larger ones step over kinks of PReLU
    expected = (seen(step) - seen(-step)) / (2 * step)
    assert (slope * direction).sum().item() == pytest.approx(expected.item(), rel=1e-4)
    assert slope[0].abs().sum() > 0
    assert slope[1].abs().sum() > 0


def test_embedding_with_gradients_is_what_templates_are():
    found = Recognizer(card("mobilefacenet", "aligned"), network("mobilefacenet"), CPU)
    images = torch.rand(3, 3, 96, 96, requires_grad=True)
    embedded = found.embed(images, places(3))
    expected = found.templates(found.see(images.detach(), places(3)))
    assert np.allclose(embedded.detach().numpy(), expected, atol=1e-5)
    embedded[:, 0].sum().backward()
    assert images.grad.abs().sum() > 0
    with pytest.raises(FaceveilError, match="crop 'aligned' needs the place of every face"):
        found.embed(images)


def test_a_head_that_learned_makes_other_templates(stored):
    found = open_recognizer(stored, CPU)
    seen = found.see(torch.rand(2, 3, 80, 80))
    head = deepcopy(found.head)
    head.weight.requires_grad_(True)
    assert not head.train().norm.training
    before = found.templates(seen)
    assert np.array_equal(found.templates(seen.numpy(), head), before)
    head(seen)[:, 0].sum().backward()
    with torch.no_grad():
        head.weight -= head.weight.grad
    assert np.abs(found.templates(seen, head) - before).max() > 1e-4
    assert np.array_equal(found.templates(seen), before)


def test_the_batch_changes_no_more_than_rounding(stored):
    found, images = open_recognizer(stored, CPU), torch.rand(5, 3, 80, 80)
    alone = torch.cat([found.see(image[None]) for image in images])
    assert torch.allclose(found.see(images), alone, atol=1e-4)
    assert torch.equal(found.see(images), found.see(images))


def test_a_place_that_is_not_known_is_refused(given):
    with pytest.raises(FaceveilError, match="needs the place of every face"):
        open_recognizer(given, CPU).see(torch.rand(2, 3, 80, 80))


def test_a_feature_that_is_not_finite_is_refused():
    box = Recognizer(card("onnx"), lambda crops: np.full((1, 2), np.nan, np.float32), CPU)
    with pytest.raises(FaceveilError, match="tested: a feature is not finite"):
        box.see(torch.zeros(1, 3, 80, 80))


def test_an_embedding_without_any_length_is_like_nothing():
    box = Recognizer(card("onnx"), lambda crops: np.zeros((1, 2), np.float32), CPU)
    assert box.templates(np.array([[0, 0], [3, 4]], np.float32)).tolist() == [[0, 0], [0.6, 0.8]]


def test_a_missed_check_is_a_refusal_with_its_numbers():
    def refusal(**check):
        return Recognizer(card("onnx", **check), np.asarray, CPU).refusal

    assert refusal(check={**CHECK, "passed": True}) is None
    missed = refusal(check=CHECK)
    assert missed.startswith("tested: told 90.0% of 200 pairs of curated rightly, expected 97")
    assert "\n" not in missed
    assert "not been checked" in refusal()


def test_the_fingerprint_speaks_of_weights_and_view_and_not_of_what_was_measured(tmp_path):
    made, prints = network("resnet18"), set()
    for name, values in {"one": {}, "two": {"measured": {"auc": 0.5}}}.items():
        save_recognizer(tmp_path / name, made, card("resnet18", **values))
        prints.add(recognizer_fingerprint(tmp_path / name))
    assert prints == {open_recognizer(tmp_path / "one", CPU).fingerprint}
    save_recognizer(tmp_path / "view", made, card("resnet18", size=96))
    made.head.weight.data[0, 0] += 1
    save_recognizer(tmp_path / "weights", made, card("resnet18"))
    prints |= {recognizer_fingerprint(tmp_path / name) for name in ("view", "weights")}
    assert len(prints) == 3


def test_another_file_than_the_cards_is_refused(given):
    with (given / "model.onnx").open("ab") as file:
        file.write(b"0")
    with pytest.raises(FaceveilError, match=r"model\.onnx: not the file that its card speaks of"):
        open_recognizer(given, CPU)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: "{", "a damaged card"),
        (lambda c: json.dumps({k: v for k, v in c.items() if k != "view"}), "a damaged card"),
        (lambda c: json.dumps({k: v for k, v in c.items() if k != "crop"}), "lacks 'crop'"),
        (lambda c: json.dumps({**c, "architecture": "vgg"}), "no architecture 'vgg'"),
        (lambda c: json.dumps({**c, "architecture": "resnet18"}), "fit another network"),
    ],
)
def test_a_wrong_card_is_one_line(stored, change, message):
    path = stored / "card.json"
    path.write_text(change(json.loads(path.read_text())))
    with pytest.raises(FaceveilError, match=message) as refusal:
        open_recognizer(stored, CPU)
    assert "\n" not in str(refusal.value)


def test_a_missing_recognizer_is_one_line(tmp_path, stored):
    for read in (lambda folder: open_recognizer(folder, CPU), recognizer_fingerprint):
        again = f"run `dvc repro prepare_recognizer@{tmp_path.name}`"
        with pytest.raises(FaceveilError, match=f"no such card; {again}"):
            read(tmp_path)
    (stored / "recognizer.safetensors").unlink()
    with pytest.raises(FaceveilError, match="no such weights"):
        open_recognizer(stored, CPU)


def test_an_interrupted_write_leaves_the_former_recognizer(stored, tmp_path):
    former = recognizer_fingerprint(stored)
    with pytest.raises(TypeError):
        save_recognizer(stored, network("resnet18"), card("resnet18", bad=object()))
    with pytest.raises(FileNotFoundError):
        save_recognizer(stored, tmp_path / "absent.onnx", card("onnx"))
    assert recognizer_fingerprint(stored) == former
    assert [path.name for path in tmp_path.iterdir()] == ["stored"]
