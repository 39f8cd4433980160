"""Section ``recognizers``: who looks at the photos, by name; where their weights come from."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from faceveil.params.read import read_names, read_section
from faceveil.params.section import Precision, Section, Seed, Share

InputSize = Annotated[int, Field(ge=32, le=512, multiple_of=16)]
"""Height and width of what a network sees, in pixels."""

SCRATCH = "scratch"
"""The origin of a recognizer that is trained here."""

CURATED = "curated"
"""The check on the curated people themselves."""

LEAST_INCEPTION = 80
"""Least input size of FaceNet, in pixels, that its strides leave something of."""


class RecognizerParams(Section):
    """One recognizer: what it is there for, what it is, and the check that it has to pass."""

    role: Literal["target", "surrogate", "judge"] = Field(
        description="target: designs are trained against it; surrogate: they may be as well;"
        " judge: never"
    )
    weights: str = Field(
        default=SCRATCH,
        min_length=1,
        description="scratch, vggface2, casia-webface, or a path to .safetensors, published .pt or"
        " .onnx",
    )
    architecture: Literal["inception_resnet_v1", "resnet18", "mobilefacenet", "onnx"] = Field(
        description="network; inception_resnet_v1 is FaceNet's, onnx whatever the file holds"
    )
    input_size: InputSize = Field(
        default=128, description="height and width of the input, in pixels"
    )
    mean: float = Field(
        default=127.5, ge=0, le=255, description="grey value in [0, 255] that the input has as 0"
    )
    scale: float = Field(
        default=128.0, gt=0, le=1000, description="grey values per unit of the input"
    )
    crop: Literal["frame", "aligned"] = Field(
        default="frame", description="what it sees: the whole photo, or five points in place"
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
        default=320, ge=2, description="scratch: background people to learn from, the next ones"
    )
    seed: Seed = Field(default=2021, description="seed of initialization, batches and check")
    epochs: int = Field(default=9, ge=1, le=1000, description="passes over the background photos")
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
    small_photos: bool = Field(
        default=False, description="scratch: smaller photos in the first three quarters of steps"
    )

    @model_validator(mode="after")
    def _parts_fit(self) -> "RecognizerParams":
        ending = ".onnx" if self.architecture == "onnx" else ""
        inception = self.architecture == "inception_resnet_v1"
        if (self.architecture == "onnx") != self.weights.endswith(".onnx") or (
            self.weights != SCRATCH and not ending and not inception
        ):
            raise ValueError(
                f"weights {self.weights!r} do not fit architecture {self.architecture!r}; scratch "
                "goes with all but onnx, an .onnx file with onnx, other weights with "
                "inception_resnet_v1"
            )
        if inception and self.input_size < LEAST_INCEPTION:
            raise ValueError(
                f"input_size is {self.input_size}; inception_resnet_v1 needs {LEAST_INCEPTION}"
            )
        if self.role != "judge" and (self.crop != "frame" or self.architecture == "onnx"):
            raise ValueError(
                f"role {self.role} takes gradients, which crop frame gives and onnx does not; "
                "make it a judge, or change crop and architecture"
            )
        return self


def read_target(params: Path) -> str:
    """Return the name of the recognizer that designs are trained against."""
    names = read_names(params, "recognizers")
    return next(
        name
        for name in names
        if read_section(params, f"recognizers.{name}", RecognizerParams).role == "target"
    )
