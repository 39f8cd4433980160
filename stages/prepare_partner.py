"""A section of ``partners`` in; a recognizer to train designs against, its card and check out."""

from pathlib import Path

from stages._stage import PARAMS, stage


def prepare_partner(name: str, curated: Path, out: Path, metrics: Path) -> None:
    """Train or read a partner and check that it tells people apart."""
    import json
    import sys

    from faceveil.data.atomic import atomic_path
    from faceveil.params.file import read_params
    from faceveil.recognition.black_box import check_refusal
    from faceveil.recognition.partner import save_partner
    from faceveil.recognition.store import CARD
    from faceveil.tracking.run import track
    from faceveil.training.device import pick_device
    from faceveil.training.other_recognizers import obtain_partner, shown_check

    params = read_params(PARAMS).partner(name)
    with track(f"partners.{name}", params) as run:
        network, card = obtain_partner(
            name,
            curated,
            params,
            pick_device(),
            lambda epoch, values: run.metrics(
                {f"{name}/{key}": value for key, value in values.items()}, step=epoch
            ),
        )
        save_partner(out, network, card)
        with atomic_path(metrics) as temporary:
            temporary.write_text(json.dumps(card["check"], indent=2) + "\n")
        run.metrics(shown_check(name, card))
        run.artifact(out / CARD, f"partners/{name}")
    if refusal := check_refusal(card):
        print(f"prepare_partner: {refusal}", file=sys.stderr)


app = stage(prepare_partner)

if __name__ == "__main__":
    app()
