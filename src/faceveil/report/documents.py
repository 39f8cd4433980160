"""What the stages measured, as the report reads it: one model per JSON document.

Keys that the report does not need are left alone, so that a document may say more. All shares are
in [0, 1].
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

Share = FiniteFloat


class Read(BaseModel):
    """Base of all documents: frozen, and blind to keys that it does not name."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Rate(Read):
    """A share and its interval."""

    value: Share
    low: Share
    high: Share


class Lift(Rate):
    """How much less often people are recognized in a design than in ``over``."""

    over: str
    people: int | None = None

    @property
    def shows_protection(self) -> bool:
        """Whether the whole interval is above 0."""
        return self.low > 0


class Fnmr(Read):
    """Share of mated comparisons that fail at the threshold of an FMR; no value: out of reach."""

    fmr: Share
    threshold: float | None = None
    value: Share | None = None
    low: Share | None = None
    high: Share | None = None
    worst: Share | None = None
    lift: Lift | None = None
    needed: int | None = None


class FalseMatch(Read):
    """Who is taken for somebody else at a threshold."""

    fmr: Share
    fpir: Rate | None = None
    people: int = 0
    victims: int = 0
    top_share: Share | None = None


class Measurement(Read):
    """One row of an evaluation under one protocol."""

    row: str
    label: str
    protocol: str
    people: int
    trials: int
    rank_1: Share
    low: Share
    high: Share
    designs: int = 0
    worst: Share | None = None
    per_design: tuple[Share, ...] = ()
    note: str = ""
    lift: Lift | None = None
    rank_5: Rate | None = None
    fnmr: tuple[Fnmr, ...] = ()
    eer: Share | None = None
    mean_similarity: float | None = None
    mated: int | None = None
    nonmated: int | None = None
    false_match: FalseMatch | None = None
    cmc: tuple[Share, ...] = ()
    det: tuple[tuple[Share, Share], ...] = ()


class Threshold(Read):
    """The similarity at which an FMR is kept, and how many comparisons say so."""

    fmr: Share
    threshold: float | None = None
    nonmated: int
    needed: int | None = None
    role: Literal["dev", "train"] = "dev"


class Diversity(Read):
    """How far designs are from one another, in pixels and as the trunk sees them worn."""

    designs: str
    pixels: float
    trunk: float
    pairs: int
    generator: str = ""


class Group(Read):
    """How the designs do for one group of people."""

    protocol: str
    attribute: str
    group: str
    people: int
    fnmr_design: Share
    fnmr_control: Share
    control: str = ""
    lift: Lift


class Evaluation(Read):
    """``metrics/evaluation/<experiment>.json``."""

    experiment: str
    gallery_people: int
    recognizer_learns_from: tuple[str, ...] = ()
    trained_against: tuple[str, ...] = ()
    settings: tuple[dict[str, Any], ...] = ()
    measurements: tuple[Measurement, ...] = Field(min_length=1)
    thresholds: tuple[Threshold, ...] = ()
    diversity: tuple[Diversity, ...] = ()
    groups: tuple[Group, ...] = ()

    def find(self, row: str, protocol: str) -> Measurement | None:
        """Return the measurement of a row under a protocol, if there is one."""
        found = [m for m in self.measurements if (m.row, m.protocol) == (row, protocol)]
        return found[0] if found else None

    @property
    def confidence(self) -> float:
        """Level of all intervals."""
        return float(self.settings[0].get("confidence", 0.95)) if self.settings else 0.95


class Compared(Read):
    """A lift under one protocol by one metric, with the two rates that it is the difference of."""

    protocol: str
    metric: str
    fmr: Share | None = None
    lift: Lift
    design: Share | None = None
    control: Share | None = None


class Check(Read):
    """What a recognizer had to show before it was asked about designs."""

    collection: str
    pairs: int
    accuracy: Share
    interval: tuple[Share, Share]
    expected: Share
    passed: bool


class Recognizer(Read):
    """One recognizer that judged the designs of an experiment."""

    name: str
    seen: bool
    refused: str | None = None
    check: Check | None = None
    lifts: tuple[Compared, ...] = ()


class Transfer(Read):
    """``metrics/transfer/<experiment>.json``."""

    experiment: str
    trained_against: tuple[str, ...] = ()
    recognizers: tuple[Recognizer, ...]


class Point(Compared):
    """A lift after the recognizer learned from ``k`` worn photos."""

    k: int
    clean_rank_1: Share | None = None
    people: int | None = None


class Curve(Read):
    """How the designs of one experiment last while the recognizer learns from them."""

    experiment: str
    points: tuple[Point, ...]


class CrossCell(Compared):
    """Designs of one experiment before the recognizer of another."""

    designs: str
    recognizer: str


class Difference(Rate):
    """A difference of two lifts that the claim is about."""

    protocol: str
    metric: str
    between: str
    learning: float | None = None
    fixed: float | None = None
    p: float | None = None
    people: int | None = None


class Claim(Read):
    """What this run says of the paper's claim; ``holds`` is None where it cannot tell."""

    text: str
    holds: bool | None = None
    differences: tuple[Difference, ...] = ()


class StrikeBack(Read):
    """``metrics/strike_back.json``: adaptation by experiment, and the games crossed."""

    experiments: tuple[str, ...]
    curves: tuple[Curve, ...]
    cells: tuple[CrossCell, ...]
    claim: tuple[Claim, ...] = ()
