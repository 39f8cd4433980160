"""Rendering a photo on one core, against one SciPy blur of a picture of the size it is painted at.

The blur stands for the least a renderer does with every painted pixel; the ratio says how many
such passes a whole person costs.
"""

import numpy as np
from scipy import ndimage
from threadpoolctl import threadpool_limits

from benchmarks.measure import SIZE, interleaved, write_result
from faceveil.rendering.person import draw_person
from faceveil.rendering.photo import draw_photo
from faceveil.rendering.render import SUPERSAMPLING, render

PHOTOS = 40
ROUNDS = 3


def main() -> None:
    """Measure, print and write ``results/render.json``."""
    draw = np.random.default_rng(0)
    people = [draw_person(draw) for _ in range(PHOTOS)]
    shots = [(person, draw_photo(draw, person)) for person in people]
    painted = draw.random((SUPERSAMPLING * SIZE, SUPERSAMPLING * SIZE, 3))

    def photos() -> None:
        for person, photo in shots:
            render(person, photo, SIZE)

    def blurs() -> None:
        for _ in shots:
            ndimage.gaussian_filter(painted, (2, 2, 0))

    with threadpool_limits(1):
        seconds = interleaved({"render": photos, "blur": blurs}, ROUNDS)
    result = {
        "ms_per_photo_and_core": round(1000 * seconds["render"] / PHOTOS, 1),
        "blur_ms": round(1000 * seconds["blur"] / PHOTOS, 1),
        "time_over_blur": round(seconds["render"] / seconds["blur"], 2),
    }
    write_result("render", result)


if __name__ == "__main__":
    main()
