"""How a person is photographed: pose, light, expression, gaze, surroundings and camera."""

from dataclasses import dataclass

import numpy as np

from faceveil.rendering.person import Person


@dataclass(frozen=True)
class Photo:
    """One draw of everything that differs between two photos of a person.

    Angles are radians (yaw to the image's right, pitch down, roll clockwise), shifts are parts of
    the picture's width, amounts run from 0 to 1 unless said otherwise.
    """

    yaw: float
    pitch: float
    roll: float
    eye_span: float
    shift_x: float
    shift_y: float
    light_azimuth: float
    light_elevation: float
    light_strength: float
    light_warmth: float
    fill: float
    smile: float
    mouth_open: float
    brow_raise: float
    frown: float
    eyelid: float
    gaze_x: float
    gaze_y: float
    glasses: bool
    lipstick: float
    exposure: float
    blur: float
    noise: float
    warmth: float
    seed: int


def draw_photo(rng: np.random.Generator, person: Person) -> Photo:
    """Draw one photo of `person`; smile, glasses and make-up follow the person's habits."""
    smile = float(np.clip(rng.normal(person.smile_habit - 0.18, 0.34), 0, 1))
    return Photo(
        yaw=_bounded(rng, 0.10, 0.26),
        pitch=_bounded(rng, 0.05, 0.12),
        roll=_bounded(rng, 0.05, 0.12),
        # FFHQ is aligned by the eyes and the mouth: what is left is the error of the landmarks
        eye_span=float(rng.uniform(0.232, 0.248)),
        shift_x=_bounded(rng, 0.006, 0.015),
        shift_y=_bounded(rng, 0.006, 0.015),
        light_azimuth=_bounded(rng, 0.4, 0.9),
        light_elevation=float(rng.uniform(0.3, 0.9)),
        light_strength=float(rng.uniform(0.55, 1.0)),
        light_warmth=_bounded(rng, 0.05, 0.12),
        fill=float(rng.uniform(0.48, 0.75)),
        smile=smile,
        mouth_open=float(max(0.0, rng.normal(1.3 * smile - 0.55, 0.28))),
        brow_raise=_bounded(rng, 0.35, 0.9),
        frown=float(max(0.0, rng.normal(-0.3, 0.4))),
        eyelid=float(np.clip(rng.normal(0.97, 0.08), 0.7, 1.1)),
        gaze_x=_bounded(rng, 0.8, 2.2),
        gaze_y=_bounded(rng, 0.35, 0.9),
        glasses=bool(rng.uniform() < person.glasses_habit),
        lipstick=float(np.clip(person.make_up + rng.normal(0, 0.25), 0, 1)),
        exposure=float(np.exp(_bounded(rng, 0.08, 0.2))),
        blur=float(rng.uniform(0.0, 0.55)),
        noise=float(rng.uniform(0.002, 0.009)),
        warmth=_bounded(rng, 0.025, 0.06),
        seed=int(rng.integers(2**31)),
    )


def _bounded(rng: np.random.Generator, spread: float, bound: float) -> float:
    return float(np.clip(rng.normal(0, spread), -bound, bound))
