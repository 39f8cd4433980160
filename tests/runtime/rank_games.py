"""Games that one process and several play alike; as a program, one of several processes."""

import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from faceveil.protection.designs.ensemble import enroll_partner
from faceveil.protection.designs.mask_gan import train_mask_gan
from faceveil.runtime.ranks import joined, present_ranks
from tests.protection.designs.small_world import (
    SOURCES,
    TRAINED,
    SmallRecognizer,
    game,
    people,
    photos,
)

CPU = torch.device("cpu")
GAMES: dict[str, dict[str, Any]] = {
    "exp0": {"recognizer_learns_from": SOURCES["exp0"]},
    "exp3": {"recognizer_learns_from": SOURCES["exp3"]},
    "exp3_sampled": {"recognizer_learns_from": SOURCES["exp3"], "gallery_people": 5},
    "even_batches": {"recognizer_learns_from": SOURCES["exp3"], "batch_size": 4},
    "one_design": {"recognizer_learns_from": SOURCES["exp1"], "designs_per_batch": 1},
}
"""Seven people in batches of three: the last batch has one face, fewer than there are ranks."""


def play(name: str, epochs: int) -> dict[str, Tensor]:
    """Play a game; return weights, optimizers, the gallery's embeddings and the curves."""
    recognizer = SmallRecognizer()
    everybody = people(recognizer)
    rules = game(epochs=epochs, learning_rate=0.001, **GAMES[name])
    training = everybody.subject_ids[:TRAINED]
    partner = enroll_partner(SmallRecognizer(seed=8), photos(1, ""), training, CPU)
    players = train_mask_gan(rules, everybody, recognizer, partners=[partner])
    curves = torch.tensor([list(row.values()) for row in players.curves])
    with torch.no_grad():
        gallery = players.head(everybody.gallery)
    return {**players.state()[0], "gallery": gallery, "curves": curves}


def main(folder: Path) -> None:
    """Play every game as one rank and write what came out, a file each."""
    torch.set_num_threads(1)
    with joined(CPU):
        for name in GAMES:
            for epochs in (1, 4):
                found = {key: value.contiguous() for key, value in play(name, epochs).items()}
                save_file(found, folder / f"{name}-{epochs}-{present_ranks().rank}.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
