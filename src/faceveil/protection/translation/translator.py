"""One direction: what a generator makes of a photo, and which part of it is changed at all."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import TypeAdapter, ValidationError
from torch import Tensor, nn

from faceveil.params.errors import FaceveilError, run_again
from faceveil.params.translation import GeneratorSettings
from faceveil.protection.translation.networks import PhotoGenerator, translated
from faceveil.store.weights import Card, read_card, read_weights, write_weights

Direction = Literal["put_on", "take_off"]
DIRECTIONS: tuple[Direction, ...] = ("put_on", "take_off")

Change = Literal["whole", "known", "predicted"]
"""What part of a photo is made anew: all of it, a region that is given, or one that is found."""

CHANNELS: dict[Change, tuple[int, int]] = {"whole": (3, 3), "known": (4, 3), "predicted": (3, 4)}
"""Inputs and outputs of the generator: colours, and the region where it is given or found."""


@dataclass(frozen=True)
class Translated:
    """Photos that were translated.

    Attributes:
        photos: float32 ``[B, 3, S, S]`` in [0, 1].
        painted: what the generator painted everywhere, of the same shape.
        region: how much of it is in the photos, ``[B, 1, S, S]`` in [0, 1].
        logits: of a region that was found, ``[B, 1, S, S]``; else None.
    """

    photos: Tensor
    painted: Tensor
    region: Tensor
    logits: Tensor | None = None


class Translator(nn.Module):
    """Translates photos; outside of its region they stay as they are, bit for bit.

    Attributes:
        change: what part of a photo is made anew.
        rim: pixels that a known region is widened by on each side.
        generator: of the new photo.
    """

    def __init__(self, settings: GeneratorSettings, change: Change, rim: int = 0) -> None:
        super().__init__()
        self.change, self.rim = change, rim
        self.generator = PhotoGenerator(settings, *CHANNELS[change])

    def forward(self, photos: Tensor, transparency: Tensor | None = None) -> Translated:
        """Translate photos ``[B, 3, S, S]`` in [0, 1].

        Args:
            photos: to translate.
            transparency: where masks are, ``[B, 1, S, S]`` in [0, 1]; of a known region.

        Raises:
            ValueError: if it is needed and not there.
        """
        if self.change == "whole":
            painted = translated(self.generator(photos))
            return Translated(painted, painted, torch.ones_like(photos[:, :1]))
        if self.change == "predicted":
            values = self.generator(photos)
            painted, logits = translated(values[:, :3]), values[:, 3:]
            region = logits.sigmoid()
            return Translated(mixed(painted, photos, region), painted, region, logits)
        if transparency is None:
            raise ValueError("a region that is known is needed")
        region = widened(transparency, self.rim)
        painted = translated(self.generator(torch.cat([photos, region], 1)))
        return Translated(mixed(painted, photos, region), painted, region)


@torch.inference_mode()
def translate_each(
    translator: Translator, photos: Tensor, transparency: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Translate photos one by one, so that each has the same bytes whatever stands beside it.

    Returns:
        The photos, float32 ``[B, 3, S, S]`` in [0, 1], and their regions, on the CPU.
    """
    where, made, regions = next(translator.parameters()).device, [], []
    for number, photo in enumerate(photos):
        mask = None if transparency is None else transparency[number : number + 1].to(where)
        found = translator(photo[None].to(where), mask)
        made.append(found.photos.clamp(0, 1).float().cpu())
        regions.append(found.region.float().cpu())
    return torch.cat(made).clone(), torch.cat(regions).clone()


def mixed(painted: Tensor, photos: Tensor, region: Tensor) -> Tensor:
    """Return the photos with what was painted in the region; where that is 0, the very photos."""
    return photos + region * (painted - photos)


def widened(region: Tensor, rim: int) -> Tensor:
    """Return a region ``[B, 1, S, S]`` that reaches so many pixels further on each side."""
    return F.max_pool2d(region, 2 * rim + 1, stride=1, padding=rim)


def write_translator(path: Path, translator: Translator, card: Card) -> None:
    """Write weights with a card that also says what they are the weights of."""
    about = {
        "generator": translator.generator.settings.model_dump(mode="json"),
        "change": translator.change,
        "rim": translator.rim,
    }
    write_weights(path, translator, {**card, **about})


def read_translator(folder: Path, direction: Direction) -> tuple[Translator, Card]:
    """Read one direction of a translation, in eval mode and without gradients.

    Raises:
        FaceveilError: if there is none, or its card or weights are of something else.
    """
    path = folder / f"{direction}.safetensors"
    card = read_card(path)
    try:
        settings = TypeAdapter(GeneratorSettings).validate_python(card["generator"])
        translator = Translator(settings, card["change"], int(card["rim"]))
    except (KeyError, TypeError, ValueError, ValidationError):
        raise FaceveilError(
            f"{path}: its card tells of no translator; {run_again(path, 'dvc repro -f')}"
        ) from None
    read_weights(path, translator)
    return translator.eval().requires_grad_(False), card
