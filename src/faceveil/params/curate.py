"""Section ``curate``: where the photos are, and what a photo must show to be kept."""

from typing import Literal

from pydantic import Field, model_validator

from faceveil.params.section import ImageSize, Section, Seed, Share


class Curate(Section):
    """What is kept of a collection, and how people are split."""

    root: str = Field(
        default="data/synthetic",
        pattern=r'^[^"$`\\\n]+$',  # it stands in a command of dvc.yaml, in such quotes
        description="folder of the collection",
    )
    image_size: ImageSize = Field(default=128, description="side of the packed photos, in pixels")
    crop: Literal["frame", "face"] = Field(
        default="frame",
        description="what is packed of a photo: all of it, or a square around the face",
    )
    crop_margin: Share = Field(
        default=0.125,
        description="face: what is added on each side, as share of the face box's longer side",
    )
    people: int = Field(default=320, ge=2, description="people to keep, train and test together")
    spare_people: int = Field(
        default=222,
        ge=0,
        description="more people to keep: nobody trains on them or is tested on them",
    )
    test_share: float = Field(
        default=0.625, gt=0, lt=1, description="share of people held out for testing"
    )
    seed: Seed = Field(default=2021, description="seed of the choice and the split of people")
    min_face_probability: Share = Field(
        default=0.75, description="least probability of a detected face"
    )
    min_face_share: Share = Field(
        default=0.15, description="least height of the face box, as share of the image"
    )
    min_inside_share: Share = Field(
        default=0.5, description="least share of the face box inside the image"
    )
    min_sharpness: float = Field(
        default=0.22, ge=0, description="least sharpness inside the face box"
    )
    min_nose_covered: Share = Field(
        default=0.5, description="least share of the nose under a worn mask"
    )
    min_mouth_covered: Share = Field(
        default=0.6, description="least share of the mouth under a worn mask"
    )
    min_chin_covered: Share = Field(
        default=0.2, description="least share of the chin under a worn mask"
    )
    min_realism: Share = Field(
        default=0.5, description="least realism of the mask's edge and colour"
    )

    @property
    def tested(self) -> int:
        """How many people are held out."""
        return round(self.people * self.test_share)

    @model_validator(mode="after")
    def _both_splits_have_people(self) -> "Curate":
        if not 0 < self.tested < self.people:
            raise ValueError(
                f"test_share {self.test_share} of {self.people} people leaves {self.tested} for "
                "testing; both splits need at least one, change people or test_share"
            )
        return self
