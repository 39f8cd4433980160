"""Partners: further recognizers that a generator may train against; frozen and differentiable."""

from dataclasses import asdict
from pathlib import Path

from faceveil.params.errors import FaceveilError
from faceveil.recognition.architectures import build_network
from faceveil.recognition.network import Network, View
from faceveil.recognition.store import CARD, WEIGHTS, read_stored_card, save_recognizer
from faceveil.store.weights import Card, read_weights


def save_partner(directory: Path, network: Network, card: Card) -> None:
    """Write a partner as one folder, whole or not at all.

    Args:
        directory: folder to write: weights and card.
        network: what is stored.
        card: its ``architecture`` must be one of :data:`architectures.BUILDERS`; the network's view
            is added as ``view``.
    """
    save_recognizer(directory, network, {**card, "view": asdict(network.trunk.view)})


def load_partner(directory: Path) -> Network:
    """Read a partner: ``trunk``, ``head`` and ``embed``; frozen and in evaluation mode.

    Raises:
        FaceveilError: if weights or card are missing, damaged or of another architecture.
    """
    card = read_stored_card(directory)
    try:
        network = build_network(card["architecture"], View(**card["view"]))
    except (KeyError, TypeError) as error:
        raise FaceveilError(f"{directory / CARD}: no card of a recognizer ({error!r})") from None
    read_weights(directory / WEIGHTS, network)
    return network.freeze()
