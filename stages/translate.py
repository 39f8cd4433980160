"""Translators and photos in; held-out people with masks put on, and with theirs taken off, out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, UNMASKING, stage


def translate(
    weights: Annotated[Path, typer.Option(help="folder of a translation's weights, of its name")],
    curated: Annotated[Path, typer.Option(help="packed faces")],
    transparencies: Annotated[Path, typer.Option(help="where masks are")],
    protocol: Annotated[Path, typer.Option(help="who trains and who is judged")],
    protected: Annotated[Path, typer.Option(help="folder of the protected photos")],
    out: Annotated[Path, typer.Option(help="folder of stores to write")],
) -> None:
    """Put masks on bare faces and take them off others, of people who are judged."""
    from faceveil.params.errors import FaceveilError
    from faceveil.params.read import read_names, read_section
    from faceveil.params.unmasking import Translate
    from faceveil.protection.sources import Sources
    from faceveil.protection.translation.translate import translate as write
    from faceveil.runtime.device import pick_device
    from faceveil.store.protocol import read_roles

    settings = read_section(UNMASKING, "translate", Translate)
    known = [*read_names(PARAMS, "protections"), *read_names(PARAMS, "experiments")]
    for name in settings.protections:
        if name not in known:
            raise FaceveilError(
                f"{UNMASKING}: translate.protections: no {name!r} in {PARAMS}; take it out, or "
                f"choose from {', '.join(known)}"
            )
    sources = Sources(curated, transparencies, read_roles(protocol))
    write(weights, sources, protected, settings, out, pick_device())


app = stage(translate)

if __name__ == "__main__":
    app()
