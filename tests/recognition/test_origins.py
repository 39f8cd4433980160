"""Given weights: every way in, and one clear line for every way that fails."""

from urllib.error import URLError

import pytest
import torch
from facenet_pytorch import InceptionResnetV1
from safetensors.torch import save_file

from faceveil.params.errors import FaceveilError
from faceveil.recognition import origins
from faceveil.recognition.network import View
from faceveil.recognition.origins import PUBLISHED, read_facenet, weights_path

VIEW = View(96, 127.5, 128)
KEY = "params.yaml: recognizers.facenet.weights"


def given_recognizer(weights):
    return read_facenet(weights_path(weights, KEY), VIEW)


@pytest.fixture(scope="module")
def network() -> InceptionResnetV1:
    torch.manual_seed(0)
    return InceptionResnetV1(pretrained=None)


def assert_same(recognizer, network, tolerance=0.0):
    weight = network.last_linear.weight
    assert (recognizer.head.weight - weight).abs().max() <= tolerance
    assert recognizer.head.weight.dtype == torch.float32


def test_half_precision_safetensors_become_float32(network, tmp_path):
    path = tmp_path / "weights.safetensors"
    state = network.state_dict()
    save_file({name: v.half() if v.ndim > 1 else v for name, v in state.items()}, path)
    recognizer = given_recognizer(str(path))
    assert_same(recognizer, network, tolerance=1e-3)


def test_published_checkpoint_loses_its_classifier(network, tmp_path):
    path = tmp_path / "published.pt"
    torch.save({**network.state_dict(), "logits.weight": torch.zeros(3, 512)}, path)
    assert_same(given_recognizer(str(path)), network)


def test_published_name_uses_the_cached_download(network, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    torch.save(network.state_dict(), tmp_path / "checkpoints" / PUBLISHED["casia-webface"])
    assert_same(given_recognizer("casia-webface"), network)


@pytest.mark.parametrize("name", list(PUBLISHED))
def test_without_network_one_line_says_which_file_to_put_where(name, tmp_path, monkeypatch):
    def offline(pretrained):
        raise URLError(f"no network for {pretrained}")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(origins, "InceptionResnetV1", offline)
    with pytest.raises(FaceveilError) as problem:
        given_recognizer(name)
    line = str(problem.value)
    assert str(tmp_path / "checkpoints" / PUBLISHED[name]) in line
    assert "\n" not in line


def test_an_unknown_name_lists_what_is_allowed():
    with pytest.raises(
        FaceveilError,
        match=r"weights: no file 'vggface'; .* scratch, vggface2, casia-web",
    ):
        given_recognizer("vggface")


def write_other_shape(path):
    state = {**InceptionResnetV1(pretrained=None).state_dict(), "last_linear.weight": torch.ones(2)}
    save_file(state, path) if path.suffix == ".safetensors" else torch.save(state, path)


class Trap:
    """An object that only a real unpickling would build."""

    def __reduce__(self):
        return (print, ("unpickled",))


WRONG = {
    "shape.safetensors": (write_other_shape, "last_linear.weight"),
    "shape.pt": (write_other_shape, "last_linear.weight"),
    "noise.safetensors": (lambda path: path.write_bytes(b"noise"), "no weights of"),
    "noise.pt": (lambda path: path.write_bytes(b"noise"), "no weights of"),
    "empty.pt": (lambda path: path.write_bytes(b""), "no weights of"),
    "list.pt": (lambda path: torch.save([1], path), "no weights of"),
    "trap.pt": (lambda path: torch.save(Trap(), path), "no weights of"),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_a_file_that_does_not_fit_is_one_clear_line(name, tmp_path, capsys):
    write, expected = WRONG[name]
    write(tmp_path / name)
    with pytest.raises(FaceveilError, match=expected) as problem:
        given_recognizer(str(tmp_path / name))
    assert str(tmp_path / name) in str(problem.value)
    assert "\n" not in str(problem.value)
    assert not capsys.readouterr().out
