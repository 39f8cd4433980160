"""A collection of photos in; the index with verdicts, packed faces and splits by person out."""

from pathlib import Path

from stages._stage import PARAMS, stage


def curate(root: Path, out: Path, metrics: Path) -> None:
    """Keep what can be studied of a collection of photos, and say why the rest is left out.

    Args:
        root: Folder in FFHQ's and MaskedFace-Net's layout, rendered or real; only read.
        out: Folder to write, whole: index.parquet, splits.csv and packed faces.
        metrics: JSON to write: counts per reason.
    """
    import json

    from faceveil.data.atomic import atomic_path
    from faceveil.data.curation.curate import INDEX, curate_collection
    from faceveil.data.curation.funnel import flat
    from faceveil.params.file import read_params
    from faceveil.tracking.run import track

    params = read_params(PARAMS).curate
    with track("curate", params) as run:
        counts = curate_collection(root, out, params)
        with atomic_path(metrics) as temporary:
            temporary.write_text(json.dumps(counts, indent=2) + "\n")
        run.metrics(flat(counts))
        run.dataset("curated", out / INDEX)
        run.artifact(metrics)


app = stage(curate)

if __name__ == "__main__":
    app()
