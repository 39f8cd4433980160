"""A photo of a printed chart in, a colour table out: not a stage, a command after printing."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import command


def read_print(
    photo: Annotated[Path, typer.Argument(help="photo or scan of the whole chart page")],
    out: Annotated[Path, typer.Option(help="JSON to write: what the print makes of colours")],
    design: Annotated[
        Path | None, typer.Option(help="PNG to write: the design as the photo shows it")
    ] = None,
) -> None:
    """Find the chart's marks, read its patches and write the table of colours with its errors."""
    from faceveil.printing.read_print import read_photo, read_print, write_reading
    from faceveil.store.texture_file import write_texture

    reading = read_print(read_photo(photo), str(photo))
    if design:
        write_texture(design, reading.texture)
    write_reading(out, reading)
    content = reading.content()
    print(
        f"{out}: {content['marks_found']} of {content['marks']} marks, registered within "
        f"{content['registration_error_mm']:.2f} mm; colours of held-back patches differ by "
        f"{content['held_back_delta_e_2000_median']:.1f} (median CIEDE2000)"
    )


app = command(read_print)

if __name__ == "__main__":
    app()
