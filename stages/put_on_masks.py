"""A collection of photos by person in; the same people with and without masks out."""

from pathlib import Path

from stages._stage import PARAMS, stage


def put_on_masks(root: Path, out: Path, contact_sheet: Path, metrics: Path) -> None:
    """Put masks on photos of people who wear none, each with its exact transparency.

    Args:
        root: Folder with one folder of photos per person; only read.
        out: Folder to write, whole: photos in FFHQ's and MaskedFace-Net's layout, and people.csv.
        contact_sheet: PNG to write: some of the people, with and without mask.
        metrics: JSON to write: how many people and photos got masks, and what became of the others.
    """
    import json

    from faceveil.collection.funnel import flat
    from faceveil.masks.collection import put_masks_on
    from faceveil.metrics.intervals import wilson_interval
    from faceveil.params.file import read_params
    from faceveil.report.figures.contact_sheet import write_contact_sheet
    from faceveil.runtime.atomic import atomic_path
    from faceveil.tracking.run import track

    params = read_params(PARAMS).put_on_masks
    with track("put_on_masks", params) as run:
        counts = put_masks_on(root, out, params)
        write_contact_sheet(out, contact_sheet)
        masked, found = counts["photos"]["masked"], counts["photos"]["found"]
        interval = wilson_interval(masked, found)._asdict()
        document = {**counts, "masked_share": {"value": masked / found, **interval}}
        with atomic_path(metrics) as temporary:
            temporary.write_text(json.dumps(document, indent=2) + "\n")
        run.figure(contact_sheet)
        run.metrics(flat(document))
        run.artifact(metrics)


app = stage(put_on_masks)

if __name__ == "__main__":
    app()
