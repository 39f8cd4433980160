"""Section ``train_texture``: designs in mask coordinates, whose pixels are optimised."""

from pydantic import Field, model_validator

from faceveil.params.cloth_training import ClothTraining


class TrainTexture(ClothTraining):
    """How many textures are optimised, and how many of them become designs."""

    SECTION = "train_texture"

    optimised: int = Field(default=3, ge=1, le=1000, description="starts that are optimised")
    kept: int = Field(default=3, ge=1, le=1000, description="textures that become designs")

    @model_validator(mode="after")
    def _each_choice_is_among_enough(self) -> "TrainTexture":
        if not self.kept <= self.optimised <= self.candidates:
            raise ValueError(
                f"kept is {self.kept}, optimised {self.optimised}, candidates {self.candidates}; "
                "each must be at most the next"
            )
        return self
