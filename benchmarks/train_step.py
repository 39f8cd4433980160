"""A whole GAN training step against one trunk forward and image gradient on the same batch.

That is the least a step can cost: one pass and one gradient per face, in every experiment. The bare
trunk is facenet-pytorch's as it is; a step uses, as the stage does, one whose batch norms are
folded into its convolutions. Both are timed in float32; where the device computes bfloat16, the
same steps in it as well, at two batch sizes, over those in float32.
"""

from copy import deepcopy

import numpy as np
import torch

from benchmarks.measure import (
    SIZE,
    interleaved,
    random_faces,
    random_recognizer,
    write_result,
)
from faceveil.params.gan_training import GanTraining
from faceveil.params.section import Precision
from faceveil.protection.designs.state import State
from faceveil.protection.designs.step import Batch, Setup, train_step
from faceveil.protection.designs.training_data import Probes, TrainingData
from faceveil.recognition.architectures import fold_batch_norms
from faceveil.recognition.network import Network
from faceveil.runtime.device import arithmetic
from faceveil.runtime.seeding import generator_for
from faceveil.store.faces import PackedFaces

PEOPLE = 200
BATCH = 16
LARGER_BATCH = 32
ROUNDS = 8

SOURCES: dict[str, tuple[str, ...]] = {
    "exp0": (),
    "exp1": ("generated",),
    "exp2": ("generated", "unmasked"),
    "exp3": ("generated", "masked", "unmasked"),
}


def settings(sources: tuple[str, ...], precision: Precision = "float32") -> GanTraining:
    """Return the published settings, with some sources for the recognizer."""
    return GanTraining.model_validate(
        {
            "ensemble": (),
            "gallery_people": None,
            "logit_scale": 20.0,
            "penalty": {"weight": 0.01, "reduction": "mean", "anchor": "initial"},
            "latent": {"size": 100, "distribution": "normal"},
            "designs_per_batch": BATCH,
            "precision": precision,
            "epochs": 1,
            "batch_size": BATCH,
            "learning_rate": 0.001,
            "recognizer_learning_rate": 0.0001,
            "checkpoint_epochs": 1,
            "trainings": 1,
            "seed": 0,
            "recognizer_learns_from": sources,
        }
    )


def training_data(faces: PackedFaces, device: torch.device) -> TrainingData:
    """Return training people with random stored features, the same for all kinds of photos."""
    features = torch.rand(len(faces), 1792, device=device)
    probes = Probes(features, torch.arange(len(faces), device=device))
    return TrainingData(
        subject_ids=tuple(faces.rows["subject_id"]),
        trained=len(faces),
        faces=faces,
        rows=np.arange(len(faces)),
        gallery=features,
        masked=features,
        plain_mask=probes,
        clean_face=probes,
    )


def folded(recognizer: Network) -> Network:
    """Return a recognizer with its batch norms in its convolutions, as training uses it."""
    other = deepcopy(recognizer)
    fold_batch_norms(other.trunk)
    return other


def prepared(recognizer: Network, faces: PackedFaces, name: str, precision: Precision) -> Setup:
    """Set one experiment up."""
    device = recognizer.head.weight.device
    state = State(settings(SOURCES[name], precision), recognizer.head, SIZE, device)
    return Setup(state, training_data(faces, device), recognizer.trunk)


def step(setup: Setup, size: int) -> None:
    """Take one step on a batch of ``size`` faces."""
    latents = setup.state.generator.draw(size, generator_for(0, "latents"))
    train_step(setup, Batch(torch.arange(size), latents))


def half_speed(recognizer: Network, faces: PackedFaces, name: str, size: int) -> float:
    """Return how many times faster the steps of an experiment are in bfloat16 than in float32."""
    precisions: tuple[Precision, ...] = ("float32", "bfloat16")
    setups = {one: prepared(recognizer, faces, name, one) for one in precisions}
    ways = {one: (lambda m=m: step(m, size)) for one, m in setups.items()}
    seconds = interleaved(ways, ROUNDS)
    return round(seconds["float32"] / seconds["bfloat16"], 3)


def main() -> None:
    """Measure, print and write ``results/train_step.json``."""
    recognizer, faces = random_recognizer(), random_faces(PEOPLE)
    device = recognizer.head.weight.device
    photos = faces.images(slice(BATCH)).to(device, memory_format=torch.channels_last)

    def bare() -> None:
        images = photos.detach().requires_grad_()
        torch.autograd.grad(recognizer.trunk(images).sum(), images)

    used = folded(recognizer)
    setups = {name: prepared(used, faces, name, "float32") for name in SOURCES}
    ways = {name: (lambda m=m: step(m, BATCH)) for name, m in setups.items()}
    seconds = interleaved({"bare": bare, **ways}, ROUNDS)
    bare_seconds = seconds.pop("bare")
    result = {
        "ms_per_face": {name: round(1000 * s / BATCH, 2) for name, s in seconds.items()},
        "bare_ms_per_face": round(1000 * bare_seconds / BATCH, 2),
        "time_over_bare_trunk": {n: round(s / bare_seconds, 3) for n, s in seconds.items()},
        "batch_size": BATCH,
    }
    if arithmetic("auto", device) == torch.bfloat16:
        result["bfloat16_speed_over_float32"] = {
            f"{size} faces": {name: half_speed(used, faces, name, size) for name in SOURCES}
            for size in (BATCH, LARGER_BATCH)
        }
    write_result("train_step", result)


if __name__ == "__main__":
    main()
