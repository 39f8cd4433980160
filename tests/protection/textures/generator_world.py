"""Trainings of generators that take milliseconds; as a program, one of several ranks."""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from faceveil.params.train_generator import TrainGenerator
from faceveil.protection.textures.generate import train_generator
from faceveil.protection.textures.generator import (
    Shape,
    TextureGenerator,
    TrainedGenerator,
    write_generators,
)
from faceveil.protection.textures.seen import Task
from faceveil.runtime.ranks import joined, present_ranks
from tests.protection.textures.texture_world import NO_CONDITIONS, SHORT, SmallWearers, recognizer

SETTINGS = {key: value for key, value in SHORT.items() if key not in {"optimised", "kept"}} | {
    "starts": 2,
    "channels": 4,
    "latent_size": 5,
    "designs_per_step": 4,
}
OWN = {"conditioned_on": "wearer", "starts": 1}
RUNS = {"latent": {}, "wearer": OWN, "few_photos": {"photos_per_step": 1}}
"""Three photos a step for two ranks; then one, so that a rank has none of its own."""

SHAPE = Shape("latent", 5, 5, 4, 2, 20, 22, 0.05, 0.93)


def task(conditions=NO_CONDITIONS, **changes):
    """Return the small task, some settings changed."""
    settings = TrainGenerator.model_validate({**SETTINGS, "conditions": conditions, **changes})
    evaded = [recognizer(seed) for seed in range(2)]
    own = settings.conditioned_on == "wearer"
    return Task(settings, SmallWearers(), evaded, evaded[0].templates if own else None)


def untrained(seed=0, **changes):
    """Return a generator that was never trained but draws all over the starts."""
    torch.manual_seed(seed)
    generator = TextureGenerator(Shape(**{**vars(SHAPE), **changes}))
    for parameter in generator.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    shape = generator.shape
    generator.begin(torch.rand(shape.starts, 3, shape.height, shape.width))
    return generator.eval().requires_grad_(False)


def write_untrained(folder, target, trainings=2, **changes):
    """Write experiments' folders as training would; ``target`` has name and fingerprint."""
    made = [
        TrainedGenerator(untrained(seed, **changes), (None, None), {}, [])
        for seed in range(trainings)
    ]
    write_generators(folder, made, torch.nn.Linear(2, 3), {"experiment": "x", "target": target})
    return folder


def train(name):
    """Train and return the weights and the curves of likeness."""
    found = train_generator(task(**RUNS[name]))
    values = [[row["likeness"], row["strangers_likeness"]] for row in found.curves]
    return {**found.generator.state_dict(), "curves": torch.tensor(values)}


if __name__ == "__main__":
    torch.set_num_threads(1)
    with joined(torch.device("cpu")):
        for run in RUNS:
            outcome = {key: value.contiguous() for key, value in train(run).items()}
            save_file(outcome, Path(sys.argv[1]) / f"{run}-{present_ranks().rank}.safetensors")
