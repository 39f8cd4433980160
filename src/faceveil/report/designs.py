"""The designs themselves: how different they are, for whom they fail, and how they look worn."""

from collections.abc import Sequence
from dataclasses import dataclass

from faceveil.report.blocks import (
    DASH,
    PROTOCOLS,
    Block,
    Row,
    Table,
    lift_text,
    nothing,
    panel,
    percent,
    points,
    share_text,
    titled,
)
from faceveil.report.contents import Contents, Metrics, Photos
from faceveil.report.documents import Group
from faceveil.report.figures.intervals import Mark, interval_chart, span
from faceveil.report.figures.photos import jpeg_uri

WORN_SIDE, DESIGN_SIDE, WALK_SIDE = 128, 96, 128
"""Pixels of a person, of a bare design, and of a step of a latent walk."""


@dataclass(frozen=True)
class Picture:
    """A photo inside the page.

    Attributes:
        uri: its ``data:`` address.
        alt: what it shows, for those who do not see it.
        caption: what stands below it; mostly empty.
    """

    uri: str
    alt: str
    caption: str = ""


@dataclass(frozen=True)
class Strip:
    """A labelled row of photos, which may belong to an experiment."""

    label: str
    pictures: tuple[Picture, ...]
    experiment: str = ""


def gallery(contents: Contents) -> tuple[Strip, ...]:
    """Return people as photographed, and then by experiment wearing designs."""
    shown = contents.pictures
    strips: list[Strip] = []
    for label, photos in shown.people.items():
        experiment = label if label in contents.metrics.experiments else ""
        worn = f"wearing a design of {label}" if experiment else f"with a {label}"
        pictures = tuple(
            Picture(jpeg_uri(photo, WORN_SIDE), f"Person {who}, {worn}", "" if strips else who)
            for who, photo in zip(shown.subject_ids, photos, strict=True)
        )
        strips.append(Strip(label, pictures, experiment))
        if label in shown.designs:
            strips.append(_bare(label, shown.designs[label], contents.metrics))
    return tuple(strips)


def _bare(experiment: str, designs: Photos, metrics: Metrics) -> Strip:
    """Return the designs that the people above wear, each with its rate."""
    protocol = metrics.protocols[0]
    measured = metrics.evaluations[experiment].find("generated_test", protocol)
    rates = measured.per_design if measured else ()
    pictures = []
    for number, design in enumerate(designs):
        rate = f"named {percent(rates[number], 0)} %" if number < len(rates) else ""
        alt = f"Design {number + 1} of {experiment}, not worn"
        pictures.append(Picture(jpeg_uri(design, DESIGN_SIDE), alt, rate))
    return Strip(f"{experiment}, the designs", tuple(pictures), experiment)


def walks(contents: Contents) -> tuple[Strip, ...]:
    """Return, by experiment, designs between latents."""
    return tuple(
        Strip(name, tuple(_step(name, k, len(walk), one) for k, one in enumerate(walk)), name)
        for name, walk in contents.pictures.walks.items()
    )


def _step(experiment: str, number: int, count: int, design: Photos) -> Picture:
    alt = f"Design of {experiment}, step {number + 1} of {count} between latents"
    return Picture(jpeg_uri(design, WALK_SIDE), alt)


def diversity_block(metrics: Metrics) -> Block:
    """Return how far designs are from one another."""
    rows = tuple(
        Row(
            (
                one.designs,
                name,
                one.generator or DASH,
                f"{one.pixels:.2g}",
                f"{one.trunk:.2g}",
                f"{one.pairs:,}",
            ),
            experiment=name,
        )
        for name, evaluation in metrics.evaluations.items()
        for one in evaluation.diversity
    )
    title = "Diversity"
    if not rows:
        return nothing("diversity", title, "These evaluations hold no diversity of designs.")
    columns = ("designs", "experiment", "generator", "in pixels", "in trunk features", "pairs")
    table = Table("Mean distance of two designs", columns, rows)
    caption = (
        "Mean distance between two designs: root mean square difference of their pixels, and one "
        "minus the cosine of their trunk features, each seen as a whole picture. The published "
        "generator is mlp. One whose designs are all alike has drawn one design."
    )
    return Block("diversity", title, caption, tables=(table,), key=False, folded=False)


def groups_block(metrics: Metrics) -> Block:
    """Return lift by group of people."""
    title = "Groups of people"
    found = [(name, g) for name, e in metrics.evaluations.items() for g in e.groups]
    if not found:
        why = "Groups are known of rendered people only; these evaluations hold none."
        return nothing("groups", title, why)
    limits = span([_mark(name, group) for name, group in found])
    panels = []
    for protocol in metrics.protocols:
        marks = [_mark(name, group) for name, group in found if group.protocol == protocol]
        if marks:
            chart = interval_chart(marks, metrics.experiments, "lift, points", limits)
            panels.append(panel(chart, "groups", titled(protocol, "lift by group"), protocol))
    rates = {
        e.settings[0].get("false_match_rate") for e in metrics.evaluations.values() if e.settings
    }
    at = f" at FMR {' and '.join(share_text(rate) for rate in rates if rate)}" if rates else ""
    caption = (
        f"Lift in FNMR{at} over the best plain control, by group of people; how many they are says "
        "the table. A group that the control hides already has little to gain, and so few people "
        "cannot show that groups differ, even where bars stand apart."
    )
    tables = (_groups(found), _spreads(found))
    return Block("groups", title, caption, panels=tuple(panels), tables=tables)


def _mark(experiment: str, group: Group) -> Mark:
    lift = group.lift
    label = f"{_words(group.attribute)}: {_words(group.group)}"
    return Mark(label, experiment, 100 * lift.value, 100 * lift.low, 100 * lift.high)


def _groups(found: Sequence[tuple[str, Group]]) -> Table:
    rows = tuple(
        Row(
            (
                f"{_words(group.attribute)}: {_words(group.group)}",
                name,
                PROTOCOLS.get(group.protocol, group.protocol),
                str(group.people),
                percent(group.fnmr_design),
                f"{percent(group.fnmr_control)} {_words(group.control)}".strip(),
                lift_text(group.lift),
            ),
            group.protocol,
            name,
        )
        for name, group in found
    )
    columns = ("group", "designs of", "protocol", "people", "FNMR, design", "FNMR, control")
    return Table("FNMR in %, lift in percentage points", (*columns, "lift"), rows)


def _spreads(found: Sequence[tuple[str, Group]]) -> Table:
    """Return how far the groups of an attribute are apart: most lift minus least."""
    together: dict[tuple[str, str, str], list[Group]] = {}
    for name, group in found:
        together.setdefault((name, group.protocol, group.attribute), []).append(group)
    rows = []
    for (name, protocol, attribute), groups in together.items():
        groups.sort(key=lambda one: one.lift.value)
        least, most = groups[0], groups[-1]
        ends = [f"{_words(one.group)} {lift_text(one.lift)}" for one in (most, least)]
        apart = points(most.lift.value - least.lift.value).removeprefix("+")
        cells = (_words(attribute), name, PROTOCOLS.get(protocol, protocol), apart, *ends)
        rows.append(Row(cells, protocol, name))
    columns = ("attribute", "designs of", "protocol", "spread", "most lift", "least lift")
    return Table("Spread of the lift between groups, percentage points", columns, tuple(rows))


def _words(name: str) -> str:
    return name.replace("_", " ")
