"""Closed-set identification (1:N): at which rank a probe's own subject is found in the gallery.

Terms and formulas follow ISO/IEC 19795-1 and P. J. Phillips, P. Grother, R. Micheals, "Evaluation
methods in face recognition", Handbook of Face Recognition (2011). Similarity: higher means same
person. Ties are pessimistic: a non-mated row that is as similar as the mated one comes before it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ids = Sequence[str] | NDArray[np.str_]
"""Identifiers of subjects, one per row or column of a similarity matrix."""


def ranks(similarity: NDArray[np.floating], probe_ids: Ids, gallery_ids: Ids) -> NDArray[np.int64]:
    """Return the rank of each probe's subject in the gallery, ``[P]``, from 1 to G.

    It is one more than the number of other subjects that are at least as similar.

    Args:
        similarity: ``[P, G]``, probes by gallery rows.
        probe_ids: subject of each probe, ``[P]``.
        gallery_ids: subject of each gallery row, ``[G]``, no two alike.

    Raises:
        ValueError: if shapes do not fit, a similarity is not finite, the gallery names a subject
            twice, or a probe's subject is not in the gallery.

    Example:
        >>> similarity = np.array([[0.9, 0.1, 0.2], [0.3, 0.3, 0.1]])
        >>> ranks(similarity, ["a", "b"], ["a", "b", "c"])
        array([1, 2])
    """
    column = _mated_columns(similarity, probe_ids, gallery_ids)
    own = np.take_along_axis(similarity, column[:, None], axis=1)
    return np.asarray((similarity >= own).sum(axis=1, dtype=np.int64))


def hits(similarity: NDArray[np.floating], probe_ids: Ids, gallery_ids: Ids) -> NDArray[np.bool_]:
    """Return which probes have their subject at rank 1, ``[P]``.

    Arguments and errors are those of :func:`ranks`.

    Example:
        >>> hits(np.array([[0.9, 0.1], [0.8, 0.2]]), ["a", "b"], ["a", "b"])
        array([ True, False])
    """
    return ranks(similarity, probe_ids, gallery_ids) <= 1


def _mated_columns(
    similarity: NDArray[np.floating], probe_ids: Ids, gallery_ids: Ids
) -> NDArray[np.int64]:
    probes, gallery = np.asarray(probe_ids, np.str_), np.asarray(gallery_ids, np.str_)
    if similarity.shape != (len(probes), len(gallery)):
        raise ValueError(
            f"similarity is {similarity.shape}, not [{len(probes)} probes, {len(gallery)} subjects]"
        )
    if not np.isfinite(similarity).all():
        raise ValueError("a similarity is not finite")
    order = np.argsort(gallery)
    if (gallery[order][1:] == gallery[order][:-1]).any():
        raise ValueError("the gallery names a subject twice; keep one row per subject")
    if not np.isin(probes, gallery).all():
        raise ValueError("a probe's subject is not in the gallery")
    return np.asarray(order[np.searchsorted(gallery, probes, sorter=order)])
