"""The generator of textures: what it draws, from what, and what is read from disk."""

import json

import pytest
import torch
from safetensors.torch import save
from torch.utils.flop_counter import FlopCounterMode

from faceveil.params.errors import FaceveilError
from faceveil.protection.textures.generator import (
    WEIGHTS,
    OwnDesigns,
    TextureGenerator,
    read_generator,
)
from faceveil.runtime.seeding import generator_for
from tests.protection.textures.generator_world import SHAPE, untrained, write_untrained

TARGET = {"name": "facenet", "fingerprint": "f" * 64}


@pytest.mark.parametrize(("height", "width"), [(126, 144), (8, 8), (9, 23)])
def test_it_begins_at_its_starts_whatever_it_is_given(height, width):
    generator = TextureGenerator(type(SHAPE)(**{**vars(SHAPE), "height": height, "width": width}))
    generator.begin(0.1 + 0.8 * torch.rand(2, 3, height, width))
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
    alone = torch.cat([generator(numbers[k : k + 1], starts[k : k + 1]) for k in range(6)])
    assert torch.allclose(generator(numbers, starts), alone, atol=1e-6)


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
    one.begin(torch.full((2, 3, 20, 22), 0.5), features)
    other.begin(torch.full((2, 3, 20, 22), 0.5), features * 3 + 7)
    assert one(features, starts).std(0).mean() > 1e-3
    assert torch.allclose(one(features, starts), other(features * 3 + 7, starts), atol=1e-3)


def test_numbers_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"numbers are \[2, 5\], not \[2, 4\]"):
        untrained()(torch.zeros(2, 4), torch.zeros(2, dtype=torch.int64))


def test_own_designs_are_drawn_by_training_and_person():
    generators = [untrained(seed, conditioned_on="wearer", starts=1) for seed in range(2)]
    features = torch.nn.functional.normalize(torch.randn(3, 5), dim=1)
    designs = OwnDesigns(generators, features, torch.zeros(3, dtype=torch.int64))
    assert len(designs) == 6
    for variant in range(6):
        wanted = generators[variant // 3](features[variant % 3][None], torch.tensor([0]))[0]
        assert torch.equal(designs[variant], wanted)


def test_own_designs_lie_around_starts_of_their_own():
    generator = untrained()
    for parameter in generator.parameters():
        parameter.zero_()  # nothing is drawn: designs are their starts
    designs = OwnDesigns([generator], torch.zeros(3, 5), torch.tensor([1, 0, 1]))
    for variant, start in enumerate((1, 0, 1)):
        assert torch.equal(designs[variant], generator.starts[start].clamp(0.05, 0.93))


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
    assert sorted(path.name for path in (folder / "1").iterdir()) == [
        "card.json", "head.safetensors", WEIGHTS,
    ]  # fmt: skip


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


def test_a_texture_for_anybody_costs_a_few_operations():
    """At the default size: at ten thousand million operations a second, less than 50 ms."""
    shape = type(SHAPE)("wearer", 512, 32, 16, 1, 126, 144, 0.05, 0.93)
    counter = FlopCounterMode(display=False)
    with counter:
        TextureGenerator(shape).own(torch.zeros(512))
    assert counter.get_total_flops() < 0.05 * 1e10
