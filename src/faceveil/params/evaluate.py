"""Section ``evaluate``: how many designs are judged, and how sure the judgement is."""

from pydantic import Field, model_validator

from faceveil.params.section import Section, Seed


class Evaluate(Section):
    """The measurement of an experiment's designs."""

    designs: int = Field(ge=1, le=100_000, description="designs sampled from the generator")
    designs_per_train_subject: int = Field(
        ge=1, description="of them, how many each training person wears; held-out people wear all"
    )
    worst_share: float = Field(gt=0, le=1, description="share of designs called the worst")
    confidence: float = Field(gt=0, lt=1, description="level of every interval")
    batch_size: int = Field(ge=1, le=65_536, description="faces per forward pass")
    seed: Seed = Field(description="seed of the sampled designs and of the random controls")

    @model_validator(mode="after")
    def _no_more_than_there_are(self) -> "Evaluate":
        if self.designs_per_train_subject > self.designs:
            raise ValueError(
                f"designs_per_train_subject is {self.designs_per_train_subject}, but only "
                f"{self.designs} designs are sampled; lower it or raise designs"
            )
        return self
