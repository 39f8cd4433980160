"""A whole step of a translation against the bare passes of its networks, forwards and backwards.

It also counts what a step of the published size takes, from which docs/scaling.md has its hours.

The bare passes are those that a step takes, on photos that are there, with sums in place of losses;
what a step does besides is dealing photos, losses, Adam, running means and the pool.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.measure import SIZE, interleaved, write_result
from faceveil.collection.places import Places
from faceveil.params.translation import (
    Discriminator,
    ResNetShape,
    TrainCyclegan,
    TrainPaired,
    Translating,
)
from faceveil.protection.translation.cyclegan import CycleGan
from faceveil.protection.translation.domains import Dealer, FacePairs
from faceveil.protection.translation.paired import Paired
from faceveil.protection.translation.phases import Learning
from faceveil.protection.translation.training import begin, take_step
from faceveil.runtime.device import pick_device
from faceveil.runtime.memory import keep_large_blocks

PEOPLE = 32
ROUNDS = 4


def random_pairs(side: int = SIZE) -> FacePairs:
    """Return one face per person, noise with a square mask."""
    draw = np.random.default_rng(0)
    names = np.array([f"{number:05d}" for number in range(PEOPLE)])
    unmasked = draw.integers(0, 256, (PEOPLE, side, side, 3), dtype=np.uint8)
    transparency = np.zeros((PEOPLE, side, side), np.uint8)
    transparency[:, side // 2 : -side // 8, side // 4 : -side // 4] = 255
    masked = np.where(transparency[..., None] > 0, np.uint8(200), unmasked)
    nowhere = np.full((PEOPLE, 14), np.nan, np.float32)
    places = Places(nowhere[:, :4], nowhere[:, 4:].reshape(PEOPLE, 5, 2))
    return FacePairs(names, names, unmasked, masked, transparency, places)


def backward(learning: Learning, names: tuple[str, ...], total: Callable[[], Tensor]) -> None:
    """Take the gradients of some networks."""
    for name, network in learning.networks.items():
        network.requires_grad_(name in names)
        network.zero_grad(set_to_none=True)
    torch.autograd.backward(total())


def bare_passes(learning: Learning, unmasked: Tensor, masked: Tensor, region: Tensor) -> None:
    """Take the passes of a step."""
    put_on, take_off = (learning.translator(name) for name in ("put_on", "take_off"))
    if isinstance(learning, Paired):
        backward(
            learning,
            ("put_on", "take_off"),
            lambda: put_on(unmasked).photos.sum() + take_off(masked, region).photos.sum(),
        )
        return
    tell = learning.networks["tell_masked"], learning.networks["tell_unmasked"]

    shown: list[Tensor] = []

    def translating() -> Tensor:
        made = put_on(unmasked).photos, take_off(masked).photos
        shown.extend(one.detach() for one in made)
        again = take_off(made[0]).photos.sum() + put_on(made[1]).photos.sum()
        kept = put_on(masked).photos.sum() + take_off(unmasked).photos.sum()
        return again + kept + tell[0](made[0]).sum() + tell[1](made[1]).sum()

    def telling() -> Tensor:
        real = (masked, unmasked)
        said = [one(a).sum() + one(b).sum() for one, a, b in zip(tell, real, shown, strict=True)]
        return torch.stack(said).sum()

    backward(learning, ("put_on", "take_off"), translating)
    backward(learning, ("tell_masked", "tell_unmasked"), telling)


def measure(kind: type[Learning], settings: Translating) -> dict[str, Any]:
    """Return the time of a step over that of its bare passes."""
    torch.manual_seed(0)
    learning = kind(settings, [], pick_device())
    paired, training = kind is Paired, begin(learning)
    dealer = Dealer(
        random_pairs(), settings.batch_size, paired, settings.enlarged, settings.mirrored, 0
    )
    batch = dealer.batch(0)
    photos = [one.to(pick_device()) for one in (batch.unmasked, batch.masked, batch.region)]
    seconds = interleaved(
        {
            "bare": lambda: bare_passes(learning, *photos),
            "step": lambda: take_step(training, dealer),
        },
        ROUNDS,
    )
    count = settings.batch_size
    return {
        "ms_per_pair": {name: round(1000 * one / count, 1) for name, one in seconds.items()},
        "time_over_bare": round(seconds["step"] / seconds["bare"], 3),
    }


def published_tflop(side: int, blocks: int) -> float:
    """Return what a step takes for each pair of photos, of the published networks."""
    settings = TrainCyclegan(
        change="whole",
        generator=ResNetShape(channels=64, blocks=blocks, upsampling="transposed"),
        discriminator=Discriminator(channels=64),
        precision="float32",
    )
    training = begin(CycleGan(settings, [], pick_device()))
    dealer = Dealer(random_pairs(side), 1, False, settings.enlarged, settings.mirrored, 0)
    with FlopCounterMode(display=False) as counted:
        take_step(training, dealer)
    return round(counted.get_total_flops() / 1e12, 2)


def main() -> None:
    """Measure, print and write ``results/translation_step.json``."""
    keep_large_blocks()
    write_result(
        "translation_step",
        {
            "cyclegan": measure(CycleGan, TrainCyclegan(precision="float32")),
            "paired": measure(Paired, TrainPaired(precision="float32")),
            "published_tflop_per_pair": {
                f"{side} px, {blocks} blocks": published_tflop(side, blocks)
                for side, blocks in ((128, 6), (256, 9))
            },
        },
    )


if __name__ == "__main__":
    main()
