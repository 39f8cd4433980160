"""The answer in words and as a table, the same on the page and in the README."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from faceveil.report.selection import BARE, DASH, Number, Results, counted, label, percent, rate
from faceveil.report.tables import Table

SUBJECTS = {
    "texture": ("a design on the cloth", "a design on the cloth"),
    "gan": ("a design fixed to the photo's frame, as published,", "designs fixed to the frame"),
}
"""What designs of a method are called: in the sentence, and at the head of a column."""


@dataclass(frozen=True)
class Situation:
    """One of those who try to name the wearer."""

    who: str  # as the table's first column says it
    short: str  # as a chart does
    before: Mapping[str, str]  # by experiment, the recognizer that its designs are shown to
    learned: int = 0  # from how many photos of these designs


@dataclass(frozen=True)
class Group:
    """Experiments of one method."""

    method: str
    experiments: tuple[str, ...]

    @property
    def names(self) -> str:
        """Their names: one, or the first and the last."""
        return " to ".join(dict.fromkeys((self.experiments[0], self.experiments[-1])))


def groups(results: Results) -> list[Group]:
    """Return the experiments by method, designs that can be printed first."""
    of = {
        method: tuple(name for name in results.experiments if results.methods[name] == method)
        for method in SUBJECTS
    }
    return [Group(method, names) for method, names in of.items() if names]


def situations(results: Results) -> list[Situation]:
    """Return every recognizer as it was made, and the target after the most photos."""
    names, most = results.experiments, max(results.photos)
    found = [
        Situation(f"{one} ({_met(results, one)})", one, dict.fromkeys(names, one))
        for one in results.recognizers("target", "surrogate", "judge")
        if results.passed(one)
    ]
    if most:
        learned = {name: results.after_photos(name, most) for name in names}
        who = f"{results.target}, after it learned from {most:,} photos of such masks"
        found.append(Situation(who, f"after {most:,} photos", learned, most))
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
        bare = [results.number("rank_1", BARE, recognizer) for recognizer in one.before.values()]
        plain = [results.best_plain("rank_1", *pair) for pair in one.before.items()]
        worn = " or ".join(dict.fromkeys(label(number.over) for number in plain if number))
        best = f"{_range(plain)} ({worn})" if worn else DASH
        designs = (_worn(results, group, one) for group in of)
        rows.append((one.who, _range(bare), best, *designs))
    columns = (
        "who tries to name the wearer of a mask",
        "bare face",
        f"best plain mask (of {len(results.plain)}, chosen on other people)",
        *map(_head, of),
    )
    return Table("Who is still named", _note(results), columns, tuple(rows))


def _head(group: Group) -> str:
    count = len(group.experiments)
    kinds = f", best to worst of {count}" if count > 1 else ""
    return f"{SUBJECTS[group.method][1]} ({group.names}{kinds})"


def _worn(results: Results, group: Group, situation: Situation) -> str:
    """Return the rate in the designs of a group: with its interval where it is one."""
    found = [results.number("rank_1", name, situation.before[name]) for name in group.experiments]
    return rate(found[0]) if len(found) == 1 else _range(found)


def _note(results: Results) -> str:
    first = results.number("rank_1", results.experiments[0], results.target)
    people = counted(first.people, "person") if first else "People"
    other = "another photo than" if results.protocol == "other_photo" else "the very photo that is"
    return (
        "Share of photos, in %, whose wearer is named rightly; lower protects better. "
        f"{people} whose photos trained nothing, each looked for with {other} the one on file. "
        f"In brackets above: for how many pairs of a design's kind and a recognizer the "
        f"{100 * results.confidence:g} % interval shows it."
    ).replace("that is the one", "that is")


def _range(numbers: Iterable[Number | None]) -> str:
    """Return the least and the greatest share, once where they are alike."""
    shares = sorted(number.value for number in numbers if number)
    if not shares:
        return DASH
    ends = list(dict.fromkeys(percent(share) for share in (shares[0], shares[-1])))
    return " to ".join(ends)


def answer(results: Results) -> str:
    """Return the answer in words: for how many designs an interval shows protection."""
    told = [_told(results, group) for group in groups(results)]
    return " ".join(told)


def _told(results: Results, group: Group) -> str:
    """Tell what designs of a method do: before whom they met, whom not, and who learned."""
    pairs: dict[str, list[tuple[str, str]]] = {
        "against what it was trained against": [],
        "against what it never met": [],
    }
    met, unmet = pairs.values()
    for one in situations(results):
        for name in group.experiments:
            pair = (name, one.before[name])
            if one.learned:
                where = f"once {results.target} has learned from {one.learned:,} such photos"
                pairs.setdefault(where, []).append(pair)
            else:
                (met if pair[1] in results.trained_against[name] else unmet).append(pair)
    verdicts = []
    for where, asked in pairs.items():
        lifts = [results.number("lift_rank_1", *pair) for pair in asked]
        verdicts.append(_verdict([lift.shown for lift in lifts if lift], where))
    subject = f"{SUBJECTS[group.method][0]} ({group.names})".replace(", (", " (")
    question = f"Does {subject} hide its wearer better than the best plain mask?"
    sentences = [", ".join(verdicts[:2]), *verdicts[2:]]
    return " ".join([question, *(f"**{one[2].upper()}{one[3:]}." for one in sentences)])


def _verdict(signs: list[int], where: str) -> str:
    """Return in words how many intervals lie above 0, and how many below."""
    if not signs:
        return f"**not measured** {where}"
    shown = "partly" if max(signs) == 1 else "not shown"
    word = "yes" if min(signs) == 1 else "no, worse" if max(signs) == -1 else shown
    worse = f", {signs.count(-1)} worse" if -1 in signs else ""
    return f"**{word}** {where} ({signs.count(1)} of {len(signs)}{worse})"
