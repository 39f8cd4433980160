"""Time per face and peak memory of GAN training, from a thousand people to all of MaskedFace-Net.

Each number of people is measured in a process of its own, on packed photos of random pixels that
lie on disk and are mapped into memory. Counted is anonymous memory (``RssAnon``, sampled): pages of
the mapped photos are the system's cache, and go when memory is needed. The stored features of the
gallery, 7.2 kB per person, are meant to be held; the slope is what is held besides, as a share of
them. Times are over the bare trunk's pass and image gradient, taken in turns with the steps.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import torch

from benchmarks.measure import SIZE, interleaved, random_faces, random_recognizer, write_result
from benchmarks.train_step import SOURCES, folded, settings, training_data
from faceveil.protection.designs.identification import PROBES_AT_ONCE as FACES
from faceveil.protection.designs.identification import count_identified, identification_interval
from faceveil.protection.designs.state import State
from faceveil.protection.designs.step import Batch, Setup, train_step
from faceveil.protection.designs.training_data import TrainingData, draw_others
from faceveil.recognition.network import Network
from faceveil.store.faces import open_faces

PEOPLE = (1_000, 5_000, 20_000, 67_049)
GALLERY_PEOPLE = 500
BATCH = 32
ROUNDS = 12
FEATURE_BYTES = 1792 * 4
"""Bytes of one person's stored feature: the gallery's own."""

IN_USE = {"MALLOC_MMAP_THRESHOLD_": "131072", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Makes allocators give freed memory back at once, so that what is counted is what is used."""


def main() -> None:
    """Measure, print and write ``results/scaling.json``."""
    rows = []
    for count in PEOPLE:
        with TemporaryDirectory(prefix="faceveil-scaling-") as folder:
            write_store(Path(folder), count)
            rows.append(_in_a_process(folder, GALLERY_PEOPLE))
            if count == PEOPLE[-1]:
                everyone = _in_a_process(folder, None)
    result = {
        "gallery_people": GALLERY_PEOPLE,
        "batch_size": BATCH,
        "memory_slope_over_gallery": round(memory_slope(rows), 4),
        "step_time_over_fewest": over_first([row["step_over_bare_trunk"] for row in rows]),
        "epoch_time_over_fewest": over_first([row["epoch_over_bare_trunk"] for row in rows]),
        "people": rows,
        "losses_among_everyone": everyone,
    }
    write_result("scaling", result)


def write_store(root: Path, count: int) -> None:
    """Write a packed photo with a mask per person: a thousand random ones, over and over."""
    folder = root / "masked"
    folder.mkdir()
    block = random_faces(min(count, 1_000))
    for name, array in (("pixels", block.pixels), ("transparency", block.transparency)):
        shape = (count, *array.shape[1:])
        mapped = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.uint8, shape)
        for start in range(0, count, len(block)):
            mapped[start : start + len(block)] = array[: count - start]
    ids = [f"{number:06d}" for number in range(count)]
    table = pd.DataFrame({"subject_id": ids, "image_id": ids, "split": "train"})
    table.to_parquet(folder / "rows.parquet", index=False)


def memory_slope(rows: Sequence[Mapping[str, Any]]) -> float:
    """Return by how much memory grows per person besides stored features, over one's own bytes.

    The slope of the least-squares line through the peaks without the features.
    """
    counts = [row["people"] for row in rows]
    besides = [row["peak_bytes"] - row["stored_bytes"] for row in rows]
    return float(np.polyfit(counts, besides, 1)[0]) / FEATURE_BYTES


def over_first(values: Sequence[float]) -> list[float]:
    """Return values over the first of them."""
    return [round(value / values[0], 3) for value in values]


def _in_a_process(folder: str, gallery_people: int | None) -> dict[str, Any]:
    """Measure a store in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.scaling", folder, json.dumps(gallery_people)]
    environment = os.environ | IN_USE
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(row, file=sys.stderr)
    return row


def measure(folder: Path, gallery_people: int | None) -> dict[str, Any]:
    """Take some steps and search for faces on a store; return times and memory."""
    with peak_memory() as peak:
        recognizer, faces = random_recognizer(), open_faces(folder, "masked")
        everybody = training_data(faces, recognizer.head.weight.device)
        seconds = _seconds(recognizer, everybody, gallery_people)
        searching = _searching_seconds(recognizer.head, everybody)
    step, call, bare = (1000 * seconds[way] / BATCH for way in ("step", "call", "bare"))
    if gallery_people:
        steps = -(-len(faces) // BATCH)
        step += call / identification_interval(len(faces), BATCH, steps)
    return {
        "people": len(faces),
        "step_ms_per_face": round(step, 2),
        "naming_ms_per_face": round(1000 * searching, 3),
        "step_over_bare_trunk": round(step / bare, 4),
        # Each epoch searches for every face once in a plain mask and once without one.
        "epoch_over_bare_trunk": round((step + 2000 * searching) / bare, 4),
        "peak_bytes": peak[0],
        "stored_bytes": everybody.gallery.nbytes,
    }


def _seconds(
    recognizer: Network, everybody: TrainingData, gallery_people: int | None
) -> dict[str, float]:
    """Return the seconds of a step, of searching its faces among all, and of the bare trunk."""
    device, count = everybody.gallery.device, everybody.trained
    chosen = settings(SOURCES["exp3"]).model_copy(update={"gallery_people": gallery_people})
    state = State(chosen, recognizer.head, SIZE, device)
    setup = Setup(state, everybody, folded(recognizer).trunk)
    photos = everybody.faces.images(slice(BATCH)).to(device, memory_format=torch.channels_last)
    draw, latents = np.random.default_rng(0), torch.randn(BATCH, 100)

    def step() -> None:
        numbers = torch.from_numpy(draw.permutation(count)[:BATCH])
        others = draw_others(numbers, count, gallery_people, draw) if gallery_people else None
        train_step(setup, Batch(numbers, latents, others, searched=gallery_people is None))

    def call() -> None:
        count_identified(state.head, *_probes(everybody, BATCH), everybody.gallery)

    def bare() -> None:
        images = photos.detach().requires_grad_()
        torch.autograd.grad(recognizer.trunk(images).sum(), images)

    return interleaved({"bare": bare, "step": step, "call": call}, ROUNDS)


def _searching_seconds(head: torch.nn.Module, everybody: TrainingData) -> float:
    """Return the seconds per face of searching many at once, as at the end of an epoch."""
    probes = _probes(everybody, FACES)
    start = time.perf_counter()
    count_identified(head, *probes, everybody.gallery)
    return (time.perf_counter() - start) / FACES


def _probes(everybody: TrainingData, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return features and labels to search for; the same again where there are fewer people."""
    labels = torch.arange(count, device=everybody.gallery.device) % everybody.trained
    return everybody.gallery[labels], labels


@contextmanager
def peak_memory() -> Iterator[list[int]]:
    """Yield a list whose one number is the most anonymous memory held so far, in bytes.

    On a GPU the gallery is in the GPU's memory: its peak is added.
    """
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            peak[0] = max(peak[0], anonymous_memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()
        if torch.cuda.is_available():
            peak[0] += torch.cuda.max_memory_allocated()


def anonymous_memory() -> int:
    """Return how many bytes of this process belong to no file (Linux)."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.partition("RssAnon:")[2].split()[0])


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(measure(Path(sys.argv[1]), json.loads(sys.argv[2]))))
    else:
        main()
