"""Domains that are learned in seconds: a few people of 16 pixels, whose masks are light blue."""

import numpy as np
import torch

from faceveil.collection.places import Places
from faceveil.params.translation import (
    Discriminator,
    ResNetShape,
    TrainCyclegan,
    TrainPaired,
    UNetShape,
)
from faceveil.protection.translation.cyclegan import CycleGan
from faceveil.protection.translation.domains import Dealer, FacePairs
from faceveil.protection.translation.paired import Paired
from faceveil.protection.translation.training import begin
from faceveil.runtime.seeding import seeded

SIZE, PEOPLE, CPU = 16, 6, torch.device("cpu")
SMALL = {
    "discriminator": Discriminator(channels=4, layers=1),
    "epochs": 2,
    "decay_epochs": 1,
    "batch_size": 2,
    "learning_rate": 0.002,
    "first_moment": 0.5,
    "enlarged": 1.0,
    "average": 0.0,
    "precision": "float32",
    "checkpoint_steps": 1,
    "seed": 5,
}
CYCLEGAN = TrainCyclegan(
    change="whole",
    generator=ResNetShape(channels=4, blocks=1, upsampling="transposed"),
    pool=3,
    **SMALL,
)
PAIRED = TrainPaired(
    generator=UNetShape(channels=4, depth=2), rim=1, structure=0.0, gan_weight=0.0, **SMALL
)


def small_faces(people=PEOPLE, each=2):
    """FacePairs of one colour each, ``each`` photos of a person."""
    draw = np.random.default_rng(3)
    names = np.repeat([f"{number:05d}" for number in range(people)], each)
    numbers = np.tile(np.arange(each), people)
    skin = np.repeat(draw.integers(90, 200, (people, 1, 1, 3)), each, axis=0)
    shade = draw.integers(-20, 20, (len(names), SIZE, SIZE, 1))
    unmasked = (skin + shade).astype(np.uint8)
    transparency = np.zeros((len(names), SIZE, SIZE), np.uint8)
    transparency[:, SIZE // 2 : -2, 3:-3] = 255
    masked = np.where(transparency[..., None] > 0, np.uint8([170, 200, 230]), unmasked)
    points = np.tile(np.float32([(0.3, 0.3), (0.7, 0.35), (0.5, 0.5), (0.4, 0.7), (0.6, 0.75)]),
                     (len(names), 1, 1))  # fmt: skip
    boxes = np.tile(np.float32([0.1, 0.1, 0.8, 0.9]), (len(names), 1))
    images = np.array([f"{who}_{n}" for who, n in zip(names, numbers, strict=True)])
    return FacePairs(names, images, unmasked, masked, transparency, Places(boxes, points))


def small_training(settings, recognizers=()):
    """A training that has taken no step, and the dealer of its photos."""
    with seeded(settings.seed, "networks"):
        kind = Paired if isinstance(settings, TrainPaired) else CycleGan
        learning = kind(settings, list(recognizers), CPU)
    return begin(learning), small_dealer(settings)


def small_dealer(settings, **other):
    about = {
        "faces": small_faces(),
        "batch_size": settings.batch_size,
        "paired": isinstance(settings, TrainPaired),
        "enlarged": settings.enlarged,
        "mirrored": settings.mirrored,
        "seed": settings.seed,
    }
    return Dealer(**about | other)
