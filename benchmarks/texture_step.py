"""A whole step of six textures against the surrogates' bare pass and image gradient.

Both see as many photos: each texture of a step on each of its photos, by FaceNet and by SFace. The
bare networks get crops that are ready, have batch norms of their own, and PyTorch's PReLU. A step
uses them as the stage does, with batch norms folded and slopes fixed, and its time is also over
their pass and gradient: what is left then are wearing, conditions, crops and Adam.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from benchmarks.measure import SIZE, interleaved, write_result
from benchmarks.scaling import anonymous_memory, peak_memory
from faceveil.collection.places import Places
from faceveil.params.train_texture import TrainTexture
from faceveil.protection.textures.objectives import Evaded
from faceveil.protection.textures.optimise import take_step, texture_state
from faceveil.protection.textures.seen import Task
from faceveil.protection.textures.starts import draw_starts
from faceveil.protection.textures.training import photos_of_step
from faceveil.protection.textures.wearers import Wearers, WornPhotos
from faceveil.recognition.architectures import build_network, fold_batch_norms
from faceveil.recognition.cropping import TEMPLATE, TEMPLATE_SIZE
from faceveil.recognition.network import Network, View
from faceveil.recognition.prelu import fix_slopes
from faceveil.recognition.recognizer import Recognizer
from faceveil.runtime.device import pick_device
from faceveil.runtime.memory import keep_large_blocks

PEOPLE = 200
ROUNDS = 4

SURROGATES = {
    "inception_resnet_v1": (View(96, 127.5, 128.0), "frame"),
    "sface": (View(112, 0.0, 1.0), "aligned"),
}
"""View and crop by architecture."""


class RandomWearers(Wearers):
    """One photo per person, noise with a square mask."""

    def __init__(self) -> None:
        self.people = tuple(f"{number:05d}" for number in range(PEOPLE))
        self.labels = np.arange(PEOPLE)

    def __len__(self) -> int:
        return PEOPLE

    def photos(self, numbers: NDArray[np.int64]) -> WornPhotos:
        """Return photos whose faces lie as in an aligned crop."""
        count, down, across = len(numbers), slice(SIZE // 2, -SIZE // 8), slice(32, -32)
        images = torch.rand(count, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
        transparency, coordinates = torch.zeros(1, SIZE, SIZE), torch.ones(3, SIZE, SIZE)
        transparency[:, down, across] = 1
        coordinates[0] = torch.linspace(-2, 2, SIZE)
        coordinates[1] = torch.linspace(-1.33, 1.33, SIZE)[:, None]
        points = np.array(TEMPLATE, np.float32) / np.float32(TEMPLATE_SIZE)
        return WornPhotos(
            images=images,
            transparency=transparency.expand(count, 1, SIZE, SIZE),
            coordinates=coordinates.expand(count, 3, SIZE, SIZE),
            labels=torch.from_numpy(self.labels[numbers]),
            places=Places(
                np.tile(np.array([0, 0, 1, 1], np.float32), (count, 1)),
                np.tile(points, (count, 1, 1)),
            ),
            image_ids=np.array([self.people[number] for number in numbers]),
        )


def networks() -> dict[str, Network]:
    """Return the surrogates with random weights, which change no speed."""
    torch.manual_seed(0)
    built = {name: build_network(name, view) for name, (view, _) in SURROGATES.items()}
    return {name: one.freeze().to(pick_device()) for name, one in built.items()}


def prepared(name: str, network: Network) -> Evaded:
    """Return a surrogate as the stage uses it, with random people enrolled."""
    view, crop = SURROGATES[name]
    used = deepcopy(network)
    fold_batch_norms(used.trunk)
    fix_slopes(used.trunk)
    card = {"name": name, "role": "surrogate", "crop": crop, "view": asdict(view)}
    recognizer = Recognizer(card, used, pick_device())
    templates = torch.randn(PEOPLE, recognizer.embedding_size, device=pick_device())
    return Evaded(recognizer, functional.normalize(templates, dim=1), threshold=0.5, nonmated=0.0)


def gradients(trunks: Sequence[torch.nn.Module], photos: Sequence[Tensor]) -> None:
    """Take one pass and one image gradient of each trunk on its own photos."""
    for trunk, each in zip(trunks, photos, strict=True):
        images = each.detach().requires_grad_()
        torch.autograd.grad(trunk(images).sum(), images)


def most_memory(way: Callable[[], object]) -> int:
    """Return by how many bytes memory that belongs to no file grows at most."""
    before = anonymous_memory()
    with peak_memory() as peak:
        way()
    return max(1, peak[0] - before)


def measure(settings: TrainTexture) -> dict[str, Any]:
    """Return time and memory of a step, over those of the bare pass and image gradient."""
    built = networks()
    task = Task(settings, RandomWearers(), [prepared(*one) for one in built.items()])
    numbers = list(range(settings.optimised))
    starts = draw_starts(settings, numbers).to(pick_device())
    textures = starts.clone().requires_grad_()
    state = texture_state(settings, textures, numbers)
    worn = settings.optimised * settings.photos_per_step
    sides = [view.input_size for view, _ in SURROGATES.values()]
    photos = [torch.rand(worn, 3, side, side, device=pick_device()) for side in sides]
    bare = [one.trunk for one in built.values()]
    used = [one.recognizer.trunk for one in task.evaded]
    ways: dict[str, Callable[[], object]] = {
        "bare": lambda: gradients(bare, photos),
        "prepared": lambda: gradients(used, photos),
        "step": lambda: take_step(task, textures, state, photos_of_step(task, 0), 0),
    }
    given_back = interleaved(ways, ROUNDS)
    memory = {name: most_memory(ways[name]) for name in ("bare", "step")}  # kept, it cannot grow
    keep_large_blocks()
    seconds = interleaved(ways, ROUNDS)
    return {
        "ms_per_worn_photo": {n: round(1000 * s / worn, 2) for n, s in seconds.items()},
        "time_over_bare": round(seconds["step"] / seconds["bare"], 3),
        "time_over_prepared": round(seconds["step"] / seconds["prepared"], 3),
        "time_over_blocks_given_back": round(seconds["step"] / given_back["step"], 3),
        "bare_over_blocks_given_back": round(seconds["bare"] / given_back["bare"], 3),
        "memory_over_bare": round(memory["step"] / memory["bare"], 3),
        "peak_gigabytes": round(memory["step"] / 1e9, 2),
        "worn_photos": worn,
    }


def main() -> None:
    """Measure, print and write ``results/texture_step.json``."""
    settings = TrainTexture(start="noise", precision="float32")
    write_result("texture_step", measure(settings))


if __name__ == "__main__":
    main()
