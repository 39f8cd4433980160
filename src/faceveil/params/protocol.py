"""Section ``protocol``: who else is enrolled, and on whom thresholds are chosen."""

from pydantic import Field

from faceveil.params.section import Section, Seed


class Protocol(Section):
    """The roles of the spare people, whom no training of designs and no test ever sees."""

    dev_people: int = Field(
        default=202,
        ge=0,
        description="spare people on whom thresholds are chosen; 0: on the training people",
    )
    distractors: int = Field(
        default=20, ge=0, description="spare people who are enrolled and never probe"
    )
    training_probes: int = Field(
        default=32, ge=1, description="training people who probe, the others are only enrolled"
    )
    seed: Seed = Field(default=2021, description="seed of the choice")
