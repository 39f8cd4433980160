"""The stage ``embed_translated``: translated photos in, what every recognizer sees of them out."""

from pathlib import Path

import pytest
import torch

from faceveil.recognition.recognizer import open_recognizer
from faceveil.store.embeddings import read_embeddings
from faceveil.store.photos import read_rows
from tests.stages.declared import enter, refused, succeed
from tests.stages.worn_world import RECOGNIZERS


@pytest.fixture
def at(translated_world, here):
    return lambda without="": enter(translated_world, "embed_translated", "paired", without)


def test_every_recognizer_sees_every_store(at):
    at()
    [out] = succeed("embed_translated", "paired")
    for store in ("put_on", "back", "plain", "exp1"):
        rows = read_rows(Path("data/translated/paired") / store)
        for name in RECOGNIZERS:
            stored = open_recognizer(Path("models/recognizers") / name, torch.device("cpu"))
            table = read_embeddings(out / store / name, stored.fingerprint)
            assert table.rows["image_id"].tolist() == rows["image_id"].tolist()


def test_a_missing_recognizer_is_one_line(at):
    at(without="models/recognizers")
    assert "no such card; run `dvc repro prepare_recognizer@" in refused(
        "embed_translated", "paired"
    )
