"""Who is rendered: a person is a vector of named identity parameters.

Lengths are millimetres of an adult head (anthropometric means after Farkas 1994); everything
without a unit runs from 0 to 1, or from -1 to 1 where 0 is the average.
"""

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

HAIR_STYLES = (
    "bald", "fringe_crown", "buzz", "short", "side", "back", "curly", "afro", "fringe", "bob",
    "long", "long_wavy", "bun",
)  # fmt: skip
BEARD_STYLES = ("none", "stubble", "moustache", "goatee", "full")
GLASSES_STYLES = ("round", "rectangular", "rimless")

MALE_TYPED = {
    "jaw_width": 0.45, "chin_width": 0.45, "brow_ridge": 0.6, "brow_thickness": 0.35,
    "neck_width": 0.45, "nose_width": 0.25, "chin_drop": 0.3, "face_width": 0.25,
    "nose_projection": 0.2, "hairline_recess": 0.5,
}  # fmt: skip
FEMALE_TYPED = {
    "upper_lip": 0.3, "lower_lip": 0.25, "lashes": 0.5, "brow_arch": 0.45, "eye_opening": 0.3,
    "make_up": 0.6, "brow_height": 0.3, "lip_colour": 0.35,
}  # fmt: skip
"""How strongly the sex-typed shape pulls a parameter to its upper end."""


def ranged(low: float, high: float) -> Any:
    """A field that is drawn between two bounds."""
    return field(metadata={"range": (low, high)})


@dataclass(frozen=True)
class Person:
    """Identity: what stays the same in every photo of one person."""

    # the three that truth.csv reports
    skin_tone: float = ranged(0, 1)
    age: float = ranged(18, 80)
    sex_typed_shape: float = ranged(0, 1)
    # bone structure
    cranial_width: float = ranged(70, 79)
    cranial_height: float = ranged(106, 124)
    forehead_width: float = ranged(-1, 1)
    face_width: float = ranged(61, 73)
    jaw_width: float = ranged(44, 63)
    chin_width: float = ranged(20, 38)
    chin_drop: float = ranged(101, 122)
    chin_projection: float = ranged(-3, 7)
    chin_cleft: float = ranged(-1, 1)
    cheekbones: float = ranged(0, 8)
    cheekbone_height: float = ranged(14, 30)
    cheek_fullness: float = ranged(-4, 5)
    brow_ridge: float = ranged(0, 7)
    face_depth: float = ranged(84, 96)
    neck_width: float = ranged(41, 58)
    asymmetry: float = ranged(-1, 1)
    # eyes
    eye_distance: float = ranged(57, 68)
    eye_width: float = ranged(13.0, 16.8)
    eye_opening: float = ranged(0.75, 1.2)
    eye_tilt: float = ranged(-0.08, 0.17)
    eye_depth: float = ranged(2, 8)
    lid_crease: float = ranged(-0.4, 1)
    lid_weight: float = ranged(0, 1)
    iris_tone: float = ranged(0, 1)
    iris_size: float = ranged(5.4, 6.4)
    lashes: float = ranged(0, 1)
    eye_bags: float = ranged(0, 1)
    # brows
    brow_height: float = ranged(15, 25)
    brow_thickness: float = ranged(2.6, 7.2)
    brow_arch: float = ranged(-0.5, 5)
    brow_tilt: float = ranged(-0.14, 0.16)
    brow_length: float = ranged(34, 46)
    brow_gap: float = ranged(8, 19)
    brow_density: float = ranged(0.5, 1)
    # nose
    nose_length: float = ranged(36, 52)
    nose_width: float = ranged(14, 24)
    nose_bridge_width: float = ranged(6.5, 11.5)
    nose_bridge_height: float = ranged(3, 11)
    nose_projection: float = ranged(14, 26)
    nose_tip_width: float = ranged(7, 12.5)
    nose_tip_lift: float = ranged(-3, 4)
    nose_hump: float = ranged(-2, 3.5)
    # mouth
    mouth_drop: float = ranged(17, 27)
    mouth_width: float = ranged(20, 31)
    upper_lip: float = ranged(3.0, 9.5)
    lower_lip: float = ranged(5, 12)
    cupid_bow: float = ranged(0, 1)
    lip_corner: float = ranged(-1.2, 2.6)
    lip_colour: float = ranged(0, 1)
    lip_darkness: float = ranged(0, 1)
    # ears
    ear_size: float = ranged(27, 36)
    ear_protrusion: float = ranged(3, 14)
    # skin
    undertone: float = ranged(-1, 1)
    ruddiness: float = ranged(0, 1)
    mottling: float = ranged(0, 1)
    shine: float = ranged(0, 1)
    freckles: float = ranged(-1.6, 1)
    moles: float = ranged(-1, 4)
    dark_circles: float = ranged(0, 1)
    # lines
    forehead_lines: float = ranged(0, 1)
    nasolabial_lines: float = ranged(0, 1)
    crows_feet: float = ranged(0, 1)
    # hair
    hair_tone: float = ranged(0, 1)
    hair_red: float = ranged(0, 1)
    grey: float = ranged(0, 1)
    hair_volume: float = ranged(0, 1)
    hair_part: float = ranged(-1, 1)
    hairline_height: float = ranged(54, 78)
    hairline_recess: float = ranged(0, 22)
    hair_length: float = ranged(0, 1)
    hair_width: float = ranged(0, 1)
    beard_density: float = ranged(0.4, 1)
    # habits that people are known by
    make_up: float = ranged(-1, 1)
    glasses_habit: float = ranged(-3.4, 1.6)  # most people wear them always or never
    glasses_size: float = ranged(0, 1)
    glasses_tone: float = ranged(0, 1)
    smile_habit: float = ranged(0, 1)
    hair_style: str = "short"
    beard_style: str = "none"
    glasses_style: str = "round"
    skin_seed: int = 0


