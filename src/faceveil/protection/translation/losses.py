"""The game between generators and discriminators, in the three forms that were published."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from faceveil.params.translation import GanLoss

Tell = Callable[[Tensor], Tensor]
"""From photos ``[B, 3, S, S]`` to logits of how real their patches are."""


def real_loss(logits: Tensor, real: bool, kind: GanLoss) -> Tensor:
    """Return how far logits are from saying that all patches are real, or that none is.

    ``lsgan`` is of X. Mao et al. (2017), ``vanilla`` of I. Goodfellow et al. (2014), in which the
    generator maximises what it wants to hear; ``wgangp`` is M. Arjovsky's critic (2017).
    """
    if kind == "wgangp":
        return -logits.mean() if real else logits.mean()
    wanted = torch.full_like(logits, float(real))
    if kind == "lsgan":
        return F.mse_loss(logits, wanted)
    return F.binary_cross_entropy_with_logits(logits, wanted)


def telling_apart(tell: Tell, real: Tensor, made: Tensor, kind: GanLoss) -> Tensor:
    """Return a discriminator's loss on real photos and on made ones.

    It is half of the sum, as CycleGAN has it; of a critic it is the sum, to which the published
    weight of the penalty belongs.
    """
    both = real_loss(tell(real), True, kind) + real_loss(tell(made), False, kind)
    return both if kind == "wgangp" else both / 2


def gradient_penalty(tell: Tell, real: Tensor, made: Tensor, mixing: Tensor) -> Tensor:
    """Return how far the critic's slope is from 1 between real and made photos.

    Source: I. Gulrajani et al., "Improved Training of Wasserstein GANs" (2017), equation 3.

    Args:
        tell: the critic.
        real: ``[B, 3, S, S]`` in [0, 1].
        made: as many.
        mixing: share of the made ones in each place between, ``[B, 1, 1, 1]`` in [0, 1].
    """
    between = (real + mixing * (made - real)).detach().requires_grad_(True)
    said = tell(between).flatten(1).mean(1)  # the critic of a photo is the mean over its patches
    (slope,) = torch.autograd.grad(said.sum(), between, create_graph=True)
    # The network sees photos in [-1, 1], where the published slope is meant.
    lengths: Tensor = (slope.flatten(1) / 2).norm(dim=1)
    return ((lengths - 1) ** 2).mean()
