"""Curated people in; who enrolls, who probes and with which photo out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def protocol(
    curated: Annotated[Path, typer.Option(help="packed faces")],
    enrollments: Annotated[Path, typer.Option(help="CSV to write: who is enrolled")],
    probes: Annotated[Path, typer.Option(help="CSV to write: who probes with which photo")],
) -> None:
    """Give every person a role, and write it to files that all later stages read."""
    from faceveil.params.protocol import Protocol
    from faceveil.params.read import read_section
    from faceveil.store.protocol import assign_roles, write_roles
    from faceveil.tracking.run import track

    params = read_section(PARAMS, "protocol", Protocol)
    with track("protocol", params) as run:
        roles = assign_roles(curated, params)
        write_roles(roles, enrollments, probes)
        counts = roles.enrollments["role"].value_counts()
        run.metrics({f"enrolled/{role}": float(count) for role, count in counts.items()})
        run.artifact(enrollments)
        run.artifact(probes)


app = stage(protocol)

if __name__ == "__main__":
    app()
