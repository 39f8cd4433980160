"""Embedding packed photos against the bare forward pass of the trunk on the same batches.

The bare trunk is facenet-pytorch's as it is; photos are embedded, as the stage does, with one whose
batch norms are folded into its convolutions.
"""

from dataclasses import asdict

import numpy as np
import torch

from benchmarks.measure import interleaved, random_faces, random_recognizer, write_result
from benchmarks.train_step import folded
from faceveil.recognition.embedding import see
from faceveil.recognition.recognizer import Recognizer

PHOTOS = 64
BATCH = 32
ROUNDS = 5


def main() -> None:
    """Measure, print and write ``results/embed.json``."""
    recognizer, faces = random_recognizer(), random_faces(PHOTOS)
    device = recognizer.head.weight.device
    ready = [part.to(device) for part in faces.images(slice(None)).split(BATCH)]

    @torch.inference_mode()
    def bare() -> None:
        for images in ready:
            recognizer.trunk(images)

    network = folded(recognizer)
    card = {"crop": "frame", "view": asdict(network.trunk.view)}
    rows, embedding = np.arange(PHOTOS), Recognizer(card, network, device)
    ways = {"embed": lambda: see(embedding, faces.images, rows, None, BATCH), "bare": bare}
    seconds = interleaved(ways, ROUNDS)
    result = {
        "photos_per_second": round(PHOTOS / seconds["embed"], 1),
        "bare_trunk_photos_per_second": round(PHOTOS / seconds["bare"], 1),
        "time_over_bare_trunk": round(seconds["embed"] / seconds["bare"], 3),
        "batch_size": BATCH,
    }
    write_result("embed", result)


if __name__ == "__main__":
    main()
