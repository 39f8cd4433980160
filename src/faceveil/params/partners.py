"""Section ``partners``: further recognizers that a generator may train against, by name."""

from typing import Literal

from pydantic import Field, model_validator

from faceveil.params.other_recognizer import SCRATCH, OtherRecognizer

LEAST_FACENET = 80
"""Least input size of FaceNet, in pixels, that its strides leave something of."""


class Partner(OtherRecognizer):
    """One recognizer of an ensemble; it sees the whole photo, and gradients pass through it."""

    weights: str = Field(
        min_length=1,
        description="scratch, or FaceNet's vggface2, casia-webface or path to .safetensors or .pt",
    )
    architecture: Literal["mobilefacenet", "resnet18", "facenet"] = Field(
        description="network; given weights are FaceNet's"
    )

    @model_validator(mode="after")
    def _weights_fit_the_architecture(self) -> "Partner":
        if (self.weights == SCRATCH) == (self.architecture == "facenet"):
            raise ValueError(
                f"weights {self.weights!r} do not fit architecture {self.architecture!r}; "
                "scratch goes with mobilefacenet or resnet18, given weights with facenet"
            )
        if self.architecture == "facenet" and self.input_size < LEAST_FACENET:
            raise ValueError(f"input_size is {self.input_size}; facenet needs {LEAST_FACENET}")
        return self
