"""What the stages of partners and black boxes share: obtain, write, record, say if one failed."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def prepare(
    section: str,
    params: Any,
    obtain: Callable[..., tuple[Any, dict[str, Any]]],
    save: Callable[..., None],
    out: Path,
    metrics: Path,
) -> None:
    """Obtain a recognizer, write it with its card and the outcome of its check, and record all.

    Args:
        section: of params.yaml, as in ``partners.partner1``.
        params: its values.
        obtain: from a device and a report of epochs to the recognizer and its card.
        save: writes folder, recognizer and card.
        out: the folder.
        metrics: where the outcome of the check goes.
    """
    import json

    from faceveil.recognition.black_box import check_refusal
    from faceveil.recognition.other_recognizers import shown_check
    from faceveil.recognition.store import CARD
    from faceveil.runtime.atomic import atomic_path
    from faceveil.runtime.device import pick_device
    from faceveil.tracking.run import track

    kind, name = section.split(".")
    with track(section, params) as run:

        def report(epoch: int, values: dict[str, float]) -> None:
            run.metrics({f"{name}/{key}": value for key, value in values.items()}, step=epoch)

        recognizer, card = obtain(pick_device(), report)
        save(out, recognizer, card)
        with atomic_path(metrics) as temporary:
            temporary.write_text(json.dumps(card["check"], indent=2) + "\n")
        run.metrics(shown_check(name, card))
        run.artifact(out / CARD, f"{kind}/{name}")
    if refusal := check_refusal(card):
        print(f"{kind}: {refusal}", file=sys.stderr)
