"""Trainings of generators that take milliseconds; as a program, one of several ranks."""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from faceveil.params.train_generator import TrainGenerator
from faceveil.protection.textures.files import write_found
from faceveil.protection.textures.generate import train_generator
from faceveil.protection.textures.generator import (
    Shape,
    TextureGenerator,
    TrainedGenerator,
)
from faceveil.protection.textures.optimise import optimise
from faceveil.protection.textures.seen import Task
from faceveil.runtime.ranks import joined, present_ranks
from tests.protection.textures.texture_world import NO_CONDITIONS, SHORT, SmallWearers, recognizer
from tests.protection.textures.texture_world import task as texture_task

SETTINGS = {key: value for key, value in SHORT.items() if key not in {"optimised", "kept"}} | {
    "starts": 2,
    "channels": 4,
    "latent_size": 5,
    "designs_per_step": 4,
    "kept": 6,
    "strangers": 2.0,
}
OWN = {"conditioned_on": "wearer", "starts": 1}

RUNS = {"latent": {}, "wearer": OWN, "few_photos": {"photos_per_step": 1}, "texture": {}}
"""Three photos a step for two ranks; then one, so that a rank has none of its own."""

KEPT = 3
"""Textures of each training that was none."""

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
    generator.begin_from(torch.rand(shape.starts, 3, shape.height, shape.width))
    return generator.eval().requires_grad_(False)


def write_untrained(folder, target, trainings=2, **changes):
    """Write experiments' folders as training would; ``target`` has name and fingerprint."""
    made = []
    for seed in range(trainings):
        generator = untrained(seed, **changes)
        size = generator.shape.numbers
        starts = torch.arange(KEPT) % generator.shape.starts
        numbers = torch.randn(KEPT, size, generator=torch.Generator().manual_seed(seed))
        drawn = generator.textures(numbers, starts), generator.starts[starts].clamp(0.05, 0.93)
        made.append(TrainedGenerator(*drawn, [], [], [], [], generator=generator, target=target))
    write_found(folder, made, torch.nn.Linear(2, 3), {"experiment": "x"})
    return folder


def train(name):
    """Train and return what was learned, and all values of the curves."""
    if name == "texture":
        found = optimise(texture_task())
        learned = {"textures": found.textures}
    else:
        found = train_generator(task(**RUNS[name]))
        learned = found.generator.state_dict()
    curves = [[row[key] for key in sorted(row)] for row in found.curves]
    return {**learned, "curves": torch.tensor(curves, dtype=torch.float64)}


if __name__ == "__main__":
    torch.set_num_threads(1)
    with joined(torch.device("cpu")):
        for run in RUNS:
            outcome = {key: value.contiguous() for key, value in train(run).items()}
            save_file(outcome, Path(sys.argv[1]) / f"{run}-{present_ranks().rank}.safetensors")
