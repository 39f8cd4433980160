"""Distances between translated photos and real ones, beside what they are to be read by."""

import numpy as np
import pandas as pd
import pytest
import torch
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import maximum_mean_discrepancy

from faceveil.evaluation.translation_distances import MASKED, UNMASKED, distance_rows
from faceveil.evaluation.trials import Seen
from faceveil.metrics.distributions import _Given
from faceveil.params.unmasking import EvaluateTranslation

PEOPLE = [f"{number:03d}" for number in range(40)]
SETTINGS = EvaluateTranslation(resamples=100)


class Drawn:
    """Features that are drawn; translated ones lie as far from real ones as is said."""

    name, metrics = "net", ("fd_recognizer", "kd_recognizer")

    def __init__(self, shifts):
        rng = np.random.default_rng(7)
        rows = pd.DataFrame({"subject_id": PEOPLE})
        self.photos = {
            name: Seen(rows, (rng.normal(size=(len(PEOPLE), 5)) + shift).astype(np.float32))
            for name, shift in shifts.items()
        }

    def translated(self, translation, domain):
        return self.photos[translation, domain]

    def real(self, _, domain):
        return self.photos[domain]


class Named:
    names = ("near", "far")


@pytest.fixture(scope="module")
def seen():
    shifts = {MASKED: 0, UNMASKED: 3, ("near", MASKED): 0.2, ("near", UNMASKED): 2.8}
    return Drawn(shifts | {("far", MASKED): 2, ("far", UNMASKED): 1})


@pytest.fixture(scope="module")
def table(seen):
    return pd.DataFrame(distance_rows(Named(), seen, SETTINGS))


def value(table, metric, protection, over):
    own = table[(table["metric"] == metric) & (table["protection"] == protection)]
    (found,) = own.loc[own["over"] == over, "value"]
    return found


def test_what_is_nearer_has_less_distance_and_all_is_said(table):
    for metric in ("fd_recognizer", "kd_recognizer"):
        for over, way in ((MASKED, "put_on"), (UNMASKED, "take_off")):
            near, far, floor = (
                value(table, metric, name, over) for name in (f"{way}_near", f"{way}_far", "none")
            )
            assert near < far < floor
    assert value(table, "fd_recognizer", "half", MASKED) < value(
        table, "fd_recognizer", "put_on_far", MASKED
    )
    kernel = table[table["metric"] == "kd_recognizer"]
    assert "half" not in set(kernel["protection"])
    assert (kernel["low"] <= kernel["value"]).all()
    assert (kernel["value"] <= kernel["high"]).all()
    assert set(kernel["people"]) == {40}
    frechet = table[table["metric"] == "fd_recognizer"]
    assert set(frechet["people"]) == {20}  # one half, beside the other
    assert set(table["recognizer_role"]) == {"features"}


def test_values_are_those_of_torchmetrics(seen, table):
    made, real = seen.photos["far", MASKED].features, seen.photos[MASKED].features
    half = set(np.random.default_rng(SETTINGS.seed).permutation(PEOPLE)[:20])
    first = np.array([one in half for one in PEOPLE])
    compared = {"put_on_far": (made[first], real[~first]), "half": (real[first], real[~first])}
    for protection, (one, other) in compared.items():
        measured = FrechetInceptionDistance(feature=_Given(5))
        measured.update(torch.from_numpy(one.astype(np.float64)), real=False)
        measured.update(torch.from_numpy(other.astype(np.float64)), real=True)
        assert value(table, "fd_recognizer", protection, MASKED) == pytest.approx(
            float(measured.compute()), rel=1e-6
        )
    # Theirs has the pairs of one person across the sets, which here are left out.
    kernels = [(a @ b.T / 5 + 1) ** 3 for a, b in ((made, made), (real, real), (made, real))]
    kernels = [torch.from_numpy(one.astype(np.float64)) for one in kernels]
    kernels[2].fill_diagonal_(float(kernels[2].sum() - kernels[2].trace()) / (40 * 39))
    assert value(table, "kd_recognizer", "put_on_far", MASKED) == pytest.approx(
        float(maximum_mean_discrepancy(kernels[0], kernels[2], kernels[1])), rel=1e-6
    )


def test_of_one_person_there_is_no_distance():
    alone = Drawn(
        {MASKED: 0, UNMASKED: 3, ("near", MASKED): 0, ("near", UNMASKED): 3}
        | {("far", MASKED): 0, ("far", UNMASKED): 3}
    )
    for key, photos in alone.photos.items():
        alone.photos[key] = photos.where(np.arange(len(PEOPLE)) < 1)
    assert not list(distance_rows(Named(), alone, SETTINGS))
