"""Every experiment's designs and recognizer in; how lifts last when recognizers learn back out."""

from pathlib import Path

from stages._stage import PARAMS, stage


def strike_back(  # noqa: PLR0913, PLR0917  (the command line in dvc.yaml)
    curated: Path,
    projector: Path,
    recognizer: Path,
    embeddings: Path,
    gans: Path,
    roles: Path,
    metrics: Path,
) -> None:
    """Let recognizers learn from photos of designs, and designs meet one another's opponents."""
    from faceveil.evaluation import strike_back as library
    from faceveil.evaluation.documents import write_document
    from faceveil.evaluation.scene import Places, Stage
    from faceveil.params.file import read_params
    from faceveil.runtime.device import pick_device
    from faceveil.tracking.run import track

    params = read_params(PARAMS)
    with track("strike_back", params.strike_back) as run:
        places = Places(curated, projector, gans, roles)
        theatre = Stage(places, params, pick_device(), everybody=True)
        document = library.strike_back(library.open_arena(theatre, recognizer, embeddings))
        write_document(metrics, document)
        run.metrics(library.shown_numbers(document))
        run.artifact(metrics)


app = stage(strike_back)

if __name__ == "__main__":
    app()
