"""Section ``protocol``: who else is enrolled, and on whom thresholds are chosen."""

from pydantic import Field

from faceveil.params.section import Section, Seed


class Protocol(Section):
    """The roles of the spare people, whom no game and no test ever sees."""

    dev_people: int = Field(
        ge=0, description="spare people on whom thresholds are chosen; 0: on the training people"
    )
    distractors: int = Field(ge=0, description="spare people who are enrolled and never probe")
    training_probes: int = Field(
        ge=1, description="training people who probe, the others are only enrolled"
    )
    seed: Seed = Field(description="seed of the choice")
