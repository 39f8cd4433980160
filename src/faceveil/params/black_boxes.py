"""Section ``black_boxes``: recognizers that no design was trained against, by name."""

from typing import Literal

from pydantic import Field, model_validator

from faceveil.params.other_recognizer import SCRATCH, OtherRecognizer


class BlackBox(OtherRecognizer):
    """One recognizer that is asked for embeddings and never for gradients."""

    weights: str = Field(
        min_length=1, description="scratch, or the path of an .onnx file of a face embedder"
    )
    architecture: Literal["mobilefacenet", "resnet18", "onnx"] = Field(
        description="network; onnx is whatever the file holds"
    )
    crop: Literal["frame", "box", "aligned"] = Field(
        description="what it sees: the whole photo, the face's box, or five points in place"
    )
    similarity: Literal["cosine", "euclidean"] = Field(
        description="how embeddings are compared; euclidean is the negative distance"
    )

    @model_validator(mode="after")
    def _weights_fit_the_architecture(self) -> "BlackBox":
        if self.weights != SCRATCH and not self.weights.endswith(".onnx"):
            raise ValueError(f"weights are scratch or a path ending in .onnx, not {self.weights!r}")
        if (self.weights == SCRATCH) == (self.architecture == "onnx"):
            raise ValueError(
                f"weights {self.weights!r} do not fit architecture {self.architecture!r}; "
                "scratch goes with mobilefacenet or resnet18, a file with onnx"
            )
        return self
