"""A section of ``black_boxes`` in; a recognizer to try designs on, its card and its check out."""

from functools import partial
from pathlib import Path

from stages._other_recognizer import prepare
from stages._stage import PARAMS, stage


def prepare_black_box(name: str, curated: Path, out: Path, metrics: Path) -> None:
    """Train or open a black box and check that it tells people apart."""
    from faceveil.params.file import read_params
    from faceveil.recognition.black_box import save_black_box
    from faceveil.recognition.other_recognizers import obtain_black_box

    params = read_params(PARAMS).black_box(name)
    obtain = partial(obtain_black_box, name, curated, params)
    prepare(f"black_boxes.{name}", params, obtain, save_black_box, out, metrics)


app = stage(prepare_black_box)

if __name__ == "__main__":
    app()
