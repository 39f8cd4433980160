"""Measuring photos for curation, and the detector's share of it, on one core.

The collection is rendered: pairs of unmasked and masked photos, as PNG and JPEG. The floor is MTCNN
on the unmasked photos alone, decoded and in batches: what no curation can do without.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from threadpoolctl import threadpool_limits

from benchmarks.measure import SIZE, interleaved, write_result
from faceveil.collection.detection import detect_faces
from faceveil.collection.images import read_image
from faceveil.collection.layouts import find_images
from faceveil.collection.measure import measure_people
from faceveil.params.synthesize import Synthesize
from faceveil.rendering.collection import write_collection

PEOPLE = 32
ROUNDS = 3

COLLECTION = Synthesize(
    seed=0,
    image_size=SIZE,
    people=PEOPLE,
    further_photos=0,
    annotated=1,
    incorrectly_worn_share=0,
    flawed_share=0,
    background_people=2,
    background_photos=2,
)


def main() -> None:
    """Measure, print and write ``results/curate.json``."""
    with TemporaryDirectory() as folder:
        root = Path(folder) / "collection"
        write_collection(root, COLLECTION)
        entries = [one for one in find_images(root) if one.kind in ("unmasked", "masked")]
        unmasked = [read_image(root / one.path) for one in entries if one.kind == "unmasked"]
        ways = {
            "curate": lambda: measure_people(root, entries),
            "detect": lambda: detect_faces(unmasked),
        }
        with threadpool_limits(1):
            seconds = interleaved(ways, ROUNDS)
    result = {
        "photos_per_second_and_core": round(len(entries) / seconds["curate"], 1),
        "share_of_detector": round(seconds["detect"] / seconds["curate"], 3),
        "time_over_detector": round(seconds["curate"] / seconds["detect"], 3),
    }
    write_result("curate", result)


if __name__ == "__main__":
    main()
