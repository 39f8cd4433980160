"""Trained textures on disk: what is written is read again, and nothing else is taken for it."""

import json

import pytest
import torch
from safetensors.torch import save
from torch import nn

from faceveil.params.errors import FaceveilError
from faceveil.params.train_texture import TrainTexture
from faceveil.protection.methods.design import Design
from faceveil.protection.methods.shuffled import Shuffled
from faceveil.protection.methods.untrained import Untrained
from faceveil.protection.textures.files import (
    TEXTURES,
    FoundTextures,
    read_textures,
    write_found,
)


def found(seed):
    textures, starts = torch.rand(2, 2, 3, 8, 10, generator=torch.Generator().manual_seed(seed))
    curves = [{"likeness": 1.5, "roughness": 0.1}, {"likeness": 1.2, "roughness": 0.2}]
    return FoundTextures(textures, starts, [3, 1], [0.5, 0.6], [0.0, 0.1], curves)


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "models/gan/universal"
    card = {"experiment": "universal", "settings": TrainTexture().model_dump(mode="json")}
    write_found(place, [found(0), found(1)], nn.Linear(2, 3), card)
    return place


def test_textures_and_starts_are_read_again(folder):
    for number in range(2):
        textures, starts = read_textures(folder / str(number))
        assert torch.equal(textures, found(number).textures)
        assert torch.equal(starts, found(number).starts)


def test_a_card_says_what_they_are(folder):
    card = json.loads((folder / "1/card.json").read_text())
    assert card["experiment"] == "universal"
    assert (card["training"], card["starts"]) == (1, [3, 1])
    assert card["settings"]["steps"] == TrainTexture().steps


def test_designs_are_textures_of_all_trainings_on_the_cloth(folder):
    design, start, shuffled = (
        method(method.Settings()) for method in (Design, Untrained, Shuffled)
    )
    for one in (design, start, shuffled):
        one.read(folder, 7)
        assert one.placement == "mask"
        assert one.variants == 4
    assert torch.equal(design.drawn, torch.cat([found(0).textures, found(1).textures]))
    assert torch.equal(start.drawn, torch.cat([found(0).starts, found(1).starts]))
    mixed = shuffled.pattern(2, 32, 7)
    assert mixed.shape == (3, 8, 10)
    assert not torch.equal(mixed, design.drawn[2])
    colours = [{tuple(c) for c in one.flatten(1).T.tolist()} for one in (mixed, design.drawn[2])]
    assert colours[0] == colours[1]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (None, "no such textures"),
        (b"nothing", "no file of textures"),
        (save({"textures": torch.zeros(1, 3, 4, 4)}), "no file of textures"),
        (
            save({"textures": torch.zeros(1, 4, 4), "starts": torch.zeros(1, 3, 4, 4)}),
            r"textures are \[1, 4, 4\]",
        ),
    ],
    ids=["missing", "damaged", "without starts", "of another shape"],
)
def test_what_holds_no_textures_is_one_line(folder, content, line):
    path = folder / "0" / TEXTURES
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FaceveilError, match=line) as refusal:
        read_textures(folder / "0")
    assert "run `dvc repro" in str(refusal.value) or "float32" in str(refusal.value)
