"""How well curation finds what is wrong: verdicts against the truth about a rendered collection.

The truth scores what was judged, and nothing of it reaches a verdict.
"""

from pathlib import Path

import pandas as pd

from faceveil.collection.index import FLAWS
from faceveil.collection.layouts import TRUTH
from faceveil.params.errors import FaceveilError

COLUMNS = ("path", "worn", "flaw")


def read_truth(root: Path) -> pd.DataFrame | None:
    """Read the truth about a collection, or None if it has none.

    Returns:
        All columns as text, among them ``path``, ``worn`` (none, correct, nose_mouth, chin,
        mouth_chin) and ``flaw`` (empty if there is none).
    """
    path = root / TRUTH
    if not path.is_file():
        return None
    try:
        truth = pd.read_csv(path, dtype=str, keep_default_na=False)
    except ValueError as error:  # empty, not UTF-8, or rows of different lengths
        what = " ".join(str(error).split())
        raise FaceveilError(
            f"{path}: no table in UTF-8 ({what}); render the collection again, or remove the file"
        ) from None
    if missing := set(COLUMNS) - set(truth.columns):
        raise FaceveilError(f"{path}: lacks the columns {sorted(missing)}; render it again")
    if twice := truth["path"][truth["path"].duplicated()].tolist():
        raise FaceveilError(f"{path}: has {twice[0]} twice; render the collection again")
    return truth


def score_against_truth(index: pd.DataFrame, truth: pd.DataFrame) -> dict[str, float]:
    """Score verdicts on the flaws of photos and on how masks are worn.

    Returns:
        ``flaw_precision`` and ``flaw_recall``: of the photos rejected for a reason of their own
        (not for how a mask is worn, nor for the other photos of a person), how many are flawed, and
        the other way round; ``worn_balanced_accuracy``: mean of the shares of correctly and of
        incorrectly worn masks told as such, on study photos without a flaw; and the counts behind
        them. A ratio of nothing is 1, since nothing went wrong.
    """
    both = truth[list(COLUMNS)].merge(
        index, on="path", how="left", suffixes=("_true", ""), validate="1:1"
    )
    reasons = both["reasons"].fillna("missing_file").str.split()
    rejected = reasons.map(lambda found: not set(FLAWS).isdisjoint(found))
    flawed = both["flaw"] != ""
    found = int((rejected & flawed).sum())
    worn = both[~flawed & (both["worn_true"] != "none") & (both["kind"] != "background")]
    correct, told = worn["worn_true"] == "correct", worn["worn"] == "correct"
    sensitivity = _ratio(int((correct & told).sum()), int(correct.sum()))
    specificity = _ratio(int((~correct & ~told).sum()), int((~correct).sum()))
    exactly = int((worn["worn_true"] == worn["worn"]).sum())
    return {
        "flawed": int(flawed.sum()),
        "flaw_rejections": int(rejected.sum()),
        "flaw_precision": _ratio(found, int(rejected.sum())),
        "flaw_recall": _ratio(found, int(flawed.sum())),
        "correctly_worn": int(correct.sum()),
        "incorrectly_worn": int((~correct).sum()),
        "worn_balanced_accuracy": (sensitivity + specificity) / 2,
        "worn_exactly_told": _ratio(exactly, len(worn)),
    }


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
