"""Timing two ways of doing the same work side by side, and writing what came out."""

import json
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import torch

from faceveil.recognition.architectures import build_network
from faceveil.recognition.network import Network, View
from faceveil.runtime.atomic import atomic_path
from faceveil.runtime.device import pick_device
from faceveil.store.faces import PackedFaces

RESULTS = Path(__file__).parent / "results"

SIZE = 128
"""Height and width of the photos, in pixels."""


def interleaved(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each way.

    All ways take turns in every round, so that a busy machine slows them all alike.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            start = perf_counter()
            way()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            if number > 0:  # The first round warms up.
                seconds[name].append(perf_counter() - start)
    return {name: median(times) for name, times in seconds.items()}


def random_recognizer() -> Network:
    """Return FaceNet with random weights: they change no speed, and nothing is downloaded."""
    torch.manual_seed(0)
    network = build_network("inception_resnet_v1", View(SIZE, 127.5, 128))
    return network.freeze().to(pick_device())


def random_faces(people: int) -> PackedFaces:
    """Return one photo per person, noise with a square mask."""
    draw = np.random.default_rng(0)
    ids = [f"{number:05d}" for number in range(people)]
    rows = pd.DataFrame({"subject_id": ids, "image_id": ids, "split": "train"})
    pixels = draw.integers(0, 256, (people, SIZE, SIZE, 3), dtype=np.uint8)
    transparency = np.zeros((people, SIZE, SIZE), np.uint8)
    transparency[:, SIZE // 2 : -SIZE // 8, SIZE // 4 : -SIZE // 4] = 255
    return PackedFaces(pixels, rows, transparency)


def write_result(name: str, result: Mapping[str, Any]) -> None:
    """Write ``results/<name>.json`` with the machine it was measured on, and print it."""
    device = pick_device()
    machine = {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "processor": platform.machine(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    text = json.dumps({**result, "machine": machine}, indent=2)
    with atomic_path(RESULTS / f"{name}.json") as temporary:
        temporary.write_text(text + "\n")
    print(name, text)
