"""Where the arithmetic runs: said by the environment, never by the settings."""

import os

import torch

from faceveil.params.errors import FaceveilError


def pick_device() -> torch.device:
    """Return the device of ``FACEVEIL_DEVICE``, by default a GPU where there is one.

    Raises:
        FaceveilError: if the variable names no device, or one that this machine lacks.
    """
    wanted = os.environ.get("FACEVEIL_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise FaceveilError(
            f"FACEVEIL_DEVICE: no device {wanted!r} here ({reason}); use cpu, cuda or cuda:0"
        ) from None
    return device
