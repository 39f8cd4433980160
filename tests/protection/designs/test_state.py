"""Tests of the state and of what is written of it."""

import json
from copy import copy

import pytest
import torch

from faceveil.protection.designs.generators import load_generator
from faceveil.protection.designs.mask_gan import train_mask_gan
from faceveil.protection.designs.state import SHOWN, State, write_trainings
from faceveil.runtime.seeding import generator_for
from faceveil.store.weights import fingerprint, read_weights
from tests.protection.designs.small_world import SIZE, SOURCES, SmallRecognizer, data, gan

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def trained():
    recognizer = SmallRecognizer()
    changes = gan(recognizer_learns_from=SOURCES["exp3"], epochs=2)
    return train_mask_gan(changes, data(recognizer), recognizer)


def test_what_is_written_is_read_as_it_was(trained, tmp_path):
    card = {"experiment": "exp3", "subjects": {"trained": 7}}
    write_trainings(tmp_path / "exp3", [trained, trained], card)
    for number in ("0", "1"):
        folder = tmp_path / "exp3" / number
        generator = load_generator(folder)
        latents = generator.draw(3, generator_for(0))
        assert torch.equal(generator(latents), trained.generator(latents))
        head = SmallRecognizer().head
        read_weights(folder / "head.safetensors", head)
        assert torch.equal(head.weight, trained.head.weight)
        card = json.loads((folder / "card.json").read_text())
        assert (card["experiment"], card["training"]) == ("exp3", int(number))
        assert card["settings"]["recognizer_learns_from"] == list(SOURCES["exp3"])
        assert card["last_epoch"] == trained.curves[-1]
        assert card["head_sha256"] == fingerprint(folder / "head.safetensors")


def test_writing_twice_writes_the_same_bytes(trained, tmp_path):
    for name in ("a", "b"):
        write_trainings(tmp_path / name, [trained], {"experiment": "exp3"})
    for file in ("generator.safetensors", "head.safetensors", "card.json"):
        assert (tmp_path / "a/0" / file).read_bytes() == (tmp_path / "b/0" / file).read_bytes()


def test_all_trainings_are_written_or_none(trained, tmp_path):
    write_trainings(tmp_path / "exp3", [trained], {"experiment": "exp3"})
    broken = copy(trained)
    broken.curves = []
    with pytest.raises(IndexError):
        write_trainings(tmp_path / "exp3", [trained, broken], {"experiment": "other"})
    assert [path.name for path in tmp_path.iterdir()] == ["exp3"]
    assert [path.name for path in (tmp_path / "exp3").iterdir()] == ["0"]
    assert json.loads((tmp_path / "exp3/0/card.json").read_text())["experiment"] == "exp3"


def test_the_state_is_complete(trained):
    fresh = State(trained.settings, SmallRecognizer().head, SIZE, CPU)
    fresh.restore(*trained.snapshot())
    tensors, record = fresh.snapshot()
    expected, expected_record = trained.snapshot()
    assert record == expected_record
    assert tensors.keys() == expected.keys()
    assert all(torch.equal(tensors[name], expected[name]) for name in expected)


def test_the_seed_alone_decides_the_untrained_generator():
    torch.manual_seed(1)
    first = State(gan(), SmallRecognizer().head, SIZE, CPU)
    torch.manual_seed(2)
    second = State(gan(), SmallRecognizer().head, SIZE, CPU)
    other = State(gan(seed=6), SmallRecognizer().head, SIZE, CPU)
    for same, different in zip(
        second.generator.parameters(), other.generator.parameters(), strict=True
    ):
        assert not torch.equal(same, different)
    assert all(
        torch.equal(a, b)
        for a, b in zip(first.generator.parameters(), second.generator.parameters(), strict=True)
    )


def test_a_sheet_shows_the_same_latents_each_time(trained):
    assert all(sheet.shape == (SHOWN, SIZE, SIZE, 3) for sheet in trained.sheets.values())
    fresh = State(trained.settings, SmallRecognizer().head, SIZE, CPU)
    fresh.draw_sheet()
    assert (fresh.sheets[0] == trained.sheets[0]).all()
