"""Where the arithmetic runs, said by the environment; how fine it is, said by the settings."""

import os

import torch

from faceveil.params.errors import FaceveilError
from faceveil.params.section import Precision


def pick_device() -> torch.device:
    """Return the device of ``FACEVEIL_DEVICE``, by default a GPU where there is one."""
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


def arithmetic(precision: Precision, device: torch.device) -> torch.dtype:
    """Return the type that networks compute with: for ``auto``, the fastest that loses little.

    bfloat16 where the device computes it natively; elsewhere it would be emulated, and slower than
    the float32 that is returned then.
    """
    if precision == "auto":
        precision = "bfloat16" if _computes_bfloat16(device) else "float32"
    return torch.bfloat16 if precision == "bfloat16" else torch.float32


def autocast(dtype: torch.dtype, device: torch.device) -> torch.autocast:
    """Return a context in which networks compute with ``dtype``; their weights stay float32."""
    half = dtype == torch.bfloat16
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=half)


def _computes_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    instructions = torch.cpu.get_capabilities()
    return any(instructions.get(name, False) for name in ("avx512_bf16", "amx_bf16"))
