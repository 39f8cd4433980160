"""Known failures of the designs of an experiment, found in the results table and not by hand."""

from collections.abc import Iterator

from faceveil.protection.designs.folders import OWN
from faceveil.report.selection import (
    LABELS,
    Results,
    counted,
    lift,
    number_of,
    percent,
    rate,
)
from faceveil.report.tables import group_label, trainings


def known_failures(results: Results, experiment: str) -> list[str]:
    """Return every failure that the table shows, one sentence each, the gravest kinds first."""
    return [
        *_no_lift(results, experiment),
        *(
            f"{name}: not asked, since it failed its own check on bare faces."
            for name in results.recognizers("target", "surrogate", "judge")
            if not results.passed(name)
        ),
        *_adapted(results, experiment),
        *_seen_through(results, experiment),
        *_alike(results, experiment),
        *_known_to_the_gallery(results, experiment),
        *_taken_for_others(results, experiment),
        *_weakest_training(results, experiment),
        *_weakest_groups(results, experiment),
    ]


def _no_lift(results: Results, experiment: str) -> Iterator[str]:
    """Yield each recognizer before which the lift is not surely above 0."""
    names = results.recognizers("target", "surrogate", "judge")
    for name in dict.fromkeys([*names, results.after_training(experiment)]):
        for metric, words in (("rank_1", "rank-1"), (results.missed, _fnmr(results))):
            found = results.number(f"lift_{metric}", experiment, name)
            if found is None or found.shown > 0:
                continue
            control = results.number(metric, found.over, name)
            hidden = 0.0 if metric == "rank_1" else 1.0
            verdict = "worse than the plain control" if found.shown < 0 else "no effect shown"
            if control and control.value == hidden:
                verdict = "nothing to gain, the plain control hides everybody"
            over, people = found.over.replace("_", " "), counted(found.people, "person")
            yield f"{name}: {verdict}; lift in {words} {lift(found)} points over {over}, {people}."


def _adapted(results: Results, experiment: str) -> Iterator[str]:
    """Yield the number of photos after which half of the lift is gone."""
    for metric, words in (("rank_1", "rank-1"), (results.missed, _fnmr(results))):
        start = results.number(f"lift_{metric}", experiment, results.after_training(experiment))
        if start is None or start.value <= 0:
            continue
        for count in results.photos[1:]:
            after = results.after_photos(experiment, count)
            left = results.number(f"lift_{metric}", experiment, after)
            if left and left.value <= start.value / 2:
                yield (
                    f"Half of the lift in {words} is gone once the target learned from "
                    f"{counted(count, 'photo')}: {lift(start)} falls to {lift(left)} points."
                )
                break


def _seen_through(results: Results, experiment: str) -> Iterator[str]:
    """Yield each recognizer that gets half of the lift back by subtracting the mean shift."""
    for name in results.recognizers("target", "surrogate", "judge"):
        start = results.number("lift_rank_1", experiment, name)
        left = results.number("lift_rank_1", experiment, f"{name}:mean_shift")
        if start and left and start.shown > 0 and left.value <= start.value / 2:
            yield (
                f"{name}: half of the lift in rank-1 is gone once what other wearers have in "
                f"common is subtracted: {lift(start)} falls to {lift(left)} points."
            )


def _alike(results: Results, experiment: str) -> Iterator[str]:
    """Yield each recognizer that matches strangers in designs more often than in plain masks."""
    metric, plain = f"strangers@{results.fmr:g}", results.plain[0]
    alone = experiment if experiment in results.from_features else f"{experiment}_{OWN}"
    kinds = (("the same design", experiment, "same"), (LABELS[OWN], alone, "different"))
    for name in results.recognizers("target", "surrogate", "judge"):
        words = {"metric": metric, "recognizer": name}
        masks = results.rows(protection=plain, variant_policy="same", **words)
        for kind, protection, policy in kinds:
            worn = results.rows(protection=protection, variant_policy=policy, **words)
            if masks.empty or worn.empty:
                continue
            found, other = (number_of(rows.iloc[0]) for rows in (worn, masks))
            if found.low > other.high:
                yield (
                    f"{name}: two strangers in {kind} match in {rate(found)} % of pairs, in "
                    f"plain masks in {rate(other)} %."
                )


def _known_to_the_gallery(results: Results, experiment: str) -> Iterator[str]:
    if experiment in results.from_features:
        yield (
            "Whoever has the gallery and the generator can draw everybody's design and compare "
            "cloth with cloth; how often that names the wearer is not measured."
        )


def _taken_for_others(results: Results, experiment: str) -> Iterator[str]:
    at = f"{results.fmr:g}"
    for name in results.recognizers("target", "surrogate", "judge"):
        false = results.number(f"fpir@{at}", experiment, name)
        victims = results.number(f"victims@{at}", experiment, name)
        if false and victims and victims.value:
            yield (
                f"{name}: {rate(false)} % of searches return somebody else at FMR "
                f"{100 * results.fmr:g} %, {counted(int(victims.value), 'person')} in all."
            )


def _weakest_training(results: Results, experiment: str) -> Iterator[str]:
    values = trainings(results, experiment, results.target)
    if len(values) > 1 and max(values) > min(values):
        yield (
            f"Another seed: under the designs of the weakest of {len(values)} trainings "
            f"{percent(max(values))} % are named, of the best {percent(min(values))} %."
        )


def _weakest_groups(results: Results, experiment: str) -> Iterator[str]:
    """Yield, for each attribute, the group that is matched most often in designs."""
    groups = sorted(name for name in results.frame["group"].unique() if "=" in name)
    for attribute in dict.fromkeys(name.partition("=")[0] for name in groups):
        found = {
            name: number
            for name in groups
            if name.startswith(f"{attribute}=")
            and (number := results.number(
                results.missed, experiment, results.target, group=name))
        }  # fmt: skip
        least = min(found, key=lambda name: found[name].value, default=None)
        if least is not None and found[least].value < 1:
            yield (
                f"Least hidden of {counted(len(found), 'group')}, {group_label(least)}: "
                f"{_fnmr(results)} {rate(found[least])} %, "
                f"{counted(found[least].people, 'person')}."
            )


def _fnmr(results: Results) -> str:
    return f"FNMR at FMR {100 * results.fmr:g} %"
