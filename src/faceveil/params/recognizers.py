"""Section ``recognizers``: networks that tell people apart, by name, and what each is for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from faceveil.params.read import read_names, read_section
from faceveil.params.section import Precision, Section, Seed, Share

Role = Literal["target", "surrogate", "judge"]
"""What designs are trained against; what they may be trained against besides; and neither."""

Architecture = Literal[
    "inception_resnet_v1", "resnet18", "mobilefacenet", "sface", "dlib_resnet29", "onnx"
]

Crop = Literal["frame", "aligned", "chip"]
"""What a recognizer sees: the whole photo, or the face with five points put in place; where they
are put differs: ``aligned`` as most embedders are trained, ``chip`` as dlib's is.
"""

InputSize = Annotated[int, Field(ge=32, le=512)]
"""Height and width of what a network sees, in pixels."""

SCRATCH = "scratch"
"""The weights of a recognizer that is trained here."""

PUBLISHED = ("vggface2", "casia-webface")
"""facenet-pytorch's published weights, by the name of their training set."""

DETECTORS = ("mtcnn", "yunet")
"""Who looks for faces; the results table has their rows beside those of recognizers."""

PACKAGED: dict[str, dict[str, Any]] = {
    "sface": {
        "architecture": "sface",
        "input_size": 112,
        "mean": 0,
        "scale": 1,
        "crop": "aligned",
    },
    "dlib": {
        "architecture": "dlib_resnet29",
        "input_size": 150,
        "mean": 0,
        "scale": 1,
        "crop": "chip",
    },
}
"""Published weights in Python packages, and the one way in which each sees photos; they take grey
values and bring them to their own range by themselves.
"""

STEP = 16
"""Pixels that input sizes are multiples of; only packaged weights have sizes of their own."""

CURATED = "curated"
"""The check on the curated people themselves."""

LEAST_INCEPTION = 80
"""Least input size of inception_resnet_v1, in pixels, that its strides leave something of."""

LEARNED: tuple[Architecture, ...] = ("inception_resnet_v1", "resnet18", "mobilefacenet")
"""Architectures that are trained here."""

LEARNING_KEYS = (
    "skip_people",
    "people",
    "seed",
    "epochs",
    "batch_size",
    "max_learning_rate",
    "weight_decay",
    "label_smoothing",
    "precision",
    "masked_share",
)
"""Keys that say how a recognizer learns; packaged weights learn nothing and are shown without."""

SUFFIXES: dict[str, Architecture] = {
    ".safetensors": "inception_resnet_v1",
    ".pt": "inception_resnet_v1",
    ".onnx": "onnx",
}
"""The architecture that a file of weights goes with, by its suffix."""


