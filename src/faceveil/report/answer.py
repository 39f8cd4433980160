"""The answer in words and in three rows, the same on the page and in the README."""

from collections.abc import Iterable
from dataclasses import dataclass

from faceveil.report.selection import BARE, DASH, Number, Results, counted, label, percent
from faceveil.report.tables import Table


@dataclass(frozen=True)
class Situation:
    """One of those who try to name the wearer."""

    who: str  # as the table's first column says it
    short: str  # as a chart does
    where: str  # as the sentence says it
    pairs: tuple[tuple[str, str], ...]  # experiments, each with the recognizer it is shown to


def situations(results: Results) -> list[Situation]:
    """Return the target, the judges it never met, and the target after the most photos."""
    target, names, most = results.target, results.experiments, max(results.photos)
    judges = [name for name in results.recognizers("judge") if results.passed(name)]
    who = ", ".join(judges) or "none passed its check"
    never = "one" if len(judges) < 2 else str(len(judges))
    found = [
        Situation(
            f"the recognizer it was trained against ({target})",
            f"trained against ({target})",
            "against the recognizer it was trained against",
            tuple((name, target) for name in names),
        ),
        Situation(
            f"{never} it never met ({who})",
            f"never met ({who})",
            f"against {never} it never met",
            tuple((name, judge) for judge in judges for name in names),
        ),
    ]
    if most:
        learned = f"learned from {most:,} photos of such masks"
        pairs = tuple((name, results.after_photos(name, most)) for name in names)
        who, where = f"the first one, after it {learned}", f"once the first one has {learned}"
        found.append(Situation(who, f"after {most:,} photos", where, pairs))
    return found


def answer_table(results: Results) -> Table:
    """Return how often wearers are named: bare, in the best plain mask, in trained designs."""
    rows = []
    for one in situations(results):
        bare = [results.number("rank_1", BARE, recognizer) for _, recognizer in one.pairs]
        plain = [results.best_plain("rank_1", *pair) for pair in one.pairs]
        designs = [results.number("rank_1", *pair) for pair in one.pairs]
        worn = " or ".join(dict.fromkeys(label(number.over) for number in plain if number))
        best = f"{_range(plain)} ({worn})" if worn else DASH
        rows.append((one.who, _range(bare), best, _range(designs)))
    kinds = len(results.experiments)
    columns = (
        "who tries to name the wearer of a mask",
        "bare face",
        f"best plain mask (of {len(results.plain)}, chosen on other people)",
        f"trained masks (best to worst of {kinds} kinds)",
    )
    return Table("Who is still named", _note(results), columns, tuple(rows))


def _note(results: Results) -> str:
    first = results.number("rank_1", results.experiments[0], results.target)
    people = counted(first.people, "person") if first else "People"
    other = "another photo than" if results.protocol == "other_photo" else "the very photo that is"
    return (
        "Share of photos, in %, whose wearer is named rightly; lower protects better. "
        f"{people} whose photos trained nothing, each looked for with {other} the one on file. "
        f"In brackets above: for how many masks the {100 * results.confidence:g} % interval "
        "shows it."
    ).replace("that is the one", "that is")


def _range(numbers: Iterable[Number | None]) -> str:
    """Return the least and the greatest share, once where they are alike."""
    shares = sorted(number.value for number in numbers if number)
    if not shares:
        return DASH
    ends = list(dict.fromkeys(percent(share) for share in (shares[0], shares[-1])))
    return " to ".join(ends)


def answer(results: Results) -> str:
    """Return the answer in words: for how many designs an interval shows protection.

    What is no row of the table is told as well: surrogates may say something else than judges.
    """
    asked = [(one.where, one.pairs) for one in situations(results)]
    for other in filter(results.passed, results.recognizers("surrogate")):
        pairs = tuple((name, other) for name in results.experiments)
        asked.append((f"against another one, {other}", pairs))
    told = []
    for where, pairs in asked:
        lifts = [results.number("lift_rank_1", *pair) for pair in pairs]
        told.append(_verdict([lift.shown for lift in lifts if lift], where))
    question = "Does a trained mask hide its wearer better than the best plain one?"
    sentences = [", ".join(told[:2]), *told[2:]]
    return " ".join([question, *(f"**{one[2].upper()}{one[3:]}." for one in sentences)])


def _verdict(signs: list[int], where: str) -> str:
    """Return in words how many intervals lie above 0, and how many below."""
    if not signs:
        return f"**not measured** {where}"
    shown = "partly" if max(signs) == 1 else "not shown"
    word = "yes" if min(signs) == 1 else "no, worse" if max(signs) == -1 else shown
    worse = f", {signs.count(-1)} worse" if -1 in signs else ""
    return f"**{word}** {where} ({signs.count(1)} of {len(signs)}{worse})"
