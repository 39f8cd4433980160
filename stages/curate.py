"""A collection of photos in; the index with verdicts, packed faces and splits by person out."""

from pathlib import Path

from stages._ranks import on_ranks
from stages._stage import PARAMS, stage


def curate(root: Path, out: Path, metrics: Path) -> None:
    """Keep what can be studied of a collection of photos, and say why the rest is left out.

    Args:
        root: Folder in FFHQ's and MaskedFace-Net's layout, rendered or real; only read.
        out: Folder to write, whole: index.parquet, splits.csv and packed faces.
        metrics: JSON to write: counts per reason.
    """
    import json
    from contextlib import ExitStack

    import torch

    from faceveil.collection.curate import INDEX, curate_collection
    from faceveil.collection.funnel import flat
    from faceveil.params.file import read_params
    from faceveil.runtime.atomic import atomic_path
    from faceveil.runtime.ranks import joined, present_ranks
    from faceveil.tracking.run import track

    params = read_params(PARAMS).curate
    with joined(torch.device("cpu")), ExitStack() as opened:
        ranks = present_ranks()
        if not ranks.leads:
            curate_collection(root, out, params, ranks)
            return
        run = opened.enter_context(track("curate", params))
        counts = curate_collection(root, out, params, ranks)
        with atomic_path(metrics) as temporary:
            temporary.write_text(json.dumps(counts, indent=2) + "\n")
        run.metrics(flat(counts))
        run.dataset("curated", out / INDEX)
        run.artifact(metrics)


app = stage(on_ranks(curate))

if __name__ == "__main__":
    app()
