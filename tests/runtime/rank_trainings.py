"""Trainings that one process and several do alike; as a program, one of several processes."""

import os
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from faceveil.protection.designs.inputs import GanInputs
from faceveil.protection.designs.mask_gan import trained
from faceveil.protection.translation.training import train as learn_to_translate
from faceveil.protection.translation.translator import translate_each
from faceveil.runtime.checkpoints import nested
from faceveil.runtime.ranks import joined, present_ranks
from tests.protection.designs.small_world import (
    SOURCES,
    SmallRecognizer,
    data,
    gan,
    surrogate,
)
from tests.protection.translation.small_domains import CYCLEGAN, PAIRED, small_training

CPU = torch.device("cpu")
RUNS: dict[str, dict[str, Any]] = {
    "exp0": {"recognizer_learns_from": SOURCES["exp0"]},
    "exp3": {"recognizer_learns_from": SOURCES["exp3"]},
    "exp3_sampled": {"recognizer_learns_from": SOURCES["exp3"], "gallery_people": 5},
    "even_batches": {"recognizer_learns_from": SOURCES["exp3"], "batch_size": 4},
    "one_design": {"recognizer_learns_from": SOURCES["exp1"], "designs_per_batch": 1},
    "twice": {"recognizer_learns_from": SOURCES["exp3"], "trainings": 2},
}
"""Seven people in batches of three: the last batch has one face, fewer than there are ranks."""

BRIEF = {"epochs": 1, "decay_epochs": 0}
"""Three steps: later on, two games that differ by rounding go different ways."""

TRANSLATIONS = {
    "cyclegan": CYCLEGAN.model_copy(update=BRIEF),
    "wgangp": CYCLEGAN.model_copy(update={"gan_loss": "wgangp", **BRIEF}),
    "paired": PAIRED.model_copy(update={"gan_weight": 1.0, "structure": 1.0, "batch_size": 3}),
}
"""Batches of two and three: of three ranks one has no face of its own in the first two."""


def train(name: str, epochs: int) -> dict[str, Tensor]:
    """Train; return weights, optimizers, the gallery's embeddings and the curves, by training."""
    recognizer = SmallRecognizer()
    everybody = data(recognizer)
    settings = gan(epochs=epochs, learning_rate=0.001, **RUNS[name])
    other = surrogate(SmallRecognizer(seed=8))
    inputs = GanInputs(everybody, recognizer, (other,), {})
    found = {}
    with trained(settings, inputs, lambda *_: None) as states, torch.no_grad():
        for number, state in enumerate(states):
            found |= nested(f"{number}", state.snapshot()[0])
            found[f"{number}/gallery"] = state.head(everybody.gallery)
            curves = [list(row.values()) for row in state.curves]
            found[f"{number}/curves"] = torch.tensor(curves)
    return found


def translate(name: str) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Learn to translate; return what came out as photos and terms, and all weights."""
    training, dealer = small_training(TRANSLATIONS[name])
    learn_to_translate(training, dealer)
    photos = torch.from_numpy(dealer.faces.masked).permute(0, 3, 1, 2).float() / 255
    region = torch.from_numpy(dealer.faces.transparency).float()[:, None] / 255
    found = {"terms": torch.tensor([list(one.values()) for one in training.epochs])}
    for direction in ("put_on", "take_off"):
        translator = training.learning.translator(direction).eval()
        found[direction] = translate_each(translator, photos, region)[0]
    return found, training.snapshot()[0]


def main(folder: Path) -> None:
    """Do every training as one rank and write what came out, a file each."""
    torch.set_num_threads(1)
    os.environ["DVC_ROOT"] = str(folder)  # where all ranks keep their checkpoints
    with joined(CPU):
        for name in RUNS:
            for epochs in (1, 4):
                found = {key: value.contiguous() for key, value in train(name, epochs).items()}
                save_file(found, folder / f"{name}-{epochs}-{present_ranks().rank}.safetensors")
        for name in TRANSLATIONS:
            found, weights = translate(name)
            path = folder / f"{name}-{present_ranks().rank}.safetensors"
            everything = {**found, **nested("weights", weights)}
            save_file({key: value.contiguous() for key, value in everything.items()}, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
