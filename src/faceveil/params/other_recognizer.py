"""What the sections ``partners`` and ``black_boxes`` have in common."""

from typing import Annotated

from pydantic import Field

from faceveil.params.recognizer_training import RecognizerTraining
from faceveil.params.section import Share

InputSize = Annotated[int, Field(ge=32, le=512, multiple_of=16)]
"""Height and width of what a network sees, in pixels."""

SCRATCH = "scratch"
"""The origin of a recognizer that is trained here."""

CURATED = "curated"
"""The check on the curated people themselves."""


class OtherRecognizer(RecognizerTraining):
    """A recognizer beside the one that stands guard, and the check that it has to pass."""

    input_size: InputSize = Field(description="height and width of the input, in pixels")
    mean: float = Field(ge=0, le=255, description="grey value in [0, 255] that the input has as 0")
    scale: float = Field(gt=0, le=1000, description="grey values per unit of the input")
    check: str = Field(
        min_length=1,
        description="photos to verify people on: curated, or a folder with one folder per person",
    )
    check_pairs: int = Field(ge=4, le=1_000_000, description="pairs of the check, half mated")
    expected_accuracy: Share = Field(description="accuracy that the check expects, within a point")
    skip_people: int = Field(
        ge=0, description="scratch: background people to leave out, the first by id"
    )
    people: int = Field(ge=2, description="scratch: background people to learn from, the next ones")
