"""A stored partner comes back the same, frozen; a damaged one is one line."""

import json

import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.recognition.architectures import build_network
from faceveil.recognition.network import View
from faceveil.recognition.partner import load_partner, save_partner
from faceveil.recognition.store import recognizer_fingerprint

CARD = {"name": "partner1", "architecture": "mobilefacenet"}


@pytest.fixture
def stored(tmp_path):
    torch.manual_seed(0)
    network = build_network("mobilefacenet", View(48, 127.5, 128)).freeze()
    save_partner(tmp_path / "partner1", network, CARD)
    return tmp_path / "partner1", network


def test_round_trip(stored):
    folder, network = stored
    restored = load_partner(folder)
    images = torch.rand(2, 3, 80, 80)
    assert torch.equal(restored.embed(images), network.embed(images))
    assert not restored.training
    assert not any(parameter.requires_grad for parameter in restored.parameters())
    card = json.loads((folder / "card.json").read_text())
    assert card["view"] == {"input_size": 48, "mean": 127.5, "scale": 128}
    assert card["sha256"] == recognizer_fingerprint(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "a damaged card"),
        ("{}", "no card of a recognizer"),
        ('{"architecture": "vgg", "view": {"input_size": 48, "mean": 0, "scale": 1}}', "no arch"),
        ('{"architecture": "resnet18", "view": {"size": 48}}', "no card of a recognizer"),
        (
            '{"architecture": "resnet18", "view": {"input_size": 48, "mean": 0, "scale": 1}}',
            "these weights fit another network",
        ),
    ],
)
def test_a_wrong_card_is_one_line(stored, text, message):
    folder, _ = stored
    (folder / "card.json").write_text(text)
    with pytest.raises(FaceveilError, match=message):
        load_partner(folder)


def test_a_missing_partner_is_one_line(tmp_path):
    with pytest.raises(FaceveilError, match=r"card\.json: no such card; run the stage"):
        load_partner(tmp_path)
