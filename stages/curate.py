"""A collection of photos in; the index with verdicts, packed faces and splits by person out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._ranks import on_ranks
from stages._stage import PARAMS, stage


def curate(
    root: Annotated[Path, typer.Option(help="the collection, rendered or real; only read")],
    out: Annotated[Path, typer.Option(help="folder to write: index, groups and packed faces")],
    metrics: Annotated[Path, typer.Option(help="JSON to write: counts per reason")],
) -> None:
    """Keep what can be studied of a collection of photos, and say why the rest is left out."""
    from contextlib import ExitStack

    import torch

    from faceveil.collection.curate import INDEX, curate_collection
    from faceveil.collection.funnel import flat
    from faceveil.collection.index import read_index
    from faceveil.collection.remarks import remarks
    from faceveil.params.curate import Curate
    from faceveil.params.read import read_section
    from faceveil.runtime.atomic import write_json
    from faceveil.runtime.ranks import joined, present_ranks
    from faceveil.tracking.run import track

    params = read_section(PARAMS, "curate", Curate)
    with joined(torch.device("cpu")), ExitStack() as opened:
        ranks = present_ranks()
        if not ranks.leads:
            curate_collection(root, out, params, ranks)
            return
        run = opened.enter_context(track("curate", params))
        counts = curate_collection(root, out, params, ranks)
        index = read_index(out / INDEX)
        for line in remarks(root, zip(index["path"], index["reasons"], strict=True)):
            typer.echo(f"curate: {line}", err=True)
        write_json(metrics, counts)
        run.metrics(flat(counts))
        run.dataset("curated", out / INDEX)
        run.artifact(metrics)


app = stage(on_ranks(curate))

if __name__ == "__main__":
    app()
