"""Tests of the players and of what is written of them."""

import json

import pytest
import torch

from faceveil.protection.designs.generators import load_generator
from faceveil.protection.designs.mask_gan import train_mask_gan
from faceveil.protection.designs.state import SHOWN, Players, write_players
from faceveil.runtime.seeding import generator_for
from faceveil.store.weights import fingerprint, read_weights
from tests.protection.designs.small_world import SIZE, SOURCES, SmallRecognizer, game, people

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def trained():
    recognizer = SmallRecognizer()
    rules = game(recognizer_learns_from=SOURCES["exp3"], epochs=2)
    return train_mask_gan(rules, people(recognizer), recognizer)


def test_written_players_are_read_as_they_were(trained, tmp_path):
    write_players(tmp_path / "exp3", trained, {"experiment": "exp3", "people": {"trained": 7}})
    generator = load_generator(tmp_path / "exp3")
    latents = generator.draw(3, generator_for(0))
    assert torch.equal(generator(latents), trained.generator(latents))
    head = SmallRecognizer().head
    read_weights(tmp_path / "exp3" / "head.safetensors", head)
    assert torch.equal(head.weight, trained.head.weight)
    card = json.loads((tmp_path / "exp3" / "card.json").read_text())
    assert card["experiment"] == "exp3"
    assert card["game"]["recognizer_learns_from"] == list(SOURCES["exp3"])
    assert card["last_epoch"] == trained.curves[-1]
    assert card["head_sha256"] == fingerprint(tmp_path / "exp3" / "head.safetensors")


def test_writing_twice_writes_the_same_bytes(trained, tmp_path):
    for name in ("a", "b"):
        write_players(tmp_path / name, trained, {"experiment": "exp3"})
    for file in ("generator.safetensors", "head.safetensors", "card.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_the_state_is_complete(trained):
    fresh = Players(trained.game, SmallRecognizer().head, SIZE, CPU)
    fresh.restore(*trained.state())
    tensors, record = fresh.state()
    expected, expected_record = trained.state()
    assert record == expected_record
    assert tensors.keys() == expected.keys()
    assert all(torch.equal(tensors[name], expected[name]) for name in expected)


def test_the_seed_alone_decides_the_untrained_generator():
    torch.manual_seed(1)
    first = Players(game(), SmallRecognizer().head, SIZE, CPU)
    torch.manual_seed(2)
    second = Players(game(), SmallRecognizer().head, SIZE, CPU)
    other = Players(game(seed=6), SmallRecognizer().head, SIZE, CPU)
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
    fresh = Players(trained.game, SmallRecognizer().head, SIZE, CPU)
    fresh.draw_sheet()
    assert (fresh.sheets[0] == trained.sheets[0]).all()
