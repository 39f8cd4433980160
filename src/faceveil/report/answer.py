"""The answer in words and as a table, the same on the page and in the README."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from faceveil.params.experiments import Method
from faceveil.report.selection import BARE, DASH, Number, Results, counted, label, percent, rate
from faceveil.report.tables import Table

SUBJECTS: Mapping[Method, tuple[str, str]] = {
    "texture": ("a design on the cloth", "a design on the cloth"),
    "generator": ("a design on the cloth that a generator draws", "designs that a generator draws"),
    "gan": ("a design fixed to the photo's frame, as published", "designs fixed to the frame"),
}
"""What designs of a method are called: in the sentence, and at the head of a column."""

GREY = "the mask's place is painted grey in both photos"
"""What an opponent does who wants to see nothing of a mask."""


@dataclass(frozen=True)
class Situation:
    """One of those who try to name the wearer, or all of them with the same means."""

    who: str  # as the table's first column says it
    short: str  # as a chart does
    pairs: tuple[tuple[str, str], ...]  # experiments, each with a recognizer it is shown to
    where: str = ""  # as the sentence says it; empty for a recognizer as it was made


@dataclass(frozen=True)
class Group:
    """Experiments of one method."""

    method: Method
    experiments: tuple[str, ...]

    @property
    def names(self) -> str:
        """Their names: one or two, or the first and the last."""
        between = " to " if len(self.experiments) > 2 else " and "
        return between.join(dict.fromkeys((self.experiments[0], self.experiments[-1])))


def groups(results: Results) -> list[Group]:
    """Return the experiments by method, designs that can be printed first."""
    of = {
        method: tuple(name for name in results.experiments if results.methods[name] == method)
        for method in SUBJECTS
    }
    return [Group(method, names) for method, names in of.items() if names]


def situations(results: Results) -> list[Situation]:
    """Return every recognizer as it was made, then what is tried against designs."""
    names, most = results.experiments, max(results.photos)
    made = [
        one for one in results.recognizers("target", "surrogate", "judge") if results.passed(one)
    ]
    found = [
        Situation(f"{one} ({_met(results, one)})", one, tuple((name, one) for name in names))
        for one in made
    ]
    if most:
        learned = f"learned from {most:,} photos of such masks"
        pairs = tuple((name, results.after_photos(name, most)) for name in names)
        who, where = f"{results.target}, after it {learned}", f"once {results.target} has {learned}"
        found.append(Situation(who, f"after {most:,} photos", pairs, where))
    shifted = tuple((name, f"{one}:mean_shift") for one in made for name in names)
    if any(results.number("rank_1", *pair) for pair in shifted):
        what = "what other wearers have in common is subtracted"
        found.append(
            Situation(f"all of them, where {what}", "less the mean shift", shifted, f"where {what}")
        )
    return found


def _met(results: Results, recognizer: str) -> str:
    """Say in words which designs a recognizer was trained against."""
    met = [name for name in results.experiments if recognizer in results.trained_against[name]]
    if len(met) == len(results.experiments):
        return "designs were trained against it"
    return f"{', '.join(met)} met it, no other did" if met else "no design met it"


def answer_table(results: Results) -> Table:
    """Return how often wearers are named: bare, in the best plain mask, in designs."""
    rows, of = [], groups(results)
    for one in situations(results):
        bare = [results.number("rank_1", BARE, recognizer) for _, recognizer in one.pairs]
        plain = [results.best_plain("rank_1", *pair) for pair in one.pairs]
        worn = " or ".join(dict.fromkeys(label(number.over) for number in plain if number))
        best = f"{_range(plain)} ({worn})" if worn else DASH
        designs = (_worn(results, group, one) for group in of)
        rows.append((one.who, _range(bare), best, *designs))
    if numbers := _behind_grey(results):
        rows.append((f"all of them, where {GREY}", DASH, *[_range(numbers)] * (1 + len(of))))
    columns = (
        "who tries to name the wearer of a mask",
        "bare face",
        f"best plain mask (of {len(results.plain)}, chosen on other people)",
        *map(_head, of),
    )
    return Table("Who is still named", _note(results), columns, tuple(rows))


def _behind_grey(results: Results) -> list[Number]:
    """Return how often wearers are named where nothing of a mask is seen, by recognizer."""
    names = results.recognizers("opponent")
    found = (results.number("rank_1", "grey", name) for name in names if "grey_region" in name)
    return [number for number in found if number]


def _head(group: Group) -> str:
    count = len(group.experiments)
    kinds = f", best to worst of {count}" if count > 1 else ""
    return f"{SUBJECTS[group.method][1]} ({group.names}{kinds})"


def _worn(results: Results, group: Group, situation: Situation) -> str:
    """Return the rate in designs of a group, of one with its interval, and how many protect."""
    pairs = _pairs(group, situation)
    found = [results.number("rank_1", *pair) for pair in pairs]
    named = rate(found[0]) if len(found) == 1 else _range(found)
    signs = _signs(results, pairs)
    return f"{named} ({_how_many(signs)})" if signs else named


def _note(results: Results) -> str:
    first = results.number("rank_1", results.experiments[0], results.target)
    people = counted(first.people, "person") if first else "People"
    other = "another photo than" if results.protocol == "other_photo" else "the very photo that is"
    return (
        "Share of photos, in %, whose wearer is named rightly; lower protects better. "
        f"{people} whose photos trained nothing, each looked for with {other} the one on file. "
        "In round brackets behind designs: for how many pairs of an experiment and a recognizer "
        f"the {100 * results.confidence:g} % interval shows that fewer are named than in the best "
        "plain mask."
    ).replace("that is the one", "that is")


def _range(numbers: Iterable[Number | None]) -> str:
    """Return the least and the greatest share, once where they are alike."""
    shares = sorted(number.value for number in numbers if number)
    if not shares:
        return DASH
    ends = list(dict.fromkeys(percent(share) for share in (shares[0], shares[-1])))
    return " to ".join(ends)


def answer(results: Results) -> str:
    """Return the answer in words: what the first kind of designs does, and what beats it."""
    group, all_of = groups(results)[0], situations(results)
    made = [pair for one in all_of if not one.where for pair in _pairs(group, one)]
    met = [pair for pair in made if pair[1] in results.trained_against[pair[0]]]
    told = [
        f"Is the wearer of {SUBJECTS[group.method][0]} ({group.names}) named less often than in "
        "the best plain mask?",
        _compared(results, "recognizers that it was trained against", met),
        _compared(
            results, "recognizers that it never met", [pair for pair in made if pair not in met]
        ),
    ]
    tried: dict[str, Sequence[Number | None]] = {
        one.where: [results.number("rank_1", *pair) for pair in _pairs(group, one)]
        for one in all_of
        if one.where
    }
    tried = {where: found for where, found in tried.items() if any(found)}
    if numbers := _behind_grey(results):
        tried[f"where {GREY}, so that no design is left to see"] = numbers
    if tried:
        said = [f"{_range(found)} % are named {where}." for where, found in tried.items()]
        told += ["**Tried against it:**", *said]
    return " ".join(told)


def _pairs(group: Group, situation: Situation) -> list[tuple[str, str]]:
    """Return a situation's pairs of experiments of a group with recognizers."""
    return [pair for pair in situation.pairs if pair[0] in group.experiments]


def _compared(results: Results, who: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Say whether some recognizers name fewer than in the best plain mask, and how many."""
    signs = _signs(results, pairs)
    if not signs:
        return f"By {who}: **not measured**."
    shown = "partly" if max(signs) == 1 else "not shown"
    word = "yes" if min(signs) == 1 else "no, more often" if max(signs) == -1 else shown
    named = _range(results.number("rank_1", *pair) for pair in pairs)
    plain = _range(results.best_plain("rank_1", *pair) for pair in pairs)
    return f"By {who}: **{word}** ({_how_many(signs)}), {named} % in place of {plain} %."


def _signs(results: Results, pairs: Sequence[tuple[str, str]]) -> list[int]:
    """Return of each lift in rank-1 that was measured what its interval shows."""
    found = (results.number("lift_rank_1", *pair) for pair in pairs)
    return [lift.shown for lift in found if lift]


def _how_many(signs: Sequence[int]) -> str:
    """Return in words how many intervals lie above 0, and how many below."""
    worse = f", {signs.count(-1)} worse" if -1 in signs else ""
    return f"{signs.count(1)} of {len(signs)}{worse}"
