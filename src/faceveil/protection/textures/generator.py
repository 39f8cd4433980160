"""The generator of designs on the cloth: numbers in, a texture around one of its starts out.

The numbers are random, or what a recognizer stored of the wearer's bare face.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from faceveil.params.errors import FaceveilError
from faceveil.protection.textures.files import FoundTextures
from faceveil.store.embeddings import read_embeddings
from faceveil.store.protocol import UNMASKED_PHOTOS
from faceveil.store.weights import fingerprint, read_card, read_weights, write_weights

WEIGHTS, ARCHITECTURE = "texture_generator.safetensors", "start_and_convolutions"


@dataclass(frozen=True)
class Shape:
    """What decides the weights of a generator, besides the training.

    Attributes:
        conditioned_on: what a texture is drawn from: latent or wearer.
        numbers: C, how many a texture is drawn from.
        hidden: how many of them are left before the first picture.
        channels: of the pictures inside.
        starts: K.
        height: H, texels down.
        width: W, texels across.
        darkest: least value of a texture.
        lightest: greatest.
    """

    conditioned_on: str
    numbers: int
    hidden: int
    channels: int
    starts: int
    height: int
    width: int
    darkest: float
    lightest: float


class TextureGenerator(nn.Module):
    """Textures from numbers ``[N, C]`` and the numbers of their starts, int64 ``[N]``.

    A texture is its start, plus a correction that all textures of the start share, plus what the
    network draws, in [-1, 1], in colours that are printed. The network makes a picture an eighth as
    large and enlarges it three times, each time with a convolution; its last layer begins with
    zeros, so that training begins at the starts. It has no batch norm: a texture depends on its own
    numbers alone. Between layers each pixel has unit length: else the numbers would soon count for
    nothing beside the correction, and all designs of a start would be one.
    """

    starts: Tensor
    centre: Tensor
    spread: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape, channels = shape, shape.channels
        colours = (shape.starts, 3, shape.height, shape.width)
        self.register_buffer("starts", torch.zeros(colours))
        self.register_buffer("centre", torch.zeros(shape.numbers))
        self.register_buffer("spread", torch.ones(()))
        self.corrections = nn.Parameter(torch.zeros(colours))
        self.sizes = [(-(-shape.height // step), -(-shape.width // step)) for step in (8, 4, 2, 1)]
        coarse = channels * self.sizes[0][0] * self.sizes[0][1]
        self.reduced = nn.Linear(shape.numbers, shape.hidden)
        self.coarse = nn.Linear(shape.hidden + shape.starts, coarse)
        outs = (channels, channels, 3)
        self.finer = nn.ModuleList(nn.Conv2d(channels, out, 3, padding=1) for out in outs)
        for parameter in self.finer[-1].parameters():
            nn.init.zeros_(parameter)

    @torch.no_grad()
    def begin_from(self, starts: Tensor, features: Tensor | None = None) -> "TextureGenerator":
        """Take the starts, ``[K, 3, H, W]``, and how features of wearers, ``[T, E]``, are spread.

        Features of faces lie close together; the network sees how they differ.
        """
        self.starts.copy_(starts)
        if features is not None:
            self.centre.copy_(features.mean(0))
            self.spread.copy_((features - self.centre).square().mean().sqrt())
        return self

    def forward(self, numbers: Tensor, starts: Tensor) -> Tensor:
        """Return textures, ``[N, 3, H, W]`` in [darkest, lightest]."""
        shape = self.shape
        if numbers.shape != (len(starts), shape.numbers):
            wanted = [len(starts), shape.numbers]
            raise ValueError(f"numbers are {wanted}, not {list(numbers.shape)}")
        which = functional.one_hot(starts, shape.starts).to(numbers)
        reduced = self.reduced((numbers - self.centre) / self.spread).tanh()
        picture = self.coarse(torch.cat([reduced, which], dim=1))
        picture = picture.view(len(starts), shape.channels, *self.sizes[0])
        for size, layer in zip(self.sizes[1:], self.finer, strict=True):
            large = functional.interpolate(picture, size, mode="bilinear", align_corners=False)
            picture = layer(_even(functional.silu(large)))
        textures = self.starts[starts] + self.corrections[starts] + picture.tanh()
        within: Tensor = textures.clamp(shape.darkest, shape.lightest)
        return within

    def latents(self, count: int, stream: torch.Generator, first: int = 0) -> tuple[Tensor, Tensor]:
        """Return what ``count`` designs are drawn from: N(0, 1), and each start in turn.

        The stream is on the CPU, so that every device draws the same; ``first`` is the first start.
        """
        # One after the other: torch draws many at once in another order.
        size = self.shape.numbers
        numbers = torch.stack([torch.randn(size, generator=stream) for _ in range(count)])
        starts = (torch.arange(count) + first) % self.shape.starts
        return numbers.to(self.starts), starts.to(self.starts.device)

    @torch.no_grad()
    def textures(self, numbers: Tensor, starts: Tensor) -> Tensor:
        """Return textures as :meth:`forward` does, each the same bits whatever is beside it."""
        # Convolutions of a batch add up in another order than those of one.
        pairs = zip(torch.split(numbers, 1), torch.split(starts, 1), strict=True)
        return torch.cat([self(*one) for one in pairs])


@dataclass(frozen=True)
class TrainedGenerator(FoundTextures):
    """What came out of a training, besides some textures: the first ones of a stream.

    Of designs from wearers' features the textures are those of some training people, to be looked
    at; they are not stored, and likeness and false matches are one number, over all.

    Attributes:
        generator: on the CPU.
        target: ``name`` and ``fingerprint`` of the recognizer whose features it knows.
    """

    generator: TextureGenerator
    target: dict[str, str]

    def write(self, folder: Path) -> dict[str, Any]:
        """Write the generator, and the textures that anybody may wear."""
        shape = self.generator.shape
        about = {"architecture": ARCHITECTURE, "shape": vars(shape), "target": self.target}
        write_weights(folder / WEIGHTS, self.generator, about)
        card = super().write(folder) if shape.conditioned_on == "latent" else self.measured
        return {**card, **about, "generator_sha256": fingerprint(folder / WEIGHTS)}


def _even(pictures: Tensor) -> Tensor:
    """Return pictures whose pixels have the mean square 1, over channels.

    T. Karras et al., "Progressive Growing of GANs" (2018), section 4.2.
    """
    return pictures * (pictures.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def read_generator(training: Path) -> tuple[TextureGenerator, dict[str, str]]:
    """Read a trained generator, in eval mode and without gradients, and its target.

    The target is ``name`` and ``fingerprint`` of the recognizer whose features it knows.

    Raises:
        FaceveilError: if the file is missing, damaged or another network's.
    """
    path = training / WEIGHTS
    card = read_card(path)
    if (found := card.get("architecture")) != ARCHITECTURE:
        raise FaceveilError(f"{path}: generator {found!r} is unknown; allowed: {ARCHITECTURE}")
    generator = TextureGenerator(Shape(**card["shape"]))
    read_weights(path, generator)
    return generator.eval().requires_grad_(False), card["target"]


def wearer_features(bare: Path, target: Mapping[str, str], people: Sequence[str]) -> Tensor:
    """Return what a target stored of people's enrolled bare faces, unit vectors ``[P, E]``.

    It is what it saw of the photo that is on file, and never of another one that probes.

    Args:
        bare: folder of the recognizers' embeddings of bare faces.
        target: its ``name`` and ``fingerprint``.
        people: by ``subject_id``.

    Raises:
        FaceveilError: if somebody has none, or another recognizer made them.
    """
    folder = bare / target["name"] / UNMASKED_PHOTOS["same_photo"]
    table = read_embeddings(folder, target["fingerprint"])
    return torch.from_numpy(table.embeddings[table.rows_of(people)])
