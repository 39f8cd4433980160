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
from faceveil.runtime.checkpoints import nested
from faceveil.runtime.ranks import joined, present_ranks
from tests.protection.designs.small_world import (
    SOURCES,
    SmallRecognizer,
    data,
    gan,
    surrogate,
)

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


def main(folder: Path) -> None:
    """Do every training as one rank and write what came out, a file each."""
    torch.set_num_threads(1)
    os.environ["DVC_ROOT"] = str(folder)  # where all ranks keep their checkpoints
    with joined(CPU):
        for name in RUNS:
            for epochs in (1, 4):
                found = {key: value.contiguous() for key, value in train(name, epochs).items()}
                save_file(found, folder / f"{name}-{epochs}-{present_ranks().rank}.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
