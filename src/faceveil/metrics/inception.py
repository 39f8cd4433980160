"""InceptionV3 as the Fréchet inception distance has it, from a file of weights that is given.

It is the network of TensorFlow's 2015 release, with 1008 classes, which M. Heusel et al., "GANs
Trained by a Two Time-Scale Update Rule" (2017), take features from. It differs from torchvision's
in how four kinds of blocks pool.
"""

import hashlib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from faceveil.params.errors import FaceveilError, readable
from faceveil.runtime.progress import progress

FILE, DIGEST = "pt_inception-2015-12-05-6726825d.pth", "6726825d"
"""The file of weights, as PyTorch users of FID have it, and what its SHA-256 begins with."""

WHERE = f"put {FILE} there, an asset of release fid_weights of mseitzer/pytorch-fid on GitHub"
SIDE, CLASSES = 299, 1008


class Inception:
    """Features of photos, the mean over places of the last block.

    Attributes:
        network: InceptionV3 up to there, in eval mode.
    """

    network: nn.Module

    def __init__(self, weights: Path, device: torch.device) -> None:
        """Read weights.

        Raises:
            FaceveilError: if the file is missing or another one.
        """
        if not weights.is_file():
            raise FaceveilError(f"evaluate_translation.inception: no file {weights}; {WHERE}")
        found = hashlib.sha256(weights.read_bytes()).hexdigest()
        if not found.startswith(DIGEST):
            raise FaceveilError(
                f"{weights}: its SHA-256 begins with {found[:8]}, not {DIGEST}; {WHERE}"
            )
        self.network = inception_network().to(device)
        with readable(weights, "file of weights", WHERE):
            self.network.load_state_dict(torch.load(weights, device, weights_only=True))
        self.network.fc = nn.Identity()

    @torch.inference_mode()
    def features(self, photos: NDArray[np.uint8], title: str) -> NDArray[np.float32]:
        """Return features, float32 ``[N, 2048]``, of photos uint8 ``[N, S, S, 3]``.

        Photos are resized as G. Parmar et al., "On Aliased Resizing and Surprising Subtleties in
        GAN Evaluation" (2022), have it: bicubic, with a filter as wide as the step, not rounded.
        Each is looked at alone, so that its features have the same bytes whatever stands beside it.
        """
        device = next(self.network.parameters()).device
        found = []
        for photo in progress(title, photos, unit="photo"):
            images = (
                torch.from_numpy(np.array(photo)).to(device).permute(2, 0, 1)[None].float() / 255
            )
            images = F.interpolate(images, (SIDE, SIDE), mode="bicubic", antialias=True)
            found.append(self.network(images * 2 - 1).float().cpu().numpy())
        return np.concatenate(found)


def inception_network() -> nn.Module:
    """Return the network untrained, in eval mode: from ``[B, 3, 299, 299]`` in [-1, 1]."""
    from torchvision.models import inception  # noqa: PLC0415  (a second)

    class A(inception.InceptionA):  # type: ignore[misc]
        def _forward(self, x: Tensor) -> list[Tensor]:
            return [*super()._forward(x)[:-1], self.branch_pool(averaged(x))]

    class C(inception.InceptionC):  # type: ignore[misc]
        def _forward(self, x: Tensor) -> list[Tensor]:
            return [*super()._forward(x)[:-1], self.branch_pool(averaged(x))]

    class E(inception.InceptionE):  # type: ignore[misc]
        pooled = staticmethod(averaged)

        def _forward(self, x: Tensor) -> list[Tensor]:
            return [*super()._forward(x)[:-1], self.branch_pool(self.pooled(x))]

    class LastE(E):
        pooled = staticmethod(largest)

    blocks = [
        inception.BasicConv2d, A, inception.InceptionB, C, inception.InceptionD, E,
        inception.InceptionAux,
    ]  # fmt: skip
    network: nn.Module = inception.Inception3(
        CLASSES, aux_logits=False, inception_blocks=blocks, init_weights=False
    )
    network.Mixed_7c = LastE(2048)
    return network.eval().requires_grad_(False)


def averaged(values: Tensor) -> Tensor:
    """Return means of 3 x 3 places; beyond the border there is nothing, where torchvision has 0."""
    return F.avg_pool2d(values, 3, stride=1, padding=1, count_include_pad=False)


def largest(values: Tensor) -> Tensor:
    """Return the largest of 3 x 3 places, as the last block has it."""
    return F.max_pool2d(values, 3, stride=1, padding=1)
