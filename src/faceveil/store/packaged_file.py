"""Weights in Python packages: files are read, the packages' code is never run.

An installed package knows where its files are, so that nothing is downloaded and nothing imported.
"""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from faceveil.params.errors import FaceveilError
from faceveil.store.weights import fingerprint

INSTALL = "run `uv sync --extra real` (`make setup` does it)"


@dataclass(frozen=True)
class PackagedFile:
    """A file in a package.

    Attributes:
        package: name of its distribution.
        version: the one that the file is of.
        file: its path below the folder that packages are installed in.
        sha256: of the file, in hexadecimal.
        licence: of the weights, as SPDX calls it.
    """

    package: str
    version: str
    file: str
    sha256: str
    licence: str

    @property
    def installed(self) -> bool:
        """Whether a version of the package is there, the right one or not."""
        try:
            distribution(self.package)
        except PackageNotFoundError:
            return False
        return True

    def path(self, name: str, key: str) -> Path:
        """Return where the file is, once it is known to be the one that is meant.

        Args:
            name: of the weights, for messages.
            key: what asks for it, as a key of params.yaml, for messages.

        Raises:
            FaceveilError: if the package is not installed, or holds another file.
        """
        named = f"{self.package} {self.version}"
        try:
            path = Path(str(distribution(self.package).locate_file(self.file)))
        except PackageNotFoundError:
            raise FaceveilError(
                f"{key}: {name!r} is in package {named}, which is not installed; {INSTALL}"
            ) from None
        if not path.is_file():
            raise FaceveilError(f"{key}: {path} of package {named} is missing; {INSTALL}")
        if (found := fingerprint(path)) != self.sha256:
            raise FaceveilError(
                f"{key}: {path} is not the file of package {named}: its SHA-256 begins with "
                f"{found[:8]}, not {self.sha256[:8]}; {INSTALL}"
            )
        return path
