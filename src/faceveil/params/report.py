"""Section ``report``: what the figures show."""

from pydantic import Field

from faceveil.params.section import Section


class Report(Section):
    """Size of the figures."""

    people_shown: int = Field(default=8, ge=1, le=20, description="held-out people in the figures")
