"""The generator of textures: what it draws, from what, and what is read from disk."""

import json
import time

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save

from faceveil.params.errors import FaceveilError
from faceveil.protection.textures.files import TEXTURES, read_textures
from faceveil.protection.textures.generator import (
    WEIGHTS,
    Shape,
    TextureGenerator,
    read_generator,
    wearer_features,
)
from faceveil.runtime.seeding import generator_for
from faceveil.store.embeddings import EmbeddingTable, write_embeddings
from faceveil.store.texture_file import read_texture
from tests.protection.textures.generator_world import SHAPE, untrained, write_untrained

TARGET = {"name": "facenet", "fingerprint": "f" * 64}


@pytest.mark.parametrize(("height", "width"), [(126, 144), (8, 8), (9, 23)])
def test_it_begins_at_its_starts_whatever_it_is_given(height, width):
    generator = TextureGenerator(Shape(**{**vars(SHAPE), "height": height, "width": width}))
    generator.begin_from(0.1 + 0.8 * torch.rand(2, 3, height, width))
    drawn = generator(torch.randn(4, 5), torch.tensor([0, 1, 1, 0]))
    assert torch.equal(drawn, generator.starts[[0, 1, 1, 0]])


def test_designs_lie_in_the_printers_range_and_differ():
    generator = untrained()
    drawn = generator(*generator.latents(6, generator_for(1, "x")))
    assert drawn.shape == (6, 3, 20, 22)
    assert (drawn.min(), drawn.max()) == (pytest.approx(0.05), pytest.approx(0.93))
    assert (drawn[0] - drawn[2]).abs().mean() > 0.05  # of the same start


def test_a_design_does_not_depend_on_those_beside_it():
    generator = untrained()
    numbers, starts = generator.latents(6, generator_for(1, "x"))
    drawn = generator.textures(numbers, starts)
    for some in ([3], [5, 0, 2]):
        assert torch.equal(generator.textures(numbers[some], starts[some]), drawn[some])
    assert torch.allclose(generator(numbers, starts), drawn, atol=1e-6)


def test_the_first_latents_of_a_stream_are_in_more_of_them_and_starts_take_turns():
    generator = untrained()
    few, starts = generator.latents(3, generator_for(1, "x"))
    many, _ = generator.latents(8, generator_for(1, "x"))
    assert torch.equal(few, many[:3])
    assert starts.tolist() == [0, 1, 0]
    assert generator.latents(3, generator_for(1, "x"), first=1)[1].tolist() == [1, 0, 1]


def test_what_all_features_have_in_common_says_nothing():
    features = torch.nn.functional.normalize(torch.randn(9, 5), dim=1)
    one, other = (TextureGenerator(SHAPE) for _ in range(2))
    other.load_state_dict(one.state_dict())
    for generator in (one, other):
        torch.nn.init.constant_(generator.finer[-1].weight, 0.01)
    starts = torch.zeros(9, dtype=torch.int64)
    one.begin_from(torch.full((2, 3, 20, 22), 0.5), features)
    other.begin_from(torch.full((2, 3, 20, 22), 0.5), features * 3 + 7)
    assert one(features, starts).std(0).mean() > 1e-3
    assert torch.allclose(one(features, starts), other(features * 3 + 7, starts), atol=1e-3)


def test_numbers_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"numbers are \[2, 5\], not \[2, 4\]"):
        untrained()(torch.zeros(2, 4), torch.zeros(2, dtype=torch.int64))


def test_what_is_written_is_read_again(tmp_path):
    folder = write_untrained(tmp_path / "x", TARGET)
    for number in range(2):
        found, target = read_generator(folder / str(number))
        assert target == TARGET
        assert found.shape == SHAPE
        wanted = untrained(number).state_dict()
        assert all(torch.equal(value, wanted[key]) for key, value in found.state_dict().items())
    card = json.loads((folder / "1/card.json").read_text())
    assert (card["training"], card["target"], card["shape"]["starts"]) == (1, TARGET, 2)
    files = {"card.json", "head.safetensors", WEIGHTS}
    assert {path.name for path in (folder / "1").iterdir()} == files | {TEXTURES}


def test_textures_that_anybody_may_wear_lie_beside_their_generator(tmp_path):
    folder = write_untrained(tmp_path / "x", TARGET, height=42, width=48)
    textures, starts = read_textures(folder / "1")
    assert torch.equal(
        starts, untrained(1, height=42, width=48).starts[[0, 1, 0]].clamp(0.05, 0.93)
    )
    printed = read_texture(folder / "1" / TEXTURES, number=2)
    assert np.array_equal(printed, textures[2].numpy())


def test_those_from_wearers_features_are_nobody_elses(tmp_path):
    folder = write_untrained(tmp_path / "x", TARGET, conditioned_on="wearer", starts=1)
    assert not (folder / "0" / TEXTURES).exists()


def test_features_are_those_of_enrolled_faces_joined_by_id(tmp_path):
    vectors = torch.nn.functional.normalize(torch.randn(3, 4), dim=1).numpy()
    rows = pd.DataFrame({"subject_id": ["c", "a", "b"], "image_id": ["c", "a", "b"]})
    table = EmbeddingTable(rows, vectors, vectors)
    write_embeddings(tmp_path / "facenet/unmasked", table, TARGET["fingerprint"])
    found = wearer_features(tmp_path, TARGET, ["a", "c"])
    assert torch.equal(found, torch.from_numpy(vectors[[1, 0]]))
    with pytest.raises(FaceveilError, match="no embedding of subject 'd'"):
        wearer_features(tmp_path, TARGET, ["a", "d"])
    with pytest.raises(FaceveilError, match="made by recognizer ffffffffffff, but the one in use"):
        wearer_features(tmp_path, {**TARGET, "fingerprint": "0" * 64}, ["a"])


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (None, "no such weights"),
        (b"nothing", "not a safetensors file"),
        (save({"w": torch.zeros(1)}), "generator None is unknown; allowed: start_and_conv"),
    ],
    ids=["missing", "damaged", "of another network"],
)
def test_what_holds_no_generator_is_one_line(tmp_path, content, line):
    folder = write_untrained(tmp_path / "x", TARGET, trainings=1)
    (folder / "0" / WEIGHTS).unlink()
    if content is not None:
        (folder / "0" / WEIGHTS).write_bytes(content)
    with pytest.raises(FaceveilError, match=line):
        read_generator(folder / "0")


def test_a_design_of_ones_own_takes_less_than_50_ms_of_one_thread():
    """At the size of the profile, whose recognizers' features are 512 numbers."""
    generator = TextureGenerator(Shape("wearer", 512, 32, 16, 1, 126, 144, 0.05, 0.93)).eval()
    before, seconds = torch.get_num_threads(), []
    torch.set_num_threads(1)
    try:
        for _ in range(5):
            start = time.process_time()
            generator.textures(torch.zeros(1, 512), torch.zeros(1, dtype=torch.int64))
            seconds.append(time.process_time() - start)
    finally:
        torch.set_num_threads(before)
    assert min(seconds) < 0.05
