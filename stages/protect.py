"""Photos of people in; what they look like under an entry of ``protections`` out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def protect(
    name: Annotated[str, typer.Argument(help="an entry of section protections")],
    curated: Annotated[Path, typer.Option(help="packed faces")],
    transparencies: Annotated[Path, typer.Option(help="where masks are")],
    protocol: Annotated[Path, typer.Option(help="who probes with which photo")],
    out: Annotated[Path, typer.Option(help="folder of protected photos to write")],
) -> None:
    """Protect the photos that probe."""
    from faceveil.params.protect import Protect
    from faceveil.params.protections import ProtectionSettings
    from faceveil.params.read import read_section
    from faceveil.protection.protect import protect_entry
    from faceveil.protection.registry import build
    from faceveil.protection.sources import Sources
    from faceveil.store.protocol import read_roles

    settings = read_section(PARAMS, "protect", Protect)
    entry = read_section(PARAMS, f"protections.{name}", ProtectionSettings)
    protection = build(entry.model_dump(), f"params.yaml: protections.{name}")
    sources = Sources(curated, transparencies, read_roles(protocol))
    protect_entry(name, protection, sources, settings, out)


app = stage(protect)

if __name__ == "__main__":
    app()
