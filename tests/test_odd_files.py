"""Damaged and odd files: each loader reads them or ends with one line, and writes nothing."""

import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from facenet_pytorch.models.inception_resnet_v1 import InceptionResnetV1
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import save
from typer.testing import CliRunner

from faceveil.collection import images, index
from faceveil.collection.layouts import TRUTH
from faceveil.collection.score import read_truth
from faceveil.evaluation.results import SCHEMA, read_results
from faceveil.evaluation.thresholds import Threshold, read_thresholds
from faceveil.masks import templates
from faceveil.params.profiles import merged_text
from faceveil.params.whole_file import read_params
from faceveil.printing.read_print import read_table
from faceveil.protection.textures.files import TEXTURES, read_textures
from faceveil.recognition import dlib_resnet, origins, sface
from faceveil.recognition.network import View
from faceveil.recognition.onnx_model import OnnxModel
from faceveil.recognition.recognizer import CARD, read_recognizer_card
from faceveil.runtime.checkpoints import Checkpoint
from faceveil.store import found_faces, packaged_file, photos
from faceveil.store.embeddings import read_embeddings
from faceveil.store.faces import open_array, open_faces
from faceveil.store.groups import COLUMNS as GROUP_COLUMNS
from faceveil.store.groups import read_groups
from faceveil.store.protocol import ENROLLMENTS, read_roles
from faceveil.store.texture_file import read_texture
from faceveil.store.weights import read_card, read_weights
from stages._stage import command
from tests.conftest import ROOT
from tests.recognition.test_dlib_resnet import layer, number
from tests.recognition.tiny_onnx import SIZE, write_embedder

PLACE = Path("here")
"""Where a loader looks, below the folder that a test runs in."""


class Loader(NamedTuple):
    """What reads a file of a name in :data:`PLACE`, and a sound file to begin with."""

    name: str
    read: Callable[[], object]
    sound: bytes


