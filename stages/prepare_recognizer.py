"""Background people or given weights in; the recognizer, its card and its accuracy out."""

from pathlib import Path

from stages._stage import PARAMS, stage


def prepare_recognizer(curated: Path, out: Path, metrics: Path) -> None:
    """Train or read the recognizer and measure it on people it has never seen."""
    import json

    from faceveil.params.file import read_params
    from faceveil.recognition.recognizer_accuracy import shown_numbers
    from faceveil.recognition.recognizer_origin import obtain_recognizer
    from faceveil.recognition.store import CARD, save_recognizer
    from faceveil.runtime.atomic import atomic_path
    from faceveil.runtime.device import pick_device
    from faceveil.tracking.run import track

    params = read_params(PARAMS).prepare_recognizer
    with track("prepare_recognizer", params) as run:
        recognizer, card = obtain_recognizer(
            curated, params, pick_device(), lambda epoch, values: run.metrics(values, step=epoch)
        )
        save_recognizer(out, recognizer, card)
        with atomic_path(metrics) as temporary:
            temporary.write_text(json.dumps(card["measured"], indent=2) + "\n")
        run.metrics(shown_numbers(card["measured"]))
        run.artifact(out / CARD)


app = stage(prepare_recognizer)

if __name__ == "__main__":
    app()
