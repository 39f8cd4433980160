"""People before and after: bare, with masks put on, and with masks taken off."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from faceveil.evaluation.translations import Translations
from faceveil.params.unmasking import PLAIN
from faceveil.protection.translation.translate import face_of, matched
from faceveil.runtime.atomic import atomic_path
from faceveil.store.photos import open_photos
from faceveil.store.protocol import MASKED_PHOTOS, UNMASKED_PHOTOS
from faceveil.store.translated import BACK, PUT_ON


def draw_translated(inputs: Translations, path: Path, people: int) -> None:
    """Draw a row for each of a few held-out people, and columns for each translation."""
    columns: list[tuple[str, np.ndarray]] = []
    for name in inputs.names:
        folder = inputs.photos / name
        stores = {store: open_photos(folder / store) for store in (PLAIN, PUT_ON, BACK)}
        rows = stores[PLAIN].rows
        rows = rows[rows["role"] == "test"].drop_duplicates("subject_id")[:people]
        protocol = str(rows["protocol"].iloc[0])
        if not columns:
            for label, kinds in (("photo", UNMASKED_PHOTOS), ("in a mask", MASKED_PHOTOS)):
                faces = matched(inputs.sources.faces(kinds[protocol]), rows)
                columns.append((label, np.asarray(faces.pixels)))
        off = np.asarray(stores[PLAIN].pixels[rows.index.to_numpy()])
        columns.append((f"{name}:\nmask taken off", off))
        names = face_of(rows["image_id"])
        for label, store in (("mask put on", PUT_ON), ("put on and off", BACK)):
            words = stores[store].rows
            place = words.reset_index().set_index("image_id")["index"].loc[names].to_numpy()
            columns.append((f"{name}:\n{label}", np.asarray(stores[store].pixels[place])))
    count = len(columns[0][1])
    figure = Figure(figsize=(1.4 * len(columns), 1.4 * count + 0.5), layout="constrained")
    panels = figure.subplots(count, len(columns), squeeze=False)
    for column, (label, photos) in enumerate(columns):
        panels[0, column].set_title(label, fontsize=8)
        for panel, photo in zip(panels[:, column], photos, strict=True):
            panel.imshow(photo)
            panel.set_axis_off()
    with atomic_path(path) as temporary:
        # Without the date and version that matplotlib adds, the same photos are the same file.
        figure.savefig(temporary, dpi=110, metadata={"Software": None})
