"""Section ``evaluate``: how many designs are judged, and how sure the judgement is."""

from pydantic import Field

from faceveil.params.section import Section, Seed


class Evaluate(Section):
    """The measurement of an experiment's designs."""

    designs: int = Field(ge=1, le=100_000, description="designs sampled from the generator")
    designs_per_train_subject: int = Field(
        ge=1,
        description="how many of them each training person wears; held-out people wear all",
    )
    worst_share: float = Field(gt=0, le=1, description="share of designs called the worst")
    false_match_rate: float = Field(
        gt=0, lt=1, description="operating point of lifts and of harm; one that calibrate chose"
    )
    confidence: float = Field(gt=0, lt=1, description="level of every interval")
    batch_size: int = Field(ge=1, le=65_536, description="faces per forward pass")
    seed: Seed = Field(description="seed of the sampled designs and of the random controls")