def identity_ranges() -> dict[str, tuple[float, float]]:
    """The numeric identity parameters with their bounds."""
    return {f.name: f.metadata["range"] for f in fields(Person) if "range" in f.metadata}


def draw_person(rng: np.random.Generator) -> Person:
    """Draw one person.

    Every parameter is drawn wide over its range; sex-typed shape, age and skin tone then pull the
    parameters that go with them, so that the whole looks like one face.
    """
    ranges = identity_ranges()
    unit = {name: float(rng.beta(0.8, 0.8)) for name in ranges}
    unit["skin_tone"] = float(rng.uniform())
    unit["age"] = float(rng.beta(1.1, 1.6))
    unit["sex_typed_shape"] = float(rng.beta(0.5, 0.5))
    _pull_by_sex_typed_shape(unit)
    _pull_by_skin_tone(unit)
    _pull_by_age(unit)
    values: dict[str, Any] = {
        name: low + (high - low) * min(max(unit[name], 0.0), 1.0)
        for name, (low, high) in ranges.items()
    }
    values["hair_style"] = _hair_style(rng, unit)
    values["beard_style"] = _beard_style(rng, unit["sex_typed_shape"])
    values["glasses_style"] = str(rng.choice(GLASSES_STYLES))
    values["skin_seed"] = int(rng.integers(2**31))
    return Person(**values)


def _pull(unit: dict[str, float], name: str, target: float, strength: float) -> None:
    unit[name] += strength * (target - unit[name])


def _pull_by_sex_typed_shape(unit: dict[str, float]) -> None:
    male = unit["sex_typed_shape"]
    for name, strength in MALE_TYPED.items():
        _pull(unit, name, male, strength)
    for name, strength in FEMALE_TYPED.items():
        _pull(unit, name, 1 - male, strength)


def _pull_by_skin_tone(unit: dict[str, float]) -> None:
    dark = unit["skin_tone"]
    _pull(unit, "hair_tone", 0.0, min(1.0, 1.5 * dark))
    _pull(unit, "iris_tone", 0.0, min(1.0, 1.7 * dark))
    _pull(unit, "hair_red", 0.0, min(1.0, 2 * dark))
    _pull(unit, "freckles", 0.0, dark)
    _pull(unit, "lip_darkness", dark, 0.6)
    _pull(unit, "nose_width", dark, 0.25)
    _pull(unit, "upper_lip", dark, 0.25)
    _pull(unit, "ruddiness", 0.0, 0.5 * dark)


def _pull_by_age(unit: dict[str, float]) -> None:
    old = unit["age"]
    unit["grey"] = min(max(2.8 * old - 1.45 + 0.6 * (unit["grey"] - 0.5), 0.0), 1.0)
    for name in ("forehead_lines", "nasolabial_lines", "crows_feet", "eye_bags"):
        unit[name] = old * (0.5 + unit[name])
    _pull(unit, "lid_weight", old, 0.4)
    _pull(unit, "hairline_recess", old, 0.3 * unit["sex_typed_shape"])
    _pull(unit, "upper_lip", 0.0, 0.3 * old)


def _hair_style(rng: np.random.Generator, unit: dict[str, float]) -> str:
    male, old, dark = unit["sex_typed_shape"], unit["age"], unit["skin_tone"]
    female = 1 - male
    weight = np.array([
        0.5 * male, 1.3 * male * old * old, 0.6 * male, 1.0 * male, 1.1 * male, 0.8 * male,
        0.7, 0.9 * dark, 0.5, 0.8 * female, 1.2 * female, 1.1 * female, 0.8 * female,
    ])  # fmt: skip
    return str(rng.choice(HAIR_STYLES, p=weight / weight.sum()))


def _beard_style(rng: np.random.Generator, male: float) -> str:
    if male < 0.55:
        return "none"
    return str(rng.choice(BEARD_STYLES, p=(0.4, 0.22, 0.1, 0.1, 0.18)))
