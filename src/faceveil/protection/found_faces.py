"""Whether a detector finds a face at all in worn photos: who is never found is never searched for.

Recognizers are given the place of the face that was found before anything was worn, so that a
design that hides a face from the detector gains nothing by it. Here detectors look at the worn
photo.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceveil.collection.detection import Faces, detect_faces
from faceveil.collection.images import Pixels
from faceveil.collection.yunet import detect_with_yunet
from faceveil.params.recognizers import DETECTORS
from faceveil.runtime.parallel import map_in_order, one_thread
from faceveil.store.found_faces import ABOUT
from faceveil.store.photos import FLAT, JUDGE, open_photos, read_rows

LOOK: Mapping[str, Callable[[Sequence[Pixels]], list[Faces]]] = dict(
    zip(DETECTORS, (detect_faces, detect_with_yunet), strict=True)
)
"""How detectors look for faces, by name."""

CONDITIONS = (FLAT, "0", "1", "2")
"""Photos that are looked at: flat ones, and the first draws of those under conditions, each worn
in a design of another training."""

AT_ONCE = 64
"""Photos that a process looks at in one go."""


def look_for_faces(
    protected: Path, names: Sequence[str], detectors: Sequence[str], least: float
) -> pd.DataFrame:
    """Return who found a face where, of the worn photos of held-out people that are judged.

    Args:
        protected: folder of the protected photos.
        names: protections; one that nobody probes in has no rows.
        detectors: of :data:`LOOK`.
        least: least probability of a face.

    Returns:
        The columns of :data:`ABOUT`, and a Boolean one of each detector.
    """
    rows = {name: read_rows(protected / name) for name in names}
    chosen = {name: np.flatnonzero(_looked_at(of)) for name, of in rows.items()}
    parts = [
        (name, places[start : start + AT_ONCE])
        for name, places in chosen.items()
        for start in range(0, len(places), AT_ONCE)
    ]
    work = partial(_look, protected, tuple(detectors), least)
    seen = list(map_in_order(work, parts, "faces looked for"))
    words = [rows[name].iloc[places][list(ABOUT)] for name, places in parts]
    if not words:
        return pd.DataFrame(columns=[*ABOUT, *detectors])
    found = pd.DataFrame(np.concatenate(seen), columns=list(detectors))
    return pd.concat([pd.concat(words, ignore_index=True), found], axis=1)


def _looked_at(rows: pd.DataFrame) -> "pd.Series[bool]":
    held_out = (rows["role"] == "test") & (rows["use"] == JUDGE)
    return held_out & rows["condition"].isin(CONDITIONS)


def _look(
    protected: Path,
    detectors: Sequence[str],
    least: float,
    part: tuple[str, NDArray[np.int64]],
) -> NDArray[np.bool_]:
    """Return whether each detector found a face in each photo, ``[N, D]``."""
    name, places = part
    photos = list(np.asarray(open_photos(protected / name).pixels[places]))
    with one_thread():
        seen = [LOOK[detector](photos) for detector in detectors]
    return np.array([[is_found(one, least) for one in of] for of in seen], np.bool_).T


def is_found(faces: Faces, least: float) -> bool:
    """Say whether there is a face of a least probability."""
    return bool((faces.probabilities >= least).any())
