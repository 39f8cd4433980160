"""Curated faces and a recognizer in, the embedding table of every kind of photo out."""

from pathlib import Path

from stages._stage import PARAMS, stage


def embed(curated: Path, recognizer: Path, out: Path) -> None:
    """Compute trunk features and embeddings of all curated photos, as Parquet."""
    from faceveil.params.file import read_params
    from faceveil.recognition.embedding import embed_curated
    from faceveil.tracking.run import track
    from faceveil.training.device import pick_device

    params = read_params(PARAMS).embed
    with track("embed", params):
        embed_curated(curated, recognizer, out, params, pick_device())


app = stage(embed)

if __name__ == "__main__":
    app()
