"""Section ``project``: where masks are taken from."""

from typing import Literal

from pydantic import Field

from faceveil.params.section import Section


class Project(Section):
    """Where a design shows."""

    transparency: Literal["projector", "annotated"] = Field(
        default="projector",
        description="the projector's output, or cut-outs and differences of photo pairs",
    )
