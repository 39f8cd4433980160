"""Two detectors on the same photos: how many faces each finds, how steady its eyes are, how fast.

Pairs of a bare face and the same photo with a mask: rendered here, and, where there is a folder of
real data, those in its ``masked_pairs``. Eyes are bare in both, so that what a mask does to a
detector shows in how far it moves them. Photos whose face is painted grey have none to be found.
"""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.curate import COLLECTION
from benchmarks.measure import interleaved, write_result
from faceveil.collection.detection import Faces
from faceveil.collection.images import Pixels, read_image
from faceveil.metrics.intervals import wilson_interval
from faceveil.params.curate import Curate
from faceveil.protection.found_faces import LOOK, is_found
from faceveil.rendering.collection import write_collection

PEOPLE = 200
ROUNDS = 2
LEAST = Curate().min_face_probability

Pairs = list[tuple[Pixels, Pixels]]


def main() -> None:
    """Measure, print and write ``results/detectors.json``."""
    result = {}
    with threadpool_limits(1):
        for name, pairs in collections():
            result[name] = {"pairs": len(pairs)} | {
                detector: measured(detector, pairs) for detector in LOOK
            }
            bare = [one for one, _ in pairs[:32]]
            ways = {name: partial(find, bare) for name, find in LOOK.items()}
            seconds = interleaved(ways, ROUNDS)
            result[name]["time_mtcnn_over_yunet"] = round(seconds["mtcnn"] / seconds["yunet"], 1)
    write_result("detectors", result)


def collections() -> Iterator[tuple[str, Pairs]]:
    """Yield the pairs of each collection that is there."""
    with TemporaryDirectory() as folder:
        root = Path(folder) / "collection"
        write_collection(root, COLLECTION.model_copy(update={"people": PEOPLE}))
        bare = sorted((root / "unmasked").iterdir())
        masked = {path.name.split("_")[0]: path for path in (root / "masked").iterdir()}
        yield "rendered", [(read_image(path), read_image(masked[path.stem])) for path in bare]
    default = Path(__file__).parents[2] / "shared" / "data"
    real = Path(os.environ.get("FACEVEIL_REAL_DATA", default)) / "masked_pairs"
    masks = sorted(real.glob("*_Mask.jpg"))
    if masks:
        bare = [path.with_name(path.name.replace("_Mask", "")) for path in masks]
        yield "real", [(read_image(a), read_image(b)) for a, b in zip(bare, masks, strict=True)]


def measured(detector: str, pairs: Pairs) -> dict[str, Any]:
    """Return shares of photos with a face, with intervals, and how far eyes move under a mask."""
    find = LOOK[detector]
    bare, masked = (find([pair[side] for pair in pairs]) for side in (0, 1))
    grey = find([painted(pair[0], faces) for pair, faces in zip(pairs, bare, strict=True)])
    moved = [
        np.linalg.norm((a.landmarks[0] - b.landmarks[0])[:2], axis=1).mean() / eye_distance(a)
        for a, b in zip(bare, masked, strict=True)
        if found(a) and found(b)
    ]
    return {
        "found_bare": share([found(one) for one in bare]),
        "found_masked": share([found(one) for one in masked]),
        "found_where_the_face_is_grey": share([found(one) for one in grey]),
        "eyes_moved_median": round(float(np.median(moved)), 3),
        "eyes_moved_p90": round(float(np.percentile(moved, 90)), 3),
    }


def found(faces: Faces) -> bool:
    """Say whether there is what curation would take for a face."""
    return is_found(faces, LEAST)


def share(hits: list[bool]) -> list[float]:
    """Return a share with its 95 % interval."""
    low, high = wilson_interval(sum(hits), len(hits))
    return [round(float(one), 3) for one in (np.mean(hits), low, high)]


def eye_distance(faces: Faces) -> float:
    """Return the distance of the first face's eyes, in pixels."""
    return float(np.linalg.norm(faces.landmarks[0, 0] - faces.landmarks[0, 1]))


def painted(photo: Pixels, faces: Faces) -> Pixels:
    """Return a photo whose first face is grey."""
    grey = photo.copy()
    if len(faces):
        left, top, right, bottom = faces.boxes[0].clip(0).round().astype(int)
        grey[top:bottom, left:right] = 128
    return grey


if __name__ == "__main__":
    main()
