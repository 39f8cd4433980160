"""Trainings that one process and several do alike; as a program, one of several processes."""

import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from faceveil.protection.designs.mask_gan import train_mask_gan
from faceveil.protection.designs.training_data import enroll_in_surrogate
from faceveil.runtime.ranks import joined, present_ranks
from tests.protection.designs.small_world import (
    SOURCES,
    TRAINED,
    SmallRecognizer,
    data,
    gan,
    photos,
)

CPU = torch.device("cpu")
RUNS: dict[str, dict[str, Any]] = {
    "exp0": {"recognizer_learns_from": SOURCES["exp0"]},
    "exp3": {"recognizer_learns_from": SOURCES["exp3"]},
    "exp3_sampled": {"recognizer_learns_from": SOURCES["exp3"], "gallery_people": 5},
    "even_batches": {"recognizer_learns_from": SOURCES["exp3"], "batch_size": 4},
    "one_design": {"recognizer_learns_from": SOURCES["exp1"], "designs_per_batch": 1},
}
"""Seven people in batches of three: the last batch has one face, fewer than there are ranks."""


def train(name: str, epochs: int) -> dict[str, Tensor]:
    """Train; return weights, optimizers, the gallery's embeddings and the curves."""
    recognizer = SmallRecognizer()
    everybody = data(recognizer)
    settings = gan(epochs=epochs, learning_rate=0.001, **RUNS[name])
    training = everybody.subject_ids[:TRAINED]
    surrogate = enroll_in_surrogate(SmallRecognizer(seed=8), photos(1, ""), training, CPU)
    state = train_mask_gan(settings, everybody, recognizer, surrogates=[surrogate])
    curves = torch.tensor([list(row.values()) for row in state.curves])
    with torch.no_grad():
        gallery = state.head(everybody.gallery)
    return {**state.snapshot()[0], "gallery": gallery, "curves": curves}


def main(folder: Path) -> None:
    """Do every training as one rank and write what came out, a file each."""
    torch.set_num_threads(1)
    with joined(CPU):
        for name in RUNS:
            for epochs in (1, 4):
                found = {key: value.contiguous() for key, value in train(name, epochs).items()}
                save_file(found, folder / f"{name}-{epochs}-{present_ranks().rank}.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
