"""Section ``prepare_recognizer``: which recognizer stands guard, and how one is trained."""

from pydantic import Field

from faceveil.params.recognizer_training import RecognizerTraining


class PrepareRecognizer(RecognizerTraining):
    """Origin of the recognizer's weights, and its training where there are none."""

    weights: str = Field(
        min_length=1,
        description="scratch, vggface2, casia-webface, or a path to .safetensors or published .pt",
    )
    background_people: int = Field(
        ge=2, description="background people it learns from, the first by id"
    )
