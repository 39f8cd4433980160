"""Progress: a bar on a terminal; elsewhere a line every half minute, and nothing of short work."""

import io
import re
import threading
import time

import pytest

from faceveil.runtime import progress as module
from faceveil.runtime.progress import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("stream", "shown"), [(Terminal, True), (io.StringIO, False)])
def test_short_work_is_shown_on_a_terminal_alone(stream, shown, monkeypatch):
    monkeypatch.setattr("sys.stderr", stream())
    bar = progress("look", range(3), unit="photo", file=(out := stream()))
    for _ in bar:
        bar.set_postfix(loss=1, refresh=False)
    assert ("look: 100%" in out.getvalue()) is shown
    assert shown or out.getvalue() == ""


def test_off_a_terminal_lines_say_what_how_far_and_how_long_still(monkeypatch):
    monkeypatch.setattr("sys.stderr", out := io.StringIO())
    with progress("learn", total=10, unit="step") as bar:
        bar.start_t -= 120
        bar.last_print_t -= 120
        bar.set_postfix(loss=1, refresh=False)
        bar.update(5)
    line = r"learn: 50 %, 5 of 10 step, 02:00 gone, 02:0\d left, loss=1\n"
    assert re.fullmatch(f"({line}){{2}}", out.getvalue())  # the last when it ends


def test_a_step_that_takes_long_is_told_of(monkeypatch):
    monkeypatch.setattr("sys.stderr", out := io.StringIO())
    monkeypatch.setattr(module, "PACE", 0.05)
    for number in progress("render", range(2), unit="person"):
        if number:
            time.sleep(0.4)
    assert out.getvalue().count("render: 50 %, 1 of 2 person") >= 2
    assert out.getvalue().endswith(" left\n")


def test_a_bar_that_nobody_holds_leaves_no_thread(monkeypatch):
    monkeypatch.setattr("sys.stderr", io.StringIO())
    before = threading.active_count()
    next(iter(progress("look", range(3))))
    progress("look", range(3), disable=True)
    time.sleep(0.1)
    assert threading.active_count() <= before + 1  # tqdm's own
