"""Randomness by name: each use has its own stream, and none depends on what was drawn before."""

import hashlib
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import torch


def stream_seed(seed: int, *names: str | int) -> int:
    """Return the seed in [0, 2**63) of the stream with these names.

    Example:
        >>> stream_seed(0, "latents", 3) == stream_seed(0, "latents", 3)
        True
        >>> stream_seed(0, "latents", 3) == stream_seed(0, "latents", 4)
        False
    """
    digest = hashlib.sha256("/".join(map(str, (seed, *names))).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator_for(seed: int, *names: str | int) -> torch.Generator:
    """Return an own stream of random numbers, on the CPU so that every device draws the same."""
    return torch.Generator().manual_seed(stream_seed(seed, *names))


def hash_order(subject_ids: Iterable[str], seed: int) -> list[str]:
    """Return ids in an order that a seed decides, by SHA-256."""
    return sorted(
        subject_ids, key=lambda subject: hashlib.sha256(f"{seed}:{subject}".encode()).digest()
    )


@contextmanager
def seeded(seed: int, *names: str | int) -> Iterator[None]:
    """Seed PyTorch's global CPU stream inside the block, for what can draw from no other."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(seed, *names))
        yield


def seed_everything(seed: int) -> None:
    """Seed every global stream and ask the kernels for reproducible arithmetic."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  (libraries may draw from it)
    torch.manual_seed(seed)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
