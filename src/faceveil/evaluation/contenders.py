"""Recognizers that designs meet besides their game's own: partners and black boxes.

All are asked the same two questions: what do they see in photos, and how alike are two sights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from faceveil.collection.places import read_places
from faceveil.evaluation.calibration import Calibration, choose_thresholds, probing_photos
from faceveil.evaluation.trials import Gallery, See
from faceveil.params.file import Params
from faceveil.recognition.black_box import BlackBox, check_refusal, load_black_box
from faceveil.recognition.interface import Recognizer
from faceveil.recognition.partner import load_partner
from faceveil.recognition.store import read_stored_card
from faceveil.store.faces import PackedFaces, open_faces
from faceveil.store.protocol import DEV, STUDY, Roles


class Eye(Protocol):
    """How a recognizer sees and compares."""

    def sight(self, kind: str) -> See:
        """Return what it sees of packed photos of a kind."""

    def similarity(
        self, probes: NDArray[np.float32], templates: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Compare what it saw, ``[P, E]`` and ``[G, E]``: ``[P, G]``, higher means same person."""


@dataclass(frozen=True)
class Contender:
    """One recognizer.

    Attributes:
        name: its name in params.yaml.
        kind: ``partner`` or ``black_box``.
        eye: how it sees and compares.
        check: outcome of its own check.
        refusal: why nothing may be reported of it; None if it passed its check.
    """

    name: str
    kind: str
    eye: Eye
    check: dict[str, Any] | None = None
    refusal: str | None = None


def load_contenders(
    curated: Path, partners: Path, black_boxes: Path, params: Params, device: torch.device
) -> list[Contender]:
    """Read all partners and black boxes that params.yaml names.

    Args:
        curated: packed faces; a black box may need the places of faces.
        partners: folder of the partners' folders.
        black_boxes: folder of the black boxes' folders.
        params: all settings.
        device: where networks run.

    Raises:
        FaceveilError: if one is missing or damaged.
    """
    return [
        *(_partner(partners / name, name, device) for name in params.partners),
        *(_black_box(black_boxes / name, name, curated, device) for name in params.black_boxes),
    ]


def _partner(folder: Path, name: str, device: torch.device) -> Contender:
    card = read_stored_card(folder)
    eye = TorchEye(load_partner(folder).to(device), device)
    return Contender(name, "partner", eye, card.get("check"), check_refusal(card))


def _black_box(folder: Path, name: str, curated: Path, device: torch.device) -> Contender:
    box = load_black_box(folder, device)
    eye = BlackBoxEye(box, curated)
    return Contender(name, "black_box", eye, box.card.get("check"), box.refusal)


class TorchEye:
    """A network that sees whole photos."""

    def __init__(self, recognizer: Recognizer, device: torch.device) -> None:
        self._recognizer = recognizer
        self._device = device

    def sight(self, kind: str) -> See:  # noqa: ARG002
        """Return its embeddings."""

        def see(images: torch.Tensor, rows: NDArray[np.int64]) -> torch.Tensor:  # noqa: ARG001
            exact = torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
            with torch.inference_mode(), exact:
                return self._recognizer.embed(images.to(self._device)).float().cpu()

        return see

    def similarity(
        self, probes: NDArray[np.float32], templates: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Return cosines."""
        return probes.astype(np.float64) @ templates.astype(np.float64).T


class BlackBoxEye:
    """A black box: it is told where the faces are, as curation found them."""

    def __init__(self, box: BlackBox, curated: Path) -> None:
        self._box = box
        self._curated = curated

    def sight(self, kind: str) -> See:
        """Return its embeddings; the place of a face is that on the photo without a design."""
        places = read_places(self._curated, kind)

        def see(images: torch.Tensor, rows: NDArray[np.int64]) -> torch.Tensor:
            return torch.from_numpy(self._box.embed(images, places[rows]))

        return see

    def similarity(
        self, probes: NDArray[np.float32], templates: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Return cosines or negative distances, as its card says."""
        return self._box.similarity(probes, templates)


def calibrate_contenders(
    contenders: Sequence[Contender], curated: Path, roles: Roles, params: Params
) -> dict[str, Calibration]:
    """Choose the thresholds of all recognizers, by name."""
    rates, batch_size = params.calibrate.false_match_rates, params.evaluate.batch_size
    return {
        one.name: calibrate_contender(one.eye, curated, roles, rates, batch_size)
        for one in contenders
    }


def study_gallery_of(eye: Eye, curated: Path, roles: Roles, batch_size: int) -> Gallery:
    """Enroll everybody of the study under a recognizer."""
    return _gallery(eye, curated, roles.enrolled(STUDY), batch_size)


def calibrate_contender(
    eye: Eye, curated: Path, roles: Roles, rates: Sequence[float], batch_size: int
) -> Calibration:
    """Choose the thresholds of a recognizer on dev people, without any design.

    Raises:
        FaceveilError: if none of those people probes.
    """
    protocol, kind = probing_photos(roles)
    gallery = _gallery(eye, curated, roles.enrolled(DEV), batch_size)
    faces = open_faces(curated, kind)
    rows = _rows(faces, roles.probing(DEV, protocol, kind))
    similarity = gallery.similarity(_seen(eye.sight(kind), faces, rows, batch_size))
    subjects = faces.rows["subject_id"].to_numpy(dtype=np.str_)[rows]
    chosen = choose_thresholds(
        similarity, subjects, gallery.subject_ids, rates, kind, roles.choosing
    )
    return Calibration(kind, len(gallery.subject_ids), chosen)


def _gallery(eye: Eye, curated: Path, image_ids: NDArray[np.str_], batch_size: int) -> Gallery:
    faces = open_faces(curated, "unmasked")
    rows = _rows(faces, image_ids)
    subjects = faces.rows["subject_id"].to_numpy(dtype=np.str_)[rows]
    order = np.argsort(subjects)
    templates = _seen(eye.sight("unmasked"), faces, rows[order], batch_size).numpy()
    return Gallery(subjects[order], lambda seen: eye.similarity(seen.numpy(), templates))


def _rows(faces: PackedFaces, image_ids: NDArray[np.str_]) -> NDArray[np.int64]:
    return np.flatnonzero(faces.rows["image_id"].isin(image_ids)).astype(np.int64)


def _seen(see: See, faces: PackedFaces, rows: NDArray[np.int64], batch_size: int) -> torch.Tensor:
    parts = [
        see(faces.images(rows[start : start + batch_size]), rows[start : start + batch_size])
        for start in range(0, len(rows), batch_size)
    ]
    return torch.cat(parts)
