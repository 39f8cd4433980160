"""Render people in FFHQ's and MaskedFace-Net's own layout, and a contact sheet of them."""

from pathlib import Path

from stages._stage import PARAMS, stage


def synthesize(out_dir: Path, contact_sheet: Path) -> None:
    """Render the collection that section ``synthesize`` of params.yaml describes.

    Args:
        out_dir: Folder to write, whole: photos, cut-outs and truth.csv.
        contact_sheet: PNG to write: some of the people, in all their photos.
    """
    from faceveil.params.file import read_params
    from faceveil.rendering.collection import write_collection
    from faceveil.report.figures.contact_sheet import write_contact_sheet
    from faceveil.tracking.run import track

    params = read_params(PARAMS).synthesize
    with track("synthesize", params) as run:
        write_collection(out_dir, params)
        write_contact_sheet(out_dir, contact_sheet)
        run.figure(contact_sheet)


app = stage(synthesize)

if __name__ == "__main__":
    app()
