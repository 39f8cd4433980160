"""Open MLflow's pages: not a stage, the command behind ``make ui``."""

import os
import socket
import sys
from contextlib import closing
from typing import Annotated

import typer

from faceveil.params.errors import FaceveilError
from stages._stage import command

HOST = "127.0.0.1"


def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="where the pages are")] = 5000,
) -> None:
    """Serve MLflow's pages on this machine alone, of the runs that stages record."""
    check_port(port)
    from faceveil.tracking.store import open_store, tracking_uri

    said = os.environ.get("MLFLOW_TRACKING_URI", "")
    if said.startswith("http"):
        raise FaceveilError(f"{said} has pages of its own; open it in a browser")
    open_store()  # says in one line what is wrong, and lets files follow a moved project
    # A variable, since a command line is shown to everybody and a database may have a password.
    os.environ["MLFLOW_BACKEND_STORE_URI"] = tracking_uri()
    # One worker answers one person, and starts where four would wait for each other.
    words = ["-m", "mlflow", "ui", "--workers", "1", "--host", HOST, "--port", str(port)]
    os.execv(sys.executable, [sys.executable, *words])


def check_port(port: int) -> None:
    """Refuse a port that another program has, or that this one may not have."""
    with closing(socket.socket()) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError as error:
            raise FaceveilError(
                f"port {port}: {error.strerror}; choose another one, as `make ui PORT=5001`"
            ) from None


app = command(ui)

if __name__ == "__main__":
    app()
