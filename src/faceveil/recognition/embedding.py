"""Trunk features and embeddings of packed photos, a batch in memory at a time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from faceveil.data.atomic import atomic_directory
from faceveil.data.embeddings import EMBEDDING, FEATURES, EmbeddingTable, write_embeddings
from faceveil.data.faces import PackedFaces, open_faces
from faceveil.params.embed import Embed
from faceveil.recognition.facenet import FaceNet
from faceveil.recognition.store import load_recognizer, recognizer_fingerprint

EMBEDDED = ("unmasked", "masked", "further_unmasked", "further_masked")
"""The kinds of photos that are galleries and probes."""


def embed_curated(
    curated: Path, stored: Path, out: Path, params: Embed, device: torch.device
) -> None:
    """Write the embedding tables of all kinds under ``out``.

    Args:
        curated: folder of the packed faces.
        stored: folder of the recognizer.
        out: folder to write, one folder per kind.
        params: batch and part size; they change no value.
        device: where the recognizer runs.

    Raises:
        FaceveilError: if the faces or the recognizer are missing.
    """
    fingerprint = recognizer_fingerprint(stored)
    recognizer = load_recognizer(stored).to(device)
    with atomic_directory(out) as folder:
        for kind in EMBEDDED:
            faces = open_faces(curated, kind)
            parts = _parts(recognizer, faces, params, kind)
            write_embeddings(folder, kind, fingerprint, len(faces), parts)


def embed_faces(
    recognizer: FaceNet, faces: PackedFaces, rows: NDArray[np.int64], batch_size: int
) -> EmbeddingTable:
    """Return trunk features and embeddings of some photos, in the order of ``rows``.

    No gradient is kept, and one batch of photos is in memory at a time.
    """
    features = np.empty((len(rows), FEATURES), np.float32)
    embeddings = np.empty((len(rows), EMBEDDING), np.float32)
    device = recognizer.head.weight.device
    with torch.inference_mode():
        for start in range(0, len(rows), batch_size):
            part = slice(start, start + batch_size)
            found = recognizer.trunk(faces.images(rows[part]).to(device))
            features[part] = found.cpu()
            embeddings[part] = recognizer.head(found).cpu()
    return EmbeddingTable(
        subject_ids=faces.rows["subject_id"].to_numpy(dtype=np.str_)[rows],
        image_ids=faces.rows["image_id"].to_numpy(dtype=np.str_)[rows],
        splits=faces.rows["split"].to_numpy(dtype=np.str_)[rows],
        features=features,
        embeddings=embeddings,
    )


def _parts(
    recognizer: FaceNet, faces: PackedFaces, params: Embed, kind: str
) -> Iterator[EmbeddingTable]:
    """Make the parts one after the other, sorted by image_id; one empty part if no photos."""
    order = np.argsort(faces.rows["image_id"].to_numpy(dtype=np.str_)).astype(np.int64)
    starts = range(0, max(len(order), 1), params.part_size)
    for start in tqdm(starts, desc=f"embed {kind}", unit="part", disable=None):
        rows = order[start : start + params.part_size]
        yield embed_faces(recognizer, faces, rows, params.batch_size)