def picture(mode: str, *size: int, form: str = "PNG") -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    if mode == "RGBA":
        pixels[..., 3] = 0
        pixels[size[0] // 4 : -size[0] // 4, size[1] // 8 : -size[1] // 8, 3] = 255
    image = Image.fromarray(pixels.astype(np.uint16) * 257 if mode == "I;16" else pixels)
    image.save(content := io.BytesIO(), format=form)
    return content.getvalue()


def array() -> bytes:
    np.save(content := io.BytesIO(), np.zeros((2, 8, 8, 3), np.uint8))
    return content.getvalue()


def pickled() -> bytes:
    torch.save(STATE, content := io.BytesIO())
    return content.getvalue()


def embedder() -> bytes:
    path = write_embedder(Path("embedder.onnx"))
    content = path.read_bytes()
    path.unlink()
    return content


def parquet(schema: pa.Schema | None = None, **columns: object) -> bytes:
    table = pd.DataFrame(columns, index=[0]) if schema is None else schema.empty_table().to_pandas()
    table.to_parquet(content := io.BytesIO(), index=False)
    return content.getvalue()


def csv(*columns: str, **values: object) -> bytes:
    row = dict.fromkeys(columns, "a") | values
    return pd.DataFrame([row, row | {columns[0]: "b"}]).to_csv(index=False).encode()


def asked(path: Path) -> None:
    view = View(SIZE, 127.5, 128)
    OnnxModel(path, view)(torch.rand(2, 3, SIZE, SIZE))


STATE = {"last_linear.weight": torch.rand(2, 2), "conv2d_1a.conv.weight": torch.rand(32, 3, 3, 3)}
VIEW = View(80, 127.5, 128)
CARD_OF = {"name": "a", "role": "judge", "architecture": "onnx", "crop": "frame", "sha256": "0",
           "view": {"input_size": 32, "mean": 0, "scale": 1}}  # fmt: skip
DLIB = (layer("con_4", [1, 2, 3]) + layer("affine_", [1, 2])
        + layer("fc_2", [1] * 128, number(2) + number(1)))  # fmt: skip
TEXTURE = save({"textures": torch.rand(2, 3, 42, 48), "starts": torch.rand(2, 3, 42, 48)})


def packaged() -> None:
    file = packaged_file.PackagedFile("a", "1", "a.bin", "0" * 64, "MIT")
    file.path("a", "params.yaml: recognizers.a.weights")


LOADERS: dict[str, Callable[[], Loader]] = {
    "onnx": lambda: Loader("a.onnx", partial(asked, PLACE / "a.onnx"), embedder()),
    "safetensors": lambda: Loader(
        "a.safetensors", partial(origins.read_facenet, PLACE / "a.safetensors", VIEW), save(STATE)
    ),
    "pt": lambda: Loader("a.pt", partial(origins.read_facenet, PLACE / "a.pt", VIEW), pickled()),
    "stored weights": lambda: Loader(
        "a.safetensors",
        partial(read_weights, PLACE / "a.safetensors", torch.nn.Linear(3, 2)),
        save(torch.nn.Linear(3, 2).state_dict(), {"card": '{"architecture": "a"}'}),
    ),
    "card of weights": lambda: Loader(
        "a.safetensors",
        partial(read_card, PLACE / "a.safetensors"),
        save({"a": torch.zeros(1)}, {"card": '{"architecture": "a"}'}),
    ),
    "dlib": lambda: Loader("a.dat", partial(dlib_resnet.read_dlib, PLACE / "a.dat"), DLIB),
    "sface": lambda: Loader("a.onnx", partial(sface.read_sface, PLACE / "a.onnx"), embedder()),
    "packaged": lambda: Loader("a.bin", packaged, DLIB),
    "card": lambda: Loader(
        CARD, partial(read_recognizer_card, PLACE), json.dumps(CARD_OF).encode()
    ),
    "checkpoint": lambda: Loader(
        "a.safetensors",
        Checkpoint(PLACE / "a.safetensors").load,
        save({"a": torch.zeros(2)}, {"record": '{"step": 1}'}),
    ),
    "textures": lambda: Loader(TEXTURES, partial(read_textures, PLACE), TEXTURE),
    "texture": lambda: Loader(
        "a.safetensors", partial(read_texture, PLACE / "a.safetensors"), TEXTURE
    ),
    "texture in PNG": lambda: Loader(
        "a.png", partial(read_texture, PLACE / "a.png"), picture("RGB", 42, 48, 3)
    ),
    "templates": lambda: Loader(
        "a.png", partial(templates.open_templates, str(PLACE), 0), picture("RGBA", 64, 64, 4)
    ),
    "truth": lambda: Loader(
        TRUTH, partial(read_truth, PLACE), csv("path", "worn", "flaw", "subject_id")
    ),
    "groups": lambda: Loader(
        "a.csv", partial(read_groups, PLACE / "a.csv"), csv(*GROUP_COLUMNS)
    ),
    "protocol": lambda: Loader(
        "enrollments.csv", partial(read_roles, PLACE), csv(*ENROLLMENTS, role="train")
    ),
    "thresholds": lambda: Loader(
        "a.csv", partial(read_thresholds, PLACE / "a.csv"), csv(*Threshold.__dataclass_fields__)
    ),
    "faces found": lambda: Loader(
        "a.parquet",
        partial(found_faces.read_found, PLACE / "a.parquet"),
        parquet(**dict.fromkeys(found_faces.ABOUT, "a"), mtcnn=True),
    ),
    "results": lambda: Loader("results.parquet", partial(read_results, PLACE), parquet(SCHEMA)),
    "index": lambda: Loader(
        "a.parquet", partial(index.read_index, PLACE / "a.parquet"), parquet(index.SCHEMA)
    ),
    "embeddings": lambda: Loader(
        "part-00000.parquet", partial(read_embeddings, PLACE, "0"), parquet(subject_id="a")
    ),
    "rows": lambda: Loader(
        "rows.parquet",
        partial(photos.read_rows, PLACE),
        parquet(**dict.fromkeys(photos.COLUMNS, "a")),
    ),
    "rows of faces": lambda: Loader(
        "rows.parquet", partial(open_faces, Path(), PLACE.name), parquet(subject_id="a")
    ),
    "array": lambda: Loader(
        "a.npy", partial(open_array, PLACE / "a.npy", "run `dvc repro`"), array()
    ),
    "params": lambda: Loader(
        "params.yaml",
        partial(read_params, PLACE / "params.yaml"),
        (ROOT / "params.yaml").read_bytes(),
    ),
    "profile": lambda: Loader(
        "a.yaml",
        partial(merged_text, ROOT / "params.yaml", PLACE / "a.yaml"),
        (ROOT / "profiles/lfw.yaml").read_bytes(),
    ),
    "colour table": lambda: Loader(
        "a.json", partial(read_table, PLACE / "a.json"), b'{"coefficients": [[1, 2], [3, 4]]}'
    ),
}  # fmt: skip
"""What reads a file that people give or may damage."""

IMAGES = {
    "read_image": picture("RGB", 40, 40, 3),
    "read_header": picture("RGB", 40, 40, 3, form="JPEG"),
    "read_cutout": picture("RGBA", 40, 40, 4),
    "read_alpha": picture("RGBA", 40, 40, 4),
    "read_labels": picture("L", 40, 40),
    "read_stacked": picture("I;16", 96, 32),
}

MANY = pytest.mark.parametrize("many", [20, pytest.param(200, marks=pytest.mark.slow)])


def tries(many: int, content: st.SearchStrategy[bytes]) -> Callable[..., Any]:
    """Let a test be tried with so many contents, the same each time."""
    options = settings(
        max_examples=many,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    return lambda test: options(given(content)(test))


def damaged(sound: bytes) -> st.SearchStrategy[bytes]:
    """Return files that were a sound one: cut off, changed, longer, shorter; and other bytes."""
    place = st.integers(0, len(sound))
    near = st.integers(0, min(len(sound), 200))  # formats say at their beginning what follows
    other = st.binary(min_size=1, max_size=16)
    return st.one_of(
        st.binary(max_size=64),
        place.map(lambda at: sound[:at]),
        st.builds(lambda at, new: sound[:at] + new + sound[at + len(new) :], place, other),
        st.builds(lambda at, new: sound[:at] + new + sound[at + len(new) :], near, other),
        st.builds(lambda at, new: sound[:at] + new + sound[at:], near, other),
        st.builds(lambda at, to: sound[:at] + sound[to:], place, place),
        st.sampled_from([TEXTURE, DLIB, *IMAGES.values(), b"a,b\n1,2\n", b"{}", b"\x00" * 4096]),
    )


@pytest.fixture(scope="module")
def networks():
    return InceptionResnetV1(), dlib_resnet.dlib_layers(), sface.sface_layers()


@pytest.fixture
def here(tmp_path, monkeypatch, networks):
    """An empty folder; what a loader builds before it reads is built once."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / PLACE).mkdir()
    network, dlib, small = networks
    monkeypatch.setattr(origins, "InceptionResnetV1", lambda **_: network)
    monkeypatch.setattr(dlib_resnet, "dlib_layers", lambda: dlib)
    monkeypatch.setattr(sface, "sface_layers", lambda: small)
    found = SimpleNamespace(locate_file=lambda file: PLACE / file)
    monkeypatch.setattr(packaged_file, "distribution", lambda _: found)
    return tmp_path / PLACE


def ended(read: Callable[[], object]) -> tuple[int, str]:
    """Return status and output of a stage that reads a file and does nothing else."""
    templates._open.cache_clear()

    def stage() -> None:
        read()

    result = CliRunner().invoke(command(stage), [])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def told_in_one_line(status: int, output: str) -> bool:
    return status == 1 and output.startswith("stage: ") and output.count("\n") == 1


@MANY
@pytest.mark.parametrize("kind", LOADERS)
def test_a_damaged_file_is_read_or_told_in_one_line(kind, many, here, capfd):
    loader = LOADERS[kind]()
    told = []

    @tries(many, damaged(loader.sound))
    def tried(content):
        (here / loader.name).write_bytes(content)
        status, output = ended(loader.read)
        assert (status, output) == (0, "") or told_in_one_line(status, output)
        assert len(output) < 800
        told.append(status)
        assert [path.name for path in here.iterdir()] == [loader.name]

    tried()
    assert sum(told) > 5
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", LOADERS)
@pytest.mark.parametrize("odd", ["nothing", "folder", "nowhere", "round"])
def test_what_is_no_file_is_told_in_one_line(kind, odd, here):
    loader = LOADERS[kind]()
    path = here / loader.name
    if odd == "folder":
        path.mkdir()
    elif odd in ("nowhere", "round"):
        path.symlink_to("absent" if odd == "nowhere" else path.name)
    status, output = ended(loader.read)
    # Nobody needs to know the truth, nor to go on from a checkpoint.
    assert told_in_one_line(status, output) or kind in ("truth", "checkpoint")
    assert (here / "absent").exists() is False


@MANY
@pytest.mark.parametrize("kind", IMAGES)
def test_a_damaged_image_is_read_or_has_a_reason(kind, many, here, recwarn):
    path = here / "a.png"

    @tries(many, damaged(IMAGES[kind]))
    def tried(content):
        path.write_bytes(content)
        try:
            getattr(images, kind)(path)
        except images.UnreadableImageError as reason:
            assert str(reason) in images.REASONS

    tried()
    assert not [one for one in recwarn.list if one.category is not ResourceWarning]
