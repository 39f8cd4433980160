"""The index of a made-up curated folder, with a place for every face."""

from pathlib import Path

import numpy as np
import pandas as pd

from faceveil.collection.index import BOX, INDEX, POINTS, SCHEMA, write_index
from faceveil.store.faces import open_faces

PLACE = dict(zip(BOX, (0.2, 0.1, 0.8, 0.9), strict=True)) | dict(
    zip(POINTS, (0.35, 0.4, 0.65, 0.4, 0.5, 0.55, 0.4, 0.7, 0.6, 0.7), strict=True)
)
KINDS = ("unmasked", "masked", "further_unmasked", "further_masked", "background")


def write_places(curated: Path, without: tuple[str, ...] = ()) -> None:
    """Write an index of all packed photos; photos ``without`` a face have no place."""
    parts = [open_faces(curated, kind).rows.assign(kind=kind) for kind in KINDS]
    index = pd.concat(parts, ignore_index=True)
    worn = index["image_id"].str.endswith("_Mask")
    texts = dict.fromkeys((f.name for f in SCHEMA if f.type == "string"), "")
    numbers = dict.fromkeys((f.name for f in SCHEMA if f.type == "double"), np.nan)
    whole = {"width": 80, "height": 80, "faces": 1}
    columns = texts | numbers | whole | PLACE | {"verdict": "kept", "worn": "none"}
    index = index.assign(**{k: v for k, v in columns.items() if k not in index})
    index["path"] = index["kind"] + "/" + index["image_id"]
    index["worn_claim"] = np.where(worn, "correct", "none")
    index.loc[index["image_id"].isin(without), [*BOX, *POINTS]] = np.nan
    write_index(curated / INDEX, index[SCHEMA.names])
