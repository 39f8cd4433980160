"""The page: one HTML file that holds everything, and the design cards beside it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from faceveil.params.errors import FaceveilError
from faceveil.report.accuracy import accuracy_block, published_note
from faceveil.report.blocks import PROTOCOLS, Block
from faceveil.report.card_tables import controls_table, lifts_table
from faceveil.report.cards import as_json, build_card, write_cards
from faceveil.report.contents import Contents, Metrics
from faceveil.report.designs import diversity_block, gallery, groups_block, walks
from faceveil.report.lead import lead_block, lead_sentence
from faceveil.report.method import curation_block, parts_block, provenance_table
from faceveil.report.robustness import cross_play_block, strike_back_block, transfer_block
from faceveil.report.verification import cmc_block, det_block, false_match_block, fnmr_block
from faceveil.runtime.atomic import atomic_directory

MOST_BYTES = 5_000_000
"""What the page may weigh, so that a phone opens it at once."""

GLYPHS = "●■▲◆▼✚"
"""The charts' markers as text, one per experiment."""


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        name: its anchor.
        title: its heading, and its entry in the contents.
        blocks: its figures.
        template: what stands above them; empty for nothing.
    """

    name: str
    title: str
    blocks: tuple[Block, ...] = ()
    template: str = ""


def write_page(out: Path, contents: Contents) -> None:
    """Write ``index.html``, ``cards/<experiment>.json`` and ``cards/schema.json``.

    The same contents make the same bytes.

    Args:
        out: folder to write, whole or not at all.
        contents: everything that is shown.

    Raises:
        FaceveilError: if the page would be too heavy.
    """
    page = render(contents)
    weight = len(page.encode())
    if weight > MOST_BYTES:
        raise FaceveilError(
            f"{out}/index.html: {weight:,} bytes, at most {MOST_BYTES:,}; lower report.people_shown"
        )
    cards = [build_card(contents.metrics, name) for name in contents.metrics.experiments]
    with atomic_directory(out) as folder:
        (folder / "index.html").write_text(page, encoding="utf-8")
        write_cards(folder / "cards", cards)


def render(contents: Contents) -> str:
    """Return the page as HTML."""
    templates = _environment()
    metrics = contents.metrics
    cards = [build_card(metrics, name) for name in metrics.experiments]
    values: dict[str, Any] = {
        "sentence": lead_sentence(metrics),
        "lead": lead_block(metrics),
        "sections": _sections(metrics),
        "published": published_note(metrics),
        "gallery": gallery(contents),
        "walks": walks(contents),
        "cards": [(card, as_json(card)) for card in cards],
        "card_tables": [(lifts_table(card), controls_table(card)) for card in cards],
        "provenance": provenance_table(contents),
        "params": contents.provenance.get("params") or "not recorded",
    }
    for name in ("css", "js"):
        values[name] = Markup(_source(templates, f"page.{name}"))
    page = templates.get_template("index.html.j2").render(**values, **_settings(metrics))
    return re.sub(r"\n\s*\n+", "\n", page).strip() + "\n"


def _sections(metrics: Metrics) -> tuple[Section, ...]:
    """Return the parts of the page in the order of reading."""
    verification = (
        cmc_block(metrics),
        det_block(metrics),
        fnmr_block(metrics),
        false_match_block(metrics),
    )
    others = (transfer_block(metrics), cross_play_block(metrics), strike_back_block(metrics))
    designs = (diversity_block(metrics), groups_block(metrics))
    data = (curation_block(metrics), parts_block(metrics))
    return (
        Section("table", "Accuracy", (accuracy_block(metrics),), "accuracy.html.j2"),
        Section("verification", "Curves and errors", verification),
        Section("robustness", "Robustness", others),
        Section("designs", "Designs", designs, "designs.html.j2"),
        Section("cards", "Design cards", template="cards.html.j2"),
        Section("data", "Data", data),
        Section("protocol", "Protocol", template="protocol.html.j2"),
        Section("provenance", "Provenance", template="provenance.html.j2"),
    )


def _settings(metrics: Metrics) -> dict[str, Any]:
    """Return the names and numbers that the texts mention."""
    evaluations = list(metrics.evaluations.values())
    first = evaluations[0]
    return {
        "evaluations": evaluations,
        "experiments": metrics.experiments,
        "protocols": metrics.protocols,
        "words": PROTOCOLS,
        "glyphs": GLYPHS,
        "gallery_people": first.gallery_people,
        "settings": first.settings[0] if first.settings else {},
        "confidence": metrics.confidence,
    }


def _environment() -> Environment:
    """Return the templates: everything escaped, a name without a value is an error."""
    templates = Environment(
        loader=PackageLoader("faceveil.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["code"] = _code
    return templates


def _source(templates: Environment, name: str) -> str:
    """Return a file beside the templates as it is."""
    assert templates.loader is not None
    return templates.loader.get_source(templates, name)[0]


def _code(text: str) -> Markup:
    """Set what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))
