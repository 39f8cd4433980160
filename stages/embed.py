"""Curated faces and a recognizer in, the embedding table of every kind of photo out."""

from pathlib import Path

from stages._ranks import on_ranks
from stages._stage import PARAMS, stage


def embed(curated: Path, recognizer: Path, out: Path) -> None:
    """Compute trunk features and embeddings of all curated photos, as Parquet."""
    from contextlib import nullcontext

    from faceveil.params.file import read_params
    from faceveil.recognition.embedding import embed_curated
    from faceveil.runtime.device import pick_device
    from faceveil.runtime.ranks import joined, present_ranks
    from faceveil.tracking.run import track

    params = read_params(PARAMS).embed
    with joined(pick_device()) as device:
        ranks = present_ranks()
        with track("embed", params) if ranks.leads else nullcontext():
            embed_curated(curated, recognizer, out, params, device, ranks)


app = stage(on_ranks(embed))

if __name__ == "__main__":
    app()
