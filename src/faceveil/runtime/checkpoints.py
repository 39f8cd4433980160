"""Unfinished work in a scratch folder: a killed run goes on where it was, bit for bit.

A checkpoint is one safetensors file, written by temp + rename: tensors, and a JSON record beside
them in the file's metadata. It is found again by what went into the run, so another setting or
another input never picks it up.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.optim import Optimizer

from faceveil.params.errors import FaceveilError
from faceveil.runtime.atomic import atomic_path
from faceveil.runtime.scratch import scratch_folder

Tensors = dict[str, Tensor]
Record = dict[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run that was stopped half-way: one safetensors file, if it was saved."""

    path: Path

    def save(self, tensors: Tensors, record: Record) -> None:
        """Replace the checkpoint, whole or not at all."""
        state = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
        with atomic_path(self.path) as temporary:
            # Written by Python, so that a full disk is the OSError that the stage can put in words.
            temporary.write_bytes(save(state, metadata={"record": json.dumps(record)}))

    def load(self) -> tuple[Tensors, Record] | None:
        """Return the tensors and the record, or None if nothing was saved."""
        if not self.path.is_file():
            return None
        try:
            with safe_open(self.path, framework="pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                return tensors, json.loads(file.metadata()["record"])
        except (SafetensorError, TypeError, KeyError, ValueError) as error:
            raise self.damaged(error) from None

    def damaged(self, reason: object) -> FaceveilError:
        """Return the problem that it holds something else than what a run goes on from."""
        return FaceveilError(f"{self.path}: damaged checkpoint ({reason}); delete it and run again")

    def delete(self) -> None:
        """Remove the checkpoint after success, and its folder unless another run writes there."""
        self.path.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.parent.rmdir()


def scratch_checkpoint(stage: str, inputs: Mapping[str, Any]) -> Checkpoint:
    """Return the checkpoint of a run, by settings and fingerprints of what decides its result."""
    return Checkpoint(scratch_folder(stage, inputs) / "checkpoint.safetensors")


def optimizer_tensors(optimizer: Optimizer) -> Tensors:
    """Return an optimizer's state as tensors by name, ``<parameter number>.<key>``."""
    state = optimizer.state_dict()["state"]
    return {f"{i}.{key}": value for i, values in state.items() for key, value in values.items()}


def restore_optimizer(optimizer: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Load what :func:`optimizer_tensors` returned into an optimizer made the same way."""
    state: dict[int, Tensors] = {}
    for name, value in tensors.items():
        number, key = name.split(".", 1)
        state.setdefault(int(number), {})[key] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def nested(prefix: str, tensors: Mapping[str, Tensor]) -> Tensors:
    """Return the tensors with ``prefix/`` before each name."""
    return {f"{prefix}/{name}": value for name, value in tensors.items()}


def unnested(prefix: str, tensors: Mapping[str, Tensor]) -> Tensors:
    """Return the tensors under ``prefix/``, without it."""
    start = f"{prefix}/"
    return {name.removeprefix(start): t for name, t in tensors.items() if name.startswith(start)}
