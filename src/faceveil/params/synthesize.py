"""Section ``synthesize``: how many people are rendered, and how many of their photos are flawed."""

from pydantic import Field, model_validator

from faceveil.params.section import ImageSize, Section, Seed, Share


class Synthesize(Section):
    """The rendered collection, laid out like FFHQ and MaskedFace-Net."""

    seed: Seed = Field(default=2021, description="seed of every person and photo")
    image_size: ImageSize = Field(
        default=128, description="height and width of the photos, in pixels"
    )
    people: int = Field(
        default=660, ge=2, le=99_999, description="people with an unmasked and a masked photo"
    )
    further_photos: int = Field(default=2, ge=0, le=4, description="further photos of each person")
    annotated: int = Field(
        default=100, ge=0, description="correctly worn masks that get an exact cut-out"
    )
    incorrectly_worn_share: Share = Field(
        default=0.08, description="share of people whose mask is worn wrongly"
    )
    flawed_share: Share = Field(default=0.08, description="share of people with a flawed photo")
    background_people: int = Field(
        default=840, ge=0, le=99_999, description="other people, for the recognizer"
    )
    background_photos: int = Field(
        default=6, ge=1, le=99, description="photos of each background person"
    )

    @model_validator(mode="after")
    def _enough_people_are_left(self) -> "Synthesize":
        left = self.people - round(self.people * self.flawed_share)
        left -= round(self.people * self.incorrectly_worn_share)
        if left < 1:
            raise ValueError(
                f"flawed_share {self.flawed_share} and incorrectly_worn_share "
                f"{self.incorrectly_worn_share} spoil the photos of all {self.people} people; "
                "lower one"
            )
        if self.annotated > left:
            raise ValueError(
                f"annotated is {self.annotated}, but only {left} of {self.people} people wear "
                "their mask correctly in an unflawed photo; lower it or add people"
            )
        return self
