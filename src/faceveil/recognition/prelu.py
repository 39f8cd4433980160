"""PReLU of a recognizer that learns no more: the same numbers, with less work on the way back.

K. He et al., "Delving deep into rectifiers: Surpassing human-level performance on ImageNet
classification" (2015). PyTorch's own gradient also makes that of the slopes, of every place of
every map, though nobody asks for it when a recognizer is frozen.
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from faceveil.recognition.network import Trunk


class FixedPReLU(nn.PReLU):
    """A PReLU whose slopes do not learn: no gradient reaches them."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Turn maps ``[B, C, ...]`` into maps of the same shape."""
        seen: torch.Tensor = _WithoutSlopes.apply(maps, self.weight)
        return seen


def fix_slopes(trunk: Trunk) -> None:
    """Let no PReLU of a frozen trunk make gradients of its slopes.

    Features, and the gradients of photos, stay the same to the last bit.

    Raises:
        ValueError: if slopes may still learn.
    """
    for layer in trunk.modules():
        if type(layer) is nn.PReLU:
            if layer.weight.requires_grad:
                raise ValueError("slopes of a PReLU may still learn; freeze the trunk first")
            layer.__class__ = FixedPReLU


class _WithoutSlopes(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, maps: torch.Tensor, slopes: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(maps, slopes)
        return functional.prelu(maps, slopes)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        maps, slopes = ctx.saved_tensors
        shape = [1, -1, *[1] * (maps.ndim - 2)]
        # Sums in place of a choice: where() looks at one number at a time. Exact, as one is 0.
        above = torch.ops.aten.threshold_backward(gradient, maps, 0)
        return above.addcmul_(gradient - above, slopes.view(shape)), None
