"""Learning rates by epoch: pure functions, so that a run that goes on has the rate it had."""

import math
from collections.abc import Sequence

from faceveil.params.translation import Translating

STEP_LEFT = 0.1
"""``step``: share of the rate that a step leaves."""

PLATEAU_LEFT, PATIENCE, LESS = 0.2, 5, 0.01
"""``plateau``: share of the rate that is left after so many epochs that are not so much better."""


def rate_share(settings: Translating, epoch: int, losses: Sequence[float]) -> float:
    """Return the share of the learning rate in an epoch, in [0, 1].

    Args:
        settings: policy and epochs.
        epoch: from 0.
        losses: the generators' mean loss in each epoch before it; ``plateau`` looks at them.
    """
    if settings.rate_policy == "linear":
        after = max(0, epoch + 1 - settings.epochs)
        return 1 - after / (settings.decay_epochs + 1)
    if settings.rate_policy == "step":
        return float(STEP_LEFT ** (epoch // settings.rate_step_epochs))
    if settings.rate_policy == "cosine":
        return (1 + math.cos(math.pi * epoch / settings.all_epochs)) / 2
    return _plateau(losses)


def _plateau(losses: Sequence[float]) -> float:
    """Lower the rate whenever the loss has not fallen for longer than the patience."""
    share, best, waited = 1.0, math.inf, 0
    for loss in losses:
        if loss < best * (1 - LESS):
            best, waited = loss, 0
        else:
            waited += 1
        if waited > PATIENCE:
            share, waited = share * PLATEAU_LEFT, 0
    return share
