"""Identification by rank, verification by threshold, and who is taken for somebody else."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from faceveil.report.blocks import (
    DASH,
    PROTOCOLS,
    Block,
    Panel,
    Row,
    Table,
    lift_text,
    nothing,
    panel,
    percent,
    rate,
    rate_of,
    share_text,
    titled,
)
from faceveil.report.contents import Metrics
from faceveil.report.documents import Evaluation, FalseMatch, Fnmr, Measurement
from faceveil.report.figures.intervals import Mark, interval_chart
from faceveil.report.figures.match_curves import Role, cmc_chart, det_chart

NO_CURVES = "These evaluations hold none of it; `dvc repro evaluate` measures it."

ABOUT = ("what is worn", "designs of", "protocol")
"""Columns that every table here starts with."""

FMRS = (0.1, 0.01, 0.001)
"""At most these shares of false acceptance, at which the DET curve stands in its table."""


CHOSEN_ON = {"dev": "other people", "train": "training people"}
"""Words for the role of the people on whom a threshold was chosen."""


class Compared(NamedTuple):
    """A measurement of held-out people, and what it is in a comparison."""

    evaluation: Evaluation
    role: Role
    one: Measurement

    @property
    def key(self) -> tuple[str, Role]:
        """Experiment and role."""
        return self.evaluation.experiment, self.role


def compared(metrics: Metrics, protocol: str) -> Iterator[Compared]:
    """Yield the design, the best plain control and no mask at all, of each experiment."""
    for evaluation in metrics.evaluations.values():
        design = evaluation.find("generated_test", protocol)
        over = design.lift.over if design and design.lift else "plain"
        rows: dict[Role, str] = {
            "design": "generated_test",
            "control": f"{over}_test",
            "no mask": "no_mask_test",
        }
        for role, row in rows.items():
            if (one := evaluation.find(row, protocol)) is not None:
                yield Compared(evaluation, role, one)


def drawn(metrics: Metrics, protocol: str) -> Iterator[Compared]:
    """Yield what :func:`compared` does, for a control without curves the plain mask."""
    for each in compared(metrics, protocol):
        plain = each.evaluation.find("plain_test", protocol)
        bare = each.role == "control" and not each.one.cmc and plain is not None
        yield each._replace(one=plain) if bare and plain else each


def cmc_block(metrics: Metrics) -> Block:
    """Return rank-k accuracy over k."""
    title, panels, rows, most = "CMC curves", [], [], 0
    for protocol in metrics.protocols:
        found = [each for each in drawn(metrics, protocol) if each.one.cmc]
        if found:
            chart = cmc_chart({each.key: each.one.cmc for each in found}, metrics.experiments)
            panels.append(panel(chart, "cmc", titled(protocol, "CMC"), protocol))
        most = max([most, *(len(each.one.cmc) for each in found)])
        rows += [_row(e, [str(e.one.people), *map(percent, e.one.cmc)]) for e in found]
    if not panels:
        return nothing("cmc", title, NO_CURVES)
    ranks = tuple(f"rank {k}" for k in range(1, most + 1))
    table = Table("Rank-k accuracy in %", (*ABOUT, "people", *ranks), tuple(rows))
    caption = (
        "Share of probes of held-out people whose subject is among the k most similar templates; "
        "low protects the wearer. Solid: the design; dashed: the best plain control that "
        "has a curve; dotted: no mask."
    )
    return Block("cmc", title, caption, panels=tuple(panels), tables=(table,))


def det_block(metrics: Metrics) -> Block:
    """Return FNMR over FMR, with the equal error rate."""
    title, panels, rows = "DET curves", [], []
    for protocol in metrics.protocols:
        found = [each for each in drawn(metrics, protocol) if each.one.det]
        if found:
            chart = det_chart({each.key: each.one.det for each in found}, metrics.experiments)
            panels.append(panel(chart, "det", titled(protocol, "DET"), protocol))
        rows += [_row(each, _det_cells(each.one)) for each in found]
    if not panels:
        return nothing("det", title, NO_CURVES)
    read = tuple(f"FNMR at FMR ≤ {share_text(fmr)}" for fmr in FMRS)
    columns = (*ABOUT, "people", "mated", "non-mated", "mean similarity", "EER", *read)
    caption = (
        "Verification of held-out people: share of true claims refused (FNMR) over share of false "
        "ones accepted (FMR). High protects the wearer. Dashes as above."
    )
    table = Table("Errors in %, mated comparisons' similarity", columns, tuple(rows))
    return Block("det", title, caption, panels=tuple(panels), tables=(table,))


def _det_cells(one: Measurement) -> list[str]:
    similar = DASH if one.mean_similarity is None else f"{one.mean_similarity:.3f}"
    counts = [DASH if count is None else f"{count:,}" for count in (one.mated, one.nonmated)]
    read = [percent(min((y for x, y in one.det if x <= fmr), default=None)) for fmr in FMRS]
    return [str(one.people), *counts, similar, percent(one.eer), *read]


def fnmr_block(metrics: Metrics) -> Block:
    """Return FNMR at fixed FMRs with intervals, or how many comparisons it would need."""
    title, panels, rows = "FNMR at fixed FMR", [], []
    for protocol in metrics.protocols:
        found = [(each, at) for each in compared(metrics, protocol) for at in each.one.fnmr]
        rows += [_row(each, _fnmr_cells(each.one, at)) for each, at in found]
        if marks := [mark for each, at in found for mark in _fnmr_mark(each, at)]:
            panels.append(_panel(marks, metrics, "fnmr", protocol, "FNMR, %"))
    if not rows:
        return nothing("fnmr", title, NO_CURVES)
    columns = (*ABOUT, "FMR", "people", "FNMR", "worst designs", "lift", "over")
    table = Table("FNMR in %, lift in percentage points", columns, tuple(rows))
    caption = (
        "FNMR of held-out people at the threshold that keeps an FMR; high protects the wearer. An "
        "FMR that too few non-mated comparisons stand for is not guessed."
    )
    tables = (table, *_thresholds(metrics))
    return Block("fnmr", title, caption, panels=tuple(panels), tables=tables)


def _fnmr_mark(each: Compared, at: Fnmr) -> Iterator[Mark]:
    """Yield the mark of a rate, if it was within reach."""
    if at.value is not None and at.low is not None and at.high is not None:
        label = f"{_ROLES[each.role]}, FMR {share_text(at.fmr)}"
        ends = (100 * at.value, 100 * at.low, 100 * at.high)
        yield Mark(label, each.evaluation.experiment, *ends)


_ROLES: dict[Role, str] = {
    "design": "design",
    "control": "best plain control",
    "no mask": "no mask",
}


def _panel(
    marks: Sequence[Mark], metrics: Metrics, name: str, protocol: str, axis_title: str
) -> Panel:
    """Draw rates in percent: all of the design first, then of what it is compared with."""
    roles = list(_ROLES.values())
    ordered = sorted(marks, key=lambda mark: roles.index(mark.label.partition(",")[0]))
    chart = interval_chart(ordered, metrics.experiments, axis_title, (-3, 103))
    return panel(chart, name, titled(protocol, axis_title.removesuffix(", %")), protocol)


def _fnmr_cells(one: Measurement, at: Fnmr) -> list[str]:
    start = [share_text(at.fmr), str(one.people)]
    if at.value is None:
        needed = f"; {at.needed:,} are needed" if at.needed else ""
        count = f"{one.nonmated:,}" if one.nonmated else "so few"
        reason = f"not reachable with {count} non-mated comparisons{needed}"
        return [*start, reason, DASH, DASH, DASH]
    over = at.lift.over.replace("_", " ") if at.lift else DASH
    value = rate(at.value, at.low, at.high)
    return [*start, value, percent(at.worst), lift_text(at.lift), over]


def _thresholds(metrics: Metrics) -> Iterator[Table]:
    """Yield the thresholds of each experiment's recognizer as a table, if they are known."""
    rows = tuple(
        Row(
            (
                name,
                share_text(at.fmr),
                "not reachable" if at.threshold is None else f"{at.threshold:.4f}",
                CHOSEN_ON[at.role],
                f"{at.nonmated:,}",
                DASH if at.needed is None else f"{at.needed:,}",
            ),
            experiment=name,
        )
        for name, evaluation in metrics.evaluations.items()
        for at in evaluation.thresholds
    )
    if rows:
        columns = (
            "recognizer of",
            "FMR",
            "threshold",
            "chosen on",
            "non-mated comparisons",
            "needed",
        )
        yield Table("Thresholds of similarity", columns, rows)


