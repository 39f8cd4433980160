"""A section of ``black_boxes`` in; a recognizer to try designs on, its card and its check out."""

from pathlib import Path

from stages._stage import PARAMS, stage


def prepare_black_box(name: str, curated: Path, out: Path, metrics: Path) -> None:
    """Train or open a black box and check that it tells people apart."""
    import json
    import sys

    from faceveil.data.atomic import atomic_path
    from faceveil.params.file import read_params
    from faceveil.recognition.black_box import check_refusal, save_black_box
    from faceveil.recognition.store import CARD
    from faceveil.tracking.run import track
    from faceveil.training.device import pick_device
    from faceveil.training.other_recognizers import obtain_black_box, shown_check

    params = read_params(PARAMS).black_box(name)
    with track(f"black_boxes.{name}", params) as run:
        weights, card = obtain_black_box(
            name,
            curated,
            params,
            pick_device(),
            lambda epoch, values: run.metrics(
                {f"{name}/{key}": value for key, value in values.items()}, step=epoch
            ),
        )
        save_black_box(out, weights, card)
        with atomic_path(metrics) as temporary:
            temporary.write_text(json.dumps(card["check"], indent=2) + "\n")
        run.metrics(shown_check(name, card))
        run.artifact(out / CARD, f"black_boxes/{name}")
    if refusal := check_refusal(card):
        print(f"prepare_black_box: {refusal}", file=sys.stderr)


app = stage(prepare_black_box)

if __name__ == "__main__":
    app()