class RecognizerSettings(Section):
    """One recognizer: its origin, how it sees photos, how it is checked and how it learns."""

    role: Role = Field(description="target: trained against; surrogate: may be; judge: never")
    weights: str = Field(
        default=SCRATCH,
        min_length=1,
        description="scratch, vggface2, casia-webface, sface, dlib, or a path to .safetensors, "
        ".pt or .onnx",
    )
    architecture: Architecture = Field(
        description="network; published weights are inception_resnet_v1, onnx is what a file holds"
    )
    input_size: InputSize = Field(description="height and width of the input, in pixels")
    mean: float = Field(
        default=127.5, ge=0, le=255, description="grey value in [0, 255] that the input has as 0"
    )
    scale: float = Field(default=128.0, gt=0, le=1000, description="grey values per unit of input")
    crop: Crop = Field(
        default="frame", description="what it sees: the whole photo, or five points put in place"
    )
    check: str = Field(
        default=CURATED,
        min_length=1,
        description="photos to verify people on: curated, or a folder with one folder per person",
    )
    check_pairs: int = Field(
        default=240, ge=4, le=1_000_000, description="pairs of the check, half mated"
    )
    expected_accuracy: Share = Field(
        default=0.95, description="accuracy that the check expects, within a point"
    )
    skip_people: int = Field(
        default=0, ge=0, description="scratch: background people to leave out, the first by id"
    )
    people: int = Field(
        default=440, ge=2, description="scratch: background people to learn from, the next ones"
    )
    seed: Seed = Field(default=2021, description="seed of weights, batches and augmentation")
    epochs: int = Field(default=11, ge=1, le=1000, description="passes over the background photos")
    batch_size: int = Field(default=24, ge=2, le=4096, description="photos per step")
    max_learning_rate: float = Field(
        default=0.002, gt=0, le=1, description="peak of the one-cycle schedule"
    )
    weight_decay: float = Field(default=0.05, ge=0, le=1, description="AdamW's weight decay")
    label_smoothing: float = Field(
        default=0.1, ge=0, lt=1, description="label smoothing of the cross-entropy"
    )
    precision: Precision = Field(default="auto", description="arithmetic of the training")
    masked_share: Share = Field(default=0.33, description="share of a batch that wears masks")

    @field_validator("input_size")
    @classmethod
    def _strides_divide_it(cls, size: int, info: ValidationInfo) -> int:
        if size % STEP and info.data.get("weights") not in PACKAGED:
            raise ValueError(f"must be a multiple of {STEP}")
        return size

    @model_validator(mode="after")
    def _weights_fit_the_architecture(self) -> "RecognizerSettings":
        if self.weights in PACKAGED:
            return self._as_packaged()
        fits = self.architecture in LEARNED
        if self.weights != SCRATCH:
            suffix = "." + self.weights.rpartition(".")[2]
            if self.weights not in PUBLISHED and suffix not in SUFFIXES:
                named = ", ".join((SCRATCH, *PUBLISHED, *PACKAGED))
                raise ValueError(
                    f"weights are {named} or a path ending in {', '.join(SUFFIXES)}, "
                    f"not {self.weights!r:.80}"
                )
            fits = self.architecture == SUFFIXES.get(suffix, "inception_resnet_v1")
        if not fits:
            raise ValueError(
                f"weights {self.weights!r:.80} do not fit architecture {self.architecture!r}; "
                ".onnx goes with onnx, other files and published weights with "
                f"inception_resnet_v1, and scratch with {', '.join(LEARNED)}"
            )
        return self

    def _as_packaged(self) -> "RecognizerSettings":
        """Refuse another view than the one that packaged weights were trained with."""
        wanted = PACKAGED[self.weights]
        for key, value in wanted.items():
            if getattr(self, key) != value:
                keys = ", ".join(f"{key} {value}" for key, value in wanted.items())
                raise ValueError(
                    f"weights {self.weights!r} go with {keys}; {key} is {getattr(self, key)}"
                )
        return self

    @model_validator(mode="after")
    def _photos_are_large_enough(self) -> "RecognizerSettings":
        if self.architecture == "inception_resnet_v1" and self.input_size < LEAST_INCEPTION:
            raise ValueError(
                f"input_size is {self.input_size}; inception_resnet_v1 needs {LEAST_INCEPTION}"
            )
        return self

    @model_validator(mode="after")
    def _what_is_trained_against_gives_gradients(self) -> "RecognizerSettings":
        if self.role != "judge" and self.architecture == "onnx":
            raise ValueError(
                f"role {self.role} needs gradients, and architecture 'onnx' gives none; use "
                "another architecture, or role judge"
            )
        if self.role == "target" and self.weights in PACKAGED:
            raise ValueError(
                f"role target needs a head that can learn, and weights {self.weights!r} have "
                "none; use role surrogate or judge"
            )
        return self


DEFAULTS = {
    "facenet": RecognizerSettings(role="target", architecture="inception_resnet_v1", input_size=96),
    "sface": RecognizerSettings(role="surrogate", weights="sface", **PACKAGED["sface"]),
    "dlib": RecognizerSettings(
        role="judge", weights="dlib", expected_accuracy=0.9, **PACKAGED["dlib"]
    ),
    "mobilefacenet": RecognizerSettings(
        role="judge",
        architecture="mobilefacenet",
        input_size=48,
        crop="aligned",
        skip_people=440,
        people=400,
        seed=2023,
        epochs=16,
        max_learning_rate=0.006,
        precision="float32",
    ),
}
"""The recognizers of a file that names none."""


def target_of(recognizers: Mapping[str, RecognizerSettings]) -> str:
    """Return the name of the one recognizer that all designs are trained against."""
    return next(name for name, one in recognizers.items() if one.role == "target")


def surrogates_of(recognizers: Mapping[str, RecognizerSettings]) -> list[str]:
    """Return the names of the recognizers that an experiment's ``ensemble`` may name."""
    return [name for name, one in recognizers.items() if one.role == "surrogate"]


def read_target(params: Path) -> str:
    """Return the name of the target in params.yaml."""
    names = read_names(params, "recognizers")
    return target_of(
        {name: read_section(params, f"recognizers.{name}", RecognizerSettings) for name in names}
    )
