"""An optimisation that takes milliseconds: people of 16 pixels, recognizers of two layers."""

from types import SimpleNamespace

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from faceveil.collection.places import Places
from faceveil.params.conditions import NO_CONDITIONS
from faceveil.params.train_texture import TrainTexture
from faceveil.protection.textures.objectives import Evaded
from faceveil.protection.textures.seen import Task
from faceveil.protection.textures.wearers import Wearers, WornPhotos

SIZE, PEOPLE, EACH = 16, 6, 2
SHORT = {
    "start": "noise",
    "candidates": 4,
    "optimised": 3,
    "kept": 2,
    "height": 8,
    "width": 10,
    "steps": 5,
    "learning_rate": 0.05,
    "photos_per_step": 3,
    "photos_to_choose": 6,
    "most_false_matches": 1.0,
    "precision": "float32",
    "checkpoint_steps": 2,
    "seed": 5,
}


def photos():
    """Return a photo of each person and number, blocks of colour, ``[N, 3, S, S]``."""
    made = []
    for who in range(PEOPLE):
        blocks = np.random.default_rng(who).random((4, 4, 3)).repeat(4, 0).repeat(4, 1)
        for number in range(EACH):
            noise = np.random.default_rng([who, number]).random((SIZE, SIZE, 3))
            made.append(0.8 * blocks + 0.2 * noise)
    return torch.tensor(np.stack(made), dtype=torch.float32).permute(0, 3, 1, 2)


class SmallWearers(Wearers):
    """The lower half of everybody is a mask."""

    def __init__(self):
        self.people = tuple(f"{who:05d}" for who in range(PEOPLE))
        self.labels = np.repeat(np.arange(PEOPLE), EACH)
        self.images = photos()

    def __len__(self):
        return len(self.labels)

    def photos(self, numbers):
        count = len(numbers)
        across = torch.linspace(-1.2, 1.2, SIZE).expand(SIZE, SIZE)
        down = torch.linspace(-0.5, 1.5, SIZE)[:, None].expand(SIZE, SIZE)
        coordinates = torch.stack([across, down.clamp(-0.5, 1.5), torch.ones(SIZE, SIZE)])
        transparency = torch.zeros(count, 1, SIZE, SIZE)
        transparency[:, :, SIZE // 2 :] = 1
        return WornPhotos(
            images=self.images[numbers],
            transparency=transparency,
            coordinates=coordinates.expand(count, 3, SIZE, SIZE),
            labels=torch.from_numpy(self.labels[numbers]),
            places=Places(np.zeros((count, 4), np.float32), np.zeros((count, 5, 2), np.float32)),
            image_ids=np.array([f"{number:05d}" for number in numbers]),
        )


def recognizer(seed):
    """Return a recognizer that never learns, whose templates are those of bare faces."""
    torch.manual_seed(seed)
    trunk = nn.Sequential(nn.Conv2d(3, 8, 4, 4), nn.Tanh(), nn.Flatten()).requires_grad_(False)
    weight = torch.randn(12, 128) / 12
    one = SimpleNamespace(
        name=f"recognizer{seed}",
        fingerprint=str(seed) * 64,
        needs_places=False,
        features=lambda images, places: trunk(images),
        head=lambda features: functional.normalize(features @ weight.T, dim=1),
    )
    bare = one.head(trunk(photos())).view(PEOPLE, EACH, -1).mean(1)
    return Evaded(one, functional.normalize(bare, dim=1), threshold=0.9, nonmated=0.4)


def task(recognizers=2, conditions=NO_CONDITIONS, **changes):
    """Return the small task, some settings changed."""
    settings = TrainTexture.model_validate({**SHORT, "conditions": conditions, **changes})
    evaded = [recognizer(seed) for seed in range(recognizers)]
    return Task(settings, SmallWearers(), evaded)
