"""The page: one HTML file that holds all numbers, charts and photos, and design cards beside it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from faceveil.params.errors import FaceveilError
from faceveil.report import charts, tables
from faceveil.report.answer import answer, answer_table
from faceveil.report.cards import build_card, write_card
from faceveil.report.failures import known_failures
from faceveil.report.opponents import finding_table, opponent_table, stranger_table
from faceveil.report.photos import People, jpeg_uri
from faceveil.report.selection import Results, label
from faceveil.report.tables import Table
from faceveil.runtime.atomic import atomic_directory

MOST_BYTES = 5_000_000
"""What the page may weigh, so that a phone opens it at once."""

DESIGNERS = "Intervals of designs are over people and trainings."


@dataclass(frozen=True)
class PageSection:
    """A part of the page: heading, a sentence, charts, and the same numbers as tables."""

    name: str
    title: str
    text: str
    charts: tuple[charts.Spec, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Contents:
    """All that the page shows: ``curation`` holds the counts of ``metrics/curation.json``."""

    results: Results
    people: People
    learns_from: Mapping[str, tuple[str, ...]]  # the recognizer of each experiment
    provenance: Mapping[str, Any]
    curation: Mapping[str, Any]


def write_page(out: Path, contents: Contents) -> None:
    """Write ``index.html`` and ``cards/<experiment>.json``, all or nothing.

    Raises:
        FaceveilError: if the page would be too heavy.
    """
    page = render(contents)
    if (weight := len(page.encode())) > MOST_BYTES:
        raise FaceveilError(
            f"{out}/index.html: {weight:,} bytes, at most {MOST_BYTES:,}; lower report.people_shown"
        )
    with atomic_directory(out) as folder:
        (folder / "index.html").write_text(page, encoding="utf-8")
        (folder / "cards").mkdir()
        for name, sources in contents.learns_from.items():
            card = build_card(contents.results, name, sources, contents.provenance)
            write_card(folder / "cards", card)


def render(contents: Contents) -> str:
    """Return the page as HTML; the same contents make the same bytes."""
    import vl_convert  # noqa: PLC0415  (a second, and only where pages are written)

    templates = Environment(
        loader=PackageLoader("faceveil.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["strong"] = _strong
    templates.globals["picture"] = jpeg_uri
    results = contents.results
    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    parts = sections(results)
    specs = {f"{part.name}-{n}": spec for part in parts for n, spec in enumerate(part.charts)}
    page = templates.get_template("page.html.j2").render(
        answer=answer(results),
        answer_table=answer_table(results),
        sections=parts,
        label=label,
        failures={name: known_failures(results, name) for name in results.experiments},
        specs=Markup(json.dumps(specs, sort_keys=True).replace("<", "\\u003c")),
        vega=Markup(bundle.replace("</script", "<\\/script")),
        **vars(contents),
    )
    return page.strip() + "\n"


def sections(results: Results) -> list[PageSection]:
    """Return the parts of the page, in the order of reading; parts without numbers are left out."""
    words = [
        ("lift", "What trained masks add",
         "Lift: how many points less often people are named than in the best plain control. "
         f"Above 0 protects, below 0 a plain mask is better. {DESIGNERS}",
         [charts.lift_chart(results)], [answer_table(results)]),
        ("accuracy", "Accuracy by experiment", f"Lower protects better. {DESIGNERS}",
         [charts.accuracy_chart(results)],
         [tables.accuracy_table(results),
          tables.all_worn(results, "rank_1", "Rank-1 accuracy in %, all that is worn"),
          tables.same_photo(results), tables.training_people(results)]),
        ("transfer", "Before every recognizer",
         "The target is what designs are trained against. Surrogates may be, where an experiment "
         "names them. Judges never are.",
         [], tables.recognizer_tables(results)),
        ("conditions", "Printed, worn and photographed",
         "What is left of designs on the cloth when they are printed, worn and photographed; and "
         "whether a face is found at all in what is worn.",
         [], [tables.condition_table(results), finding_table(results)]),
        ("adaptation", "After learning",
         f"The target learns from labelled photos of people in the designs. "
         f"{tables.claim(results)}",
         [charts.adaptation_chart(results)], tables.adaptation_tables(results)),
        ("opponents", "What beats the designs",
         "Somebody who knows that designs are worn need not learn anything to see through them.",
         [], [opponent_table(results)]),
        ("verification", "Verification",
         "At thresholds that were chosen on other people and then frozen; FNMR: share of true "
         "claims refused. The curves are before the target.",
         [charts.cmc_chart(results), charts.det_chart(results)],
         [*tables.verification_tables(results),
          tables.curve_table(results, "cmc", "CMC: rank-k accuracy in %", "rank"),
          tables.curve_table(results, "det", "DET: FNMR in % over FMR", "FMR")]),
        ("groups", "Groups of people", "Known of rendered people only.",
         [charts.group_chart(results)], tables.group_tables(results)),
        ("harm", "False matches and victims",
         "A wearer who is taken for somebody else does that person harm.", [],
         [tables.harm_table(results), stranger_table(results)]),
        ("diversity", "Diversity and spread",
         "How different designs are, and what another seed of the training gives.",
         [charts.spread_chart(results)],
         [tables.diversity_table(results), tables.spread_table(results)]),
    ]  # fmt: skip
    found = []
    for name, title, text, specs, shown in words:
        drawn = tuple(spec for spec in specs if spec)
        if rows := tuple(table for table in shown if table.rows):
            found.append(PageSection(name, title, text, drawn, rows))
    return found


def results_markdown(results: Results) -> str:
    """Return all tables in Markdown: docs/results.md."""
    lines = [f"{answer(results).replace('**', '')}", "", answer_table(results).markdown()]
    for section in sections(results)[1:]:
        lines += ["", f"## {section.title}", "", section.text]
        for table in section.tables:
            lines += ["", f"### {table.title}", "", table.markdown()]
    return "\n".join(lines)


def _strong(text: str) -> Markup:
    """Set what stands between two pairs of asterisks in bold; escape all else."""
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(Markup.escape(text))))
