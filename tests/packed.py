"""Writing packed faces at once, as only tests do: curation writes them photo by photo."""

from pathlib import Path

import numpy as np

from faceveil.runtime.atomic import atomic_directory
from faceveil.store.faces import COLUMNS, PackedFaces, open_faces


def write_faces(directory: Path, faces: PackedFaces) -> None:
    """Write one kind of photos as a folder that readers accept, whole or not at all."""
    with atomic_directory(directory) as folder:
        np.save(folder / "pixels.npy", faces.pixels, allow_pickle=False)
        columns = [name for name in COLUMNS if name in faces.rows]
        faces.rows[columns].to_parquet(folder / "rows.parquet", index=False)
        if faces.transparency is not None:
            np.save(folder / "transparency.npy", faces.transparency, allow_pickle=False)
        open_faces(folder.parent, folder.name)