def false_match_block(metrics: Metrics) -> Block:
    """Return how many people are taken for somebody else, and for how many different ones."""
    title, panels, rows = "Taken for somebody else", [], []
    for protocol in metrics.protocols:
        found = [(e, e.one.false_match) for e in compared(metrics, protocol) if e.one.false_match]
        rows += [_row(each, _false_match_cells(each.one, match)) for each, match in found]
        if marks := [mark for each, match in found for mark in _fpir_mark(each, match)]:
            panels.append(_panel(marks, metrics, "fpir", protocol, "FPIR, %"))
    if not rows:
        return nothing("false-matches", title, NO_CURVES)
    columns = (*ABOUT, "people", "FMR", "FPIR", "taken", "victims", "top victim")
    caption = (
        "A design may hide its wearer and yet name an innocent person. FPIR: share of searches "
        "that return somebody else. Taken: people at least once above the threshold of another's "
        "template; victims: whose templates those are; top victim: share of false matches that "
        "fall on one person."
    )
    table = Table("FPIR and share in %, people", columns, tuple(rows))
    return Block("false-matches", title, caption, panels=tuple(panels), tables=(table,))


def _fpir_mark(each: Compared, match: FalseMatch) -> Iterator[Mark]:
    if match.fpir:
        label = f"{_ROLES[each.role]}, FMR {share_text(match.fmr)}"
        ends = (100 * match.fpir.value, 100 * match.fpir.low, 100 * match.fpir.high)
        yield Mark(label, each.evaluation.experiment, *ends)


def _false_match_cells(one: Measurement, match: FalseMatch) -> list[str]:
    counts = [str(match.people), str(match.victims), percent(match.top_share)]
    return [str(one.people), share_text(match.fmr), rate_of(match.fpir), *counts]


def _row(each: Compared, cells: list[str]) -> Row:
    """Return a line about one measurement, with what every such line starts with."""
    one, experiment = each.one, each.evaluation.experiment
    label = one.label.removesuffix(", held-out people")
    start = (label, experiment, PROTOCOLS.get(one.protocol, one.protocol))
    return Row((*start, *cells), one.protocol, experiment)
