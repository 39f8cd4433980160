"""Training in several processes at once: each rank takes its share of every batch.

Every rank holds the same weights, draws the same numbers and sees the whole gallery. Of a batch it
takes its own slice; gradients are averaged by how many faces each rank took, so that a step is
the step of one process on the whole batch (synchronous data parallelism, as in S. Li et al.,
"PyTorch Distributed", 2020).
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as group
from torch import Tensor

from faceveil.params.errors import FaceveilError

TIMEOUT = timedelta(minutes=15)
"""A rank that does not answer for so long is taken for lost."""

MEETING = "FACEVEIL_MEETING"
"""A file through which ranks of one machine find each other; without it, torchrun's address."""

LAUNCHER = "FACEVEIL_LAUNCHER"
"""Process id of what started the ranks: they end when it is gone."""


class LostRankError(FaceveilError):
    """Another rank ended or does not answer; whatever ended it has more to say."""


@dataclass(frozen=True)
class RankShare:
    """What a rank takes of a batch.

    Attributes:
        start: first position in the batch.
        stop: position after the last.
        faces: how many of them count: all, or none where a batch has fewer faces than there are
            ranks. A rank with none takes the first face again, so that none needs another path.
    """

    start: int
    stop: int
    faces: int


@dataclass(frozen=True)
class Ranks:
    """The processes that work together, seen by number ``rank`` of ``count``; by default one."""

    rank: int = 0
    count: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the process that stores and reports."""
        return self.rank == 0

    def share(self, batch: int) -> RankShare:
        """Return what this rank takes of a batch; shares differ by at most one face.

        Example:
            >>> [Ranks(rank, 2).share(5) for rank in range(2)]
            [RankShare(start=0, stop=2, faces=2), RankShare(start=2, stop=5, faces=3)]
            >>> Ranks(0, 2).share(1)
            RankShare(start=0, stop=1, faces=0)
        """
        start, stop = (rank * batch // self.count for rank in (self.rank, self.rank + 1))
        return RankShare(start, stop, stop - start) if stop > start else RankShare(0, 1, 0)

    def average(self, parameters: Iterable[Tensor], weight: float) -> None:
        """Replace the gradients by their weighted sum over all ranks."""
        if self.count == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        whole = self.total(torch.cat([g.flatten() for g in gradients]).mul_(weight))
        parts = torch.split(whole, [g.numel() for g in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def total(self, values: Tensor) -> Tensor:
        """Return the sum over all ranks, bit for bit the same on each."""
        return self._joined(values, group.ReduceOp.SUM)

    def gathered(self, part: Tensor, share: RankShare, batch: int) -> Tensor:
        """Return what all ranks have of a batch, ``[D, batch, E]``, from ``[D, share, E]`` each."""
        whole = part.new_zeros(part.shape[0], batch, part.shape[2])
        if share.faces:
            whole[:, share.start : share.stop] = part
        return self.total(whole)

    def agree(self, what: str, value: int, device: torch.device) -> None:
        """Wait for all ranks and make sure that they go on from the same number."""
        if self.count == 1:
            return
        ends = self._joined(torch.tensor([value, -value], device=device), group.ReduceOp.MAX)
        if ends[0] != -ends[1]:
            raise FaceveilError(
                f"rank {self.rank} has {what} {value}, but ranks differ from {-int(ends[1])} to "
                f"{int(ends[0])}; all ranks need the same inputs and one .scratch folder"
            )

    def _joined(self, values: Tensor, how: "group.ReduceOp.RedOpType") -> Tensor:
        if self.count == 1:
            return values
        started_by = os.environ.get(LAUNCHER)
        if started_by and int(started_by) != os.getppid():
            raise LostRankError("what started the ranks is gone")
        try:
            group.all_reduce(values, op=how)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            raise LostRankError(f"another rank ended ({str(error).splitlines()[0]})") from None
        return values


def is_rank() -> bool:
    """Return whether this process was started as one of several, as torchrun does."""
    return {"RANK", "WORLD_SIZE", "LOCAL_RANK"} <= os.environ.keys()


def present_ranks() -> Ranks:
    """Return the ranks that this process has joined: by default itself alone."""
    if not (group.is_available() and group.is_initialized()):
        return Ranks()
    return Ranks(group.get_rank(), group.get_world_size())


@contextmanager
def joined(device: torch.device) -> Iterator[torch.device]:
    """Join the other ranks inside the block, if there are any; yield where this rank computes."""
    if not is_rank():
        yield device
        return
    own = own_device(device, int(os.environ["LOCAL_RANK"]))
    meeting = os.environ.get(MEETING)
    try:
        group.init_process_group(
            "nccl" if own.type == "cuda" else "gloo",
            init_method=f"file://{meeting}" if meeting else "env://",
            rank=int(os.environ["RANK"]),
            world_size=int(os.environ["WORLD_SIZE"]),
            timeout=TIMEOUT,
        )
    except RuntimeError as error:
        raise LostRankError(f"not all ranks came ({str(error).splitlines()[0]})") from None
    yield own
    group.destroy_process_group()  # not after a failure: lost ranks would be waited for


def own_device(device: torch.device, local_rank: int) -> torch.device:
    """Return the device of one of the ranks on this machine: each takes a GPU of its own."""
    if device.type != "cuda":
        return device
    gpus = torch.cuda.device_count()
    if device.index is not None or local_rank >= gpus:
        named = f"FACEVEIL_DEVICE is {device}" if device.index is not None else f"{gpus} GPUs here"
        raise FaceveilError(
            f"{named}, but each process needs a GPU of its own and this is process "
            f"{local_rank + 1}; set FACEVEIL_DEVICE to cuda, and FACEVEIL_PROCESSES to at most "
            f"{gpus}"
        )
    own = torch.device("cuda", local_rank)
    torch.cuda.set_device(own)
    return own
