"""A collection of photos by person in; the same people with and without masks out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def put_on_masks(
    root: Annotated[Path, typer.Option(help="folder with a folder of photos per person")],
    out: Annotated[Path, typer.Option(help="folder to write: photos with and without mask")],
    contact_sheet: Annotated[Path, typer.Option(help="PNG to write: some of the people")],
    metrics: Annotated[Path, typer.Option(help="JSON to write: who got masks")],
) -> None:
    """Put masks on photos of people who wear none, each with its exact transparency."""
    from faceveil.collection.funnel import flat
    from faceveil.masks.collection import put_masks_on
    from faceveil.masks.remarks import read_remarks
    from faceveil.metrics.intervals import wilson_interval
    from faceveil.params.put_on_masks import PutOnMasks
    from faceveil.params.read import read_section
    from faceveil.report.figures.contact_sheet import write_contact_sheet
    from faceveil.runtime.atomic import write_json
    from faceveil.tracking.run import track

    params = read_section(PARAMS, "put_on_masks", PutOnMasks)
    with track("put_on_masks", params) as run:
        counts = put_masks_on(root, out, params)
        for line in read_remarks(root, out):
            typer.echo(f"put_on_masks: {line}", err=True)
        write_contact_sheet(out, contact_sheet)
        masked, found = counts["photos"]["masked"], counts["photos"]["found"]
        interval = wilson_interval(masked, found)._asdict()
        document = {**counts, "masked_share": {"value": masked / found, **interval}}
        write_json(metrics, document)
        run.figure(contact_sheet)
        run.metrics(flat(document))
        run.artifact(metrics)


app = stage(put_on_masks)

if __name__ == "__main__":
    app()
