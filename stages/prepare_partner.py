"""A section of ``partners`` in; a recognizer to train designs against, its card and check out."""

from functools import partial
from pathlib import Path

from stages._other_recognizer import prepare
from stages._stage import PARAMS, stage


def prepare_partner(name: str, curated: Path, out: Path, metrics: Path) -> None:
    """Train or read a partner and check that it tells people apart."""
    from faceveil.params.file import read_params
    from faceveil.recognition.other_recognizers import obtain_partner
    from faceveil.recognition.partner import save_partner

    params = read_params(PARAMS).partner(name)
    obtain = partial(obtain_partner, name, curated, params)
    prepare(f"partners.{name}", params, obtain, save_partner, out, metrics)


app = stage(prepare_partner)

if __name__ == "__main__":
    app()
